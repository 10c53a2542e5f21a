"""The blob store: a directory with one file for each id. Its methods block; call them in worker threads."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from aimltui.common.dataclass import dataclass
from aimltui.common.disk import disk_reason
from aimltui.common.patterns import pattern
from aimltui.wire.binary import Blob
from aimltui.wire.errors import BadRequest, ServerError, TooLarge

_PIECE = 1024 * 1024
_ID = pattern(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Incoming:
    """Bytes on the disk that do not belong to an id yet."""

    path: Path
    size: int
    """Bytes."""
    md5: str = ""
    """Hexadecimal digits; empty unless it was requested."""

    def discard(self) -> None:
        """Delete the bytes; does nothing once they are committed."""
        self.path.unlink(missing_ok=True)


class BlobStore:
    """Stores the bytes of files and of parts of uploads.

    Args:
        directory: Created with mode 0700 if it does not exist.
        owner_id: The engine's id. Incoming files carry it in their name, so that those of a dead engine are recognised.
    """

    def __init__(self, directory: Path, owner_id: str) -> None:
        self._directory = directory
        self._owner_id = owner_id
        self._numbers = itertools.count(1)

    @property
    def incoming(self) -> Path:
        """The directory of incoming files."""
        return self._directory / "incoming"

    def prepare(self) -> None:
        """Create the directories.

        Raises:
            ServerError: They cannot be created.
        """
        with _told("The directory for files cannot be created"):
            for directory in (self._directory, self.incoming):
                directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path_of(self, id_: str) -> Path:
        """Return the path of the bytes of a file or a part."""
        if not _ID.fullmatch(id_):
            raise ValueError(f"{id_!r} is not an id")
        return self._directory / id_

    def new_path(self) -> Path:
        """Return a path for an incoming file; no file exists there yet."""
        return self.incoming / f"{self._owner_id}.{next(self._numbers)}"

    def receive(self, blob: Blob, limit: int) -> Incoming:
        """Copy an upload; a file that is already in `incoming` is taken over without a copy.

        Raises:
            BadRequest: The upload cannot be read.
            TooLarge: It has more bytes than the limit.
        """
        if blob.path is not None and blob.path.parent == self.incoming:
            size = blob.path.stat().st_size
            _check_size(size, limit)
            return Incoming(blob.path, size)
        with _opened(blob) as source:
            return self._copied(_pieces(source), limit)

    def join(self, ids: Iterable[str], limit: int) -> Incoming:
        """Concatenate stored blobs and compute the MD5 of the result.

        Raises:
            ServerError: They cannot be read or written.
        """
        return self._copied(self._every_piece(ids), limit, digest=True)

    def commit(self, incoming: Incoming, id_: str) -> None:
        """Move incoming bytes to an id. Quick: call it inside the transaction that stores the id.

        Raises:
            ServerError: The bytes cannot be moved.
        """
        with _told("The file cannot be stored"):
            incoming.path.rename(self.path_of(id_))

    def open(self, id_: str) -> tuple[BinaryIO, int]:
        """Open the bytes of an id and return them with their number.

        Raises:
            ServerError: The bytes do not exist.
        """
        with _told(f"The content of {id_} cannot be read"):
            file = self.path_of(id_).open("rb")
            return file, os.fstat(file.fileno()).st_size

    def remove(self, ids: Iterable[str]) -> None:
        """Delete the bytes of ids; what cannot be deleted now is deleted at the next start."""
        for id_ in ids:
            with contextlib.suppress(OSError):
                self.path_of(id_).unlink(missing_ok=True)

    def kept(self) -> set[str]:
        """Return the ids of all stored blobs."""
        with _told("The directory for files cannot be read"):
            return {
                entry.name for entry in os.scandir(self._directory) if entry.is_file(follow_symlinks=False)
            }

    def arrivals(self) -> dict[Path, str]:
        """Return the incoming files and the engine that each belongs to."""
        with _told("The directory for files cannot be read"):
            return {Path(entry.path): entry.name.rpartition(".")[0] for entry in os.scandir(self.incoming)}

    def _copied(self, pieces: Iterable[bytes], limit: int, *, digest: bool = False) -> Incoming:
        path, size = self.new_path(), 0
        # for integrity only, and because the API requires MD5
        md5 = hashlib.md5(usedforsecurity=False) if digest else None
        try:
            with _told("The file cannot be stored"), _created(path) as target:
                for piece in pieces:
                    size += len(piece)
                    _check_size(size, limit)
                    target.write(piece)
                    if md5 is not None:
                        md5.update(piece)
                target.flush()
                os.fsync(target.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return Incoming(path, size, md5.hexdigest() if md5 is not None else "")

    def _every_piece(self, ids: Iterable[str]) -> Iterator[bytes]:
        for id_ in ids:
            file, _ = self.open(id_)
            with file:
                yield from _pieces(file)


def _created(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb")


def _opened(blob: Blob) -> BinaryIO:
    try:
        return blob.open()
    except OSError as error:
        name = str(blob.path) if blob.path is not None else blob.filename
        raise BadRequest(f"{name!r} cannot be read: {error.strerror or error}.", param="file") from error


def _pieces(source: BinaryIO) -> Iterator[bytes]:
    while piece := source.read(_PIECE):
        yield piece


def _check_size(size: int, limit: int) -> None:
    if size > limit:
        raise TooLarge(f"The file is too large: the limit is {limit:,} bytes.", param="file")


@contextlib.contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ServerError(f"{what}: {disk_reason(error)}.") from error
