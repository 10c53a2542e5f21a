"""A text that arrives in pieces and is read while it grows."""

from __future__ import annotations

from itertools import chain
from typing import Final

_CHUNK: Final = 4_096
"""Characters from which on small pieces are joined into one string, which needs less memory than they do."""


class GrowingText:
    """Text that grows at its end. Adding to it never copies what is already there.

    Attributes:
        newlines: How many line ends it has.
    """

    __slots__ = ("_chunks", "_pieces", "_size", "_waiting", "newlines")

    def __init__(self, text: str = "") -> None:
        self._chunks: list[str] = []
        self._pieces: list[str] = []
        self._waiting = 0
        """Characters in `_pieces`."""
        self._size = 0
        self.newlines = 0
        self.add(text)

    def __len__(self) -> int:
        return self._size

    def __str__(self) -> str:
        """Return all of it. The string is stored in place of its pieces, so that all readers share it."""
        if self._pieces or len(self._chunks) != 1:
            self._chunks, self._pieces, self._waiting = ["".join(chain(self._chunks, self._pieces))], [], 0
        return self._chunks[0]

    def add(self, text: str) -> None:
        """Append a piece."""
        if not text:
            return
        self._pieces.append(text)
        self._waiting += len(text)
        self._size += len(text)
        self.newlines += text.count("\n")
        if self._waiting >= _CHUNK:
            self._chunks.append("".join(self._pieces))
            self._pieces, self._waiting = [], 0

    def since(self, start: int) -> str:
        """Return the text from a place on; only that part is copied.

        Args:
            start: Characters before it.
        """
        return self.between(start, self._size)

    def between(self, start: int, end: int) -> str:
        """Return the text between two places; only that part is copied.

        Args:
            start: Characters before it.
            end: Characters up to its end; beyond the text's end, that is meant.
        """
        found: list[str] = []
        stop = self._size
        for piece in chain(reversed(self._pieces), reversed(self._chunks)):
            if stop <= start:
                break
            begin = stop - len(piece)
            if begin < end:
                found.append(piece[max(0, start - begin) : min(end, stop) - begin])
            stop = begin
        found.reverse()
        return "".join(found)
