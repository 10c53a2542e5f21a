"""Builds a filter of system calls as a program for the kernel's BPF machine.

All calls are allowed except the listed ones; Python and its numeric packages use most of the others. Calls newer than
the list fail as unknown, so that a new kernel adds no way out.
"""

from __future__ import annotations

import ctypes
import errno
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from . import syscalls, system

_ALLOW, _KILL, _ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_ANY_BIT, _AND, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000
_ALL = 0xFFFFFFFF

_CLONE_THREAD = 0x10000
_NAMESPACES = 0x7E020000
"""Every CLONE_NEW* flag that `clone` knows."""
_SET_ID_BITS = 0o6000
_TTY_INPUT = (0x5412, 0x541C)
"""TIOCSTI and TIOCLINUX type into a terminal."""
_AF_UNIX, _SOCK_STREAM = 1, 1

_PR_SET_SECCOMP, _FILTER_MODE = 22, 2

_FORBIDDEN = (
    "ptrace process_vm_readv process_vm_writev process_madvise process_mrelease kcmp pidfd_getfd migrate_pages "
    "move_pages mount umount2 pivot_root chroot move_mount open_tree fsopen fsconfig fsmount fspick mount_setattr "
    "unshare setns keyctl add_key request_key bpf perf_event_open io_uring_setup io_uring_enter io_uring_register "
    "userfaultfd vmsplice modify_ldt uselib nfsservctl _sysctl lookup_dcookie open_by_handle_at name_to_handle_at "
    "fanotify_init fanotify_mark inotify_init inotify_init1 inotify_add_watch mbind set_mempolicy "
    "set_mempolicy_home_node memfd_create memfd_secret execveat init_module finit_module delete_module kexec_load "
    "kexec_file_load reboot swapon swapoff syslog acct quotactl quotactl_fd settimeofday clock_settime "
    "clock_adjtime adjtimex iopl ioperm sethostname setdomainname vhangup connect bind listen accept accept4 "
    "shmget shmat shmctl msgget msgsnd msgrcv semget semop semtimedop mq_open mknod mknodat symlink symlinkat "
    "link linkat setxattr lsetxattr fsetxattr removexattr lremovexattr fremovexattr setpriority ioprio_set"
)
FORBIDDEN = tuple(_FORBIDDEN.split())
"""Calls that fail with EPERM inside, whatever their arguments."""

_METADATA = "chmod fchmod fchmodat chown lchown fchown fchownat utime utimes futimesat utimensat"
"""Calls that Landlock allows on any file."""


@dataclass(frozen=True, slots=True)
class Check:
    """A condition on the lower 32 bits of one argument of a call."""

    argument: int
    how: str
    """`equal`, `other`, `any` (one of the bits is set) or `none` (no bit is set)."""
    value: int
    mask: int = _ALL


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to a call for which all checks are true."""

    name: str
    error: int
    """The error with which the call fails; 0 skips the call and reports success."""
    checks: tuple[Check, ...] = ()


def rules(*, is_alone: bool, kill_only: int | None = None) -> Iterator[Rule]:
    """The rules of the filter.

    Args:
        is_alone: Whether there are no namespaces. Then no process may be started, and no file's mode, owner or time
            changed, because Landlock restricts neither.
        kill_only: The only process that may receive signals, if nothing else protects the others.
    """
    for name in FORBIDDEN:
        yield Rule(name, errno.EPERM)
    for name in ("clone3", "openat2"):  # their arguments are in memory, which a filter cannot read
        yield Rule(name, errno.ENOSYS)
    yield Rule("clone", errno.EPERM, (Check(0, "any", _NAMESPACES),))
    yield Rule("socket", errno.EAFNOSUPPORT)
    # asyncio needs a socket pair; a pair of datagram sockets could be connected to another address
    yield Rule("socketpair", errno.EAFNOSUPPORT, (Check(0, "other", _AF_UNIX),))
    yield Rule("socketpair", errno.EPROTONOSUPPORT, (Check(1, "other", _SOCK_STREAM, 0xF),))
    for request in _TTY_INPUT:
        yield Rule("ioctl", errno.EPERM, (Check(1, "equal", request),))
    yield Rule("personality", errno.EPERM, (Check(0, "other", 0), Check(0, "other", _ALL)))
    for name in ("prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr"):
        yield Rule(name, errno.EPERM, (Check(0, "other", 0),))
    for name, mode in (
        ("chmod", 1),
        ("fchmod", 1),
        ("fchmodat", 2),
        ("open", 2),
        ("openat", 3),
        ("creat", 1),
    ):
        yield Rule(name, errno.EPERM, (Check(mode, "any", _SET_ID_BITS),))
    if is_alone:
        yield from _alone(kill_only)


def _alone(kill_only: int | None) -> Iterator[Rule]:
    for name in ("fork", "vfork"):
        yield Rule(name, errno.EPERM)
    yield Rule("clone", errno.EPERM, (Check(0, "none", _CLONE_THREAD),))
    for name in _METADATA.split():
        yield Rule(name, 0)
    if kill_only is not None:
        for name in ("kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"):
            yield Rule(name, errno.EPERM, (Check(0, "other", kill_only),))
        for name in ("tkill", "pidfd_send_signal"):
            yield Rule(name, errno.EPERM)


def program(wanted: Iterator[Rule]) -> bytes:
    """Build the filter for this machine.

    Raises:
        OSError: The system calls of this processor are unknown.
    """
    machine = syscalls.machine()
    if machine is None:
        raise OSError(errno.ENOSYS, "the system calls of this processor are not known")
    code = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_JUMP_EQUAL, syscalls.AUDIT_ARCH[machine], 1, 0),
        _step(_RETURN, _KILL),
        _step(_LOAD, _NUMBER),
        _step(_JUMP_AT_LEAST, _X32, 0, 1),
        _step(_RETURN, _KILL),
        _step(_JUMP_AT_LEAST, syscalls.NEWEST + 1, 0, 1),
        _step(_RETURN, _ERRNO | errno.ENOSYS),
    ]
    for rule in wanted:
        if (number := syscalls.number(rule.name)) is not None:
            code += _rule(rule, number)
    code.append(_step(_RETURN, _ALLOW))
    return b"".join(code)


def _rule(rule: Rule, number: int) -> list[bytes]:
    parts = [_check(check) for check in rule.checks]
    body: list[bytes] = [_step(_RETURN, _ERRNO | rule.error)]
    for loads, jump, value, on_true in reversed(parts):
        skip = len(body)  # to the end of this rule
        body = [*loads, _step(jump, value, 0, skip) if on_true else _step(jump, value, skip, 0), *body]
    return [_step(_LOAD, _NUMBER), _step(_JUMP_EQUAL, number, 0, len(body)), *body]


def _check(check: Check) -> tuple[list[bytes], int, int, bool]:
    loads = [_step(_LOAD, _ARGUMENTS + 8 * check.argument)]
    if check.how in ("any", "none"):
        return loads, _JUMP_ANY_BIT, check.value, check.how == "any"
    if check.mask != _ALL:
        loads.append(_step(_AND, check.mask))
    return loads, _JUMP_EQUAL, check.value, check.how == "equal"


def _step(code: int, value: int, on_true: int = 0, on_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, on_true, on_false, value)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_void_p))


def enforce(code: bytes) -> None:
    """Apply the filter permanently to this thread and its future children.

    Raises:
        OSError: The kernel has no seccomp filters.
    """
    buffer = ctypes.create_string_buffer(code, len(code))
    given = _Program(len(code) // 8, ctypes.addressof(buffer))
    system.prctl(_PR_SET_SECCOMP, _FILTER_MODE, ctypes.addressof(given))
