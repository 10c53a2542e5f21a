"""The filter, run by a small machine of our own: what it says to a call."""

from __future__ import annotations

import errno
import struct

import pytest

from aimltui.engine.tools.code_interpreter.jailer import seccomp, syscalls

ALLOW, KILL, ERRNO = 0x7FFF0000, 0x80000000, 0x00050000
pytestmark = pytest.mark.skipif(syscalls.machine() is None, reason="no table for this processor")


def say(code: bytes, number: int, *arguments: int, machine: int | None = None) -> int:
    """The filter's answer to a call."""
    architecture = machine or syscalls.AUDIT_ARCH[syscalls.machine() or ""]
    packet = struct.pack("=IIQ6Q", number, architecture, 0, *(arguments + (0,) * 6)[:6])
    place = accumulator = 0
    while True:
        kind, yes, no, value = struct.unpack_from("=HBBI", code, place * 8)
        place += 1
        match kind:
            case 0x20:
                accumulator = struct.unpack_from("=I", packet, value)[0]
            case 0x54:
                accumulator &= value
            case 0x15:
                place += yes if accumulator == value else no
            case 0x35:
                place += yes if accumulator >= value else no
            case 0x45:
                place += yes if accumulator & value else no
            case 0x06:
                return int(value)
            case _:
                raise AssertionError(kind)


def number(name: str) -> int:
    found = syscalls.number(name)
    assert found is not None
    return found


OPEN = seccomp.program(seccomp.rules(is_alone=False))
ALONE = seccomp.program(seccomp.rules(is_alone=True, kill_only=4242))


@pytest.mark.parametrize("name", [name for name in seccomp.FORBIDDEN if syscalls.number(name) is not None])
@pytest.mark.parametrize("code", [OPEN, ALONE])
def test_a_forbidden_call_fails(code: bytes, name: str) -> None:
    assert say(code, number(name)) == ERRNO | errno.EPERM


@pytest.mark.parametrize("call", [0, 1, 9, 231])
def test_an_ordinary_call_is_made(call: int) -> None:
    assert say(OPEN, call) == ALLOW


def test_another_machines_calls_and_the_other_table_kill() -> None:
    assert say(OPEN, 0, machine=0x40000003) == KILL
    assert say(OPEN, 0x40000000 | 39) == KILL


def test_calls_that_are_too_new_do_not_exist() -> None:
    assert say(OPEN, syscalls.NEWEST + 1) == ERRNO | errno.ENOSYS


def test_threads_and_processes_can_be_made_but_no_namespaces() -> None:
    thread, process, user = 0x3D0F00, 0x1200011, 0x10000011
    assert say(OPEN, number("clone"), thread) == ALLOW
    assert say(OPEN, number("clone"), process) == ALLOW
    assert say(OPEN, number("clone"), user) == ERRNO | errno.EPERM
    assert say(ALONE, number("clone"), thread) == ALLOW
    assert say(ALONE, number("clone"), process) == ERRNO | errno.EPERM


def test_only_a_pair_of_streams_may_be_opened() -> None:
    call = number("socketpair")
    assert say(OPEN, call, 1, 1) == ALLOW
    assert say(OPEN, call, 1, 1 | 0o2000000) == ALLOW
    assert say(OPEN, call, 1, 2) == ERRNO | errno.EPROTONOSUPPORT
    assert say(OPEN, call, 2, 1) == ERRNO | errno.EAFNOSUPPORT
    assert say(OPEN, number("socket"), 1, 1) == ERRNO | errno.EAFNOSUPPORT


def test_limits_of_others_cannot_be_set() -> None:
    assert say(OPEN, number("prlimit64"), 0, 7) == ALLOW
    assert say(OPEN, number("prlimit64"), 1, 7) == ERRNO | errno.EPERM


def test_no_mode_may_make_a_file_run_as_somebody_else() -> None:
    assert say(OPEN, number("openat"), 0, 0, 0o101, 0o644) == ALLOW
    assert say(OPEN, number("openat"), 0, 0, 0o101, 0o4755) == ERRNO | errno.EPERM
    assert say(OPEN, number("fchmodat"), 0, 0, 0o2755) == ERRNO | errno.EPERM


def test_alone_changes_of_modes_seem_to_succeed() -> None:
    assert say(ALONE, number("fchmod"), 3, 0o644) == ERRNO
    assert say(OPEN, number("fchmod"), 3, 0o644) == ALLOW


def test_an_old_landlock_lets_only_itself_be_signalled() -> None:
    assert say(ALONE, number("kill"), 4242, 9) == ALLOW
    assert say(ALONE, number("kill"), 1, 9) == ERRNO | errno.EPERM


def test_nothing_can_be_typed_into_a_terminal() -> None:
    assert say(OPEN, number("ioctl"), 0, 0x5412) == ERRNO | errno.EPERM
    assert say(OPEN, number("ioctl"), 0, 0x5413) == ALLOW
