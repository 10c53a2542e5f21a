"""Operations on the branches of a conversation: copying a thread up to a message, and finding the other branches."""

from __future__ import annotations

from aimltui.engine.runs.recovery import active_run
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import branches as rows
from aimltui.engine.store import runs, threads, unstored
from aimltui.engine.store.database import Connection
from aimltui.engine.validation import merged_metadata
from aimltui.wire import ids
from aimltui.wire.base import Metadata
from aimltui.wire.branches import BranchPlace, CopyThread, ThreadBranches
from aimltui.wire.errors import BadRequest
from aimltui.wire.imports import BRANCH_OF as IMPORTED_BRANCH
from aimltui.wire.imports import COUNT, DIGEST, ORIGIN
from aimltui.wire.threads import (
    BRANCH_AT,
    BRANCH_OF,
    FAMILY,
    PINNED,
    TRASHED_AT,
    USED_AT,
    Thread,
    ThreadParams,
)
from aimltui.wire.tools import CodeInterpreterResources, ToolResources

_OWN = (ORIGIN, DIGEST, COUNT, IMPORTED_BRANCH, TRASHED_AT, USED_AT)
"""Metadata of the original that is not true of a copy."""
_SEPARATE = (FAMILY, PINNED)
"""Metadata that a copy has only as a branch."""


class BranchOperations:
    """The operations on copies and branches."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def copy_thread(self, params: CopyThread) -> Thread:
        """Copy the first messages of a thread into a new one. An extension of the API."""
        thread_id = self._runtime.options.new_id(ids.THREAD)
        copied = await self._runtime.write(
            lambda conn: _copy(conn, self._runtime, params, thread_id), thread_id
        )
        self._runtime.index_words()
        return copied

    async def list_branches(self, params: ThreadParams) -> ThreadBranches:
        """Return the places where a conversation has several branches. An extension of the API."""
        places = await self._runtime.read(lambda conn: rows.places(conn, params.thread_id))
        data = [
            BranchPlace(after=place.after, number=place.number, threads=place.threads) for place in places
        ]
        return ThreadBranches(data=data)


def _copy(conn: Connection, runtime: Runtime, params: CopyThread, thread_id: str) -> Thread:
    source = threads.get(conn, params.thread_id)
    if params.before is not None and params.through is not None:
        raise BadRequest(
            "Give either 'before' or 'through', not both.", param="through", code="invalid_value"
        )
    last = rows.last_copied(conn, source.id, params.before, params.through)
    _check_idle(conn, runtime, source.id, last)
    if params.branch and not (source.metadata or {}).get(FAMILY):
        source = source.model_copy(update={"metadata": merged_metadata(source.metadata, {FAMILY: source.id})})
        threads.save(conn, source)
    now = runtime.options.now()
    at = rows.message_at(conn, source.id, last) or ""
    made = {BRANCH_OF: source.id, BRANCH_AT: at}
    thread = Thread(
        id=thread_id,
        created_at=now,
        metadata=merged_metadata(
            _inherited(source, is_branch=bool(params.branch)), {**made, **(params.metadata or {})}
        ),
        tool_resources=_resources(conn, source, last),
    )
    threads.insert(conn, thread)
    unstored.mark_new(conn, runtime.owner.id, thread.id)
    rows.Copier(conn, source.id, thread_id, last, runtime.options.new_id).copy()
    threads.touch(conn, thread_id, now)
    return thread


def _inherited(source: Thread, *, is_branch: bool) -> Metadata:
    left_out = _OWN if is_branch else (*_OWN, *_SEPARATE)
    return {key: value for key, value in (source.metadata or {}).items() if key not in left_out}


def _resources(conn: Connection, source: Thread, last: int) -> ToolResources:
    """Return the tool resources without the files that later messages gave to the code interpreter.

    Vector stores are shared: they are indexed already, and what was read in one branch may help in the other.
    """
    resources = source.tool_resources or ToolResources()
    code = resources.code_interpreter
    later = rows.files_only_after(conn, source.id, last) if code is not None and code.file_ids else set()
    if code is None or not later:
        return resources
    left = [file_id for file_id in code.file_ids if file_id not in later]
    return resources.model_copy(update={"code_interpreter": CodeInterpreterResources(file_ids=left)})


def _check_idle(conn: Connection, runtime: Runtime, thread_id: str, last: int) -> None:
    """Check that none of the messages is being written.

    Raises:
        BadRequest: A run that may still change one of them is active.
    """
    busy = active_run(conn, thread_id, runtime.options, runtime.others)
    if busy is not None and runs.has_message(conn, busy.id, last):
        raise BadRequest(f"Can't copy what is written in {thread_id} while a run {busy.id} is active.")
