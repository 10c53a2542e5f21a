"""Splits the bytes of a terminal into text, escape sequences and pastes; puts together what comes in pieces.

Knows nothing of keys. Every wait is bounded, so that a sequence or a paste without its end holds up nothing for long.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.tui.driver.grammar import (
    ESC,
    KNOWN,
    MAX_SEQUENCE,
    MAX_STRING,
    PASTE_END,
    PASTE_START,
    is_string,
    read_escape,
    skip_rest,
)
from aimltui.tui.driver.paste_reader import Pasted, PasteReader, new_decoder

ESCAPE_WAIT_S: Final = 0.1
"""How long a lone ESC may be the beginning of a sequence before it is the escape key."""
SEQUENCE_WAIT_S: Final = 0.6
"""How long the rest of a sequence may take."""
LATE_S: Final = 1.5
"""For how long the rest of a sequence that was given up is still recognised."""
_DROPPED_STRING = 4


@dataclass(frozen=True, slots=True)
class Text:
    """Characters, as typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """An escape sequence, or ESC alone: the escape key."""

    text: str


@dataclass(frozen=True, slots=True)
class OldMouse:
    """A mouse report in the form of X10 or of mode 1005: the values as sent, without the 32 added to each."""

    button: int
    x: int
    y: int


Token = Text | Sequence | Pasted | OldMouse


class InputSplitter:
    """Takes bytes as they come and gives tokens in the order in which they were sent.

    Args:
        clock: Seconds; only differences count.
        escape_wait_s: How long a lone ESC may be the beginning of a sequence.
    """

    def __init__(
        self, clock: Callable[[], float] = monotonic, *, escape_wait_s: float = ESCAPE_WAIT_S
    ) -> None:
        self._clock = clock
        self._escape_wait_s = escape_wait_s
        self._buffer = b""
        """What cannot be told apart yet; begins with ESC unless a paste is open."""
        self._decoder = new_decoder()
        self._fed_at = clock()
        self._skips_string: bool | None = None
        """Whether the sequence that is skipped is an answer; None if none is skipped."""
        self._late: tuple[bytes, float] | None = None
        """The beginning of a sequence that was given up, and when."""
        self._told = 0
        """How many bytes at the start of the buffer were given up before; what follows may still complete them."""
        self._paste = PasteReader(clock)

    def feed(self, data: bytes) -> list[Token]:
        """Take what came.

        Returns:
            What is complete now.
        """
        now = self._clock()
        self._fed_at = now
        tokens: list[Token] = []
        if self._paste.is_open and self._paste.is_over(data):
            tokens += self._end_paste()
        elif self._paste.is_late:
            data = self._paste.take_late(data)
            tokens += self._paste.drain()
        data = self._join_late(data, now)
        tokens += self._read(self._buffer + data)
        return tokens

    def tick(self) -> list[Token]:
        """Give up what was waited for long enough; to be called when nothing comes in.

        Returns:
            What it was after all.
        """
        waited = self._clock() - self._fed_at
        if self._paste.is_open:
            return self._end_lost_paste()
        if self._skips_string is not None:
            if waited >= SEQUENCE_WAIT_S:
                self._skips_string = None
            return []
        if self._buffer:
            return self._give_up() if waited >= self._wait_s() else []
        if waited >= self._escape_wait_s:
            return self._flush_text()
        return []

    def finish(self) -> list[Token]:
        """Nothing more will come: return what is left."""
        tokens = self._end_paste() if self._paste.is_open else []
        while self._buffer:
            tokens += self._give_up()
        return tokens + self._flush_text()

    # Reading

    def _read(self, data: bytes) -> list[Token]:
        tokens: list[Token] = []
        place, size = 0, len(data)
        while place < size:
            if self._paste.is_open:
                place = self._read_paste(data, place, tokens)
                if self._paste.is_open:
                    break
            elif self._skips_string is not None:
                skipped, is_over = skip_rest(data[place:], is_string=self._skips_string)
                place += skipped
                if is_over:
                    self._skips_string = None
            elif data[place] != ESC:
                end = data.find(b"\x1b", place)
                end = size if end < 0 else end
                self._add_text(self._decoder.decode(data[place:end], final=end < size), tokens)
                place = end
            else:
                length = self._read_escape(data, place, tokens)
                if not length:
                    break
                place += length
        self._buffer = data[place:]
        return tokens

    def _read_escape(self, data: bytes, place: int, tokens: list[Token]) -> int:
        """Read one sequence.

        Returns:
            Its length; 0 if it is not complete.
        """
        tokens += self._flush_text()
        status, length = read_escape(data, place)
        sequence = data[place : place + length]
        if status == "partial":
            if len(data) - place <= (MAX_STRING if is_string(sequence) else MAX_SEQUENCE):
                return 0
            self._skips_string = is_string(sequence)
            return len(data) - place
        told, self._told = self._told, 0
        if told and not (status == "whole" and KNOWN.fullmatch(sequence)):
            # It only looked like the rest of a sequence.
            return told
        if status == "broken":
            tokens += self._broken(sequence)
        elif sequence == PASTE_START:
            self._paste.open()
        elif sequence[:3] == b"\x1b[M":
            tokens.append(_old_mouse(sequence))
        else:
            tokens.append(Sequence(sequence.decode("utf-8", "replace")))
        return length

    def _broken(self, sequence: bytes) -> Iterator[Token]:
        """What is left of a sequence that stops in the middle: nothing, or a key with alt and what was typed then."""
        if is_string(sequence) and len(sequence) <= _DROPPED_STRING:
            yield Sequence(sequence[:2].decode("ascii"))
            yield Text(sequence[2:].decode("utf-8", "replace"))

    def _add_text(self, text: str, tokens: list[Token]) -> None:
        if text:
            tokens.append(Text(text))

    def _flush_text(self) -> list[Token]:
        text = self._decoder.decode(b"", final=True)
        return [Text(text)] if text else []

    # Giving up

    def _wait_s(self) -> float:
        return self._escape_wait_s if self._buffer in (b"\x1b", b"\x1b\x1b") else SEQUENCE_WAIT_S

    def _give_up(self) -> list[Token]:
        buffer, self._buffer = self._buffer, b""
        told, self._told = self._told, 0
        if told:
            return self._read(buffer[told:])
        if buffer == b"\x1b\x1b":
            self._late = (b"\x1b", self._clock())
            return [Sequence("\x1b"), Sequence("\x1b")]
        if len(buffer) <= MAX_SEQUENCE:
            self._late = (buffer, self._clock())
        if len(buffer) <= 2:
            # the escape key, or alt and a key that begins sequences
            return [Sequence(buffer.decode("ascii", "replace"))]
        return list(self._broken(buffer))

    def _join_late(self, data: bytes, now: float) -> bytes:
        """Put the rest of a sequence that was given up back to its beginning."""
        if self._late is None:
            return data
        (start, since), self._late = self._late, None
        if now - since > LATE_S:
            return data
        joined = start + data
        status, length = read_escape(joined, 0)
        if status == "partial":
            self._told = len(start)
            return joined
        is_alone = length == len(joined) or joined[length] == ESC
        if status == "whole" and is_alone and KNOWN.fullmatch(joined[:length]):
            return joined
        return data

    # Pastes

    def _read_paste(self, data: bytes, place: int, tokens: list[Token]) -> int:
        end = data.find(PASTE_END, place)
        if end >= 0:
            self._paste.add(data[place:end])
            self._paste.close()
            tokens += self._paste.drain()
            return end + len(PASTE_END)
        # The end's own beginning may be the last that came.
        held = next((size for size in range(5, 0, -1) if data.endswith(PASTE_END[:size])), 0)
        safe = max(place, len(data) - held)
        self._paste.add(data[place:safe])
        tokens += self._paste.drain()
        return safe

    def _end_lost_paste(self) -> list[Token]:
        return self._end_paste() if self._paste.has_lost_its_end() else []

    def _end_paste(self) -> list[Token]:
        self._paste.add(self._buffer)
        self._buffer = b""
        self._paste.lose()
        return [*self._paste.drain()]


def _old_mouse(report: bytes) -> OldMouse:
    values = report[3:]
    try:
        text = values.decode("utf-8")
    except UnicodeDecodeError:
        text = ""
    # three bytes are X10's even where two of them look like a character
    numbers = [ord(sign) for sign in text] if len(text) == 3 else list(values[:3])
    button, x, y = (number - 32 for number in numbers)
    return OldMouse(button, x, y)
