"""Saves a temporary thread as an ordinary one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimltui.client.client import every
from aimltui.wire.imports import ImportedMessage, ImportedStep, ImportThread
from aimltui.wire.messages import ListMessages
from aimltui.wire.runs import ListRuns
from aimltui.wire.threads import TEMPORARY

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient


async def keep(client: AssistantsClient, thread_id: str) -> str:
    """Save a temporary thread, delete the temporary one, and return the id of the saved one.

    Args:
        client: The server.
        thread_id: The temporary thread.

    Raises:
        APIError: The server refused; the temporary thread is as it was.
        TransportError: There was no answer.
    """
    thread = await client.threads.get(thread_id)
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
    metadata = {key: value for key, value in (thread.metadata or {}).items() if key != TEMPORARY}
    params = ImportThread(
        origin=f"aimltui {thread_id}",
        digest=str(len(messages)),
        messages=messages,
        created_at=thread.created_at,
        metadata=metadata,
    )
    saved = await client.threads.write_down(params)
    await client.threads.delete(thread_id)
    return saved.id
