"""The files that a person names for an import: files, folders, zip archives, and archives within those."""

from __future__ import annotations

import io
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import field
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO, cast

from aimltui.common.dataclass import dataclass
from aimltui.interchange.fields import writable
from aimltui.interchange.records import Skipped, UnreadableInput

MAX_MEMBERS = 200_000
"""Files of one import."""
MAX_FOLDERS_DEEP = 16
MAX_NEIGHBOURS = 5_000
"""Files beside a named one that are looked through."""
MAX_UNPACKED = 8 * 1024 * 1024 * 1024
"""Bytes that the files of one archive may have together."""
MAX_RATIO = 300
"""How much smaller a file may have become by packing; beyond this it is made to fill a disk."""
_UNSUSPICIOUS = 1024 * 1024
"""Bytes below which a file may be packed as well as it likes."""
MAX_ATTACHMENT = 512 * 1024 * 1024
"""Bytes of a file that belongs to a message: no more is taken by the API."""
_HEAD = 256 * 1024


@dataclass(frozen=True, slots=True)
class Member:
    """One file of the input."""

    path: str
    """Within the input, with forward slashes; of a file in an archive, the archive's name comes first."""
    size: int
    open: Callable[[], BinaryIO] = field(repr=False, compare=False)
    local: Path | None = None
    """Where it lies, unless it is in an archive."""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        """The name without its last suffix."""
        return PurePosixPath(self.path).stem

    @property
    def folder(self) -> str:
        """The path without the name."""
        return str(PurePosixPath(self.path).parent)

    def head(self, size: int = _HEAD) -> bytes:
        """The beginning.

        Raises:
            UnreadableInput: It cannot be read.
        """
        with readable(self) as stream:
            return stream.read(size)

    def read(self) -> bytes:
        """All bytes.

        Raises:
            UnreadableInput: It cannot be read, or is too large for a file of a message.
        """
        if self.size > MAX_ATTACHMENT:
            raise UnreadableInput(f"{self.name} has more than {MAX_ATTACHMENT // 1024**2} MB")
        with readable(self) as stream:
            return stream.read(MAX_ATTACHMENT)


@contextmanager
def readable(member: Member) -> Iterator[BinaryIO]:
    """Open a member for as long as the block lasts.

    Raises:
        UnreadableInput: It cannot be opened, or breaks off.
    """
    try:
        with closing(member.open()) as stream:
            yield stream
    except OSError as error:
        raise UnreadableInput(
            f"{member.name} cannot be read ({error.strerror or 'the system refuses'})"
        ) from error
    except (RuntimeError, NotImplementedError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UnreadableInput(f"{member.name} cannot be unpacked") from error


class Bundle:
    """All files of one import, to be found by their place.

    Args:
        members: What is read.
        neighbours: Further files in the folder of a file that was named: pictures and notes beside it.
        archives: Those in which some of the files are; closed with the bundle.
    """

    def __init__(
        self, members: Iterable[Member], neighbours: Iterable[Member] = (), archives: Iterable[Archive] = ()
    ) -> None:
        self._archives = tuple(archives)
        self.members = sorted(members, key=_place)
        known = {member.path for member in self.members}
        self.neighbours = [member for member in neighbours if member.path not in known]
        self._by_path = {member.path: member for member in (*self.neighbours, *self.members)}

    def find(self, folder: str, name: str) -> Member | None:
        """The file of this name in this folder."""
        return self._by_path.get(name if folder in ("", ".") else f"{folder}/{name}")

    def close(self) -> None:
        """Close the archives; their files cannot be read after this."""
        for archive in self._archives:
            archive.close()

    def everything(self) -> Iterator[Member]:
        """All files, those beside the named ones included."""
        return iter(self._by_path.values())


def _place(member: Member) -> tuple[tuple[bool, str], ...]:
    """Sorts the files of a folder before those of its folders."""
    *folders, last = member.path.split("/")
    return (*((True, folder) for folder in folders), (False, last))


def collect(paths: Iterable[Path]) -> tuple[Bundle, list[Skipped]]:
    """Find all files of an import; no link is followed out of a folder.

    Returns:
        The files, and what could not be opened.
    """
    named = [path.absolute() for path in paths]
    gatherer = _Gatherer(_common_folder(named))
    for path in named:
        gatherer.add(path)
    return Bundle(gatherer.members, gatherer.neighbours, gatherer.archives), gatherer.skipped


def _common_folder(paths: Iterable[Path]) -> Path:
    """The folder in which all named files lie, directly or not."""
    folders = [path.parent for path in paths]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:
        # none, or on several drives
        return Path()


class _Gatherer:
    def __init__(self, base: Path) -> None:
        self._base = base
        self.members: list[Member] = []
        self.archives: list[Archive] = []
        self.neighbours: list[Member] = []
        self.skipped: list[Skipped] = []

    def add(self, path: Path) -> None:
        try:
            mode = path.stat().st_mode
        except OSError as error:
            self._skip(path.name, f"it cannot be opened ({error.strerror or 'the system refuses'})")
            return
        if stat.S_ISDIR(mode):
            for found in _walk(path):
                if not self._take(found):
                    break
        elif stat.S_ISREG(mode):
            self._take(self._shown(path))
            self.neighbours += [self._shown(found) for found in _beside(path)]
        else:
            self._skip(path.name, "it is neither a file nor a folder")

    def _shown(self, path: Path) -> Member:
        place = path.relative_to(self._base) if path.is_relative_to(self._base) else Path(path.name)
        return _local(path, place.as_posix())

    def _take(self, member: Member) -> bool:
        """Add a file; return whether there is room for more."""
        if len(self.members) < MAX_MEMBERS and _is_zip(member):
            self._unpack(member, within=0)
            return True
        return self._add(member)

    def _add(self, member: Member) -> bool:
        has_room = len(self.members) < MAX_MEMBERS
        if has_room:
            self.members.append(member)
        else:
            self._skip(member.path, f"there are more than {MAX_MEMBERS:,} files")
        return has_room

    def _unpack(self, member: Member, within: int) -> None:
        try:
            archive = Archive(member)
            self.archives.append(archive)
            found = list(archive.members())
        except (
            UnreadableInput,
            zipfile.BadZipFile,
            OSError,
            RuntimeError,
            NotImplementedError,
            ValueError,
        ) as error:
            self._skip(
                member.path, str(error) if isinstance(error, UnreadableInput) else "the archive is broken"
            )
            return
        for inner in found:
            if within == 0 and inner.name.lower().endswith(".zip") and _is_zip(inner):
                self._unpack(inner, within + 1)
            elif not self._add(inner):
                return

    def _skip(self, what: str, why: str) -> None:
        self.skipped.append(Skipped(writable(what), why))


def _walk(folder: Path) -> Iterator[Member]:
    for place, folders, files in os.walk(folder):
        relative = Path(place).relative_to(folder)
        folders[:] = sorted(name for name in folders if not os.path.islink(Path(place, name)))
        if len(relative.parts) >= MAX_FOLDERS_DEEP:
            folders.clear()
        for name in sorted(files):
            path = Path(place, name)
            if _is_plain(path):
                yield _local(path, "/".join((folder.resolve().name, *relative.parts, name)))


def _beside(path: Path) -> list[Path]:
    """The other files of the folder that a file lies in, and those of the folders directly in that one."""
    try:
        here = sorted(path.parent.iterdir())[:MAX_NEIGHBOURS]
        below = [
            found
            for folder in here
            if os.path.isdir(folder) and not os.path.islink(folder)
            for found in _listed(folder)
        ]
    except OSError:
        return []
    return [found for found in [*here, *below[:MAX_NEIGHBOURS]] if _is_plain(found)]


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())[:MAX_NEIGHBOURS]
    except OSError:
        return []


def _is_plain(path: Path) -> bool:
    # the methods of a path raise an error in a folder that may be listed and nothing else
    return os.path.isfile(path) and not os.path.islink(path)


def _local(path: Path, shown: str) -> Member:
    try:
        size = path.stat().st_size
    except OSError:
        size = 0
    return Member(writable(shown), size, lambda: path.open("rb"), path)


def _is_zip(member: Member) -> bool:
    try:
        return member.head(4) == b"PK\x03\x04"
    except UnreadableInput:
        return False


class Archive:
    """A zip archive.

    Args:
        source: The file that it is.

    Raises:
        UnreadableInput: It has too many files.
        zipfile.BadZipFile: It is none.
    """

    def __init__(self, source: Member) -> None:
        self._source = source
        self._stream = _seekable(source)
        try:
            self._file = zipfile.ZipFile(self._stream)
        except BaseException:
            self._stream.close()
            raise

    def members(self) -> Iterator[Member]:
        """Its files.

        Raises:
            UnreadableInput: It is locked, or made to fill a disk.
        """
        infos = [info for info in self._file.infolist() if not info.is_dir()]
        if len(infos) > MAX_MEMBERS:
            raise UnreadableInput(f"the archive has more than {MAX_MEMBERS:,} files")
        total = 0
        for info in infos:
            total += info.file_size
            if info.flag_bits & 0x1:
                raise UnreadableInput("the archive is locked with a password")
            ratio = info.file_size / max(1, info.compress_size)
            if total > MAX_UNPACKED or (info.file_size > _UNSUSPICIOUS and ratio > MAX_RATIO):
                raise UnreadableInput("the archive would unpack to far more than it should")
            yield Member(f"{self._source.path}/{_inner_path(info)}", info.file_size, self._opener(info))

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        self._stream.close()

    def _opener(self, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
        return lambda: io.BufferedReader(_Limited(self._file.open(info), info.file_size))


def _inner_path(info: zipfile.ZipInfo) -> str:
    parts = PurePosixPath(info.filename.replace("\\", "/")).parts
    return writable("/".join(part for part in parts if part not in ("/", "..")))


def _seekable(source: Member) -> BinaryIO:
    if source.local is not None:
        return source.local.open("rb")
    # an archive in an archive: zip needs to go back and forth
    spooled = tempfile.SpooledTemporaryFile(max_size=16 * 1024 * 1024)  # noqa: SIM115  # lives with the archive
    with readable(source) as stream:
        shutil.copyfileobj(stream, spooled)
    spooled.seek(0)
    return cast(BinaryIO, spooled)


class _Limited(io.RawIOBase):
    """A packed file that gives no more bytes than it promised, and can go back to its beginning."""

    def __init__(self, stream: IO[bytes], limit: int) -> None:
        self._inner = stream
        self._limit = limit
        self._given = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self._given = self._inner.seek(offset, whence)
        return self._given

    def tell(self) -> int:
        return self._given

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the buffer is always one
        data = self._inner.read(min(len(buffer), max(0, self._limit - self._given)))
        buffer[: len(data)] = data
        self._given += len(data)
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
        super().close()
