"""Bytes of an event stream in, the data of its events out. Works on bytes, for speed and for U+2028.

HTTP libraries' line iterators split at every character that Unicode calls a line end; U+2028 and U+0085 may
stand unescaped inside a JSON string, so such an iterator cuts events in the middle.
"""

from __future__ import annotations

import re

_LINE_END = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class EventData:
    """Reassembles the `data` of server-sent events from pieces of any size.

    Tolerant: CRLF, LF or CR; comments; `data:` with and without a blank; several `data` lines in one event; a
    byte order mark; a missing blank line between events or before the end.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []
        self._begun = False

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of all events that this piece completed."""
        buffer = self._rest + piece
        if not self._begun:
            if len(buffer) < len(_BOM) and _BOM.startswith(buffer):
                self._rest = buffer
                return []
            self._begun = True
            buffer = buffer.removeprefix(_BOM)
        if buffer.endswith(b"\r"):
            # The other half of a CRLF may still be on its way.
            held, buffer = b"\r", buffer[:-1]
        else:
            held = b""
        *lines, rest = _LINE_END.split(buffer)
        self._rest = rest + held
        found: list[bytes] = []
        for line in lines:
            self._take(line, found)
        return found

    def close(self) -> list[bytes]:
        """What was left when the body ended: some servers end without the last blank line."""
        rest, self._rest = self._rest.rstrip(b"\r"), b""
        found: list[bytes] = []
        self._take(rest, found)
        self._take(b"", found)
        return found

    def _take(self, line: bytes, found: list[bytes]) -> None:
        if not line:
            if self._lines:
                found.extend(pieces(self._lines))
                self._lines = []
        elif line.startswith(b"data:"):
            value = line[5:]
            self._lines.append(value.removeprefix(b" "))


def pieces(lines: list[bytes]) -> list[bytes]:
    """One event's data lines as payloads: joined, unless each line is evidently a payload of its own."""
    if len(lines) > 1 and all(_looks_whole(line) for line in lines):
        return lines
    return [b"\n".join(lines)]


def _looks_whole(line: bytes) -> bool:
    line = line.strip()
    return line == b"[DONE]" or (line.startswith(b"{") and line.endswith(b"}"))
