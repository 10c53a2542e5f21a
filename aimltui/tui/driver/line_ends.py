"""What terminals do to the text of a paste, undone."""

from __future__ import annotations

from aimltui.common.patterns import pattern

_LINE_ENDS = pattern(r"\r+")
_LONG_LINE = 80
"""Characters; paragraphs are longer, lines of code and of logs seldom are."""


def undo_doubled_line_ends(text: str) -> str:
    r"""Return a paste with one line end where the terminal made two out of `\r\n`.

    xterm and others send each of the two characters as `\r`. A text of which every line end is doubled may also be
    prose with a blank line between its paragraphs; it is left alone if all of its lines are as long as paragraphs.
    """
    if "\n" in text or "\r" not in text:
        return text
    if any(len(ends) % 2 for ends in _LINE_ENDS.findall(text)):
        return text
    lines = [line for line in text.split("\r") if line]
    if len(lines) > 1 and "\r\r\r" not in text and min(map(len, lines)) > _LONG_LINE:
        return text
    return text.replace("\r\r", "\r")
