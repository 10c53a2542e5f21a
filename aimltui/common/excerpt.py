"""Shortens a long text to its beginning and its end. Pure."""

from __future__ import annotations


class Excerpt:
    """Keeps the beginning and the end of a growing text, and counts the characters in between.

    Args:
        head: Characters to keep of the beginning.
        tail: Characters to keep of the end.
    """

    def __init__(self, head: int, tail: int) -> None:
        self._room, self._most = head, tail
        self._head: list[str] = []
        self._tail = ""
        self._left_out = 0

    def add(self, text: str) -> str:
        """Append text; returns the part of it that belongs to the beginning."""
        head, rest = text[: self._room], text[self._room :]
        self._room -= len(head)
        if head:
            self._head.append(head)
        if rest:
            kept = self._tail + rest
            self._tail = kept[-self._most :]
            self._left_out += len(kept) - len(self._tail)
        return head

    @property
    def end(self) -> str:
        """The text after the beginning, with a note about the characters left out."""
        if not self._left_out:
            return self._tail
        return f"\n[… {self._left_out:,} characters are left out here …]\n{self._tail}"

    @property
    def whole(self) -> str:
        """Beginning and end, with the note between them."""
        return "".join(self._head) + self.end
