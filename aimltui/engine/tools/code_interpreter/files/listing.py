"""Lists, reads and writes the files of a session from the host.

The directory is under the code's control, and its names, links and modes may be made to trick this program. So nothing
here follows a link, opens anything but a regular file, or trusts a path after its descriptor is open.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from aimltui.common.dataclass import dataclass
from aimltui.common.disk import disk_reason
from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files.directory import DIRECTORY

_DEEPEST = 32
_PIECE = 1 << 20
_MODE = 0o600
_NO_FILE = (errno.ELOOP, errno.ENXIO, errno.ENOTDIR)


@dataclass(frozen=True, slots=True)
class Stamp:
    """The state of a file, to notice changes."""

    inode: int
    size_bytes: int
    changed_ns: int


def scan(directory: Path, most: int = 2000) -> dict[str, Stamp]:
    """The regular files in a session's directory by their relative path; all other entries are ignored.

    Args:
        directory: A session's /mnt/data.
        most: The number of entries to read; more are ignored.
    """
    found: dict[str, Stamp] = {}
    try:
        for name, known in itertools.islice(_walk(os.open(directory, DIRECTORY), "", 0), most):
            if _is_plain(known) and _is_text(name):
                found[name] = Stamp(known.st_ino, known.st_size, known.st_mtime_ns ^ known.st_ctime_ns)
    except OSError:
        # the directory does not exist, or cannot be read to its end
        return found
    return found


def changed(before: Mapping[str, Stamp], after: Mapping[str, Stamp]) -> list[str]:
    """The new and changed files, sorted by name."""
    return sorted(name for name, stamp in after.items() if before.get(name) != stamp)


def copy(directory: Path, name: str, most_bytes: int, target: Path) -> None:
    """Copy a file that the code created to a new file on the host, piece by piece.

    Args:
        directory: A session's /mnt/data.
        name: A name from `scan`.
        most_bytes: Larger files are refused.
        target: The new file; only the user can read it.

    Raises:
        SandboxError: The file is too large or no longer regular, or it cannot be read or written.
    """
    number = _open(directory, name)
    try:
        size = _plain_size(number, name, most_bytes)
        new = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _MODE)
        with os.fdopen(new, "wb") as file:
            for piece in _pieces(number, size):
                file.write(piece)
    except OSError as error:
        raise SandboxError(f"{name!r} cannot be copied: {disk_reason(error)}.") from error
    finally:
        os.close(number)


def put(directory: Path, name: str, content: bytes | Path) -> str:
    """Copy a file into the session; it replaces a file of the same name.

    Args:
        directory: A session's /mnt/data.
        name: The desired name; folders in it are created. Of a name that leaves the directory only the last part is
            used.
        content: The bytes, or a file of the host, which is copied piece by piece.

    Returns:
        The name of the file in the session.

    Raises:
        SandboxError: It cannot be written.
    """
    folders = [safe_name(part) for part in name.split("/")[:-1]]
    if len(folders) > _DEEPEST or folders != name.split("/")[:-1]:
        folders = []
    plain = "/".join([*folders, safe_name(name)])
    try:
        top = os.open(directory, DIRECTORY)
        try:
            for folder in folders:
                outer, top = top, _enter(top, folder)
                os.close(outer)
            _replace(top, safe_name(name), content)
        finally:
            os.close(top)
    except OSError as error:
        raise SandboxError(f"{plain!r} cannot be put into the sandbox: {error.strerror}.") from error
    return plain


def safe_name(name: str) -> str:
    """A valid file name: without directories and control characters, and not too long."""
    last = PurePosixPath(name.replace("\\", "/")).name
    kept = "".join(character if character.isprintable() else "_" for character in last)
    kept = kept.encode("utf-8", "replace")[:200].decode("utf-8", "ignore")
    return kept if kept.strip(". ") else "file"


def _walk(directory: int, prefix: str, depth: int) -> Iterator[tuple[str, os.stat_result]]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                try:
                    known = entry.stat(follow_symlinks=False)
                except OSError:
                    continue
                yield prefix + entry.name, known
                if stat.S_ISDIR(known.st_mode) and depth < _DEEPEST:
                    try:
                        inner = os.open(entry.name, DIRECTORY, dir_fd=directory)
                    except OSError:
                        continue
                    yield from _walk(inner, f"{prefix}{entry.name}/", depth + 1)
    finally:
        os.close(directory)


def _open(directory: Path, name: str) -> int:
    parts = name.split("/")
    if not name or any(part in ("", ".", "..") for part in parts):
        raise SandboxError(f"{name!r} is not the name of a file in /mnt/data.")
    opened: list[int] = []
    try:
        opened.append(os.open(directory, DIRECTORY))
        for part in parts[:-1]:
            opened.append(os.open(part, DIRECTORY, dir_fd=opened[-1]))
        # do not block: it may be a pipe without a writer
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        return os.open(parts[-1], flags, dir_fd=opened[-1])
    except (OSError, ValueError) as error:
        if isinstance(error, NotADirectoryError) or getattr(error, "errno", None) in _NO_FILE:
            raise SandboxError(f"{name!r} is not a plain file.") from error
        raise SandboxError(f"{name!r} cannot be read: {error}") from error
    finally:
        for number in opened:
            os.close(number)


def _plain_size(number: int, name: str, most_bytes: int) -> int:
    known = os.fstat(number)
    if not _is_plain(known):
        raise SandboxError(f"{name!r} is not a plain file.")
    if known.st_size > most_bytes:
        raise SandboxError(f"{name!r} has {known.st_size} bytes; at most {most_bytes} are copied.")
    return known.st_size


def _pieces(number: int, size: int) -> Iterator[bytes]:
    left = size
    # read only the size it had, because it may grow meanwhile
    while left and (part := os.read(number, min(left, _PIECE))):
        yield part
        left -= len(part)


def _enter(directory: int, folder: str) -> int:
    """Open a folder of a directory; create it if it does not exist."""
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700, dir_fd=directory)
        owner = os.fstat(directory)
        if owner.st_uid != os.geteuid():
            os.chown(folder, owner.st_uid, owner.st_gid, dir_fd=directory, follow_symlinks=False)
    return os.open(folder, DIRECTORY, dir_fd=directory)


def _replace(top: int, name: str, content: bytes | Path) -> None:
    temporary = f".{os.urandom(6).hex()}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    number = os.open(temporary, flags, _MODE, dir_fd=top)
    try:
        try:
            if isinstance(content, bytes):
                _write(number, content)
            else:
                with content.open("rb") as source:
                    while piece := source.read(_PIECE):
                        _write(number, piece)
            owner = os.fstat(top)
            if owner.st_uid != os.geteuid():
                os.fchown(number, owner.st_uid, owner.st_gid)
        finally:
            os.close(number)
        os.replace(temporary, name, src_dir_fd=top, dst_dir_fd=top)
    except BaseException:
        os.unlink(temporary, dir_fd=top)
        raise


def _write(number: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(number, rest) :]


def _is_plain(known: os.stat_result) -> bool:
    # a second link may be outside of the directory
    return stat.S_ISREG(known.st_mode) and known.st_nlink == 1


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
