"""Creates and removes the directory of a session on the host."""

from __future__ import annotations

import itertools
import os
import random
import stat
from collections.abc import Iterator
from pathlib import Path

from aimltui.common.dataclass import dataclass

_FIRST_UNOWNED, _UNOWNED = 2_000_000_000, 100_000_000
"""User ids that no system assigns."""
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""Flags that open a directory and refuse a symbolic link to one."""


@dataclass(frozen=True, slots=True)
class SessionDirectory:
    """The directories of a session.

    Attributes:
        directory: The outermost one, which only the user can enter.
        uid: The user id of the code if it differs from the user's: root's code runs with an unassigned id.
    """

    directory: Path
    uid: int | None

    @property
    def files(self) -> Path:
        """The directory that the code sees as /mnt/data."""
        return self.directory / "data"

    @property
    def root(self) -> Path:
        """An empty directory to mount the jail's root on."""
        return self.directory / "root"

    @property
    def temporary(self) -> Path:
        """The directory for temporary files in a sandbox without a /tmp."""
        return self.directory / "tmp"


def prepare(directory: Path, *, own_id: bool) -> SessionDirectory:
    """Create a session's directory if it does not exist.

    Args:
        directory: The directory.
        own_id: Whether root's code runs with an unassigned user id, which then owns the files.

    Raises:
        OSError: It cannot be created.
    """
    uid = None
    place = SessionDirectory(directory, None)
    for made in (directory, place.files, place.root, place.temporary):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        owner = place.files.stat().st_uid
        if own_id:
            uid = owner if owner >= _FIRST_UNOWNED else _FIRST_UNOWNED + random.randrange(_UNOWNED)
        if (uid or 0) != owner:
            _give(place.files, uid or 0)
    return SessionDirectory(directory, uid)


def remove(directory: Path) -> None:
    """Delete a session's directory, even if the code has nested directories deeply.

    Recursion and long paths both have limits that code can exceed on purpose, so neither is used.

    Raises:
        OSError: Something in it cannot be deleted.
    """
    try:
        top = os.open(directory, DIRECTORY)
    except FileNotFoundError:
        return
    serial = itertools.count()
    try:
        while names := os.listdir(top):
            for name in names:
                if not _unlink(name, top):
                    _dissolve(name, top, serial)
    finally:
        os.close(top)
    os.rmdir(directory)


def _dissolve(name: str, top: int, serial: Iterator[int]) -> None:
    """Delete a directory after moving its subdirectories beside it."""
    # the code may have removed the permissions
    os.chmod(name, 0o700, dir_fd=top)
    inner = os.open(name, DIRECTORY, dir_fd=top)
    try:
        for child in os.listdir(inner):
            if not _unlink(child, inner):
                os.chmod(child, 0o700, dir_fd=inner)
                os.rename(child, f".removed-{os.getpid()}-{next(serial)}", src_dir_fd=inner, dst_dir_fd=top)
    finally:
        os.close(inner)
    os.rmdir(name, dir_fd=top)


def _unlink(name: str, directory: int) -> bool:
    """Delete an entry unless it is a directory; return whether it was deleted."""
    if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=directory)
    return True


def _give(directory: Path, uid: int) -> None:
    for parent, directories, files in os.walk(directory):
        for name in (*directories, *files):
            os.lchown(os.path.join(parent, name), uid, uid)
    os.lchown(directory, uid, uid)
