"""Colours for Markdown that streams to a terminal: the text stays as it is, and is styled while it arrives."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import IO, Final

from aimltui.common.patterns import pattern

_RESET: Final = "\x1b[0m"
_HEADING: Final = "\x1b[1;36m"
_CODE: Final = "\x1b[33m"
_QUOTE: Final = "\x1b[32m"
_BULLET: Final = "\x1b[36m"
_BOLD: Final = "\x1b[1m"

_UNDECIDED = pattern(r" {0,3}(?:#{0,6}|`{0,2}|~{0,2}|[-*+]?|\d{0,3}\.?)\Z")
"""The beginning of a line that may still become a heading, a fence or a list."""
_FENCE = pattern(r" {0,3}(`{3,}|~{3,})")
_LIST = pattern(r"( *)([-*+]|\d{1,3}\.)(?= )")


def wants_colors(stream: IO[str], environment: Mapping[str, str] | None = None) -> bool:
    """Whether colours belong on this stream: it is a terminal that has some, and NO_COLOR is not set."""
    environment = os.environ if environment is None else environment
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM", "dumb") != "dumb"


class MarkdownColors:
    """Styles a stream of clean Markdown."""

    def __init__(self) -> None:
        self._start = ""
        """The beginning of the line as far as it is undecided."""
        self._at_start = True
        self._fence = ""
        self._style = ""
        """The style of the line."""
        self._is_code = False
        self._is_bold = False
        self._star = ""

    def feed(self, text: str) -> str:
        """Style the next piece; what cannot be decided yet is held back."""
        return "".join(self._one(character) for character in text)

    def finish(self) -> str:
        """Return what was held back, and end all styles."""
        self._fence = ""
        return self._end_line().removesuffix("\n")

    def _one(self, character: str) -> str:
        if character == "\n":
            return self._end_line()
        if self._at_start:
            self._start += character
            # in a fence only another fence matters, and indented text is shown as it is
            return "" if _UNDECIDED.fullmatch(self._start) else self._open_line()
        return self._inline(character)

    def _open_line(self) -> str:
        start, self._start, self._at_start = self._start, "", False
        fence = _FENCE.match(start)
        if self._fence or fence:
            if fence and not self._fence:
                self._fence = fence[1]
            elif fence and fence[1].startswith(self._fence):
                self._fence = ""
            self._style = _CODE
            return _CODE + start
        if re.match(r" {0,3}#{1,6} ", start):
            self._style = _HEADING
        elif start.lstrip(" ").startswith(">"):
            self._style = _QUOTE
        if self._style:
            return self._style + start
        bullet = _LIST.match(start)
        if bullet:
            return f"{bullet[1]}{_BULLET}{bullet[2]}{_RESET}" + self._inlined(start[bullet.end() :])
        return self._inlined(start)

    def _inlined(self, text: str) -> str:
        return "".join(self._inline(character) for character in text)

    def _inline(self, character: str) -> str:
        if self._style:
            return character
        if character == "`":
            self._is_code = not self._is_code
            return self._take_star() + (_CODE + "`" if self._is_code else "`" + _RESET + self._bold())
        if character == "*" and not self._is_code:
            if not self._star:
                self._star = "*"
                return ""
            self._star, self._is_bold = "", not self._is_bold
            return _BOLD + "**" if self._is_bold else "**" + _RESET
        return self._take_star() + character

    def _bold(self) -> str:
        return _BOLD if self._is_bold else ""

    def _take_star(self) -> str:
        star, self._star = self._star, ""
        return star

    def _end_line(self) -> str:
        opened = self._open_line() if self._at_start and self._start else ""
        text = opened + self._take_star()
        if self._style or self._is_code or self._is_bold:
            # a style that was never closed does not run into the next lines
            text += _RESET
        self._style, self._is_code, self._is_bold, self._at_start = "", False, False, True
        return text + "\n"
