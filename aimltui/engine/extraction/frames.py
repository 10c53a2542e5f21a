"""What a reading process tells the engine: JSON objects, one a line."""

from __future__ import annotations

import json
import signal
import struct
from collections.abc import Iterable, Iterator
from typing import Any, Final

from aimltui.engine.extraction.document import MAX_MARKS, Document, Mark
from aimltui.engine.extraction.limits import (
    INVALID_FILE,
    MAX_CHARACTERS,
    READING_FAILED,
    TOOK_TOO_LONG,
    UNSUPPORTED_FILE,
    Unreadable,
)

HEADER: Final = struct.Struct("!I")
"""Precedes each request: its length in bytes."""
MAX_FRAME: Final = 4_000_000
"""The limit for one line, in bytes."""
MAX_REMARKS: Final = 20
_TEXT_PIECE = 200_000
_MARKS_PIECE = 2_000
_LONGEST_MESSAGE = 1_000
_OUT_OF_TIME = (-signal.SIGALRM, -signal.SIGXCPU)


class Garbled(Exception):
    """What the process says makes no sense: a document has taken it over, or it is broken."""


def frames(document: Document) -> Iterator[dict[str, Any]]:
    """Yield a document in pieces, so that nobody has to hold a long line or to parse one without a break."""
    for start in range(0, len(document.text), _TEXT_PIECE):
        yield {"text": document.text[start : start + _TEXT_PIECE]}
    marks = document.marks[:MAX_MARKS]
    for start in range(0, len(marks), _MARKS_PIECE):
        piece = marks[start : start + _MARKS_PIECE]
        yield {"marks": [[mark.start, mark.kind, mark.number, mark.name, mark.headings] for mark in piece]}
    yield {"end": True, "remarks": list(document.remarks[:MAX_REMARKS])}


def encode(frame: dict[str, Any]) -> bytes:
    """Return the line of a frame; characters that are not text become question marks."""
    return json.dumps(frame, ensure_ascii=False).encode("utf-8", "replace") + b"\n"


class Assembly:
    """Puts a document together from what its process says, none of which is trusted."""

    def __init__(self) -> None:
        self.is_started = False
        self._text: list[str] = []
        self._characters = 0
        self._marks: list[Mark] = []

    def take(self, line: bytes) -> Document | tuple[int, int] | None:
        """Take a line; return the document at its end, or the parts that were read and their number.

        Raises:
            Unreadable: The file cannot be read.
            OSError: The system refuses to read it.
            Garbled: The line makes no sense.
        """
        try:
            frame = json.loads(line)
            if not isinstance(frame, dict):
                raise Garbled
            return self._take(frame)
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise Garbled from error

    def _take(self, frame: dict[str, Any]) -> Document | tuple[int, int] | None:
        self.is_started = True
        if "text" in frame:
            self._add_text(frame["text"])
        elif "marks" in frame:
            self._add_marks(frame["marks"])
        elif "read" in frame:
            done, total = frame["read"]
            return int(done), int(total)
        elif "refused" in frame:
            code, message = (str(value) for value in frame["refused"])
            raise Unreadable(
                code if code in (UNSUPPORTED_FILE, INVALID_FILE) else INVALID_FILE, message[:_LONGEST_MESSAGE]
            )
        elif "ended" in frame:
            late = frame["ended"] in _OUT_OF_TIME
            raise Unreadable(INVALID_FILE, TOOK_TOO_LONG if late else READING_FAILED)
        elif "trouble" in frame:
            raise OSError(0, str(frame["trouble"])[:_LONGEST_MESSAGE])
        elif "end" in frame:
            remarks = [str(remark)[:_LONGEST_MESSAGE] for remark in frame["remarks"][:MAX_REMARKS]]
            return Document("".join(self._text), tuple(self._marks), tuple(remarks))
        return None

    def _add_text(self, text: object) -> None:
        if not isinstance(text, str) or self._characters + len(text) > MAX_CHARACTERS:
            raise Garbled
        self._characters += len(text)
        self._text.append(text)

    def _add_marks(self, marks: Iterable[Any]) -> None:
        for start, kind, number, name, headings in marks:
            last = self._marks[-1].start if self._marks else 0
            if not isinstance(start, int) or start < last or len(self._marks) >= MAX_MARKS:
                raise Garbled
            titles = tuple(str(title) for title in headings)
            self._marks.append(Mark(start, str(kind), int(number), str(name), titles))
