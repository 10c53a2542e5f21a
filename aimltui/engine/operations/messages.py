"""Operations on messages."""

from __future__ import annotations

from collections.abc import Iterable

from aimltui.engine.operations.references import insert_message, may_queue_files
from aimltui.engine.runs.recovery import active_run
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import messages as rows
from aimltui.engine.store import threads as thread_rows
from aimltui.engine.store.database import Connection
from aimltui.engine.validation import content_of, merged_metadata
from aimltui.wire import ids
from aimltui.wire.base import Deleted, Page
from aimltui.wire.errors import BadRequest
from aimltui.wire.messages import (
    CreateMessage,
    ListMessages,
    Message,
    MessageParams,
    ModifyMessage,
    NewMessage,
)


class MessageOperations:
    """The operations on messages."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def create_message(self, params: CreateMessage) -> Message:
        """Add a message to a thread, unless a run is active."""
        message = new_messages(self._runtime, params.thread_id, [params])[0]

        def insert(conn: Connection) -> None:
            thread_rows.require(conn, params.thread_id)
            self._unlocked(conn, params.thread_id, "add messages to")
            insert_message(conn, self._runtime, message)

        await self._runtime.write(insert, params.thread_id)
        if may_queue_files([message]):
            self._runtime.indexer.wake()
        return message

    async def list_messages(self, params: ListMessages) -> Page[Message]:
        """Return one page of messages."""
        return await self._runtime.read(lambda conn: rows.listed(conn, params))

    async def get_message(self, params: MessageParams) -> Message:
        """Return a message by id, with its text so far."""
        return await self._runtime.read(lambda conn: rows.get(conn, params.thread_id, params.message_id))

    async def modify_message(self, params: ModifyMessage) -> Message:
        """Merge new metadata, unless a run is active."""

        def change(conn: Connection) -> Message:
            self._unlocked(conn, params.thread_id, "modify messages of")
            old = rows.get(conn, params.thread_id, params.message_id)
            new = old.model_copy(update={"metadata": merged_metadata(old.metadata, params.metadata)})
            rows.save(conn, new)
            return new

        return await self._runtime.write(change, params.thread_id)

    async def delete_message(self, params: MessageParams) -> Deleted:
        """Delete a message, unless a run is active; models no longer receive it."""

        def delete(conn: Connection) -> None:
            self._unlocked(conn, params.thread_id, "delete messages of")
            rows.delete(conn, params.thread_id, params.message_id)

        await self._runtime.write(delete, params.thread_id)
        return Deleted(id=params.message_id, object="thread.message.deleted")

    def _unlocked(self, conn: Connection, thread_id: str, what: str) -> None:
        busy = active_run(conn, thread_id, self._runtime.options, self._runtime.others)
        if busy is not None:
            raise BadRequest(f"Can't {what} {thread_id} while a run {busy.id} is active.")


def new_messages(runtime: Runtime, thread_id: str, asked: Iterable[NewMessage]) -> list[Message]:
    """Return messages that are not stored yet.

    Raises:
        APIError: A message is invalid.
    """
    now = runtime.options.now()
    return [
        Message(
            id=runtime.options.new_id(ids.MESSAGE),
            created_at=now,
            thread_id=thread_id,
            completed_at=now,
            role=new.role,
            content=content_of(new),
            attachments=list(new.attachments or ()),
            metadata=merged_metadata(None, new.metadata),
        )
        for new in asked
    ]
