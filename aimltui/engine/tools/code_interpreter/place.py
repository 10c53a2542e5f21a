"""A session's own directory on the host."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path

_FIRST_UNOWNED, _UNOWNED = 2_000_000_000, 100_000_000
"""User ids that no system gives to anybody."""


@dataclass(frozen=True, slots=True)
class Place:
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


def prepare(directory: Path, *, own_id: bool) -> Place:
    """Make a session's directory, or take the one that is there.

    Args:
        directory: The session's.
        own_id: Root's code shall run with an id of its own; it then owns the files.

    Raises:
        OSError: It cannot be made.
    """
    uid = None
    place = Place(directory, None)
    for made in (directory, place.files, place.root, place.temporary):
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.geteuid() == 0:
        owner = place.files.stat().st_uid
        if own_id:
            uid = owner if owner >= _FIRST_UNOWNED else _FIRST_UNOWNED + random.randrange(_UNOWNED)
        if (uid or 0) != owner:
            _give(place.files, uid or 0)
    return Place(directory, uid)


def _give(directory: Path, uid: int) -> None:
    for parent, directories, files in os.walk(directory):
        for name in (*directories, *files):
            os.lchown(os.path.join(parent, name), uid, uid)
    os.lchown(directory, uid, uid)
