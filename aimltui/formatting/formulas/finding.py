"""Finds formulas in Markdown: `$…$`, `$$…$$`, `\\(…\\)`, `\\[…\\]`, environments. Amounts of money stay text. No I/O."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from aimltui.common.patterns import pattern

MAX_FORMULA: Final = 2000
"""Characters; longer ones are shown as their source."""

_ENVIRONMENT: Final = (
    r"\\begin\{(?P<name>(?:align|aligned|alignat|flalign|gather|gathered|equation|multline|eqnarray|split|d?cases"
    r"|[pbvBV]?matrix)\\?\*?)\}"
)
"""The beginning of an environment that is a formula also without marks around it."""
_SPAN = pattern(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`).*?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escaped>\\[\\$`])"
    r"|\$\$(?P<block>(?:[^$\\]|\\.)+?)\$\$"
    # none goes beyond the next opening mark: many that are never closed would take the square of their number
    r"|\\\[(?P<bracket>(?:[^\\]|\\[^\[])+?)\\\]"
    r"|\\\((?P<paren>(?:[^\\]|\\[^(])+?)\\\)"
    r"|\$(?P<inline>(?![\s$])(?:[^$\\\n]|\\.)*?(?<!\s))\$(?![\d$])"
    rf"|\$?(?P<environment>{_ENVIRONMENT}(?:(?!\\begin\{{(?P=name)\}}).)+?\\end\{{(?P=name)\}})\$?",
    re.DOTALL,
)
_BEGIN = pattern(_ENVIRONMENT)
_SIGN = pattern(r"\\[A-Za-z]|[\^_=<>{}+*/|]|\\[,;:! ]")
_WORDS = pattern(r"[A-Za-z]{4,}|[A-Za-z]{2,} [A-Za-z]{2,}")
_SHORT = pattern(r"[-+−]?\d*[A-Za-zα-ωΑ-Ω]{1,3}['′]?(?:\([^()]{1,8}\))?(?:, ?[A-Za-z]{1,2})*")


_DISPLAYS: Final = ("block", "bracket", "environment")


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
    if not any(mark in text for mark in ("$", "\\(", "\\[", "\\begin{")):
        return []
    found: list[Formula] = []
    for match in _SPAN.finditer(text):
        kind = match.lastgroup if match.lastgroup != "ticks" else "code"
        source = match[kind] if kind not in (None, "code", "escaped") else None
        if source is None or len(source) > MAX_FORMULA or not source.strip():
            continue
        if kind == "inline" and not _is_math(source):
            continue
        if kind == "paren" and _WORDS.search(source) and not _SIGN.search(source):
            # words between two brackets of a regular expression
            continue
        if kind == "block" and not _is_math(source.strip()):
            continue
        found.append(Formula(match.start(), match.end(), source, kind in _DISPLAYS))
    return found


def closing_of(line: str) -> str | None:
    """Return what ends the formula that a line begins with; None if it begins with none that may have several lines.

    A matrix is none: another one, or a sign, follows it on the same line.
    """
    if found := _BEGIN.match(line):
        return f"\\end{{{found['name']}}}" if "matrix" not in found["name"] else None
    return {"$$": "$$", "\\[": "\\]"}.get(line[:2])


def is_environment(text: str) -> bool:
    """Return whether a text is an environment that is a formula without marks around it."""
    found = _BEGIN.match(text)
    return found is not None and text.endswith(f"\\end{{{found['name']}}}")


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
    if '"' in source:
        # of two variables of a shell
        return False
    if _WORDS.search(re.sub(r"\{[^{}]*\}", "", source)):
        return False
    return bool(_SIGN.search(source) or _SHORT.fullmatch(source) or re.fullmatch(r"-?\d+(?:\.\d+)?", source))
