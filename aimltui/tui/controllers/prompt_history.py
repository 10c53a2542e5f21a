"""PromptHistory: what the user said before, in the open thread and in others."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.tui.state.attached_files import in_words
from aimltui.tui.state.entries import MessageEntry

if TYPE_CHECKING:
    from aimltui.tui.controllers.workspace import Workspace

_THREADS = 30
_MESSAGES = 100
_FRESH_S = 60
"""Seconds for which what was read is not read again."""


class PromptHistory:
    """Walks through earlier messages, the newest first: those of the open thread, then those of the newest threads.

    Args:
        workspace: Returns what is behind the screen; None before there is a connection.
    """

    def __init__(self, workspace: Callable[[], Workspace | None]) -> None:
        self._workspace = workspace
        self._others: list[str] = []
        self._items: list[str] = []
        self._at = -1
        self._read_at = float("-inf")

    def begin(self) -> None:
        """Begin with the newest message."""
        self._items, self._at = self.items(), -1

    def older(self) -> str | None:
        """The next older message; None if there is none."""
        if self._at + 1 >= len(self._items):
            return None
        self._at += 1
        return self._items[self._at]

    def newer(self) -> str:
        """The next newer message; empty after the newest."""
        self._at = max(-1, self._at - 1)
        return self._items[self._at] if self._at >= 0 else ""

    def items(self) -> list[str]:
        """All messages that are known, each once."""
        workspace = self._workspace()
        entries = workspace.current.view.entries if workspace is not None else []
        own = [e.text for e in reversed(entries) if isinstance(e, MessageEntry) and e.role == "user"]
        texts = (in_words(text) for text in [*own, *self._others])
        return list(dict.fromkeys(text for text in texts if text.strip()))

    async def load(self) -> None:
        """Read what was said in the newest threads; where that fails, less is known."""
        from aimltui.wire.errors import APIError
        from aimltui.wire.messages import ListMessages

        workspace = self._workspace()
        if workspace is None or 0 <= workspace.clock() - self._read_at < _FRESH_S:
            return
        self._read_at = workspace.clock()
        rows = workspace.threads.rows(workspace.clock())
        newest = sorted(rows, key=lambda row: row.group == "Pinned")[:_THREADS]
        found: list[tuple[int, str]] = []
        for row in newest:
            query = ListMessages(thread_id=row.id, limit=_MESSAGES, order="desc")
            try:
                page = await workspace.client.messages.list(query)
            except (APIError, TransportError):
                break
            found += [(said.created_at, said.text) for said in page.data if said.role == "user"]
        found.sort(key=lambda said: -said[0])
        self._others = [text for _, text in found]
        known = set(self._items)
        self._items += [text for text in self.items() if text not in known]
