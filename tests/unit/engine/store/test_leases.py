"""The lease: whose runs are left alone."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from aimltui.engine.store import leases, migrations
from aimltui.engine.store.leases import OtherOwners, Owner
from tests.support.builders import TestClock

NOW, BEAT = 1_000_000.0, 5.0


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(":memory:")
    conn.row_factory = sqlite3.Row
    for statement in migrations.statements(migrations.SCHEMA.read_text(encoding="utf-8")):
        conn.execute(statement)
    yield conn
    conn.close()


def alive(conn: sqlite3.Connection, owner: Owner, *, beaten: float = NOW) -> bool:
    leases.beat(conn, owner, beaten)
    return an_observer().is_alive(conn, owner.id)


def an_observer(monotonic: Callable[[], float] = lambda: 1.0) -> OtherOwners:
    return OtherOwners("engine_observer", BEAT, monotonic)


def a_stranger() -> Owner:
    """An engine of which only the heartbeat is known."""
    return replace(leases.this_process("engine_1"), host="elsewhere")


def test_this_process_is_alive_however_long_it_says_nothing(conn: sqlite3.Connection) -> None:
    assert alive(conn, leases.this_process("engine_1"), beaten=NOW - 86_400)


def test_nobody_and_who_resigned_are_dead(conn: sqlite3.Connection) -> None:
    me = leases.this_process("engine_1")
    assert not an_observer().is_alive(conn, None)
    assert alive(conn, me)
    leases.resign(conn, me)
    assert not an_observer().is_alive(conn, me.id)


def test_a_process_that_ended_is_dead(conn: sqlite3.Connection) -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    assert not alive(conn, replace(leases.this_process("engine_1"), pid=child.pid))


def test_another_process_with_the_same_number_is_dead(conn: sqlite3.Connection) -> None:
    assert not alive(conn, replace(leases.this_process("engine_1"), started="1"))


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="needs /proc")
def test_a_process_that_nobody_has_buried_is_dead(conn: sqlite3.Connection) -> None:
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    owner = replace(leases.this_process("engine_1"), pid=child.pid, started=leases._started(child.pid))
    assert alive(conn, owner)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not alive(conn, owner)
    child.communicate()


@pytest.mark.parametrize("change", [{"host": "elsewhere"}, {"started": None}])
def test_where_the_kernel_cannot_be_asked_the_heartbeat_decides(
    conn: sqlite3.Connection, change: dict[str, str | None]
) -> None:
    owner = replace(leases.this_process("engine_1"), **change)
    monotonic = TestClock(0.0)
    observer = an_observer(monotonic)
    leases.beat(conn, owner, NOW)
    for _ in range(leases.STALE_BEATS + 1):
        assert observer.is_alive(conn, owner.id)
        monotonic.advance(BEAT)
    assert not observer.is_alive(conn, owner.id)
    leases.beat(conn, owner, NOW)
    assert observer.is_alive(conn, owner.id)


@pytest.mark.parametrize("jump", [-86_400.0, 0.0, 86_400.0])
def test_an_engine_with_a_heartbeat_is_alive_whatever_its_clock_says(
    conn: sqlite3.Connection, jump: float
) -> None:
    monotonic = TestClock(0.0)
    observer = an_observer(monotonic)
    leases.beat(conn, a_stranger(), NOW)
    for _ in range(4 * leases.STALE_BEATS):
        leases.beat(conn, a_stranger(), NOW + jump)
        assert observer.is_alive(conn, "engine_1")
        assert not observer.is_stopped(conn, "engine_1")
        monotonic.advance(BEAT)


def test_what_was_seen_long_ago_says_nothing_about_an_engine(conn: sqlite3.Connection) -> None:
    monotonic = TestClock(0.0)
    observer = an_observer(monotonic)
    leases.beat(conn, a_stranger(), NOW)
    assert observer.is_alive(conn, "engine_1")
    monotonic.advance(86_400)
    assert observer.is_alive(conn, "engine_1")


def test_a_process_that_exists_but_does_nothing_is_alive_and_stopped(conn: sqlite3.Connection) -> None:
    monotonic = TestClock(0.0)
    observer = an_observer(monotonic)
    leases.beat(conn, leases.this_process("engine_1"), NOW)
    for _ in range(leases.STALE_BEATS + 1):
        assert not observer.is_stopped(conn, "engine_1")
        monotonic.advance(BEAT)
    assert observer.is_stopped(conn, "engine_1")
    assert observer.is_alive(conn, "engine_1")
