"""Follows a run: first the stored events, then new ones, whichever process executes the run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from aimltui.engine.events.log import DONE
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import events as event_rows
from aimltui.engine.store import runs
from aimltui.engine.store.database import Connection
from aimltui.wire import events
from aimltui.wire.events import StreamEvent
from aimltui.wire.runs import REQUIRES_ACTION, Run, RunEventsParams


async def follow_run(runtime: Runtime, params: RunEventsParams) -> AsyncGenerator[StreamEvent, None]:
    """Follow a run until it ends or waits for the caller.

    Yields:
        The events after `params.after`, then `done`.

    Raises:
        APIError: The run does not exist; only before the first event.
    """
    last = params.after if params.after is not None else -1
    told_anything = False

    def look(conn: Connection) -> tuple[Run, list[StreamEvent]]:
        return runs.get(conn, params.thread_id, params.run_id), event_rows.after(conn, params.run_id, last)

    runtime.followers += 1
    try:
        while True:
            # taken before the rows are read: an event between the two is then in both rather than in neither
            log = runtime.supervisor.log_of(params.run_id)
            run, rows = await runtime.read(look)
            rows.reverse()
            while rows:
                index = rows[-1].index
                last, told_anything = index if index is not None else last, True
                # a silent run may be followed for hours by many: what was sent is not held
                yield rows.pop()
            if log is not None:
                del run
                async with aclosing(log.follow(last)) as told:
                    async for event in told:
                        if event.event == events.DONE:
                            break
                        last, told_anything = event.index if event.index is not None else last, True
                        yield event
                continue
            if run.is_terminal or run.status == REQUIRES_ACTION:
                if not told_anything and params.after is None:
                    # the log of an old run has been deleted, but the run's end is known
                    yield StreamEvent(f"thread.run.{run.status}", run)
                yield DONE
                return
            await asyncio.sleep(runtime.options.busy_poll_s)
    finally:
        runtime.followers -= 1
