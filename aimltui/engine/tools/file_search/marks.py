"""Marks that cite a passage, such as `【0:2†source】`: written, found in streaming text, removed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern

Key = tuple[int, int]
"""The number of the search in its run, and of the passage among its results."""

_PAIRS = pattern(r"(\d{1,6}):(\d{1,6})")
_MARK = pattern(
    r"【[ \t]*\d{1,6}(?::\d{1,6})?(?:[ \t]*[,;、][ \t]*\d{1,6}:\d{1,6})*[ \t]*(?:†[^】\n]{0,200})?】"
    r"|\[\d{1,6}:\d{1,6}†[^\]\n]{0,200}\]"
)
_BEGUN = pattern(
    r"【[\d:,;、 \t]{0,60}(?:†[^】\n]{0,200})?|\[(?:\d{1,6}(?::(?:\d{1,6}(?:†[^\]\n]{0,200})?)?)?)?"
)
"""What may become a mark."""
_OPENING = pattern(r"[【\[]")


@dataclass(frozen=True, slots=True)
class MarkSpan:
    """A piece of text, which may be a mark."""

    text: str
    key: Key | None = None
    """The passage that the mark cites; None for plain text."""


def mark_of(key: Key) -> str:
    """Return the mark that cites a passage."""
    return f"【{key[0]}:{key[1]}†source】"


def without_marks(text: str) -> str:
    """Return the text without marks."""
    return _MARK.sub("", text)


class MarkFinder:
    """Separates marks from other text, and holds back the end of the text while it may become a mark.

    Every mark is returned in the same form, however the model wrote it; marks of unknown passages are dropped.

    Args:
        known: The passages that may be cited.
    """

    def __init__(self, known: Collection[Key]) -> None:
        self._known = known
        self._held = ""

    def feed(self, text: str) -> list[MarkSpan]:
        """Add text and return the pieces that are certain."""
        self._held += text
        return list(self._take(final=False))

    def finish(self) -> list[MarkSpan]:
        """End the text and return the rest."""
        return list(self._take(final=True))

    def _take(self, *, final: bool) -> Iterator[MarkSpan]:
        held, self._held = self._held, ""
        plain = place = 0
        while (opening := _OPENING.search(held, place)) is not None:
            place = opening.start()
            found = _MARK.match(held, place)
            if found is not None:
                if place > plain:
                    yield MarkSpan(held[plain:place])
                yield from self._known_in(found[0])
                plain = place = found.end()
            elif not final and _BEGUN.fullmatch(held, place):
                held, self._held = held[:place], held[place:]
                break
            else:
                place += 1
        if len(held) > plain:
            yield MarkSpan(held[plain:])

    def _known_in(self, mark: str) -> Iterator[MarkSpan]:
        head = mark.partition("†")[0]
        keys = dict.fromkeys((int(first), int(second)) for first, second in _PAIRS.findall(head))
        for key in keys:
            if key in self._known:
                yield MarkSpan(mark_of(key), key)
