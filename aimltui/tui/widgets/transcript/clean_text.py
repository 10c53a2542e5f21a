"""The text of an entry that may still grow, made harmless as it arrives."""

from __future__ import annotations

from aimltui.common.growing_text import GrowingText
from aimltui.common.sanitize import StreamCleaner


class CleanText:
    """Text without escape sequences and control characters, which grows by raw pieces.

    Attributes:
        source: The clean text; the same object while the text grows.
    """

    __slots__ = ("_cleaner", "source")

    def __init__(self, text: str = "") -> None:
        self.source = GrowingText()
        self._cleaner = StreamCleaner()
        self.add(text)

    def add(self, text: str) -> None:
        """Append a raw piece."""
        self.source.add(self._cleaner.feed(text))

    def finish(self) -> None:
        """Append what was held back because it could have been the start of an escape sequence."""
        self.source.add(self._cleaner.finish())

    def mark(self, text: str) -> None:
        """Append a mark of this program, which is not cleaned."""
        self.finish()
        self.source.add(text)

    def become(self, newer: CleanText) -> bool:
        """Grow to what `newer` is; return False, and change nothing, if that does not start with this text."""
        whole = str(newer.source)
        if not whole.startswith(str(self.source)):
            return False
        self.source.add(whole[len(self.source) :])
        self._cleaner = newer._cleaner
        return True
