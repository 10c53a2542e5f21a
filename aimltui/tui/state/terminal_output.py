"""Shows a program's output as a terminal would: with overwritten lines and colours. Pure.

Colours become data, and all other control characters become visible signs, so that nothing can control the real
terminal.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern

MAX_LINE: Final = 20_000
"""Characters of a line that are read; a progress bar may have written a million."""
TAB: Final = 8

Colour = int
"""0 to 255 as terminals number them; from `RGB` up a byte each for red, green and blue."""
RGB: Final = 1 << 24

_CONTROL = pattern(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef"
    "\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_TOKEN = pattern(
    r"(?:\x1b\[|\x9b)(?P<sgr>[0-9;:]{0,64})m"
    r"|(?:\x1b\[|\x9b)(?P<erase>[012]?)K"
    rf"|(?P<control>{_CONTROL.pattern})"
    rf"|(?P<text>[^{_CONTROL.pattern[1:-1]}]+)"
)


@dataclass(frozen=True, slots=True)
class Sgr:
    """The style of a piece of output, from its escape sequences (select graphic rendition)."""

    fg: Colour | None = None
    bg: Colour | None = None
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    reverse: bool = False


PLAIN: Final = Sgr()
Piece = tuple[str, Sgr]

_ON: Final[dict[int, dict[str, bool]]] = {
    1: {"bold": True},
    2: {"faint": True},
    3: {"italic": True},
    4: {"underline": True},
    7: {"reverse": True},
    9: {"strike": True},
    22: {"bold": False, "faint": False},
    23: {"italic": False},
    24: {"underline": False},
    27: {"reverse": False},
    29: {"strike": False},
}


def visible(character: str, *, ascii_only: bool = False) -> str:
    """A control character as harmless signs: `␛`, or `^[` if only ASCII can be shown."""
    code = ord(character)
    if code < 0x20:
        return f"^{chr(code + 64)}" if ascii_only else chr(0x2400 + code)
    if code == 0x7F:
        return "^?" if ascii_only else "␡"
    if code < 0xA0:
        return ("^[" if ascii_only else "␛") + chr(code - 64)
    return f"<U+{code:04X}>"


class TerminalText:
    """Reads lines one after the other; a colour holds over the end of a line.

    Args:
        ascii_only: Show controls with ASCII signs.
    """

    def __init__(self, *, ascii_only: bool = False) -> None:
        self._ascii_only = ascii_only
        self._sgr = PLAIN

    def line(self, text: str) -> list[Piece]:
        """The pieces that a terminal would show of a line.

        Args:
            text: The line, without its newline.
        """
        if _CONTROL.search(text) is None:
            return [(text[:MAX_LINE], self._sgr)] if text else []
        if len(text) > MAX_LINE:
            # only what was written last can be seen
            text = text[-MAX_LINE:]
        cells: list[tuple[str, Sgr]] = []
        column = 0
        for found in _TOKEN.finditer(text.removesuffix("\r")):
            if (words := found["text"]) is not None:
                cells[column : column + len(words)] = [(character, self._sgr) for character in words]
                column += len(words)
            elif (codes := found["sgr"]) is not None:
                self._sgr = _after(self._sgr, codes)
            elif (how := found["erase"]) is not None:
                _erase(cells, column, how)
            else:
                column = self._control(cells, column, found["control"])
        return _joined(cells)

    def _control(self, cells: list[tuple[str, Sgr]], column: int, character: str) -> int:
        """Apply a control character; return the column after it."""
        if character == "\r":
            return 0
        if character == "\b":
            return max(0, column - 1)
        if character == "\t":
            target = (column // TAB + 1) * TAB
            cells += [(" ", self._sgr)] * (target - len(cells))
            return target
        signs = visible(character, ascii_only=self._ascii_only)
        cells[column : column + len(signs)] = [(sign, self._sgr) for sign in signs]
        return column + len(signs)


def _erase(cells: list[tuple[str, Sgr]], column: int, how: str) -> None:
    if how in ("", "0"):
        del cells[column:]
        return
    end = len(cells) if how == "2" else min(column + 1, len(cells))
    cells[:end] = [(" ", PLAIN)] * end


def _joined(cells: list[tuple[str, Sgr]]) -> list[Piece]:
    pieces: list[Piece] = []
    letters: list[str] = []
    style = PLAIN
    for letter, sgr in cells:
        if sgr != style and letters:
            pieces.append(("".join(letters), style))
            letters = []
        style = sgr
        letters.append(letter)
    if letters:
        pieces.append(("".join(letters), style))
    return pieces


def _after(sgr: Sgr, codes: str) -> Sgr:
    """The style after a sequence; unknown codes change nothing."""
    numbers = [int(code[:5]) if code else 0 for code in codes.replace(":", ";").split(";")]
    place = 0
    while place < len(numbers):
        code = numbers[place]
        place += 1
        if code == 0:
            sgr = PLAIN
        elif code in _ON:
            sgr = replace(sgr, **_ON[code])
        elif code in (38, 48):
            colour, place = _extended(numbers, place)
            sgr = replace(sgr, fg=colour) if code == 38 else replace(sgr, bg=colour)
        elif code in (39, 49):
            sgr = replace(sgr, fg=None) if code == 39 else replace(sgr, bg=None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            sgr = replace(sgr, fg=code - 30 if code < 40 else code - 82)
        elif 40 <= code <= 47 or 100 <= code <= 107:
            sgr = replace(sgr, bg=code - 40 if code < 50 else code - 92)
    return sgr


def _extended(numbers: list[int], place: int) -> tuple[Colour | None, int]:
    """A colour of the 256, or from red, green and blue; and the place behind it."""
    kind = numbers[place] if place < len(numbers) else -1
    if kind == 5 and place + 1 < len(numbers):
        return min(numbers[place + 1], 255), place + 2
    if kind == 2 and place + 3 < len(numbers):
        red, green, blue = (min(number, 255) for number in numbers[place + 1 : place + 4])
        return RGB + (red << 16) + (green << 8) + blue, place + 4
    return None, len(numbers)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The first and the last lines of a text."""

    head: tuple[str, ...]
    hidden: int
    """Lines in between."""
    tail: tuple[str, ...]

    @property
    def total(self) -> int:
        """All lines of the text."""
        return len(self.head) + self.hidden + len(self.tail)


def excerpt(text: str, head: int, tail: int) -> Excerpt:
    """The first and last lines of an output, without blank lines at its end.

    Args:
        text: The output, of any length.
        head: Lines from the start.
        tail: Lines from the end; a text that is not longer than both is all in the head.
    """
    end = len(text)
    while end and text[end - 1] in "\n\r \t":
        end -= 1
    if not end:
        return Excerpt((), 0, ())
    text = text[:end] if end < len(text) else text
    total = text.count("\n") + 1
    if total <= head + tail:
        return Excerpt(tuple(text.split("\n")), 0, ())
    first = text.split("\n", head)[:head] if head else []
    last = text.rsplit("\n", tail)[1:] if tail else []
    return Excerpt(tuple(first), total - head - tail, tuple(last))


def settled(text: str) -> str:
    """An output with the final text of each line that was overwritten; its other lines are unchanged."""
    reader = TerminalText()
    lines = text.split("\n")
    return "\n".join(
        "".join(piece for piece, _ in reader.line(line)) if "\r" in line.rstrip("\r") else line.rstrip("\r")
        for line in lines
    )


_FAILURE = pattern(r"^([A-Za-z_][\w.]{0,80}(?:Error|Exception|Interrupt|Exit|Warning|Iteration))\b(?::|$)")


_KEPT = pattern(r"\n?\[All of the output is kept as [\w.-]+\]$")
_ENDS = (
    (pattern(r"Its variables are gone\.\]$"), "the interpreter ended"),
    (pattern(r"The code was stopped\.\]$"), "stopped at a limit"),
    (
        pattern(
            r"\b[Nn]othing was run\b|^This is the same call as |^The sandbox (did not start|ended before)"
        ),
        "not run",
    ),
)


def failure_in(text: str) -> str:
    """How the code failed, from the end of its output: an exception's name, or a few words; empty if it did not fail."""
    tail = _KEPT.sub("", text[-8_000:].rstrip()).rstrip()
    last = tail[tail.rfind("\n") + 1 :]
    for said, words in _ENDS:
        if said.search(last):
            return words
    if "Traceback (most recent call last)" not in tail and '  File "' not in tail:
        return ""
    # a message may have several lines; the first one names the exception
    for line in reversed(tail.rsplit("\n", 12)[-12:]):
        if found := _FAILURE.match(line):
            return found[1].rpartition(".")[2]
        if line.startswith(("  File ", "Traceback ", "    ")):
            return ""
    return ""
