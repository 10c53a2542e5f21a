"""Trash: deleted threads, which can be restored until they are too old.

A mark in the thread's metadata on the server says that it is in the trash, so that moving it there is one change that a
crash cannot leave half done, and every window and program of this kind sees the same trash.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from aimltui.client.client import every
from aimltui.client.errors import TransportError, Unsupported
from aimltui.tui.state.families import family_of
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.threads import TRASHED_AT, ListThreads, ModifyThread, Thread, ThreadSummary

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.controllers.thread_directory import ThreadDirectory

log = logging.getLogger(__name__)

DAY_S = 86_400


class Trash:
    """Moves threads to the trash, restores them, and deletes those that are too old.

    Args:
        client: The server.
        directory: The list of the threads that are not in the trash.
        days: Days for which a thread stays in the trash.
        clock: Unix seconds.
    """

    def __init__(
        self, client: AssistantsClient, directory: ThreadDirectory, days: int, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._directory = directory
        self._days = days
        self._clock = clock
        self.threads: list[ThreadSummary] = []
        """What is in the trash as far as this window knows, the latest first."""

    async def read(self) -> list[ThreadSummary]:
        """Read what is in the trash, the latest first.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        found: list[ThreadSummary] = []
        with suppress(Unsupported):
            async for thread in every(self._client.threads.list, ListThreads(limit=100, trashed=True)):
                # a server that does not know the parameter lists all threads
                if thread.trashed_at is not None:
                    found.append(thread)
        self.threads = sorted(found, key=lambda thread: -(thread.trashed_at or 0))
        return self.threads

    async def put(self, thread_id: str) -> None:
        """Move a thread and its branches to the trash. They leave the list at once, and come back if that fails.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        mark = f"{self._clock():.3f}"
        taken = {
            branch: self._directory.take_out(branch) for branch in self._directory.state.branches(thread_id)
        }
        for branch in list(taken):
            try:
                thread = await self._mark(branch, mark)
            except NotFound:
                # another window deleted it for good
                del taken[branch]
            except (APIError, TransportError):
                for summary in taken.values():
                    if summary is not None:
                        self._directory.put_back(summary)
                raise
            else:
                self.threads.insert(0, _updated(taken.pop(branch), thread))

    async def restore(self, thread_id: str) -> None:
        """Move a thread and its branches out of the trash.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        known = self._known(thread_id)
        if known is None:
            # another window put it there
            await self.read()
            known = self._known(thread_id)
        thread = await self._mark(thread_id, "")
        self._forget(thread_id)
        self._directory.put_back(_updated(known, thread))
        for branch in [other for other in self.threads if family_of(other) == family_of(thread)]:
            restored = await self._mark(branch.id, "")
            self._forget(branch.id)
            self._directory.put_back(_updated(branch, restored))

    async def undo(self) -> str | None:
        """Restore the thread that was moved to the trash last, also by another window or before a restart.

        Returns:
            Its id; None if the trash is empty.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        found = await self.read()
        if not found:
            return None
        thread_id = found[0].id
        await self.restore(thread_id)
        return thread_id

    async def delete(self, thread_ids: Iterable[str]) -> None:
        """Delete threads with their branches for good, also such that are not in the trash.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        wanted = [branch for thread_id in thread_ids for branch in self._branches(thread_id)]
        for thread_id in dict.fromkeys(wanted):
            await self._delete_one(thread_id)

    async def _delete_one(self, thread_id: str) -> None:
        with suppress(NotFound):
            await self._client.threads.delete(thread_id)
        self._forget(thread_id)
        self._directory.take_out(thread_id)

    async def purge(self) -> list[str]:
        """Delete the threads that have been in the trash, and without a new message, for too long.

        Branches of one conversation stay until that is true of all of them in the trash; no other branch is touched.

        A failure is logged; the next start tries again.

        Returns:
            Their ids.
        """
        purged: list[str] = []
        try:
            found = await self.read()
            recent = {family_of(thread) for thread in found if self.days_left(thread) > 0}
            for thread in [thread for thread in found if family_of(thread) not in recent]:
                await self._delete_one(thread.id)
                purged.append(thread.id)
        except (APIError, TransportError) as error:
            log.warning("old threads in the trash could not be deleted: %s", error)
        return purged

    def days_left(self, thread: ThreadSummary) -> float:
        """Days until a thread is deleted for good; infinite if nobody knows since when it is in the trash."""
        since = max(thread.trashed_at or 0, thread.last_active_at or 0)
        return self._days - (self._clock() - since) / DAY_S

    def _branches(self, thread_id: str) -> list[str]:
        known = self._known(thread_id)
        if known is None:
            return self._directory.state.branches(thread_id)
        return [thread.id for thread in self.threads if family_of(thread) == family_of(known)]

    async def _mark(self, thread_id: str, mark: str) -> Thread:
        params = ModifyThread(thread_id=thread_id, metadata={TRASHED_AT: mark})
        return await self._client.threads.modify(params)

    def _known(self, thread_id: str) -> ThreadSummary | None:
        return next((thread for thread in self.threads if thread.id == thread_id), None)

    def _forget(self, thread_id: str) -> None:
        self.threads = [thread for thread in self.threads if thread.id != thread_id]


def _updated(known: ThreadSummary | None, thread: Thread) -> ThreadSummary:
    if known is None:
        return ThreadSummary.model_validate(thread.model_dump())
    return known.model_copy(update={"metadata": thread.metadata})
