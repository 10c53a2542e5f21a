"""Reads Word documents: paragraphs, tables and notes, as they are after all tracked changes are accepted."""

from __future__ import annotations

from typing import Final

from aimltui.engine.extraction.archive import DAMAGED, Archive, Attributes
from aimltui.engine.extraction.document import Writer
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.source import Source

_USUAL: Final = "word/document.xml"
_NOTES: Final = ("footnotes", "endnotes", "comments")
_DROPPED: Final = frozenset(("del", "moveFrom", "Fallback", "rPrChange", "pPrChange"))
"""Elements without text of the current version: deletions, the old place of what was moved, doubles for old programs."""
_SIGNS: Final = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "-"}
_DEEPEST: Final = 9


def read_word(source: Source) -> None:
    """Write the text of a Word document; notes stand after the paragraph that refers to them."""
    with Archive(source) as archive:
        main = next(
            (target for target, kind in archive.relations("").values() if kind == "officeDocument"), _USUAL
        )
        if main not in archive.names:
            raise Unreadable(INVALID_FILE, DAMAGED)
        parts: dict[str, list[str]] = {}
        for target, kind in archive.relations(main).values():
            if target in archive.names:
                parts.setdefault(kind, []).append(target)
        if main == _USUAL:
            # some programs leave the relations out
            for kind in (*_NOTES, "styles"):
                if f"word/{kind}.xml" in archive.names:
                    parts.setdefault(kind, [f"word/{kind}.xml"])
        body = _Body(source.writer, _levels(archive, parts.get("styles", [])), _notes(archive, parts))
        archive.parse(main, body.start, body.end, body.text)
        body.finish()
        edges = _Notes()
        for part in dict.fromkeys((*parts.get("header", ()), *parts.get("footer", ()))):
            edges.begin(part)
            archive.parse(part, edges.start, edges.end, edges.text)
        for text in dict.fromkeys(edges.texts.values()):
            source.writer.write(f"\n{text}\n")


def _levels(archive: Archive, parts: list[str]) -> dict[str, int]:
    """Return the levels of the styles that are headings; their ids depend on the language, their names do not."""
    levels: dict[str, int] = {}
    style = ""

    def start(name: str, attributes: Attributes) -> None:
        nonlocal style
        if name == "style":
            style = attributes.get("styleId", "")
        elif name == "name" and style:
            kind, _, number = attributes.get("val", "").lower().rpartition(" ")
            if kind == "heading" and number.isdecimal():
                levels[style] = min(int(number), _DEEPEST)
            elif number == "title" and not kind:
                levels[style] = 1
        elif name == "outlineLvl" and style and (number := attributes.get("val", "")) in "012345678":
            # 9 stands for body text
            levels.setdefault(style, int(number or "0") + 1)

    for part in parts:
        archive.parse(part, start)
    return levels


def _notes(archive: Archive, parts: dict[str, list[str]]) -> dict[str, dict[str, str]]:
    """Return the texts of the notes by their kind and id."""
    found: dict[str, dict[str, str]] = {}
    for kind in _NOTES:
        notes = _Notes()
        for part in parts.get(kind, []):
            notes.begin(f"-{part}")
            archive.parse(part, notes.start, notes.end, notes.text)
        found[kind] = notes.texts
    return found


class _Paragraphs:
    """What all texts of Word have in common."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self._inside = 0
        self._dropped = 0
        self._cells = 0

    def start(self, name: str, attributes: Attributes) -> None:
        if name in _DROPPED:
            self._dropped += 1
        elif name == "t":
            self._inside += 1
        elif name == "tc":
            self._cells += 1
        elif name in _SIGNS and not self._dropped and not self._inside:
            self.pieces.append(_SIGNS[name])

    def end(self, name: str) -> None:
        if name in _DROPPED:
            self._dropped -= 1
        elif name == "t":
            self._inside -= 1
        elif name == "p":
            self.pieces.append(" " if self._cells else "\n")
        elif name == "tc":
            self._cells -= 1
            self.pieces.append("\t")
        elif name == "tr" and not self._cells:
            self.pieces.append("\n")

    def text(self, text: str) -> None:
        if self._inside and not self._dropped:
            self.pieces.append(text)


class _Notes(_Paragraphs):
    """Collects the notes of a part by their ids."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self._id = ""

    def begin(self, name: str) -> None:
        """Begin a text that belongs to no note."""
        self._flush()
        self._id = name

    def start(self, name: str, attributes: Attributes) -> None:
        if name in ("footnote", "endnote", "comment"):
            self.begin(attributes.get("id", ""))
        super().start(name, attributes)

    def end(self, name: str) -> None:
        super().end(name)
        self._flush()

    def _flush(self) -> None:
        text = "".join(self.pieces)
        self.pieces = []
        if text:
            self.texts[self._id] = self.texts.get(self._id, "") + text


class _Body(_Paragraphs):
    """Writes the paragraphs of the document with its headings, each followed by its notes."""

    def __init__(self, writer: Writer, levels: dict[str, int], notes: dict[str, dict[str, str]]) -> None:
        super().__init__()
        self._writer = writer
        self._levels = levels
        self._notes = notes
        self._level = 0
        self._references: list[tuple[str, str]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        super().start(name, attributes)
        if name == "pStyle":
            self._level = self._levels.get(attributes.get("val", ""), 0)
        elif name == "outlineLvl" and attributes.get("val", "").isdecimal():
            self._level = int(attributes["val"][:2]) + 1
        elif name in ("footnoteReference", "endnoteReference", "commentReference"):
            self._references.append((f"{name.removesuffix('Reference')}s", attributes.get("id", "")))

    def end(self, name: str) -> None:
        super().end(name)
        if name == "p":
            self._end_paragraph()
        elif name in ("tc", "tr"):
            self._flush()

    def finish(self) -> None:
        """Write the notes to which nothing refers."""
        self._flush()
        for texts in self._notes.values():
            for text in texts.values():
                self._writer.write(f"\n{text.strip()}\n")

    def _end_paragraph(self) -> None:
        if 0 < self._level <= _DEEPEST and not self._cells:
            self._writer.heading(self._level, "".join(self.pieces))
        self._level = 0
        if self._cells:
            return
        self._flush()
        for kind, number in self._references:
            note = self._notes.get(kind, {}).pop(number, "")
            if note.strip():
                self._writer.write(f"[{kind.removesuffix('s')}: {note.strip()}]\n")
        self._references = []

    def _flush(self) -> None:
        if self.pieces:
            self._writer.write("".join(self.pieces))
            self.pieces = []
