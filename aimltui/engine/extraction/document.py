"""The text of a document, and where each part of it stands: page, slide, sheet and rows, lines, headings."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import field
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean_line
from aimltui.engine.extraction.limits import Budget

PAGE: Final = "page"
SLIDE: Final = "slide"
ROW: Final = "row"
LINE: Final = "line"

MAX_MARKS: Final = 200_000
_BY_LINE: Final = frozenset((ROW, LINE))
"""Kinds whose numbers grow by one with each line of the text."""
_STEP: Final = 4_096
"""Characters between two marks at most where lines are counted, so that a place is found without reading far back."""
_MOST_PLACES: Final = 200
"""Pages of one passage that are told apart."""
_LONGEST_TITLE: Final = 2_000
"""Characters of a heading that are looked at."""
_LONGEST_HEADING: Final = 80
_LONGEST_PATH: Final = 200
_BLANKS = pattern(r"\s{9,}")
_WIDE = pattern(r"[^\S\n]{9}")
_ODD_ENDS = pattern("[\v\f\x1c-\x1e\x85\u2028\u2029]")
_LINE_ENDS = pattern(r"\r\n?")


@dataclass(frozen=True, slots=True)
class Mark:
    """Where the text from an offset on stands in its document."""

    start: int
    """The offset in the text."""
    kind: str = ""
    """page, slide, row, line; empty if unknown."""
    number: int = 0
    """The page, slide, row or line; from 1."""
    name: str = ""
    """The sheet."""
    headings: tuple[str, ...] = ()
    """The headings above, the chapter first."""


@dataclass(frozen=True, slots=True)
class Document:
    """The text of a file, with marks in the order of the text."""

    text: str
    marks: tuple[Mark, ...] = ()
    remarks: tuple[str, ...] = ()
    """What the user should know about the reading, in sentences."""

    def place(self, start: int, end: int) -> str:
        """Return where a passage stands, e.g. `Results › pages 3–4`; empty if nothing is known.

        Args:
            start: The offset of its first character.
            end: The offset after its last character.
        """
        first, last = self._index(start), self._index(max(start, end - 1))
        if first < 0:
            return ""
        # what stands before the first page, the title for example, has no place
        here = next((mark for mark in self.marks[first : last + 1] if mark.kind), self.marks[first])
        same = [
            mark for mark in self.marks[first : last + 1] if (mark.kind, mark.name) == (here.kind, here.name)
        ]
        lowest, highest = (
            self._number(here, max(start, here.start)),
            self._number(same[-1], self._last(same[-1], end)),
        )
        middle = self.marks[self._index((start + end) // 2)]
        parts = [" › ".join(middle.headings)[:_LONGEST_PATH], _span(here.kind, here.name, lowest, highest)]
        return " › ".join(part for part in parts if part)

    def places(self, start: int, end: int) -> tuple[tuple[int, str], ...]:
        """Return where the pages or slides of a passage begin, and where each is; empty if it stands on one.

        Args:
            start: The offset of its first character.
            end: The offset after its last character.

        Returns:
            Offsets in the passage, with the places from there on.
        """
        first = max(0, self._index(start))
        found: list[tuple[int, str]] = []
        for mark in self.marks[first : self._index(max(start, end - 1)) + 1]:
            if mark.kind in _BY_LINE or len(found) >= _MOST_PLACES:
                return ()
            at = max(start, mark.start)
            place = self.place(at, at + 1)
            if not found or found[-1][1] != place:
                found.append((at - start, place))
        return tuple(found) if len(found) > 1 else ()

    def _index(self, offset: int) -> int:
        return bisect_right(self.marks, offset, key=lambda mark: mark.start) - 1

    def _last(self, mark: Mark, end: int) -> int:
        """Return the offset of the passage's last character that belongs to the mark."""
        following = self._index(mark.start) + 1
        limit = self.marks[following].start if following < len(self.marks) else len(self.text)
        return max(mark.start, min(end, limit) - 1)

    def _number(self, mark: Mark, offset: int) -> int:
        if mark.kind not in _BY_LINE:
            return mark.number
        return mark.number + self.text.count("\n", mark.start, offset)


def _one_line(text: str) -> str:
    # it is shown in many places: nothing of it may act on a terminal
    return " ".join(clean_line(text[:_LONGEST_TITLE]).split())


def _span(kind: str, name: str, lowest: int, highest: int) -> str:
    if not kind:
        return ""
    numbers = f"{kind} {lowest}" if lowest >= highest else f"{kind}s {lowest}–{highest}"
    return f"sheet {name}, {numbers}" if name else numbers


@dataclass(slots=True)
class _Part:
    """Text of one place."""

    kind: str = ""
    number: int = 0
    name: str = ""
    headings: tuple[str, ...] = ()
    pieces: list[str] = field(default_factory=list)


class Writer:
    """Collects the text of a document with its places, and tidies it.

    Args:
        spend: The limits for reading the document.
    """

    def __init__(self, spend: Budget) -> None:
        self.remarks: list[str] = []
        self._spend = spend
        self._part = _Part()
        self._parts = [self._part]
        self._path: list[tuple[int, str]] = []

    def at(self, kind: str, number: int, name: str = "") -> None:
        """Begin a page, a slide, a row or a line; what is written next stands there."""
        self._begin(kind, number, _one_line(name)[:_LONGEST_HEADING])

    def heading(self, level: int, title: str) -> None:
        """Begin a section; it ends those of the same level and of deeper ones. An empty title only ends them.

        Args:
            level: 1 for a chapter.
            title: The heading; it has to be written, too.
        """
        self._path = [(above, text) for above, text in self._path if above < level]
        title = _one_line(title)
        if title:
            short = title if len(title) <= _LONGEST_HEADING else title[: _LONGEST_HEADING - 1] + "…"
            self._path.append((level, short))
        part = self._part
        done = "".join(part.pieces).count("\n") if part.kind in _BY_LINE else 0
        self._begin(part.kind, part.number + done, part.name)

    def write(self, text: str) -> None:
        """Add text.

        Raises:
            Unreadable: It is too much, or the time is up.
            Stopped: The caller no longer waits.
        """
        self._spend.check()
        self._spend.count(len(text))
        self._part.pieces.append(text)

    def document(self) -> Document:
        """Return what was written, without runs of spaces and without more than one empty line in a row.

        Raises:
            Unreadable: The time is up.
            Stopped: The caller no longer waits.
        """
        tidy = _Tidy(self._spend)
        for part in self._parts:
            tidy.add(part)
        return Document("\n".join(tidy.lines).rstrip(), tuple(tidy.marks), tuple(self.remarks))

    def _begin(self, kind: str, number: int, name: str) -> None:
        self._part = _Part(kind, number, name, tuple(title for _, title in self._path))
        self._parts.append(self._part)


class _Tidy:
    """The lines of a text as they are searched, with their marks."""

    def __init__(self, spend: Budget) -> None:
        self.lines: list[str] = []
        self.marks: list[Mark] = []
        self._spend = spend
        self._offset = 0

    def add(self, part: _Part) -> None:
        text = _LINE_ENDS.sub("\n", "".join(part.pieces))
        if not text:
            return
        is_marked = False
        is_odd, is_wide = _ODD_ENDS.search(text) is not None, _WIDE.search(text) is not None
        for number, whole in enumerate(text.removesuffix("\n").split("\n")):
            if number % 10_000 == 0:
                self._spend.check()
            if not whole and not (self.lines and self.lines[-1]):
                is_marked = is_marked and part.kind not in _BY_LINE
                continue
            pieces = (whole.splitlines() or [""]) if is_odd else [whole]
            # the pieces of a line that becomes several have its number
            is_split = len(pieces) > 1 and part.kind in _BY_LINE
            for piece in pieces:
                line = _BLANKS.sub(" " * 8, piece.rstrip()) if is_wide else piece.rstrip()
                is_marked = self._add_line(part, number, line, is_marked and not is_split)
            is_marked = is_marked and not is_split

    def _add_line(self, part: _Part, number: int, line: str, is_marked: bool) -> bool:
        """Add a line; return whether the next one is found from the marks that exist."""
        counts = part.kind in _BY_LINE
        if not line and not (self.lines and self.lines[-1]):
            return is_marked and not counts
        if not is_marked or (counts and self._offset - self.marks[-1].start >= _STEP):
            self._mark(part, number)
        if counts:
            for further in range(_STEP, len(line), _STEP):
                self._mark(part, number, further)
        self.lines.append(line)
        self._offset += len(line) + 1
        return True

    def _mark(self, part: _Part, line: int, further: int = 0) -> None:
        if len(self.marks) >= MAX_MARKS:
            return
        if len(self.marks) == MAX_MARKS - 1:
            # what follows has no place, rather than a wrong one
            self.marks.append(Mark(self._offset + further))
            return
        number = part.number + line if part.kind in _BY_LINE else part.number
        self.marks.append(Mark(self._offset + further, part.kind, number, part.name, part.headings))
