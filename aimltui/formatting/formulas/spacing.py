"""Puts the pieces of a formula next to each other, with spaces where a reader needs them. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from aimltui.common.patterns import pattern
from aimltui.formatting.formulas import signs
from aimltui.formatting.formulas.boxes import Box, beside, text_box

_LONE_SIGN: Final = pattern(r"(?<=[^\s(\[{⟨⌈⌊,;])([+−]) (?=\S)")
_INSIDE: Final = pattern(r"(?<=[⟨⌈⌊]) +(?=\S)|(?<=\S) +(?=[⟩⌉⌋,;])")


def spaced(boxes: Sequence[Box], kinds: Sequence[str]) -> Box:
    """Put boxes next to each other with one space around relations, names of functions, and fractions on one line."""
    row: list[Box] = []
    last = ""
    for box, kind in zip(boxes, kinds, strict=True):
        if box.is_flat and box.lines[0] in signs.RELATIONS:
            box = text_box(f" {box.lines[0]} ")
        if not box.width:
            continue
        before, line = (row[-1].lines[0] if row and row[-1].is_flat else ""), box.lines[0]
        if row and row[-1].is_flat and box.is_flat:
            if before.endswith(" ") and line.startswith(" "):
                line = line.lstrip(" ")
            gap = " " if _stands_apart(before, last, line, kind) else ""
            row[-1] = text_box(before + gap + line)
        elif row and box.is_flat and last == "name" and line[:1].isalnum():
            row += [text_box(" "), box]
        else:
            row.append(box)
        last = kind
    tidy = (text_box(_tidy(box.lines[0])) if box.is_flat else box for box in row)
    return beside(list(tidy)) if row else text_box("")


def _stands_apart(before: str, last: str, line: str, kind: str) -> bool:
    """Return whether there is a space between two pieces, which are of these kinds."""
    if not before or not line:
        return False
    ends, begins = before[-1], line[0]
    is_word = begins.isalnum() or begins in "√∑∏∫∂∇∞‖⟨⌈⌊"
    if last == "fraction" and (is_word or begins in "([{|"):
        return True
    if last == "name" and is_word:
        return True
    return kind in ("name", "fraction") and (ends.isalnum() or (kind == "fraction" and ends in ")]}′!"))


def _tidy(text: str) -> str:
    """Return a line with even spaces around signs, whose macros have taken the space behind them."""
    return _LONE_SIGN.sub(r" \1 ", _INSIDE.sub("", text))
