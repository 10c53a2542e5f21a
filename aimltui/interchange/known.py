"""Which conversations a server has already."""

from __future__ import annotations

from typing import Final

from aimltui.interchange.records import Thread

BRANCH: Final = "#"
"""Stands between the id of a conversation and that of a branch."""
_EXPORTS = frozenset({"aimltui", "assistants-api"})
"""Formats in which this program writes threads under their own ids."""


class Known:
    """The threads that were imported before, or in this import."""

    def __init__(self) -> None:
        self._threads: dict[str, list[tuple[str, str]]] = {}
        self._digests: dict[str, set[str]] = {}
        self._ids: set[str] = set()

    def add_id(self, thread_id: str) -> None:
        """One more thread, wherever it is from."""
        self._ids.add(thread_id)

    def has_exported(self, thread: Thread) -> bool:
        """True if the conversation is an export of a thread that is here."""
        return thread.format in _EXPORTS and thread.source_id in self._ids

    def add(self, origin: str, thread_id: str, digest: str) -> None:
        """One more that was imported."""
        self._threads.setdefault(origin, []).append((thread_id, digest))
        self._digests.setdefault(_family(origin), set()).add(digest)

    def has(self, origin: str, digest: str) -> bool:
        """True if the same was said in a thread of this conversation, whichever branch of it was shown then."""
        return digest in self._digests.get(_family(origin), ())

    def of(self, origin: str) -> list[tuple[str, str]]:
        """The threads of an origin, with their digests."""
        return self._threads.get(origin, [])


def _family(origin: str) -> str:
    return origin.partition(BRANCH)[0]
