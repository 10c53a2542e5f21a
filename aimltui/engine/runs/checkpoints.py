"""Stores what the active runs have streamed, all of them in one transaction."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Protocol

from aimltui.engine.errors import EngineError
from aimltui.engine.events.log import LogEntry
from aimltui.engine.options import EngineOptions
from aimltui.engine.runs.transaction import append_streamed
from aimltui.engine.store.database import Connection, Database

log = logging.getLogger(__name__)


class Streaming(Protocol):
    """A run that streams."""

    @property
    def run_id(self) -> str:
        """The run."""
        ...

    def begin_checkpoint(self) -> Sequence[LogEntry]:
        """Hand over what is not stored yet; nothing else is stored for the run until `end_checkpoint`.

        Nothing is handed over if there is nothing, or if it is being stored in another way.
        """
        ...

    def end_checkpoint(self, unsaved: Sequence[LogEntry]) -> None:
        """Take back what was not stored."""
        ...

    def count_on(self, storing: asyncio.Task[None]) -> None:
        """Wait for a transaction before the run is closed."""
        ...


class Checkpoints:
    """Stores the streamed text of many runs at the same time: a transaction of each takes longer than the text.

    Args:
        database: Where they are stored.
        options: Says how often.
    """

    def __init__(self, database: Database, options: EngineOptions) -> None:
        self._database = database
        self._options = options
        self._asked: dict[Streaming, None] = {}
        self._timer: asyncio.TimerHandle | None = None

    def ask(self, run: Streaming) -> None:
        """Store what a run has streamed after `checkpoint_s` at the latest."""
        self._asked[run] = None
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._options.checkpoint_s, self._begin)

    def forget(self, run: Streaming) -> None:
        """Store nothing more of a run."""
        self._asked.pop(run, None)
        if not self._asked and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        self._timer = None
        asked, self._asked = self._asked, {}
        taken = [(run, entries) for run in asked if (entries := run.begin_checkpoint())]
        if taken:
            storing = asyncio.create_task(self._store(taken))
            for run, _ in taken:
                run.count_on(storing)

    async def _store(self, taken: Sequence[tuple[Streaming, Sequence[LogEntry]]]) -> None:
        def write(conn: Connection) -> list[EngineError | None]:
            return append_streamed(conn, [(run.run_id, entries) for run, entries in taken])

        refusals: Sequence[EngineError | None] | None = None
        try:
            refusals = await self._database.write(write)
        except asyncio.CancelledError:
            # the loop is closing; a transaction that was handed over is written nevertheless
            refusals = [None] * len(taken)
            raise
        except EngineError as error:
            refusals = [error] * len(taken)
        finally:
            for place, (run, entries) in enumerate(taken):
                is_stored = refusals is not None and refusals[place] is None
                # a failed checkpoint does not end the run: the next checkpoint or state stores the same deltas
                run.end_checkpoint(() if is_stored else entries)
        for problem in {str(refusal) for refusal in refusals if refusal is not None}:
            log.warning("a checkpoint was not stored: %s", problem)
