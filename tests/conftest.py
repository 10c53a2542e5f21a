"""Every test has its own home, no network but loopback, and no keys."""

from __future__ import annotations

import gc
import ipaddress
import itertools
import os
import re
import signal
import socket
import sys
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import execnet
import pytest
from textual import _wait
from textual import screen as textual_screen

from tests.support import eager_tasks, forked_workers, parsed_once
from tests.support.databases import CopiedDatabases
from tests.support.reader_hosts import SharedHosts

# After every key Textual's pilot looks each 20 ms whether the program has come to rest, while it paints each 17 ms: most
# of the time that these tests take. With the program's own beat (`window._BEATS`) more is painted in half the time.
textual_screen.UPDATE_PERIOD = 1 / 240  # type: ignore[misc]
_wait.SLEEP_GRANULARITY, _wait.SLEEP_IDLE = 1 / 100, 1 / 1000

parsed_once.install()
eager_tasks.install()

KEPT = (
    "PATH",
    "LANG",
    "LC_ALL",
    "TERM",
    "PYTHONPATH",
    "PYTHONDONTWRITEBYTECODE",
    "VIRTUAL_ENV",
    "CI",
    "COVERAGE_PROCESS_START",
)

PLACES = {
    "HOME": "",
    "TMPDIR": "",
    "XDG_CONFIG_HOME": "/config",
    "XDG_DATA_HOME": "/data",
    "XDG_STATE_HOME": "/state",
    "XDG_CACHE_HOME": "/cache",
    "AIMLTUI_DATA_DIR": "/aimltui-data",
    "AIMLTUI_CONFIG_DIR": "/aimltui-config",
}
"""Where a test finds its own directories, below its home."""

ELSEWHERE = os.environ.get("AIMLTUI_CONFORMANCE_URL")
"""The other server that `tests/conformance` is pointed at; None: nothing leaves this machine."""


def pytest_configure() -> None:
    """Have SIGINT and SIGHUP end what the tests start, even in the background of a shell or under `nohup`.

    There they are ignored, and every process that the tests start would inherit that.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """Use workers for the whole suite only: few tests are over before a worker has started (`-n 2` says otherwise).

    There are two workers more than processors, since half of what tests that start programs or end runs take is waiting.
    There are none where pictures are updated, since only one process knows which of them are left over.
    """
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if not is_whole or config.getoption("update_snapshots"):
        return 0
    return len(os.sched_getaffinity(0)) + 2 if hasattr(os, "sched_getaffinity") else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: Sequence[execnet.XSpec]) -> None:
    """Import all tests once for all workers."""
    if sys.platform == "linux":
        forked_workers.start(config, specs)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the collected tests out of the garbage collector: each full collection would look at all of them in vain."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Directories that do not exist yet; pytest's own numbers list all directories of the run for each new one."""
    base = tmp_path_factory.getbasetemp()
    return (base / str(number) for number in itertools.count())


@pytest.fixture
def tmp_path(numbered: Iterator[Path], request: pytest.FixtureRequest) -> Path:
    """An empty directory of this test, as pytest's own."""
    directory = next(numbered) / re.sub(r"\W", "_", request.node.name)[:30]
    directory.mkdir(parents=True)
    return directory


@pytest.fixture(scope="session", autouse=True)
def shared_reader_hosts(bare_environment: None) -> Iterator[SharedHosts]:
    """One process that forks the readers of files for all engines of this worker that do not read at the same time."""
    hosts = SharedHosts()
    with hosts.installed():
        yield hosts


@pytest.fixture(scope="module")
def own_reader_hosts(shared_reader_hosts: SharedHosts) -> Iterator[None]:
    """Each engine's own process, as the program has it: for the tests of these processes."""
    with shared_reader_hosts.suspended():
        yield


@pytest.fixture(scope="session", autouse=True)
def copied_databases(numbered: Iterator[Path]) -> Iterator[CopiedDatabases]:
    """One database that is made, and copied wherever a test needs a new one."""
    databases = CopiedDatabases(next(numbered))
    with databases.installed():
        yield databases


@pytest.fixture(scope="module")
def own_databases(copied_databases: CopiedDatabases) -> Iterator[None]:
    """Databases as the program makes and opens them: for the tests of just that."""
    with copied_databases.suspended():
        yield


@pytest.fixture(scope="session", autouse=True)
def bare_environment() -> None:
    """An environment without keys, proxies or anybody's settings."""
    for name in list(os.environ):
        if name not in KEPT and not name.startswith(("PYTEST", "PYTHON", "COV_", "TEXTUAL_SNAPSHOT")):
            del os.environ[name]


@pytest.fixture(autouse=True)
def own_world(numbered: Iterator[Path]) -> Path:
    """A fresh home. Nothing is put back behind a test, since the next one sets all of it."""
    home = next(numbered)
    home.mkdir()
    os.environ.update({name: f"{home}{place}" for name, place in PLACES.items()})
    os.environ.update(TZ="UTC", TEXTUAL_ANIMATIONS="none")
    return home


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection to anywhere but this machine is a failed test."""
    if ELSEWHERE:
        return
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def check(address: object) -> None:
        if isinstance(address, tuple) and not _is_loopback(str(address[0])):
            raise AssertionError(f"a test wanted to connect to {address}")

    def guarded(self: socket.socket, address: object) -> None:
        check(address)
        return connect(self, address)  # type: ignore[arg-type]

    def guarded_ex(self: socket.socket, address: object) -> int:
        check(address)
        return connect_ex(self, address)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", guarded)
    monkeypatch.setattr(socket.socket, "connect_ex", guarded_ex)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
