"""Bytes on their way to a server and back."""

from __future__ import annotations

import base64
import errno
import io
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO

from pydantic import BeforeValidator, PlainSerializer

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
"""Bytes; base64 where they stand in JSON."""


class Blob(Wire):
    """What is uploaded: bytes, or a file on this machine, of which only a copy is taken.

    It never comes out of a body: over HTTP it is a part of a form, and only the server itself names the file that
    the part was written to.
    """

    filename: str = ""
    """As the sender calls it; never a place on this machine."""
    content: Octets | None = extension(repr=False)
    path: Path | None = extension()
    """A file on this machine, in place of `content`."""
    media_type: str | None = extension()

    @classmethod
    def of_file(cls, path: Path, filename: str | None = None) -> Blob:
        """A file on this machine, to be read when it is sent."""
        return cls(filename=filename or path.name, path=path)

    def open(self) -> BinaryIO:
        """The bytes, to be read and closed, in a worker thread.

        Raises:
            OSError: The file cannot be read, or is no plain file: a pipe would never end, a directory never begin.
        """
        if self.path is None:
            return io.BytesIO(self.content or b"")
        try:
            # a pipe that nobody writes to would hold up whoever opens it
            number = os.open(self.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        except ValueError as error:
            raise OSError(errno.EINVAL, "it is not a path") from error
        if not stat.S_ISREG(os.fstat(number).st_mode):
            os.close(number)
            raise OSError(errno.EINVAL, "it is not a plain file")
        return os.fdopen(number, "rb")


class BinaryContent(Wire):
    """An answer that is no JSON: the bytes of a file."""

    content: Octets = b""
    media_type: str = OCTETS
    filename: str = ""


@dataclass(frozen=True, slots=True)
class OpenContent:
    """The same, to be read piece by piece in a worker thread and closed; it can be read even if it is deleted."""

    file: BinaryIO
    size: int
    """Bytes."""
    filename: str
    media_type: str = OCTETS
