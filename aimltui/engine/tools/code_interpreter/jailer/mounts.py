"""Builds a root directory that contains only what is mounted into it."""

from __future__ import annotations

import os
import struct

from . import system

_RDONLY, _NOSUID, _NODEV, _NOEXEC, _REMOUNT, _BIND, _REC, _PRIVATE = 1, 2, 4, 8, 32, 4096, 16384, 1 << 18
_LOCKED = 0x6 | _NOEXEC | 1024 | 2048 | 1 << 21
"""Flags that a mount keeps: nosuid, nodev, noexec, noatime, nodiratime, relatime."""
_MNT_DETACH = 2
_MOUNT_SETATTR, _AT_FDCWD, _AT_RECURSIVE = 442, -100, 0x8000
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

Step = tuple[str, str, str, int]
"""What (`bind`, `work`, `device`, `tmpfs`, `link`), from where, to where, and the size of a `tmpfs` in bytes."""


def build(root: str, steps: list[Step]) -> None:
    """Mount the steps beneath `root` and make that the root. This process must have a separate mount namespace.

    Raises:
        OSError: The kernel refused.
    """
    system.mount("none", "/", None, _REC | _PRIVATE)
    system.mount("jail", root, "tmpfs", _NOSUID | _NODEV, "size=1m,mode=0755")
    for what, source, target, size in steps:
        place = root + target
        match what:
            case "link":
                os.makedirs(os.path.dirname(place), 0o755, exist_ok=True)
                os.symlink(source, place)
            case "tmpfs":
                os.makedirs(place, 0o755, exist_ok=True)
                system.mount(
                    "tmpfs",
                    place,
                    "tmpfs",
                    _NOSUID | _NODEV | _NOEXEC,
                    f"size={size},mode=1777,nr_inodes=16k",
                )
            case _:
                _bind(source, place, what)
    system.mount("none", root, None, _BIND | _REMOUNT | _RDONLY | _NOSUID | _NODEV)
    os.chdir(root)
    system.syscall(_PIVOT_ROOT[os.uname().machine], b".", b".")
    system.umount(".", _MNT_DETACH)
    os.chdir("/")


def _bind(source: str, place: str, what: str) -> None:
    if os.path.isdir(source):
        os.makedirs(place, 0o755, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(place), 0o755, exist_ok=True)
        with open(place, "w"):
            pass
    system.mount(source, place, None, _BIND | _REC)
    flags = {
        "bind": _RDONLY | _NOSUID | _NODEV,
        "work": _NOSUID | _NODEV | _NOEXEC,
        "device": _NOSUID | _NOEXEC,
    }[what]
    try:
        # mount_setattr(2) has the same values for these four flags
        attributes = struct.pack("=QQQQ", flags, 0, 0, 0)
        system.syscall(
            _MOUNT_SETATTR, _AT_FDCWD, os.fsencode(place), _AT_RECURSIVE, attributes, len(attributes)
        )
    except OSError:
        kept = os.statvfs(place).f_flag & _LOCKED
        system.mount("none", place, None, _BIND | _REMOUNT | flags | kept)
