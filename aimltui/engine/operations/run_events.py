"""Following a run from the outside: first what stands in the database, then what comes, wherever it is executed."""

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
    """The run's events after `params.after`, up to where it is over or waits for the caller; then `done`.

    Raises:
        APIError: There is no such run; only before the first event.
    """
    last = params.after if params.after is not None else -1
    told_anything = False

    def look(conn: Connection) -> tuple[Run, list[StreamEvent]]:
        return runs.get(conn, params.thread_id, params.run_id), event_rows.after(conn, params.run_id, last)

    runtime.followers += 1
    try:
        while True:
            # taken before the rows are read: what comes in between is in both, and not in neither
            log = runtime.supervisor.log_of(params.run_id)
            run, rows = await runtime.read(look)
            for event in rows:
                last, told_anything = event.index if event.index is not None else last, True
                yield event
            if log is not None:
                async with aclosing(log.follow(last)) as told:
                    async for event in told:
                        if event.event == events.DONE:
                            break
                        last, told_anything = event.index if event.index is not None else last, True
                        yield event
                continue
            if run.is_terminal or run.status == REQUIRES_ACTION:
                if not told_anything and params.after is None:
                    # an old run's log is forgotten; how it ended is not
                    yield StreamEvent(f"thread.run.{run.status}", run)
                yield DONE
                return
            await asyncio.sleep(runtime.options.busy_poll_s)
    finally:
        runtime.followers -= 1
