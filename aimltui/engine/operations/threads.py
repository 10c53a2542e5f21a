"""Operations on threads."""

from __future__ import annotations

from aimltui.engine.operations.messages import new_messages
from aimltui.engine.operations.references import insert_thread, may_queue_files, settled_resources
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import runs as run_rows
from aimltui.engine.store import threads as rows
from aimltui.engine.store.database import Connection
from aimltui.engine.validation import merged_metadata
from aimltui.wire import ids
from aimltui.wire.base import Deleted, Page
from aimltui.wire.threads import CreateThread, ListThreads, ModifyThread, Thread, ThreadParams, ThreadSummary
from aimltui.wire.tools import ToolResources


class ThreadOperations:
    """The operations on threads."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def create_thread(self, params: CreateThread) -> Thread:
        """Create a thread, optionally with messages."""
        thread = new_thread(self._runtime, params)
        messages = new_messages(self._runtime, thread.id, params.messages or ())

        made = await self._runtime.write(
            lambda conn: insert_thread(conn, self._runtime, thread, messages), thread.id
        )
        if may_queue_files(messages, thread):
            self._runtime.indexer.wake()
        return made

    async def list_threads(self, params: ListThreads) -> Page[ThreadSummary]:
        """Return one page of thread summaries. An extension of the API."""
        return await self._runtime.read(lambda conn: rows.listed(conn, params))

    async def get_thread(self, params: ThreadParams) -> Thread:
        """Return a thread by id."""
        return await self._runtime.read(lambda conn: rows.get(conn, params.thread_id))

    async def modify_thread(self, params: ModifyThread) -> Thread:
        """Change tool resources and metadata, also while a run is active; metadata is merged."""
        given = params.model_fields_set

        def change(conn: Connection) -> Thread:
            old = rows.get(conn, params.thread_id)
            metadata = merged_metadata(old.metadata, params.metadata)
            resources = old.tool_resources
            if "tool_resources" in given:
                resources = settled_resources(conn, self._runtime, params.tool_resources, may_create=False)
            thread = old.model_copy(update={"metadata": metadata, "tool_resources": resources})
            rows.save(conn, thread)
            return thread

        return await self._runtime.write(change, params.thread_id)

    async def delete_thread(self, params: ThreadParams) -> Deleted:
        """Delete a thread with everything in it; an active run is stopped first."""
        for row in await self._runtime.read(lambda conn: run_rows.active(conn, params.thread_id)):
            await self._runtime.supervisor.stop_and_wait(row.id)
        await self._runtime.write(lambda conn: rows.delete(conn, params.thread_id), params.thread_id)
        await self._runtime.tools.forget(params.thread_id)
        return Deleted(id=params.thread_id, object="thread.deleted")


def new_thread(runtime: Runtime, params: CreateThread) -> Thread:
    """Return a thread that is not stored yet."""
    return Thread(
        id=runtime.options.new_id(ids.THREAD),
        created_at=runtime.options.now(),
        metadata=merged_metadata(None, params.metadata),
        tool_resources=params.tool_resources or ToolResources(),
    )
