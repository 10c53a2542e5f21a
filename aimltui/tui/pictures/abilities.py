"""What a terminal answers when it is asked how it can draw pictures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from aimltui.common.patterns import pattern

ViewerProtocol = Literal["kitty", "iterm2", "sixel"]

QUESTION: Final = "\x1b[>0q\x1b[16t\x1b[c"
"""Asks for the terminal's name and version, the pixels of a cell, and its attributes; these every terminal answers."""
GRAPHICS_QUESTION: Final = "\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\"
"""Asks for kitty's graphics. Terminals that do not know it may print it: it goes to those whose name is known."""

_VERSION = pattern(r"\x1bP>\|([\x20-\x7e]{1,100})\x1b\\")
_ATTRIBUTES = pattern(r"\x1b\[\?([\d;]*)c")
_CELL = pattern(r"\x1b\[6;(\d{1,4});(\d{1,4})t")
_GRAPHICS = pattern(r"\x1b_Gi=31;(\w*)[\x20-\x7e]*\x1b\\")
_NUMBERS = pattern(r"\d+")
_SIXEL: Final = "4"
_WITH_GRAPHICS: Final = ("kitty", "ghostty", "wezterm", "konsole")
_WITH_PLACEHOLDERS: Final[Mapping[str, tuple[int, ...]]] = {"kitty": (0, 28), "ghostty": (1,)}
"""The versions from which on a terminal draws a picture where text stands for it."""
_WITH_FILES: Final = ("iterm2", "wezterm", "mintty")


def is_answer(sequence: str) -> bool:
    """Return whether a sequence is the answer to one of the questions."""
    return any(known.fullmatch(sequence) for known in (_VERSION, _ATTRIBUTES, _CELL, _GRAPHICS))


def may_be_asked(environment: Mapping[str, str]) -> bool:
    """Return whether the questions reach the terminal that draws: tmux and screen would answer for it."""
    term = environment.get("TERM", "")
    is_inner = "TMUX" in environment or "STY" in environment or term.startswith(("screen", "tmux"))
    return not is_inner and term not in ("", "dumb", "linux")


class Abilities:
    """What is known of a terminal."""

    def __init__(self) -> None:
        self.name = ""
        """In small letters; empty while it is unknown."""
        self.version: tuple[int, ...] = ()
        self.cell: tuple[int, int] | None = None
        """The pixels of a cell: width, height."""
        self.has_answered = False
        """Whether all questions but that for graphics are answered."""
        self._has_sixel = False
        self._has_graphics = False

    def take(self, answer: str) -> None:
        """Learn from an answer."""
        if found := _VERSION.fullmatch(answer):
            self.name = (pattern(r"[A-Za-z.]+2?").match(found[1]) or [""])[0].lower()
            numbers = found[1][len(self.name) :]
            self.version = tuple(int(part) for part in _NUMBERS.findall(numbers)[:3])
        elif found := _CELL.fullmatch(answer):
            height, width = int(found[1]), int(found[2])
            self.cell = (width, height) if width and height else None
        elif found := _GRAPHICS.fullmatch(answer):
            self._has_graphics = found[1] == "OK"
        elif found := _ATTRIBUTES.fullmatch(answer):
            self._has_sixel = _SIXEL in found[1].split(";")
            self.has_answered = True

    @property
    def may_have_graphics(self) -> bool:
        """Whether it is a terminal that understands the question for kitty's graphics."""
        return self.name in _WITH_GRAPHICS

    @property
    def has_placeholders(self) -> bool:
        """Whether it draws a picture where text stands for it, so that the picture scrolls with the text."""
        first = _WITH_PLACEHOLDERS.get(self.name)
        return self._has_graphics and first is not None and self.version >= first

    @property
    def viewer(self) -> ViewerProtocol | None:
        """How it draws a picture at a place of the screen; None if it cannot."""
        if self._has_graphics:
            return "kitty"
        if self.name in _WITH_FILES:
            return "iterm2"
        return "sixel" if self._has_sixel else None
