"""Reads untrusted zip archives of XML, which the newer office formats and EPUB are, within limits."""

from __future__ import annotations

import errno
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Final
from xml.parsers import expat

from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.source import Source

MAX_DIRECTORY: Final = 4 * 1024 * 1024
"""The limit for an archive's directory, in bytes: reading it costs memory before anything else can be checked."""
MAX_ENTRIES: Final = 10_000
MAX_UNPACKED: Final = 200 * 1024 * 1024
"""The limit for all unpacked content of one archive, in bytes."""
MAX_PART: Final = 50 * 1024 * 1024
"""The limit for a part that is held as a whole, in bytes."""
MAX_DEPTH: Final = 500
"""Levels of elements that are read; what is nested deeper is left out."""
MIMETYPE: Final = "mimetype"
DAMAGED: Final = "The file is damaged, or is not an Office document. Save it again in an Office program, and add the new file."
ENCRYPTED: Final = "The file is encrypted. Save it without a password, and add it again."
_PIECE = 64 * 1024
_TAIL = 65_557
"""Bytes at the end of a file that can hold the archive's end record with the longest comment."""
_RECORD = struct.Struct("<4s4H2LH")
_FAULTS: tuple[type[BaseException], ...] = (
    zipfile.BadZipFile, zlib.error, EOFError, struct.error, RuntimeError, NotImplementedError, ValueError, KeyError,
    expat.ExpatError,
)  # fmt: skip

Attributes = dict[str, str]
"""An element's attributes by their local names; those of a namespace also as `prefix:name` where it is known."""
_PREFIXES: Final = {
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships": "r",
    "http://purl.oclc.org/ooxml/officeDocument/relationships": "r",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:presentation:1.0": "presentation",
}


class Archive:
    """The parts of one archive, read within one common limit.

    Args:
        source: The file.

    Raises:
        Unreadable: It is no archive, or is built to do harm.
    """

    def __init__(self, source: Source) -> None:
        self._spend = source.spend
        self._left = MAX_UNPACKED
        _check_directory(source)
        source.file.seek(0)
        try:
            self._archive = zipfile.ZipFile(source.file)
        except _FAULTS as error:
            raise Unreadable(INVALID_FILE, DAMAGED) from error
        entries = self._archive.infolist()
        if len(entries) > MAX_ENTRIES:
            raise Unreadable(INVALID_FILE, DAMAGED)
        self._entries = {entry.filename: entry for entry in entries}
        self.names = frozenset(self._entries)
        """The parts."""

    def __enter__(self) -> Archive:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._archive.close()
        # a place before the start of the file is an error of the system's
        if isinstance(error, _FAULTS) or (isinstance(error, OSError) and error.errno == errno.EINVAL):
            raise Unreadable(INVALID_FILE, DAMAGED) from error

    def read(self, name: str, most: int = MAX_PART) -> bytes:
        """Return a part as a whole.

        Raises:
            Unreadable: It is larger than allowed.
        """
        pieces: list[bytes] = []
        left = most
        for piece in self.pieces(name):
            left -= len(piece)
            if left < 0:
                raise Unreadable(INVALID_FILE, DAMAGED)
            pieces.append(piece)
        return b"".join(pieces)

    def parse(
        self, name: str, start: Start, end: End = lambda name: None, text: Text = lambda text: None
    ) -> None:
        """Parse a part of XML.

        Args:
            name: The part.
            start: Called at the start of an element, with its local name and its attributes.
            end: Called at its end.
            text: Called with text.
        """
        events = _Events(start, end, text)
        for piece in self.pieces(name):
            events.feed(piece)
        events.close()

    def relations(self, name: str) -> dict[str, tuple[str, str]]:
        """Return what a part of an Office document refers to: for each id the part's name and the last word of its type."""
        folder, base = posixpath.split(name)
        found: dict[str, tuple[str, str]] = {}

        def start(local: str, attributes: Attributes) -> None:
            if local == "Relationship" and attributes.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, attributes.get("Target", ""))).lstrip(
                    "/"
                )
                found[attributes.get("Id", "")] = (target, attributes.get("Type", "").rpartition("/")[2])

        relations = posixpath.join(folder, "_rels", f"{base}.rels")
        if relations in self.names:
            self.parse(relations, start)
        return found

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield the content of a part."""
        entry = self._entries[name]
        if entry.flag_bits & 1:
            raise Unreadable(INVALID_FILE, ENCRYPTED)
        if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Unreadable(INVALID_FILE, DAMAGED)
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


Start = Callable[[str, Attributes], None]
End = Callable[[str], None]
Text = Callable[[str], None]


class _Events:
    """Calls functions for the elements and the text of XML, without entities."""

    def __init__(self, start: Start, end: End, text: Text) -> None:
        self._start = start
        self._end = end
        self._text = text
        self._depth = 0
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        self._parser.StartDoctypeDeclHandler = self._refuse
        self._parser.StartElementHandler = self._open
        self._parser.EndElementHandler = self._close
        self._parser.CharacterDataHandler = self._characters

    def feed(self, piece: bytes) -> None:
        self._parser.Parse(piece, False)

    def close(self) -> None:
        self._parser.Parse(b"", True)

    def _refuse(self, *_: object) -> None:
        # entities can grow without bounds, and no Office document has any
        raise Unreadable(INVALID_FILE, DAMAGED)

    def _open(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth <= MAX_DEPTH:
            known: Attributes = {}
            for key, value in attributes.items():
                space, _, local = key.rpartition(" ")
                known[local] = value
                if space in _PREFIXES:
                    known[f"{_PREFIXES[space]}:{local}"] = value
            self._start(name.rpartition(" ")[2], known)

    def _close(self, name: str) -> None:
        if self._depth <= MAX_DEPTH:
            self._end(name.rpartition(" ")[2])
        self._depth -= 1

    def _characters(self, text: str) -> None:
        if self._depth <= MAX_DEPTH:
            self._text(text)


def _check_directory(source: Source) -> None:
    source.file.seek(max(0, source.size - _TAIL))
    tail = source.file.read(_TAIL)
    place = tail.rfind(b"PK\5\6")
    if place < 0 or len(tail) - place < _RECORD.size:
        raise Unreadable(INVALID_FILE, DAMAGED)
    _, _, _, _, entries, length, offset, _ = _RECORD.unpack_from(tail, place)
    # 0xffff and 0xffffffff stand for numbers in a larger record, which no real document needs
    if entries > MAX_ENTRIES or length > MAX_DIRECTORY or offset == 0xFFFFFFFF:
        raise Unreadable(INVALID_FILE, DAMAGED)
