"""The files of a session where a directory cannot be held open: each is looked at, opened, and compared.

It is enough where the code cannot make links, and stands still while its files are looked at: in WebAssembly.
"""

from __future__ import annotations

import itertools
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from aimltui.engine.tools.code_interpreter import operating_system as machine

DEEPEST = 32
_REPARSE = 0x400
"""What Windows says of links, junctions and mount points."""
_DEVICES = frozenset(
    {"con", "prn", "aux", "nul", "conin$", "conout$", "clock$"}
    | {f"{name}{number}" for name in ("com", "lpt") for number in "0123456789¹²³"}
)
_FORBIDDEN = frozenset('<>:"|?*\\')


def walk(directory: str, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, os.stat_result]]:
    """Every entry beneath a directory, without following links; what is deeper than `DEEPEST` is not entered.

    Raises:
        OSError: The directory itself cannot be read.
    """
    with os.scandir(directory) as entries:
        # on Windows an entry does not know its number and its other names
        names = [entry.name for entry in entries]
    for name in names:
        path = os.path.join(directory, name)
        try:
            known = os.lstat(path)
        except OSError:
            continue
        yield prefix + name, known
        if is_directory(known) and depth < DEEPEST:
            with suppress(FileNotFoundError, NotADirectoryError):
                yield from walk(path, f"{prefix}{name}/", depth + 1)


def is_directory(known: os.stat_result) -> bool:
    """Whether it is a directory and no way to another one."""
    return stat.S_ISDIR(known.st_mode) and not _is_way(known)


def open_plain(directory: Path, parts: list[str]) -> int:
    """Open a file that is one, for reading.

    Raises:
        OSError: It is not, or not there.
        ValueError: The name cannot be one.
    """
    if not machine.is_posix() and any(_FORBIDDEN & set(part) for part in parts):
        raise ValueError("Windows has no such names")
    path = machine.long_path(directory)
    for part in parts[:-1]:
        path = os.path.join(path, part)
        if not is_directory(os.lstat(path)):
            raise NotADirectoryError(0, "there is no such directory", part)
    path = os.path.join(path, parts[-1])
    before = os.lstat(path)
    if not stat.S_ISREG(before.st_mode) or _is_way(before):
        raise NotADirectoryError(0, "it is not a plain file", parts[-1])
    flags = os.O_RDONLY
    for name in ("O_BINARY", "O_NOINHERIT", "O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK"):
        flags |= getattr(os, name, 0)
    number = os.open(path, flags)
    if not os.path.samestat(before, os.fstat(number)):
        os.close(number)
        raise NotADirectoryError(0, "it was changed while it was opened", parts[-1])
    return number


def replace(directory: Path, name: str, content: bytes) -> None:
    """Write a file, and put it in the place of another one.

    Raises:
        OSError: It cannot be written.
    """
    top = machine.long_path(directory)
    temporary = os.path.join(top, f".{os.urandom(6).hex()}.part")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
        os.replace(temporary, os.path.join(top, name))
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


def allowed_name(name: str) -> str:
    """The name as Windows can have it: none of its devices, none of its signs."""
    kept = "".join("_" if character in _FORBIDDEN else character for character in name).rstrip(". ")
    return f"_{kept}" if kept.partition(".")[0].strip().lower() in _DEVICES else kept


def remove(directory: Path) -> None:
    """Delete a session's directory, however deep directories lie in one another.

    Raises:
        OSError: Something in it cannot be deleted.
    """
    top = machine.long_path(directory)
    if not os.path.lexists(top):
        return
    serial = itertools.count()
    while names := os.listdir(top):
        for name in names:
            path = os.path.join(top, name)
            if _unlink(path):
                continue
            for child in os.listdir(path):
                inner = os.path.join(path, child)
                if not _unlink(inner):
                    os.rename(inner, os.path.join(top, f".removed-{os.getpid()}-{next(serial)}"))
            os.rmdir(path)
    os.rmdir(top)


def _unlink(path: str) -> bool:
    """Delete what is no directory; whether it was none."""
    known = os.lstat(path)
    if is_directory(known):
        return False
    if stat.S_ISDIR(known.st_mode):
        os.rmdir(path)
    else:
        os.unlink(path)
    return True


def _is_way(known: os.stat_result) -> bool:
    return stat.S_ISLNK(known.st_mode) or bool(getattr(known, "st_file_attributes", 0) & _REPARSE)
