"""Reads PowerPoint presentations: slides in their order, each with its notes."""

from __future__ import annotations

from typing import Final

from aimltui.common.patterns import pattern
from aimltui.engine.extraction.archive import DAMAGED, Archive, Attributes
from aimltui.engine.extraction.document import SLIDE
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.source import Source

_MAIN: Final = "ppt/presentation.xml"
_SLIDE = pattern(r"ppt/slides/slide(\d{1,5})\.xml")
_TITLES: Final = frozenset(("title", "ctrTitle"))
_SIGNS: Final = {"br": "\n", "tab": "\t"}


def read_slides(source: Source) -> None:
    """Write the text of a presentation."""
    with Archive(source) as archive:
        if _MAIN not in archive.names:
            raise Unreadable(INVALID_FILE, DAMAGED)
        slides = _ordered(archive)
        for number, slide in enumerate(slides, 1):
            _write_slide(archive, slide, number, source)
            source.spend.progress(number, len(slides))


def _ordered(archive: Archive) -> list[str]:
    """Return the slides as they are shown; their names only say in which order they were made."""
    relations = archive.relations(_MAIN)
    chosen: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "sldId":
            target, _ = relations.get(attributes.get("r:id", ""), ("", ""))
            if target in archive.names and target not in chosen:
                chosen.append(target)

    archive.parse(_MAIN, start)
    named = [(int(found[1]), name) for name in archive.names if (found := _SLIDE.fullmatch(name))]
    return chosen or [name for _, name in sorted(named)]


def _write_slide(archive: Archive, slide: str, number: int, source: Source) -> None:
    shapes = _Shapes()
    archive.parse(slide, shapes.start, shapes.end, shapes.text)
    source.writer.at(SLIDE, number)
    source.writer.heading(1, shapes.title)
    source.writer.write("".join(shapes.pieces) + "\n")
    relations = archive.relations(slide).values()
    notes = [target for target, kind in relations if kind == "notesSlide" and target in archive.names]
    usual = slide.replace("slides/slide", "notesSlides/notesSlide")
    if not notes and usual in archive.names:
        notes = [usual]
    for part in [target for target, kind in relations if kind == "diagramData" and target in archive.names]:
        drawn = _Shapes()
        archive.parse(part, drawn.start, drawn.end, drawn.text)
        source.writer.write("".join(drawn.pieces) + "\n")
    for part in notes:
        spoken = _Shapes()
        archive.parse(part, spoken.start, spoken.end, spoken.text)
        text = "".join(spoken.pieces).strip()
        if text:
            source.writer.write(f"Notes: {text}\n\n")


class _Shapes:
    """Collects the text of a slide."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.title = ""
        self._inside = 0
        self._dropped = 0
        self._cells = 0
        self._is_title = False

    def start(self, name: str, attributes: Attributes) -> None:
        """Take the start of an element."""
        if (
            name == "Fallback"
            or (name == "fld" and attributes.get("type", "").startswith(("slidenum", "datetime")))
            or (self._dropped and name == "fld")
        ):
            self._dropped += 1
        elif name == "t":
            self._inside += 1
        elif name == "tc":
            self._cells += 1
        elif name == "ph":
            self._is_title = attributes.get("type") in _TITLES
        elif name == "sp":
            self._is_title = False
        elif name in _SIGNS and not self._dropped:
            self.pieces.append(_SIGNS[name])

    def end(self, name: str) -> None:
        """Take the end of an element."""
        if name == "Fallback" or (name == "fld" and self._dropped):
            self._dropped -= 1
        elif name == "t":
            self._inside -= 1
        elif name == "p":
            self.pieces.append(" " if self._cells else "\n")
        elif name == "tc":
            self._cells -= 1
            self.pieces.append("\t")
        elif name == "tr":
            self.pieces.append("\n")

    def text(self, text: str) -> None:
        """Take text."""
        if self._inside and not self._dropped:
            self.pieces.append(text)
            if self._is_title:
                self.title += text
