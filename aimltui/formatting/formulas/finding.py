"""Finds formulas in Markdown: `$…$`, `$$…$$`, `\\(…\\)`, `\\[…\\]`. Amounts of money stay text. No I/O."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from aimltui.common.patterns import pattern

MAX_FORMULA: Final = 2000
"""Characters; longer ones are shown as their source."""

_SPAN = pattern(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escaped>\\[\\$`])"
    r"|\$\$(?P<block>(?:[^$\\]|\\.)+?)\$\$"
    # none goes beyond the next opening mark: many that are never closed would take the square of their number
    r"|\\\[(?P<bracket>(?:[^\\]|\\[^\[])+?)\\\]"
    r"|\\\((?P<paren>(?:[^\\]|\\[^(])+?)\\\)"
    r"|\$(?P<inline>(?![\s$])(?:[^$\\\n]|\\.)*?(?<!\s))\$(?![\d$])",
    re.DOTALL,
)
_SIGN = pattern(r"\\[A-Za-z]|[\^_=<>{}+*/|]|\\[,;:! ]")
_WORDS = pattern(r"[A-Za-z]{4,}|[A-Za-z]{2,} [A-Za-z]{2,}")
_SHORT = pattern(r"[-+−]?\d*[A-Za-zα-ωΑ-Ω]{1,3}['′]?(?:\([^()]{1,8}\))?(?:, ?[A-Za-z]{1,2})*")


class Formula(NamedTuple):
    """A formula in a text."""

    start: int
    """Index of its first mark."""
    end: int
    """One past its last mark."""
    source: str
    """The LaTeX between the marks."""
    is_display: bool
    """Whether its marks ask for separate lines."""


def find_formulas(text: str) -> list[Formula]:
    """Return the formulas of a paragraph, in order; what stands in code is none."""
    if "$" not in text and "\\(" not in text and "\\[" not in text:
        return []
    found: list[Formula] = []
    for match in _SPAN.finditer(text):
        kind = match.lastgroup if match.lastgroup != "ticks" else "code"
        source = match[kind] if kind not in (None, "code", "escaped") else None
        if source is None or len(source) > MAX_FORMULA or not source.strip():
            continue
        if kind == "inline" and not _is_math(source):
            continue
        if kind == "block" and not _is_math(source.strip()):
            continue
        found.append(Formula(match.start(), match.end(), source, kind in ("block", "bracket")))
    return found


def stripped(text: str) -> str:
    """Return a formula's LaTeX without the marks around it."""
    for opening, closing in (("$$", "$$"), ("\\[", "\\]"), ("\\(", "\\)"), ("$", "$")):
        if text.startswith(opening) and text.endswith(closing):
            return text[len(opening) : len(text) - len(closing)]
    return text


def _is_math(source: str) -> bool:
    """Return whether the text between two dollar signs is a formula, not what stands between two amounts."""
    if "\\" in source and _SIGN.search(source):
        return True
    if _WORDS.search(re.sub(r"\{[^{}]*\}", "", source)):
        return False
    return bool(_SIGN.search(source) or _SHORT.fullmatch(source) or re.fullmatch(r"-?\d+(?:\.\d+)?", source))
