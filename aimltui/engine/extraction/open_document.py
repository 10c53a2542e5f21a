"""Reads OpenDocument texts and presentations, as they are after all tracked changes are accepted."""

from __future__ import annotations

from typing import Final

from aimltui.engine.extraction.archive import DAMAGED, ENCRYPTED, Archive, Attributes, End, Start, Text
from aimltui.engine.extraction.document import SLIDE
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.source import Source

_CONTENT: Final = "content.xml"
_MANIFEST: Final = "META-INF/manifest.xml"
_DROPPED: Final = frozenset(("tracked-changes", "page-number", "annotation-end", "change"))
_MOST_BLANKS: Final = 1_000
_DEEPEST: Final = 10


def read_open_document(source: Source) -> None:
    """Write the text of an OpenDocument text or presentation."""
    with Archive(source) as archive:
        flow = _Flow(source)
        parse_content(archive, flow.start, flow.end, flow.text)
        flow.flush()


def parse_content(archive: Archive, start: Start, end: End, text: Text) -> None:
    """Parse the content of an OpenDocument file.

    Raises:
        Unreadable: It is encrypted or damaged.
    """
    # parsing it would mean to allow the document type that old programs wrote into it
    if _MANIFEST in archive.names and b"encryption-data" in archive.read(_MANIFEST):
        raise Unreadable(INVALID_FILE, ENCRYPTED)
    if _CONTENT not in archive.names:
        raise Unreadable(INVALID_FILE, DAMAGED)
    archive.parse(_CONTENT, start, end, text)


class _Flow:
    """Writes paragraphs, headings, notes, slides and tables."""

    def __init__(self, source: Source) -> None:
        self._writer = source.writer
        self._spend = source.spend
        self._pieces: list[str] = []
        self._inside = 0
        self._dropped = 0
        self._cells = 0
        self._level = 0
        self._slide = 0

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the start of an element."""
        if name in _DROPPED or (name == "note-citation"):
            self._dropped += 1
        elif name in ("p", "h"):
            self._inside += 1
            self._level = _level(attributes) if name == "h" else self._level
        elif name == "s":
            self._pieces.append(" " * _count(attributes.get("c", "1"), _MOST_BLANKS))
        elif name == "tab":
            self._pieces.append("\t")
        elif name == "line-break":
            self._pieces.append("\n")
        elif name in ("note", "annotation"):
            self._pieces.append(" [")
        elif name == "table-cell":
            self._cells += 1
        elif name == "page":
            self._begin_slide()
        elif name == "notes":
            self._pieces.append("Notes: ")

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name in _DROPPED or (name == "note-citation"):
            self._dropped -= 1
        elif name in ("p", "h"):
            self._inside -= 1
            self._end_paragraph(name)
        elif name in ("note", "annotation"):
            self._pieces.append("] ")
        elif name == "table-cell":
            self._cells -= 1
            self._pieces.append("\t")
        elif name == "table-row" and not self._cells:
            self._pieces.append("\n")
        if not self._inside and not self._cells:
            self.flush()

    def text(self, text: str) -> None:
        """Take text."""
        if self._inside and not self._dropped:
            self._pieces.append(text)

    def flush(self) -> None:
        """Write what was collected."""
        if self._pieces:
            self._writer.write("".join(self._pieces))
            self._pieces = []

    def _begin_slide(self) -> None:
        self.flush()
        self._slide += 1
        self._writer.at(SLIDE, self._slide)
        self._spend.progress(self._slide)

    def _end_paragraph(self, name: str) -> None:
        if self._dropped:
            return
        if name == "h" and not self._inside and not self._cells:
            self._writer.heading(self._level, "".join(self._pieces))
        self._pieces.append(" " if self._cells or self._inside else "\n")


def _level(attributes: Attributes) -> int:
    return _count(attributes.get("outline-level", "1"), _DEEPEST)


def _count(text: str, most: int) -> int:
    """Return a number from 1 to `most`."""
    return max(1, min(int(text), most)) if text.isdecimal() and len(text) < 10 else 1
