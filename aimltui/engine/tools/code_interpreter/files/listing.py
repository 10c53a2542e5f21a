"""The files of a session, seen from the host.

The directory is the code's: names, links and modes in it are made to trick whoever looks. So nothing here follows a
link, opens anything but a regular file, or trusts a path for longer than the descriptor it has opened.
"""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from aimltui.engine.tools.code_interpreter.errors import SandboxError
from aimltui.engine.tools.code_interpreter.files.directory import DIRECTORY

_DEEPEST = 32
_PIECE = 1 << 20
_MODE = 0o600
_NO_FILE = (errno.ELOOP, errno.ENXIO, errno.ENOTDIR)


@dataclass(frozen=True, slots=True)
class Stamp:
    """What tells one state of a file from another."""

    inode: int
    size_bytes: int
    changed_ns: int


def scan(directory: Path, most: int = 2000) -> dict[str, Stamp]:
    """The regular files in a session's directory, by their path in it; what is anything else is not seen.

    Args:
        directory: A session's /mnt/data.
        most: Entries to look at; the rest is not seen.
    """
    found: dict[str, Stamp] = {}
    try:
        for name, known in itertools.islice(_walk(os.open(directory, DIRECTORY), "", 0), most):
            if _is_plain(known) and _is_text(name):
                found[name] = Stamp(known.st_ino, known.st_size, known.st_mtime_ns ^ known.st_ctime_ns)
    except OSError:
        # there is no such directory, or no end to what is in it
        return found
    return found


def changed(before: Mapping[str, Stamp], after: Mapping[str, Stamp]) -> list[str]:
    """The files that are new or different, in the order of their names."""
    return sorted(name for name, stamp in after.items() if before.get(name) != stamp)


def read(directory: Path, name: str, most_bytes: int) -> bytes:
    """A file that the code made.

    Args:
        directory: A session's /mnt/data.
        name: As `scan` told it.
        most_bytes: A larger file is refused.

    Raises:
        SandboxError: It is no regular file any more, too large, or gone.
    """
    number = _open(directory, name)
    try:
        known = os.fstat(number)
        if not _is_plain(known):
            raise SandboxError(f"{name!r} is not a plain file.")
        if known.st_size > most_bytes:
            raise SandboxError(f"{name!r} has {known.st_size} bytes; at most {most_bytes} are taken over.")
        return _read_all(number, known.st_size)
    finally:
        os.close(number)


def put(directory: Path, name: str, content: bytes) -> str:
    """Copy a file in for the code to read and change; a file of the same name is replaced.

    Args:
        directory: A session's /mnt/data.
        name: The wished name; the folders in it are made. Of one that would lead elsewhere only the last part is used.
        content: The bytes.

    Returns:
        The name under which it lies there.

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
    """A name that is one: no directories, no control characters, not too long."""
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
        # without waiting: it may be a pipe that nobody writes to
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
        return os.open(parts[-1], flags, dir_fd=opened[-1])
    except (OSError, ValueError) as error:
        if isinstance(error, NotADirectoryError) or getattr(error, "errno", None) in _NO_FILE:
            raise SandboxError(f"{name!r} is not a plain file.") from error
        raise SandboxError(f"{name!r} cannot be read: {error}") from error
    finally:
        for number in opened:
            os.close(number)


def _read_all(number: int, size: int) -> bytes:
    parts: list[bytes] = []
    left = size
    # no more than it had: it may grow while it is read
    while left and (part := os.read(number, min(left, _PIECE))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _enter(directory: int, folder: str) -> int:
    """Open a folder of a directory, and make it if it is not there."""
    with suppress(FileExistsError):
        os.mkdir(folder, 0o700, dir_fd=directory)
        owner = os.fstat(directory)
        if owner.st_uid != os.geteuid():
            os.chown(folder, owner.st_uid, owner.st_gid, dir_fd=directory, follow_symlinks=False)
    return os.open(folder, DIRECTORY, dir_fd=directory)


def _replace(top: int, name: str, content: bytes) -> None:
    temporary = f".{os.urandom(6).hex()}.part"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    number = os.open(temporary, flags, _MODE, dir_fd=top)
    try:
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(number, rest) :]
            owner = os.fstat(top)
            if owner.st_uid != os.geteuid():
                os.fchown(number, owner.st_uid, owner.st_gid)
        finally:
            os.close(number)
        os.replace(temporary, name, src_dir_fd=top, dst_dir_fd=top)
    except BaseException:
        os.unlink(temporary, dir_fd=top)
        raise


def _is_plain(known: os.stat_result) -> bool:
    # a second name could be one outside of the directory
    return stat.S_ISREG(known.st_mode) and known.st_nlink == 1


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
