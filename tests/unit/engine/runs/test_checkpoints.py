from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.errors import EngineError, RunGone, StoreError
from aimltui.engine.events.deltas import TEXT, Delta
from aimltui.engine.events.log import LogEntry
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs import checkpoints
from aimltui.engine.runs.checkpoints import Checkpoints


class Store:
    """Counts transactions; refuses one run, or everything."""

    def __init__(self) -> None:
        self.transactions = 0
        self.refused = ""
        self.is_full = False
        self.stored: dict[str, list[LogEntry]] = {}

    async def write(self, job: Callable[[Any], Any]) -> Any:
        await asyncio.sleep(0)
        if self.is_full:
            raise StoreError("The disk is full.")
        self.transactions += 1
        return job(None)

    def append(
        self, conn: object, streamed: Sequence[tuple[str, Sequence[LogEntry]]]
    ) -> list[EngineError | None]:
        refusals: list[EngineError | None] = []
        for run_id, entries in streamed:
            if run_id == self.refused:
                refusals.append(RunGone("The thread was deleted during the run."))
                continue
            self.stored.setdefault(run_id, []).extend(entries)
            refusals.append(None)
        return refusals


class Streaming:
    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.pending = [LogEntry(Delta("msg_1", TEXT, 0, "text"), 0)]
        self.tasks: list[asyncio.Task[None]] = []

    def begin_checkpoint(self) -> Sequence[LogEntry]:
        taken, self.pending = self.pending, []
        return taken

    def end_checkpoint(self, unsaved: Sequence[LogEntry]) -> None:
        self.pending = [*unsaved, *self.pending]

    def count_on(self, storing: asyncio.Task[None]) -> None:
        self.tasks.append(storing)


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    made = Store()
    monkeypatch.setattr(checkpoints, "append_streamed", made.append)
    return made


def asked(store: Store, *runs: Streaming) -> Checkpoints:
    made = Checkpoints(store, EngineOptions(Path("unused"), checkpoint_s=0.0))  # type: ignore[arg-type]
    for run in runs:
        made.ask(run)
    return made


async def settled(*runs: Streaming) -> None:
    async with asyncio.timeout(10):
        while not all(run.tasks for run in runs):  # noqa: ASYNC110  # a timer begins it
            await asyncio.sleep(0)
        await asyncio.gather(*(task for run in runs for task in run.tasks))


async def test_all_runs_are_stored_in_one_transaction(store: Store) -> None:
    runs = [Streaming(f"run_{number}") for number in range(20)]
    asked(store, *runs)
    await settled(*runs)
    assert store.transactions == 1
    assert {run_id: len(entries) for run_id, entries in store.stored.items()} == {
        run.run_id: 1 for run in runs
    }


async def test_a_run_that_is_gone_keeps_the_others_from_nothing(store: Store) -> None:
    one, gone, other = Streaming("run_1"), Streaming("run_2"), Streaming("run_3")
    store.refused = "run_2"
    asked(store, one, gone, other)
    await settled(one, gone, other)
    assert set(store.stored) == {"run_1", "run_3"}
    assert (len(one.pending), len(gone.pending), len(other.pending)) == (0, 1, 0)


async def test_what_was_not_stored_is_kept_for_the_next_time(store: Store) -> None:
    one, other = Streaming("run_1"), Streaming("run_2")
    store.is_full = True
    made = asked(store, one, other)
    await settled(one, other)
    assert len(one.pending) == len(other.pending) == 1
    store.is_full = False
    for run in (one, other):
        run.tasks.clear()
        made.ask(run)
    await settled(one, other)
    assert set(store.stored) == {"run_1", "run_2"}


async def test_a_closed_run_is_not_stored(store: Store) -> None:
    one, closed = Streaming("run_1"), Streaming("run_2")
    made = asked(store, one, closed)
    made.forget(closed)
    await settled(one)
    assert set(store.stored) == {"run_1"}
    made.forget(one)
