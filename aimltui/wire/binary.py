"""Binary content: uploads and downloads."""

from __future__ import annotations

import base64
import errno
import io
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import BeforeValidator, Field, PlainSerializer

from aimltui.common.dataclass import dataclass
from aimltui.wire.base import Wire, extension

OCTETS = "application/octet-stream"


def _from_base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise ValueError("it is not base64") from error


def _to_base64(value: bytes | None) -> str | None:
    return None if value is None else base64.b64encode(value).decode("ascii")


Octets = Annotated[
    bytes,
    BeforeValidator(_from_base64),
    PlainSerializer(_to_base64, return_type=str | None, when_used="json"),
]
"""Bytes; base64 in JSON."""


class Blob(Wire):
    """An upload: bytes, or a file on this machine, which is only copied.

    It never comes from a body: over HTTP it is a part of a form, and only the server names the file that holds the part.
    """

    filename: str = ""
    """The sender's name for it; never a path on this machine."""
    content: Octets | None = extension(repr=False)
    path: Path | None = extension()
    """A file on this machine, instead of `content`."""
    media_type: str | None = extension()

    @classmethod
    def of_file(cls, path: Path, filename: str | None = None) -> Blob:
        """Return an upload of a file on this machine; it is read when it is sent."""
        return cls(filename=filename or path.name, path=path)

    def open(self) -> BinaryIO:
        """Open the bytes for a worker thread, which reads and closes them.

        Raises:
            OSError: The file cannot be read, or is not a regular file: a pipe might never end, a directory has no bytes.
        """
        if self.path is None:
            return io.BytesIO(self.content or b"")
        try:
            # opening a pipe that has no writer would block
            number = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except ValueError as error:
            raise OSError(errno.EINVAL, "it is not a path") from error
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise OSError(errno.EINVAL, "it is not a plain file")
        return os.fdopen(number, "rb")


class WatchedBlob(Blob):
    """An upload of a file on this machine that tells how much of it has been read."""

    told: Callable[[int], object] = Field(exclude=True, repr=False)
    """Called with the number of bytes after each piece, in the thread that reads."""

    def open(self) -> BinaryIO:
        """See `Blob.open`."""
        source = super().open()
        if not isinstance(source, io.BufferedReader):
            return source
        raw = source.detach()
        assert isinstance(raw, io.RawIOBase)
        return _WatchedReader(raw, self.told)


class _WatchedReader(io.BufferedReader):
    def __init__(self, raw: io.RawIOBase, told: Callable[[int], object]) -> None:
        super().__init__(raw)
        self._told = told

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self._told(self.tell())
        return piece


class BinaryContent(Wire):
    """An answer that is not JSON: the bytes of a file."""

    content: Octets = b""
    media_type: str = OCTETS
    filename: str = ""


@dataclass(frozen=True, slots=True)
class OpenContent:
    """A file's bytes, for a worker thread that reads them piece by piece; a deleted file can still be read."""

    file: BinaryIO
    size: int
    """The number of bytes."""
    filename: str
    media_type: str = OCTETS
