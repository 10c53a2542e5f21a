"""Reads a bracketed paste: whole where its end comes, and without swallowing what follows where the end is lost."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.tui.driver.grammar import PASTE_END, PASTE_START

PASTE_IDLE_S: Final = 1.0
"""A paste of which nothing came for so long has lost its end."""
PASTE_TRICKLE_S: Final = 5.0
"""After this time a paste must come faster than anybody types, or it has lost its end."""
LATE_PASTE_S: Final = 10.0
"""For how long the rest of a paste that was given up is still taken for pasted text."""
MAX_PASTE: Final = 16 << 20
"""Bytes of a paste that are held; a longer one is handed on in parts."""

_TYPED_RATE = 16
"""Bytes a second: nobody types faster."""
_TYPED_AT_ONCE = 8
"""Bytes: no single key sends more text."""
_ONE_REPORT = 32
"""Bytes of the longest report of a key."""
_PASTE_PAUSE_S = 0.3
_MOUSE = rb"\x1b\[(?:<[0-9;]+[Mm]|[0-9]+;[0-9]+;[0-9]+M|[IO])"
_REPORTS = pattern(rb"(?:%b|\x1b\[[0-9;]*[A-FHPQRS~])+" % _MOUSE)
_KEYS = pattern(rb"(?:%b|\x1b\[[0-9;:]*[A-FHPQRSu~]|\x1bO[A-Z])+" % _MOUSE)


@dataclass(frozen=True, slots=True)
class Pasted:
    """A paste, or the next part of a very long one."""

    text: str


def new_decoder() -> codecs.IncrementalDecoder:
    """A decoder of UTF-8 that shows what is none as replacement characters."""
    return codecs.getincrementaldecoder("utf-8")("replace")


class PasteReader:
    """The paste that is being read, and what may come of it late."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._decoder = new_decoder()
        self._parts: list[str] = []
        self._held = 0
        self._is_ready = False
        self.is_open = False
        self._opened_at = self._added_at = self._lost_at = 0.0
        self._window_at = 0.0
        self._window_bytes = 0
        self._is_paused = False
        """Whether nothing has come for a moment."""

    def open(self) -> None:
        """A paste begins."""
        self.is_open = True
        self._lost_at = 0.0
        self._opened_at = self._added_at = self._window_at = self._clock()
        self._window_bytes = 0

    def add(self, data: bytes) -> None:
        """Take the next part of it."""
        if not data:
            return
        self._added_at = self._clock()
        self._is_paused = False
        self._window_bytes += len(data)
        self._held += len(data)
        self._parts.append(self._decoder.decode(data))

    def close(self) -> None:
        """Its end has come."""
        self._parts.append(self._decoder.decode(b"", final=True))
        self._is_ready = True
        self.is_open = False

    def lose(self) -> None:
        """Its end has not come: hand on what there is, and look out for the rest."""
        self.close()
        self._lost_at = self._clock()

    def drain(self) -> list[Pasted]:
        """Return the paste if it is complete, or so long that it is handed on in parts."""
        if not self._is_ready and self._held < MAX_PASTE:
            return []
        text = "".join(self._parts)
        self._parts, self._held, self._is_ready = [], 0, False
        return [Pasted(text)] if text else []

    def has_lost_its_end(self) -> bool:
        """Whether nothing comes, or no more than somebody types."""
        now = self._clock()
        self._is_paused = now - self._added_at >= _PASTE_PAUSE_S
        if now - self._added_at >= PASTE_IDLE_S:
            return True
        if now - self._window_at < PASTE_IDLE_S:
            return False
        is_slow = self._window_bytes < _TYPED_RATE * (now - self._window_at)
        self._window_at, self._window_bytes = now, 0
        return is_slow and now - self._opened_at >= PASTE_TRICKLE_S

    @property
    def is_late(self) -> bool:
        """Whether the rest of a paste that was given up may still come."""
        return bool(self._lost_at) and self._clock() - self._lost_at <= LATE_PASTE_S

    def is_over(self, data: bytes) -> bool:
        """Whether what came after a pause can only be the mouse or the window: the paste has lost its end."""
        return self._is_paused and _REPORTS.fullmatch(data) is not None

    def take_late(self, data: bytes) -> bytes:
        """Take what belongs to the paste that was given up.

        Returns:
            What does not belong to it.
        """
        end, start = data.find(PASTE_END), data.find(PASTE_START)
        if end >= 0 and not 0 <= start < end:
            self.open()
            self.add(data[:end])
            self.close()
            return data[end + len(PASTE_END) :]
        if start >= 0 or _is_typed(data):
            return data
        self.add(data)
        self._is_ready = True
        return b""


def _is_typed(data: bytes) -> bool:
    """Whether bytes can be a key, or reports of keys and mouse; text that comes at once was pasted."""
    if len(data) <= _TYPED_AT_ONCE:
        return b"\r" not in data[:-1]
    pattern = _KEYS if len(data) <= _ONE_REPORT else _REPORTS
    return pattern.fullmatch(data) is not None
