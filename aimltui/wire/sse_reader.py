"""A reader of server-sent events. It imports nothing heavy, since the models' streams are read with it, too."""

from __future__ import annotations

from collections.abc import Iterator

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern

LIMIT_BYTES = 1024 * 1024
"""The limit for a line and for an event."""

_BOM = b"\xef\xbb\xbf"
_LINE_END = pattern(rb"\r\n|\n|\r")
_DATA = b"data: "
_FIELDS = (b"event", b"data", b"id", b"error")


class EventTooLong(ValueError):
    """A stream has a line or an event beyond the limit, which no correct server sends."""


@dataclass(frozen=True, slots=True)
class SSEFrame:
    """One event as it was received. Several lines of data, or of an error, are joined by line feeds."""

    event: str
    data: str
    id: str = ""
    """The id of this frame; frames without one do not inherit it."""
    error: str = ""
    """A field outside the standard: some servers send the reason of a failure in it, without data."""


class SSEReader:
    """Splits bytes into frames, independent of how they are cut. The work grows linearly with the number of bytes.

    Tolerates CRLF and CR, a byte order mark, comments, fields without a space after the colon, data over
    several lines. Works on bytes: HTTP libraries' line iterators also split at U+2028 and U+0085, which may
    stand unescaped inside a JSON string. Source: the WHATWG's event stream interpretation.

    Args:
        limit_bytes: The longest line and the longest event, in bytes.
    """

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._line = bytearray()
        """The current incomplete line."""
        self._is_first_line = True
        self._ended_in_cr = False
        self._clear()

    def feed(self, chunk: bytes) -> Iterator[SSEFrame]:
        """Yield the frames that `chunk` completes.

        Raises:
            EventTooLong: A line or an event is beyond the limit. The frames before it were yielded.
        """
        if not chunk:
            return
        plain = self.lines_of_data(chunk)
        if plain is not None:
            for data in plain:
                yield SSEFrame("", data.decode("utf-8", "replace"))
            return
        # A CR ends its line at once; an LF after it, perhaps in the next chunk, is the second half of that end.
        lines = _LINE_END.split(chunk[1:] if self._ended_in_cr and chunk[:1] == b"\n" else chunk)
        self._ended_in_cr = chunk[-1:] == b"\r"
        for line in lines[:-1]:
            frame = self._end_line(line)
            if frame is not None:
                yield frame
        self._extend_line(lines[-1])

    def lines_of_data(self, chunk: bytes) -> list[bytes] | None:
        """Return the data of whole events of which each is one line of data; None for any other chunk, which `feed` reads.

        Most servers send a model's answer so.
        """
        if (
            not (chunk.startswith(_DATA) and chunk.endswith(b"\n\n"))
            or self._line
            or self._size
            or self._is_first_line
            or len(chunk) > self._limit_bytes
            or b"\r" in chunk
        ):
            return None
        events = chunk[:-2].split(b"\n\n")
        if chunk.count(b"\n") != 2 * len(events) or not all(event.startswith(_DATA) for event in events):
            return None
        self._ended_in_cr = False
        return [event[len(_DATA) :] for event in events if len(event) > len(_DATA)]

    def close(self) -> Iterator[SSEFrame]:
        """Yield the frame that was still open at the end of the body: some servers omit the last empty line."""
        frame = (self._end_line(b"") if self._line else None) or self._dispatch()
        if frame is not None:
            yield frame

    def _extend_line(self, piece: bytes) -> None:
        self._line += piece
        self._check(len(self._line))

    def _end_line(self, rest: bytes) -> SSEFrame | None:
        self._extend_line(rest)
        line, self._line = bytes(self._line), bytearray()
        if self._is_first_line:
            self._is_first_line = False
            line = line.removeprefix(_BOM)
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        if name in _FIELDS:
            self._size += len(line) + 1
            self._check(self._size)
            self._fields[name].append(value.removeprefix(b" ").decode("utf-8", "replace"))
        return None

    def _dispatch(self) -> SSEFrame | None:
        event, data, id_, error = (self._fields[name] for name in _FIELDS)
        self._clear()
        joined, reason = "\n".join(data), "\n".join(error)
        if not joined and not reason:
            return None
        return SSEFrame(event[-1] if event else "", joined, id_[-1] if id_ else "", reason)

    def _clear(self) -> None:
        self._fields: dict[bytes, list[str]] = {name: [] for name in _FIELDS}
        self._size = 0

    def _check(self, size: int) -> None:
        if size > self._limit_bytes:
            raise EventTooLong(f"an event is longer than {self._limit_bytes / LIMIT_BYTES:.3g} MB")
