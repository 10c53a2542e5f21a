"""The grammar of terminal input: where an escape sequence ends, and whether it is complete."""

from __future__ import annotations

import re
from typing import Final, Literal

from aimltui.common.patterns import pattern

ESC: Final = 0x1B
PASTE_START: Final = b"\x1b[200~"
PASTE_END: Final = b"\x1b[201~"

MAX_SEQUENCE: Final = 256
"""Bytes of an unfinished control sequence; a longer one is skipped."""
MAX_STRING: Final = 65_536
"""Bytes of an unfinished answer of the terminal (OSC, DCS, APC); a longer one is skipped."""

Status = Literal["whole", "partial", "broken"]

# Some terminals report the mouse outside the window with a minus sign.
_CSI = pattern(rb"\x1b\[(?:<[-0-9;]*|[0-?]*)[ -/]*")
_LINUX_CONSOLE_KEY = pattern(rb"\x1b\[\[[!-~]")
_RXVT_SHIFT_KEY = pattern(rb"\x1b\[[0-9]{1,3}\$")
# Only the finals of real keys: what follows alt+O may be ordinary text.
_SS3 = pattern(rb"\x1bO(?:[0-9;]{0,8}[A-FHIMPQRSXa-dj-y])")
_SS3_START = pattern(rb"\x1bO[0-9;]{0,8}\Z")
# An answer begins with one of these; anything else after ESC ], ESC P or ESC _ is a key pressed with alt.
_STRING_START = pattern(rb"\x1b(?:\][0-9]|P[0-9>!?$+=]|_G)")
_STRING_INTRODUCER = pattern(rb"\x1b[\]P_]\Z")
_STRING_END = pattern(rb"[\x00-\x1f]")
_SKIPPED_CSI = pattern(rb"[0-?]*[ -/]*")
_SKIPPED_STRING = pattern(rb"[^\x00-\x1f]*")
_NO_KEY = pattern(rb"\x1b\[(?:[MIO<?>=]|200~|201~)")

KNOWN = pattern(
    rb"\x1b(?:\[(?:[ABCDFHZIO]|[0-9;:]+[~uABCDFHPQRSMmt]|<[0-9;]+[Mm]|\?[0-9;]+(?:[cuny]|\$y)|M...)"
    rb"|O[ABCDFHMPQRS]|[\]P_].*)",
    re.DOTALL,
)
"""Sequences that nobody types letter by letter."""


def read_escape(data: bytes, start: int) -> tuple[Status, int]:
    """Find the end of the escape sequence that begins at a place.

    Args:
        data: What the terminal sent; `data[start]` is ESC.
        start: Where the sequence begins.

    Returns:
        `whole` and the sequence's length; `partial` if more may follow; `broken` and the number of bytes that no
        sequence can begin with.
    """
    second = data[start + 1 : start + 2]
    match second:
        case b"":
            return "partial", 1
        case b"[":
            return _read_csi(data, start)
        case b"O":
            return _read_ss3(data, start)
        case b"]" | b"P" | b"_":
            return _read_string(data, start)
        case b"\x1b":
            return _read_double_escape(data, start)
    if second[0] < 0x80:
        return "whole", 2
    return _read_alt_character(data, start)


def skip_rest(data: bytes, *, is_string: bool) -> tuple[int, bool]:
    """Find the end of a sequence that is too long to be kept.

    Returns:
        How many bytes to skip, and whether the end was among them.
    """
    pattern = _SKIPPED_STRING if is_string else _SKIPPED_CSI
    found = pattern.match(data)
    end = found.end() if found is not None else 0
    if end == len(data):
        return end, False
    if is_string:
        if data[end] == 0x07:
            return end + 1, True
        return (end + 2, True) if data[end : end + 2] == b"\x1b\\" else (end, True)
    return (end + 1, True) if 0x40 <= data[end] <= 0x7E else (end, True)


def is_string(data: bytes) -> bool:
    """Whether an unfinished sequence is an answer (OSC, DCS, APC), which may be long."""
    return data[1:2] in (b"]", b"P", b"_")


def _read_csi(data: bytes, start: int) -> tuple[Status, int]:
    if data[start + 2 : start + 3] == b"M":
        return _read_old_mouse(data, start)
    if data[start + 2 : start + 3] == b"[":
        if _LINUX_CONSOLE_KEY.match(data, start):
            return "whole", 4
        return ("partial", 3) if len(data) == start + 3 else ("broken", 3)
    if found := _RXVT_SHIFT_KEY.match(data, start):
        return "whole", found.end() - start
    found = _CSI.match(data, start)
    assert found is not None
    length = found.end() - start
    if found.end() == len(data):
        return "partial", length
    if 0x40 <= data[found.end()] <= 0x7E:
        return "whole", length + 1
    # alt+[ and then a key that belongs to no sequence
    return ("whole", 2) if length == 2 else ("broken", length)


def _read_old_mouse(data: bytes, start: int) -> tuple[Status, int]:
    """A mouse report of X10 or of mode 1005: three values, each a byte or a character of UTF-8."""
    end = start + 3
    for _ in range(3):
        if end >= len(data):
            return "partial", end - start
        is_lead = 0xC2 <= data[end] <= 0xDF
        if is_lead and end + 1 >= len(data):
            return "partial", end - start
        end += 2 if is_lead and 0x80 <= data[end + 1] <= 0xBF else 1
    return "whole", end - start


def _read_ss3(data: bytes, start: int) -> tuple[Status, int]:
    if found := _SS3.match(data, start):
        return "whole", found.end() - start
    if found := _SS3_START.match(data, start):
        return "partial", found.end() - start
    return "whole", 2


def _read_string(data: bytes, start: int) -> tuple[Status, int]:
    if _STRING_START.match(data, start) is None:
        return ("partial", 2) if _STRING_INTRODUCER.match(data, start) else ("whole", 2)
    found = _STRING_END.search(data, start + 3)
    if found is None:
        return "partial", len(data) - start
    end = found.start()
    if data[end] == 0x07:
        return "whole", end + 1 - start
    if data[end] == ESC:
        if end + 1 == len(data):
            return "partial", len(data) - start
        if data[end + 1 : end + 2] == b"\\":
            return "whole", end + 2 - start
    return "broken", end - start


def _read_double_escape(data: bytes, start: int) -> tuple[Status, int]:
    """ESC before a key's sequence is alt; before anything else it is the escape key."""
    third = data[start + 2 : start + 3]
    if not third:
        return "partial", 2
    if third not in (b"[", b"O") or _NO_KEY.match(data, start + 1):
        return "whole", 1
    status, length = read_escape(data, start + 1)
    return (status, length + 1) if status != "broken" else ("whole", 1)


def _read_alt_character(data: bytes, start: int) -> tuple[Status, int]:
    first = data[start + 1]
    size = 4 if first >= 0xF0 else 3 if first >= 0xE0 else 2
    character = data[start + 1 : start + 1 + size]
    try:
        character.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data" and len(data) < start + 1 + size:
            return "partial", len(data) - start
        return "broken", 2
    return "whole", 1 + size
