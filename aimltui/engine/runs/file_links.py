"""Finds links to files of the sandbox in streaming text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from urllib.parse import quote

from aimltui.common.dataclass import dataclass

SCHEME = "sandbox:"


@dataclass(frozen=True, slots=True)
class LinkSpan:
    """A piece of text, which may be a link."""

    text: str
    file_id: str | None = None
    """The file that the text links to; None for plain text."""


class LinkFinder:
    """Separates links from other text, and holds back the end of the text while it may become a link.

    Only existing files are links, so the end of a name never has to be guessed.

    Args:
        files: File ids by path, e.g. `/mnt/data/table.csv`.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        self._links: dict[str, str] = {}
        for path, file_id in files.items():
            self._links[SCHEME + path] = file_id
            self._links[SCHEME + quote(path)] = file_id
        self._longest = max(map(len, self._links), default=0)
        self._held = ""

    def feed(self, text: str) -> list[LinkSpan]:
        """Add text and return the pieces that are certain."""
        if not self._links:
            return [LinkSpan(text)] if text else []
        self._held += text
        return self._sorted(final=False)

    def finish(self) -> list[LinkSpan]:
        """End the text and return the rest."""
        return self._sorted(final=True)

    def _sorted(self, *, final: bool) -> list[LinkSpan]:
        spans = list(self._take(final))
        return [span for span in spans if span.text]

    def _take(self, final: bool) -> Iterator[LinkSpan]:
        held, self._held = self._held, ""
        place = 0
        while place < len(held):
            start = held.find(SCHEME, place)
            if start < 0:
                end = len(held)
                if not final:
                    end -= _overlap(held[max(place, end - len(SCHEME)) :], SCHEME)
                self._held = held[end:]
                yield LinkSpan(held[place:end])
                return
            yield LinkSpan(held[place:start])
            link = self._link_in(held[start : start + self._longest + 2], final)
            if link is None:
                self._held = held[start:]
                return
            yield LinkSpan(link or SCHEME, self._links.get(link))
            place = start + len(link or SCHEME)

    def _link_in(self, held: str, final: bool) -> str | None:
        """Return the longest link at the start of a text, "" if there is none, None if that is not certain yet."""
        if not final:
            undecided = any(len(link) > len(held) and link.startswith(held) for link in self._links)
            if undecided:
                return None
        found = [link for link in self._links if held.startswith(link)]
        for link in sorted(found, key=len, reverse=True):
            after = held[len(link) : len(link) + 2]
            if not final and (not after or after == "."):
                return None
            if not _goes_on(after):
                return link
        return ""


def _goes_on(after: str) -> bool:
    """Return whether the text after a name belongs to the name, which is then another one."""
    if not after:
        return False
    if after[0] == ".":
        return after[1:2].isalnum()
    return after[0].isalnum() or after[0] in "_-/%"


def _overlap(text: str, mark: str) -> int:
    """Return how many characters at the end of the text may be the start of the mark."""
    return next(
        (size for size in range(min(len(text), len(mark) - 1), 0, -1) if mark.startswith(text[-size:])), 0
    )
