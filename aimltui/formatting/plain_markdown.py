"""Reads Markdown as the words that a reader sees, for a line that quotes a message. Pure."""

from __future__ import annotations

import re
from typing import Final

from aimltui.common.patterns import pattern

FENCE: Final = pattern(r"^[ \t]*(?:```|~~~)", re.M)
"""Finds the lines that begin and end blocks of code."""
_ROW: Final = pattern(r"[ \t]*\|.*\|[ \t]*$")
_RULE: Final = pattern(r"\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?)?|(?:[-*_][ \t]*){3,}")
"""Matches rules, and the lines under the heads of tables, without the spaces around them."""
_START: Final = pattern(r"[ \t]*(?:>[ \t]?)*(?:#{1,6}[ \t]+|[-*+][ \t]+(?:\[[ xX]\][ \t]+)?)?")
"""Finds what begins a heading, a quote or an item."""
_CODE: Final = pattern(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
_AROUND_WORDS: Final = (
    ("](", pattern(r"!?\[([^\[\]\n]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t]+\"[^\"\n]*\")?\)")),
    ("<", pattern(r"<((?:https?|mailto):[^<>\s]+)>")),
    ("**", pattern(r"(?<!\\)\*\*(?=[^\s*])((?:[^*]|\*(?!\*))+?)(?<=\S)\*\*")),
    ("__", pattern(r"(?<![\w\\])__(?=[^\s_])((?:[^_]|_(?!_))+?)(?<=\S)__(?!\w)")),
    ("*", pattern(r"(?<![*\w\\])\*(?=[^\s*])([^*\n]+?)(?<=[^\s*])\*(?![*\w])")),
    ("_", pattern(r"(?<![_\w\\])_(?=[^\s_])([^_\n]+?)(?<=[^\s_])_(?![_\w])")),
    ("~~", pattern(r"~~(?=[^\s~])([^~\n]+?)(?<=\S)~~")),
)
"""What links and emphasis have, and what finds them with what stays of them; the outer ones come first."""
_ESCAPED: Final = pattern(r"\\([\\`*_{}\[\]()#+.!|~>-])")
_HIDDEN: Final = pattern("\0(\\d+)\0")


def plain_markdown(text: str, is_code: bool = False) -> str:
    """Return a text without the marks of Markdown; blocks of code keep what is in them.

    Args:
        text: Markdown, which may be a piece of a longer text.
        is_code: Whether it begins in a block of code.
    """
    said: list[str] = []
    some: list[str] = []
    for line in text.split("\n"):
        if FENCE.match(line):
            said += _lines(some) if not is_code else some
            some, is_code = [], not is_code
        else:
            some.append(line)
    return "\n".join([*said, *(_lines(some) if not is_code else some)])


def _lines(lines: list[str]) -> list[str]:
    """Return lines of a text without code as a reader sees them."""
    plain = (
        _cells(line) if _ROW.match(line) else _START.sub("", line, 1)
        for line in lines
        if not _RULE.fullmatch(line.strip(" \t"))
    )
    return [_words("\n".join(plain))] if lines else []


def _cells(line: str) -> str:
    """Return what stands in the row of a table."""
    return " · ".join(cell.strip() for cell in line.strip().strip("|").split("|"))


def _words(text: str) -> str:
    """Return a text without the marks around words; spans of code keep what is in them."""
    codes: list[str] = []

    def hide(found: re.Match[str]) -> str:
        codes.append(found[2].strip())
        return f"\0{len(codes) - 1}\0"

    text = text.replace("\0", "")
    if "`" in text:
        text = _CODE.sub(hide, text)
    for part, marks in _AROUND_WORDS:
        if part in text:
            text = marks.sub(r"\1", text)
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    return _HIDDEN.sub(lambda found: codes[int(found[1])], text) if codes else text
