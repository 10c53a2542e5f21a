"""ThreadDirectory: the list of threads, and its operations: read, create, rename, pin. `Trash` deletes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress

from aimltui.client.client import AssistantsClient, every
from aimltui.client.errors import TransportError, Unsupported
from aimltui.tui.state.thread_list import ThreadListState
from aimltui.wire.base import Page
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.threads import PINNED, TITLE, CreateThread, ListThreads, ModifyThread, Thread, ThreadSummary

_NEWEST = ListThreads(limit=100, order="desc", order_by="last_active_at")
_TITLE_LIMIT = 512
"""Characters: the limit of the API for a metadata value."""


class ThreadDirectory:
    """Reads the list of threads from the server, and updates it with what is done here.

    Args:
        client: The server.
        changed: Called when the list has changed.
    """

    def __init__(self, client: AssistantsClient, changed: Callable[[], None]) -> None:
        self._client = client
        self._changed = changed
        self.state = ThreadListState()
        self.is_loaded = False
        self._is_cut = False
        """Whether `read_newest` left older threads for later."""

    async def read_newest(self) -> None:
        """Read the newest threads, so that there is something to show at once; `read_rest` reads the others.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        page = await self._page(_NEWEST)
        self.state.load(page.data if page else ())
        self._is_cut = page is not None and page.has_more
        self.is_loaded = not self._is_cut
        self._changed()

    async def read_rest(self, open_thread: str | None) -> None:
        """Read all threads if `read_newest` did not.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        if self._is_cut:
            await self.read(open_thread)

    async def has(self, thread_id: str) -> bool:
        """Whether the server has this thread, outside of the trash; False also if it does not answer."""
        if thread_id in self.state or not self._is_cut:
            return thread_id in self.state
        try:
            thread = await self._client.threads.get(thread_id)
        except (APIError, TransportError):
            return False
        return thread.trashed_at is None

    async def read(self, open_thread: str | None) -> None:
        """Read all threads.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        found: list[ThreadSummary] = []
        with suppress(Unsupported):
            async for thread in every(self._client.threads.list, _NEWEST):
                found.append(thread)
        self.state.load(found, open_thread)
        self.is_loaded = True
        self._changed()

    async def refresh(self, touched: Iterable[str], open_thread: str | None) -> None:
        """Read some threads again, and the newest ones; the others stay as they are.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        page = await self._page(_NEWEST)
        newest = {thread.id: thread for thread in page.data} if page else {}
        self.state.merge(newest.values(), open_thread)
        for thread_id in touched:
            if thread_id in newest:
                continue
            try:
                self.state.put(await self._client.threads.get(thread_id))
            except NotFound:
                self.state.drop(thread_id)
        self._changed()

    async def _page(self, params: ListThreads) -> Page[ThreadSummary] | None:
        """A page of the list; None where the server has no list."""
        try:
            return await self._client.threads.list(params)
        except Unsupported:
            return None

    async def create(self, metadata: dict[str, str]) -> Thread:
        """Make a thread."""
        thread = await self._client.threads.create(
            CreateThread(metadata=metadata) if metadata else CreateThread()
        )
        self.state.put(thread)
        self._changed()
        return thread

    async def rename(self, thread_id: str, title: str) -> None:
        """Change the title of a thread and its branches; an empty one shows its first words again."""
        for branch in self.state.branches(thread_id):
            await self.set_metadata(branch, {TITLE: " ".join(title.split())[:_TITLE_LIMIT]})

    async def toggle_pin(self, thread_id: str) -> None:
        """Pin or unpin a thread and its branches."""
        mark = "false" if self.state.is_pinned(thread_id) else "true"
        for branch in self.state.branches(thread_id):
            await self.set_metadata(branch, {PINNED: mark})

    async def set_metadata(self, thread_id: str, metadata: dict[str, str]) -> None:
        """Change a thread's metadata.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        self.state.put(
            await self._client.threads.modify(ModifyThread(thread_id=thread_id, metadata=metadata))
        )
        self._changed()

    def take_out(self, thread_id: str) -> ThreadSummary | None:
        """Remove a thread from the list; the server still has it."""
        summary = self.state.get(thread_id)
        self.state.drop(thread_id)
        self._changed()
        return summary

    def put_back(self, thread: ThreadSummary) -> None:
        """Add a thread to the list again."""
        self.state.merge([thread])
        self._changed()
