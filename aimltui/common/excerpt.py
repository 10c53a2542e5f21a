"""The beginning and the end of a text that may be long. Pure."""

from __future__ import annotations


class Excerpt:
    """Keeps so much of a growing text, and counts the rest.

    Args:
        head: Characters of its beginning.
        tail: Characters of its end.
    """

    def __init__(self, head: int, tail: int) -> None:
        self._room, self._most = head, tail
        self._head: list[str] = []
        self._tail = ""
        self._left_out = 0

    def add(self, text: str) -> str:
        """More text; the part of it that belongs to the beginning."""
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
        """What comes after the beginning, with a remark about what is missing in between."""
        if not self._left_out:
            return self._tail
        return f"\n[… {self._left_out:,} characters are left out here …]\n{self._tail}"

    @property
    def whole(self) -> str:
        """Beginning and end."""
        return "".join(self._head) + self.end
