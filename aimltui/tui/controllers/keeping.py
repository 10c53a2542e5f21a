"""Saves a temporary thread and its branches as ordinary ones."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from aimltui.client.client import every
from aimltui.wire.imports import BRANCH_OF as IMPORTED_BRANCH
from aimltui.wire.imports import ImportedMessage, ImportedStep, ImportThread
from aimltui.wire.messages import ListMessages
from aimltui.wire.runs import ListRuns
from aimltui.wire.threads import BRANCH_AT, BRANCH_OF, FAMILY, TEMPORARY

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.wire.threads import Thread

_NOT_SAVED: Final = (TEMPORARY, FAMILY, BRANCH_OF, BRANCH_AT)
"""Metadata that name temporary threads."""


async def keep(client: AssistantsClient, thread_id: str) -> dict[str, str]:
    """Save a temporary thread with its branches, then delete the temporary ones.

    A branch in which an answer is being written stays temporary: it would be saved without the rest of that.

    Args:
        client: The server.
        thread_id: The temporary thread.

    Returns:
        The id of the saved thread for each temporary one.

    Raises:
        APIError: The server refused; the temporary threads are as they were.
        TransportError: There was no answer.
    """
    family = await _family(client, thread_id)
    saved = {one.id: await _save(client, one, family[0].id) for one in family}
    for one in family:
        await client.threads.delete(one.id)
    return saved


async def _family(client: AssistantsClient, thread_id: str) -> list[Thread]:
    """Return a thread, and its branches in which nothing is being written, the oldest first."""
    places = (await client.threads.branches(thread_id)).data
    found: dict[str, Thread] = {}
    waiting = [other for place in places for other in place.threads] or [thread_id]
    for one in waiting:
        if one not in found and (one == thread_id or not await _is_answering(client, one)):
            found[one] = await client.threads.get(one)
            places = (await client.threads.branches(one)).data
            waiting += [other for place in places for other in place.threads]
    return sorted(found.values(), key=lambda thread: thread.created_at)


async def _is_answering(client: AssistantsClient, thread_id: str) -> bool:
    newest = (await client.runs.list(ListRuns(thread_id=thread_id, limit=1))).data
    return any(run.is_active for run in newest)


async def _save(client: AssistantsClient, thread: Thread, first_id: str) -> str:
    """Save a thread, as a branch of the first one if it is another, and return the new id."""
    thread_id = thread.id
    runs = {run.id: run async for run in every(client.runs.list, ListRuns(thread_id=thread_id, limit=100))}
    asked = ListMessages(thread_id=thread_id, order="asc", limit=100)
    messages = []
    async for message in every(client.messages.list, asked):
        run = runs.get(message.run_id or "")
        thought = run.reasoning if run is not None else None
        messages.append(
            ImportedMessage(
                role=message.role,
                content=message.content,
                created_at=message.created_at,
                metadata=message.metadata,
                status=message.status,
                model=run.model if run is not None else None,
                steps=[ImportedStep(reasoning=thought)] if thought else None,
                usage=run.usage if run is not None else None,
                duration_ms=run.duration_ms if run is not None else None,
            )
        )
    metadata = {key: value for key, value in (thread.metadata or {}).items() if key not in _NOT_SAVED}
    if thread_id != first_id:
        metadata[IMPORTED_BRANCH] = _origin(first_id)
    params = ImportThread(
        origin=_origin(thread_id),
        digest=str(len(messages)),
        messages=messages,
        created_at=thread.created_at,
        metadata=metadata,
    )
    return (await client.threads.write_down(params)).id


def _origin(thread_id: str) -> str:
    return f"aimltui {thread_id}"
