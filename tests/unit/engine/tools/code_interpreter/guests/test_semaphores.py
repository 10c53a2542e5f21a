"""The semaphores of the jail behave as the system's do; that processes share them is tested in `tests/sandbox`."""

from __future__ import annotations

import sys
import threading

import pytest

from aimltui.engine.tools.code_interpreter.guests.semaphores import SemLock

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the jails are those of Linux")
RECURSIVE, SEMAPHORE = 0, 1


def a_lock(kind: int = SEMAPHORE, value: int = 1, most: int = 1) -> SemLock:
    return SemLock(kind, value, most, "/unused", True)


def test_what_is_taken_cannot_be_taken_again_until_it_is_given_back() -> None:
    lock = a_lock()
    assert lock.acquire()
    assert not lock.acquire(False)
    assert not lock.acquire(True, 0.01)
    assert not lock.acquire(True, -1)
    assert lock._is_zero()
    lock.release()
    assert (lock._get_value(), lock._count()) == (1, 0)
    with lock:
        assert lock._is_mine()


def test_a_bounded_one_is_not_given_back_too_often() -> None:
    with pytest.raises(ValueError, match="too many times"):
        a_lock().release()
    many = a_lock(value=SemLock.SEM_VALUE_MAX, most=SemLock.SEM_VALUE_MAX)
    assert many.acquire()
    many.release()


def test_a_recursive_one_belongs_to_its_thread() -> None:
    lock = a_lock(RECURSIVE)
    assert lock.acquire()
    assert lock.acquire()
    lock.release()
    others: list[bool] = []
    thread = threading.Thread(target=lambda: others.append(lock.acquire(False)))
    thread.start()
    thread.join()
    assert others == [False]
    lock.release()
    with pytest.raises(AssertionError, match="not owned"):
        lock.release()


def test_a_thread_that_waits_gets_it() -> None:
    lock = a_lock(value=0)
    got: list[bool] = []
    thread = threading.Thread(target=lambda: got.append(lock.acquire(True, 20)))
    thread.start()
    lock.release()
    thread.join(20)
    assert got == [True]


def test_a_process_that_is_not_forked_cannot_have_it() -> None:
    with pytest.raises(RuntimeError, match="fork"):
        SemLock(SEMAPHORE, 1, 1, "/used", False)
    with pytest.raises(RuntimeError, match="fork"):
        SemLock._rebuild(0, 0, 1, "/used")
