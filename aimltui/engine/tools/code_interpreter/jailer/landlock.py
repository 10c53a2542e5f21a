"""Landlock: lets the kernel restrict permanently what a process may do with which files."""

from __future__ import annotations

import ctypes
import os
import stat
from collections.abc import Iterable

from . import system

_CREATE, _ADD_RULE, _RESTRICT = 444, 445, 446
_PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1, 2, 4, 8
_REMOVE_DIR, _REMOVE_FILE, _MAKE_DIR, _MAKE_REG = 1 << 4, 1 << 5, 1 << 7, 1 << 8
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | _TRUNCATE | 1 << 15

READ = READ_FILE | READ_DIR
WORK = READ | WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_REG | _REFER | _TRUNCATE
"""Rights in the working directories: no execution, no links, pipes, sockets or devices."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The kernel's Landlock version; 0 if it is missing or switched off."""
    try:
        return system.syscall(_CREATE, None, 0, 1)
    except OSError:
        return 0


def enforce(rules: Iterable[tuple[str, int]]) -> None:
    """Allow this process and its future children only what the rules say; missing paths are skipped.

    Raises:
        OSError: The kernel refused.
    """
    known = version()
    files = (1 << 13) - 1
    for since, right in ((2, _REFER), (3, _TRUNCATE), (5, 1 << 15)):
        files |= right if known >= since else 0
    wanted = _Ruleset(files, 3 if known >= 4 else 0, 3 if known >= 6 else 0)
    size = 8 if known < 4 else 16 if known < 6 else 24
    ruleset = system.syscall(_CREATE, ctypes.addressof(wanted), size, 0)
    try:
        for path, allowed in rules:
            _add(ruleset, path, allowed & files)
        system.prctl(system.PR_SET_NO_NEW_PRIVS, 1)
        system.syscall(_RESTRICT, ruleset, 0)
    finally:
        os.close(ruleset)


def _add(ruleset: int, path: str, allowed: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            allowed &= _ON_FILES
        rule = _Beneath(allowed, place)
        system.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.addressof(rule), 0)
    finally:
        os.close(place)
