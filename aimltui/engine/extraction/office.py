"""Extracts the text of untrusted .docx and .pptx files, which are zip archives of XML."""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from xml.parsers import expat

from aimltui.engine.extraction.document import SLIDE, Writer
from aimltui.engine.extraction.limits import Budget, Unreadable
from aimltui.wire.vector_stores import INVALID_FILE

MAX_DIRECTORY: Final = 4 * 1024 * 1024
"""The limit for an archive's directory, in bytes: reading it costs memory before anything else can be checked."""
MAX_ENTRIES: Final = 10_000
MAX_UNPACKED: Final = 200 * 1024 * 1024
"""The limit for all unpacked content of one archive, in bytes."""
_PIECE = 64 * 1024
_TAIL = 65_557
"""Bytes at the end of a file that can hold the archive's end record with the longest comment."""
_RECORD = struct.Struct("<4s4H2LH")

_WORD_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_SLIDE = re.compile(r"ppt/(slides/slide|notesSlides/notesSlide)(\d{1,5})\.xml")
_FAULTS = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    RuntimeError,
    NotImplementedError,
    ValueError,
)
_DAMAGED = "The file is damaged, or is not an Office document. Save it again in an Office program, and add the new file."


def docx(path: Path, spend: Budget, writer: Writer) -> None:
    """Write the text of a Word document with its notes.

    Raises:
        Unreadable: The file is no Word document, or is built to do harm.
        Stopped: The caller no longer waits.
    """
    for _, text in _texts(
        path, spend, lambda names: [part for part in _WORD_PARTS if part in names], _WORD_PARTS[0]
    ):
        writer.write(f"{text}\n\n")


def pptx(path: Path, spend: Budget, writer: Writer) -> None:
    """Write the text of a presentation, slide by slide, each with its notes.

    Raises:
        Unreadable: The file is no presentation, or is built to do harm.
        Stopped: The caller no longer waits.
    """

    def chosen(names: set[str]) -> list[str]:
        slides = [(int(found[2]), found[1], name) for name in names if (found := _SLIDE.fullmatch(name))]
        return [name for *_, name in sorted(slides, key=lambda slide: (slide[0], slide[1] != "slides/slide"))]

    for name, text in _texts(path, spend, chosen, "ppt/presentation.xml"):
        found = _SLIDE.fullmatch(name)
        writer.at(SLIDE, int(found[2]) if found else 0)
        writer.write(f"{text}\n\n")


def _texts(
    path: Path, spend: Budget, choose: Callable[[set[str]], list[str]], landmark: str
) -> Iterator[tuple[str, str]]:
    try:
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            entries = {entry.filename: entry for entry in archive.infolist()}
            if len(archive.infolist()) > MAX_ENTRIES or landmark not in entries:
                raise Unreadable(INVALID_FILE, _DAMAGED)
            reader = _Reader(archive, spend)
            for name in choose(set(entries)):
                yield name, reader.text(entries[name])
    except (*_FAULTS, expat.ExpatError) as error:
        raise Unreadable(INVALID_FILE, _DAMAGED) from error


def _check_directory(path: Path) -> None:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _TAIL))
        tail = file.read(_TAIL)
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _RECORD.size:
        raise Unreadable(INVALID_FILE, _DAMAGED)
    _, _, _, _, entries, length, offset, _ = _RECORD.unpack_from(tail, place)
    # 0xffff and 0xffffffff stand for numbers in a larger record, which no real document needs
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY or offset == 0xFFFFFFFF:
        raise Unreadable(INVALID_FILE, _DAMAGED)


class _Reader:
    """Reads the parts of one archive within one common limit."""

    def __init__(self, archive: zipfile.ZipFile, spend: Budget) -> None:
        self._archive = archive
        self._spend = spend
        self._left = MAX_UNPACKED

    def text(self, entry: zipfile.ZipInfo) -> str:
        """Return the text of a part."""
        if entry.flag_bits & 1:
            raise Unreadable(
                INVALID_FILE, "The file is encrypted. Save it without a password, and add it again."
            )
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(INVALID_FILE, _DAMAGED)
        paragraphs = _Paragraphs(self._spend)
        for piece in self._unpacked(entry):
            paragraphs.feed(piece)
        paragraphs.close()
        return "".join(paragraphs.pieces)

    def _unpacked(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        with self._archive.open(entry) as part:
            # the sizes that the archive declares are not trusted
            while piece := part.read(_PIECE):
                self._spend.check()
                self._left -= len(piece)
                if self._left < 0:
                    raise Unreadable(
                        INVALID_FILE,
                        f"The file unpacks to more than {MAX_UNPACKED:,} bytes, so it was not read.",
                    )
                yield piece


class _Paragraphs:
    """Collects the text runs of WordprocessingML and DrawingML, recognising elements by their local names."""

    def __init__(self, spend: Budget) -> None:
        self.pieces: list[str] = []
        self._spend = spend
        self._inside = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters

    def feed(self, piece: bytes) -> None:
        """Parse more of the XML."""
        self._parser.Parse(piece, False)

    def close(self) -> None:
        """Finish parsing."""
        self._parser.Parse(b"", True)

    def _refuse(self, *_: object) -> None:
        # entities can grow without bounds, and no Office document has any
        raise Unreadable(INVALID_FILE, _DAMAGED)

    def _start(self, name: str, _: dict[str, str]) -> None:
        local = name.rpartition(" ")[2]
        if local == "t":
            self._inside += 1
        elif local in ("br", "cr"):
            self.pieces.append("\n")
        elif local == "tab":
            self.pieces.append("\t")

    def _end(self, name: str) -> None:
        local = name.rpartition(" ")[2]
        if local == "t":
            self._inside -= 1
        elif local == "p":
            self.pieces.append("\n")
        elif local == "tc":
            self.pieces.append("\t")

    def _characters(self, text: str) -> None:
        if self._inside:
            self._spend.count(len(text))
            self.pieces.append(text)
