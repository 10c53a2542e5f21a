"""Calls of the C library that Python does not offer."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Mapping

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_SECUREBITS, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT = 28, 36, 38, 47
_AMBIENT_CLEAR_ALL = 4
_NO_ROOT_LOCKED = 0b101111
"""Secure bits: no capabilities from being root or changing the user id, locked permanently."""
_CAPABILITY_VERSION = 0x20080522
_CAP_SETPCAP = 8

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call by number.

    Raises:
        OSError: The call failed.
    """
    given = [
        ctypes.c_long(value) if isinstance(value, int) else ctypes.c_char_p(value) for value in arguments
    ]
    result = int(_libc.syscall(ctypes.c_long(number), *given))
    if result < 0:
        raise _error()
    return result


def prctl(option: int, *arguments: int) -> int:
    """`prctl(2)`; missing arguments are 0.

    Raises:
        OSError: It failed.
    """
    given = [ctypes.c_ulong(value) for value in (*arguments, 0, 0, 0, 0)[:4]]
    result = int(_libc.prctl(ctypes.c_int(option), *given))
    if result < 0:
        raise _error()
    return result


def unshare(flags: int) -> None:
    """`unshare(2)`."""
    if _libc.unshare(ctypes.c_int(flags)) < 0:
        raise _error()


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """`mount(2)`."""
    given = [os.fsencode(text) for text in (source, target)]
    kind_given = kind.encode() if kind else None
    if _libc.mount(*given, kind_given, ctypes.c_ulong(flags), options.encode() or None) < 0:
        raise _error(target)


def umount(target: str, flags: int) -> None:
    """`umount2(2)`."""
    if _libc.umount2(os.fsencode(target), ctypes.c_int(flags)) < 0:
        raise _error(target)


def die_with_parent() -> None:
    """Let the kernel kill this process when the thread that started it ends."""
    prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def set_limits(limits: Mapping[str, int]) -> None:
    """Set soft and hard resource limits; a lower hard limit is kept."""
    for name, value in limits.items():
        which = getattr(resource, name, None)
        if which is None:
            continue
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(which, (value, value))


def become(uid: int) -> None:
    """Change to a user id that owns nothing on this machine."""
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)


def drop_bounds() -> None:
    """Make sure that no privilege can be regained. Call it before `become`, because it needs a privilege."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    if _can_drop_bounds():
        number = 0
        while _try_prctl(PR_CAPBSET_DROP, number):
            number += 1
        _try_prctl(PR_SET_SECUREBITS, _NO_ROOT_LOCKED)
    _try_prctl(PR_CAP_AMBIENT, _AMBIENT_CLEAR_ALL)


def drop_capabilities() -> None:
    """Give up all capabilities."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if _libc.capset(header, nothing) < 0:
        raise _error()


def _can_drop_bounds() -> bool:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    sets = (ctypes.c_uint32 * 6)()
    return bool(_libc.capget(header, sets) == 0 and sets[0] & 1 << _CAP_SETPCAP)


def _try_prctl(option: int, value: int) -> bool:
    try:
        prctl(option, value)
    except OSError:
        return False
    return True


def _error(path: str | None = None) -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), path)
