"""Follows a run on a server that cannot stream: asks for its state regularly and yields events for the differences."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence

from aimltui.client.errors import Unsupported
from aimltui.client.transport import Transport
from aimltui.wire import events
from aimltui.wire import operations as op
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import ListMessages, Message
from aimltui.wire.run_steps import ListRunSteps, RunStep
from aimltui.wire.runs import COMPLETED, REQUIRES_ACTION, Run, RunParams

LOOKED_AT = 100
"""Steps and messages of a run that are requested: the longest page of the API."""


async def poll_run(transport: Transport, run: Run, pause_s: float) -> AsyncGenerator[StreamEvent, None]:
    """Yield the events of a run as far as polling can find them: complete messages and steps, no deltas.

    Args:
        transport: The server.
        run: The newest known state of the run.
        pause_s: Seconds between two requests.

    Yields:
        Each event, then `done`.

    Raises:
        APIError: The run no longer exists.
        TransportError: The server does not answer.
    """
    seen: dict[str, str] = {}
    yield StreamEvent(events.RUN_CREATED, run)
    told_status = ""
    while True:
        is_over = run.is_terminal or run.status == REQUIRES_ACTION
        if run.status != told_status and not is_over:
            told_status = run.status
            yield StreamEvent(f"thread.run.{run.status}", run)
        steps, messages = await _look(transport, run)
        for step in steps:
            for event in _news(step, "thread.run.step", seen):
                yield event
        for message in messages:
            for event in _news(message, "thread.message", seen):
                yield event
        if is_over:
            yield StreamEvent(f"thread.run.{run.status}", run)
            yield StreamEvent(events.DONE, "[DONE]")
            return
        await asyncio.sleep(pause_s)
        try:
            run = await transport.call(op.GET_RUN, RunParams(thread_id=run.thread_id, run_id=run.id))
        except Unsupported:
            run = as_answered(run, messages)


def as_answered(run: Run, messages: Sequence[Message]) -> Run:
    """Return a run that cannot be read as far as the messages tell of it: complete once they have its answer."""
    answers = [one for one in messages if one.run_id == run.id and one.role == "assistant"]
    if run.is_terminal or not answers or answers[-1].status == "in_progress":
        return run
    return run.model_copy(update={"status": COMPLETED})


async def _look(transport: Transport, run: Run) -> tuple[list[RunStep], list[Message]]:
    thread_id, run_id = run.thread_id, run.id
    asked = ListRunSteps(thread_id=thread_id, run_id=run_id, limit=LOOKED_AT, order="asc")
    try:
        steps = (await transport.call(op.LIST_RUN_STEPS, asked)).data
    except Unsupported:
        # the messages alone must do
        steps = []
    messages = await transport.call(
        op.LIST_MESSAGES, ListMessages(thread_id=thread_id, run_id=run_id, limit=LOOKED_AT, order="asc")
    )
    # a server that ignores run_id returns the messages of all runs
    return steps, [message for message in messages.data if message.run_id == run.id]


def _news(thing: RunStep | Message, prefix: str, seen: dict[str, str]) -> list[StreamEvent]:
    before = seen.get(thing.id)
    seen[thing.id] = thing.status
    news = [] if before is not None else [StreamEvent(f"{prefix}.created", thing)]
    if before != thing.status:
        news.append(StreamEvent(f"{prefix}.{thing.status}", thing))
    return news
