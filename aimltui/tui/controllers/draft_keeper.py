"""Saves what is typed and not sent, and brings it back, without holding up the screen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aimltui.tui.storage.drafts import NEW_THREAD

if TYPE_CHECKING:
    from aimltui.tui.controllers.file_work import FileWork
    from aimltui.tui.storage.drafts import DraftStore


class DraftKeeper:
    """The drafts on the disk, read and written beside the event loop.

    Args:
        store: Where they are.
        files: Does the work.
    """

    def __init__(self, store: DraftStore, files: FileWork) -> None:
        self._store = store
        self._files = files

    async def load(self, key: str) -> str:
        """The draft of a thread, with all that was saved before; empty if there is none."""
        return await self._files.read(partial(self._store.load, key))

    async def last_thread(self) -> str | None:
        """The thread that was open last, if one was noted."""
        return await self._files.read(self._store.last_thread)

    def save(self, key: str, text: str) -> None:
        """Save the draft of a thread in place of the old one; an empty one is removed."""
        self._files.write(partial(self._store.save, key, text))

    def join(self, key: str | None, *, before: str = "", behind: str = "") -> None:
        """Put text before or behind the draft that a thread has, with an empty line between.

        Args:
            key: The thread; None is the one that was open last.
            before: Text before it; empty is none.
            behind: Text behind it; empty is none.
        """
        if not (before.strip() or behind.strip()):
            return

        def work() -> str | None:
            at = key or self._store.last_thread() or NEW_THREAD
            parts = (before, self._store.load(at), behind)
            return self._store.save(at, "\n\n".join(part for part in parts if part.strip()))

        self._files.write(work)

    def note_open_thread(self, thread_id: str | None) -> None:
        """Remember which thread is open, for the next start."""
        self._files.write(partial(self._store.note_last_thread, thread_id))
