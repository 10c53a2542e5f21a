"""A session's own directory on the host."""

from __future__ import annotations

import itertools
import os
import random
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_FIRST_UNOWNED, _UNOWNED = 2_000_000_000, 100_000_000
"""User ids that no system gives to anybody."""
DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
"""Flags that open a directory and refuse a symbolic link to one."""


@dataclass(frozen=True, slots=True)
class SessionDirectory:
    """Where a session's files lie.

    Attributes:
        directory: Only the user can enter it.
        uid: The id the code runs with, where that is not the user's own: root's code runs as nobody.
    """

    directory: Path
    uid: int | None

    @property
    def files(self) -> Path:
        """What the code sees as /mnt/data."""
        return self.directory / "data"

    @property
    def root(self) -> Path:
        """An empty directory to mount the jail's root on."""
        return self.directory / "root"

    @property
    def temporary(self) -> Path:
        """For a sandbox that has no /tmp of its own."""
        return self.directory / "tmp"


def prepare(directory: Path, *, own_id: bool) -> SessionDirectory:
    """Make a session's directory, or take the one that is there.

    Args:
        directory: The session's.
        own_id: Root's code shall run with an id of its own; it then owns the files.

    Raises:
        OSError: It cannot be made.
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
    """Delete a session's directory, however deep the code has put directories into one another.

    The usual ways walk down by recursion or by paths, and both have an end that code can reach on purpose.

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
    """Delete a directory; the directories in it move up beside it."""
    # the code may have locked it
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
    """Delete what is no directory; whether it was none."""
    if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
        return False
    os.unlink(name, dir_fd=directory)
    return True


def _give(directory: Path, uid: int) -> None:
    for parent, directories, files in os.walk(directory):
        for name in (*directories, *files):
            os.lchown(os.path.join(parent, name), uid, uid)
    os.lchown(directory, uid, uid)
