"""Reads parts of a thread from the server, the newest first, as snapshots for a view."""

from __future__ import annotations

import asyncio
from collections.abc import Container

from aimltui.client.client import AssistantsClient, every
from aimltui.client.errors import Unsupported
from aimltui.client.polling import as_answered
from aimltui.tui.state.thread_view import Snapshot
from aimltui.wire.messages import ListMessages, Message
from aimltui.wire.run_steps import ListRunSteps, RunStep
from aimltui.wire.runs import ListRuns, Run

PAGE = 50
"""Messages per request: a few screens, so that a thread of thousands opens as fast as one of ten."""
_AT_ONCE = 8


async def read_thread(
    client: AssistantsClient,
    thread_id: str,
    *,
    before: str | None = None,
    known: Container[str] = (),
    active: Run | None = None,
) -> Snapshot:
    """The newest part of a thread, or the part before a message.

    Args:
        client: The server.
        thread_id: The thread.
        before: The oldest message that is known; older ones are read.
        known: Ids of runs that are not read again.
        active: A run that is known to be active, for servers that cannot list runs.

    Raises:
        APIError: The server refused.
        TransportError: There was no answer.
    """
    query = ListMessages(thread_id=thread_id, limit=PAGE, order="desc", after=before)
    page = await client.messages.list(query)
    messages = list(reversed(page.data))
    try:
        runs = await _runs_of(client, thread_id, messages, page.has_more, known)
    except Unsupported:
        runs = await _runs_by_id(client, thread_id, messages, known, active)
    steps = await _steps_of(client, runs)
    return Snapshot(messages, runs, steps, page.has_more)


async def _runs_of(
    client: AssistantsClient, thread_id: str, messages: list[Message], has_more: bool, known: Container[str]
) -> list[Run]:
    """The runs that belong to this part of the thread, oldest first."""
    anchors = {message.run_id for message in messages if message.run_id}
    oldest = messages[0].created_at if messages and has_more else None
    newest_first: list[Run] = []
    async for run in every(client.runs.list, ListRuns(thread_id=thread_id, limit=100, order="desc")):
        if oldest is not None and run.created_at < oldest and run.id not in anchors:
            break
        if run.id not in known:
            newest_first.append(run)
    return newest_first[::-1]


async def _runs_by_id(
    client: AssistantsClient,
    thread_id: str,
    messages: list[Message],
    known: Container[str],
    active: Run | None,
) -> list[Run]:
    """The runs that the messages name, and the active one: all that a server without a list of runs can return."""
    ids = [message.run_id for message in messages if message.run_id] + ([active.id] if active else [])
    try:
        return [
            await client.runs.get(thread_id, run_id) for run_id in dict.fromkeys(ids) if run_id not in known
        ]
    except Unsupported:
        # neither lists of runs nor single ones: the messages must do
        return [as_answered(active, messages)] if active is not None else []


async def _steps_of(client: AssistantsClient, runs: list[Run]) -> dict[str, list[RunStep]]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def steps(run: Run) -> list[RunStep]:
        params = ListRunSteps(thread_id=run.thread_id, run_id=run.id, limit=100, order="asc")
        async with gate:
            try:
                return [step async for step in every(client.runs.list_steps, params)]
            except Unsupported:
                # the thread is shown without steps
                return []

    # the first failure is reported; others do not matter
    return dict(
        zip((run.id for run in runs), await asyncio.gather(*(steps(run) for run in runs)), strict=True)
    )
