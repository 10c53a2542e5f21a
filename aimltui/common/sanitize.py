"""Remove escape sequences and control characters from text of models, tools, files and servers before it is shown."""

from __future__ import annotations

import re
from typing import Final

from aimltui.common.patterns import pattern

MAX_COMBINING: Final = 8
"""Combining marks left on one character; more can fill a screen from a single cell."""

# No body of a sequence may contain another introducer: the search stays linear, whatever is sent.
_BODY = r"[^\x07\x1b\x80-\x9f]*"
_SEQUENCES = pattern(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    rf"|(?:\x1b\]|\x9d){_BODY}(?:\x07|\x1b\\|\x9c)"
    rf"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f]){_BODY}(?:\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-OQ-WYZ`-~\\]"
)
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_ODD = "\ufdd0-\ufdef\ufff9-\ufffb\U000e0000-\U000e007f"
_DROPPED = pattern(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}{_ODD}]")
_LINE_ENDS = pattern("\r\n?|[\u2028\u2029]")
_SURROGATES = pattern("[\ud800-\udfff]")
_SUSPECT = pattern(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{_BIDI}{_ODD}\u2028\u2029\ud800-\udfff]")
_UNSAFE_IN_LINE = pattern(f"[\x00-\x1f\x7f-\x9f{_BIDI}{_ODD}\u2028\u2029\ud800-\udfff]")

_MARK = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u0610-\u061a\u064b-\u065f\u0e34-\u0e3a\u0e47-\u0e4e\u1ab0-\u1aff"
    "\u1dc0-\u1dff\u200b-\u200d\u20d0-\u20ff\u302a-\u302d\u3099\u309a\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef"
)
_LEADING = pattern(f"[{_MARK}]*")
_TRAILING = pattern(f"[{_MARK}]{{1,{MAX_COMBINING}}}\\Z")
_MARKS = pattern(f"([{_MARK}]{{{MAX_COMBINING}}})[{_MARK}]+")
_JOINED = pattern("((?:\u200d[^\u200d\n]\ufe0f?){8})\u200d+")


def clean(text: str) -> str:
    """Return text that is safe to show: without escape sequences and control characters, with its line ends.

    Args:
        text: Text from outside.

    Returns:
        The same object if nothing had to be removed, after a single search.
    """
    if text.isascii():
        # most texts; the search would also have to be compiled first, which a start can spare
        if text.isprintable() or _SUSPECT.search(text) is None:
            return text
    else:
        text = _JOINED.sub(r"\1", _MARKS.sub(r"\1", text))
        if _SUSPECT.search(text) is None:
            return text
    text = _LINE_ENDS.sub("\n", text)
    text = _SEQUENCES.sub("", text)
    text = _DROPPED.sub("", text)
    return _SURROGATES.sub("\ufffd", text)


def clean_line(text: str) -> str:
    """Return `clean` text as one line: for titles, labels, notifications, names.

    Args:
        text: Text from outside.

    Returns:
        Text without newlines and tabs; each run of them becomes one space.
    """
    text = clean(text)
    if "\n" in text or "\t" in text:
        text = re.sub(r"[\n\t]+", " ", text)
    return text


def is_unsafe_in_line(text: str) -> bool:
    """Return whether a character may not stand in one line of a terminal, line ends and tabs included."""
    # no such character is printable, and that is known in a tenth of the time
    return not text.isprintable() and _UNSAFE_IN_LINE.search(text) is not None


def remove_unsafe(line: str) -> str:
    """Return one line without the characters that `is_unsafe_in_line` finds; lone surrogates become U+FFFD.

    The removed characters have no width, so the layout does not change. The rest of an escape sequence stays as text.
    """
    line = _SURROGATES.sub("\ufffd", _DROPPED.sub("", line.replace("\n", "").replace("\t", "")))
    return line.replace("\u2028", "").replace("\u2029", "")


class StreamCleaner:
    """`clean` for streamed text: escape sequences and piles of combining marks may be split between pieces."""

    _OPEN = pattern("(?:\x1b[\\[\\]PX^_]?|[\x90\x98\x9b\x9d-\x9f])[^\x07\x1b\x80-\x9f]*\x1b?$|\r$")
    _MAX_HELD = 4096

    def __init__(self) -> None:
        self._held = ""
        self._marks = 0
        """Combining marks at the end of what was returned."""

    def feed(self, text: str) -> str:
        """Clean the next piece.

        Args:
            text: The piece as received.

        Returns:
            The text that can be shown now; the start of an unfinished sequence is held back.
        """
        if self._held:
            text = self._held + text
            self._held = ""
        if text.isascii() and (text.isprintable() or _SUSPECT.search(text) is None):
            self._marks = 0 if text else self._marks
            return text
        found = self._OPEN.search(text, max(0, len(text) - self._MAX_HELD))
        # A sequence with its final byte is complete although the pattern reaches to the end.
        if found and not _SEQUENCES.match(text, found.start()):
            self._held = text[found.start() :]
            text = text[: found.start()]
        return self._with_few_marks(clean(text))

    def _with_few_marks(self, text: str) -> str:
        """Drop the marks that, with those at the end of the last piece, pile up on one character."""
        start = _LEADING.match(text)
        leading = start.end() if start else 0
        room = max(0, MAX_COMBINING - self._marks)
        if leading > room:
            text = text[:room] + text[leading:]
            leading = room
        if leading == len(text):
            self._marks += leading
        else:
            end = _TRAILING.search(text)
            self._marks = len(text) - end.start() if end else 0
        return text

    def finish(self) -> str:
        """Return the text that was held back, cleaned."""
        held, self._held = self._held, ""
        return clean(held)
