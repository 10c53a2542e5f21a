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


_PATTERN = pattern(
    # what regular expressions have and LaTeX has not: .* [^a] \w \d+ (?:
    r"\.[*+]|\[\^(?!\{?\\circ)|\\[ws](?![A-Za-z])|\\d[+*?{]|\(\?[:=!<]"
    # an expression of find between its brackets
    r"|^\s*(?:!\s*)?-(?:i?name|i?path|i?regex|type|size|perm|user|[acm]time|newer|exec|prune)\b"
)
_COMMAND = pattern(
    r"\b(?:sed|[efz]?grep|[gmn]?awk|perl|rg)\b[^\n]*?(?:(?<=[\s=(])|^)(?P<quote>['\"])(?:(?!(?P=quote))[^\n])*$"
    r"|\bfind\s[^\n]*\s-(?:i?name|i?path|i?regex)\s+(?P<other>['\"])(?:(?!(?P=other))[^\n])*$"
)
"""A command with a quote that is still open."""
_REFERENCE = pattern(r"(?<![\\`])\\[1-9](?![\d`])")
"""What a group of a regular expression matched, as in `s/\\(a\\)/\\1/`."""
_LATEX = pattern(r"\\[A-Za-z]{2,}")
_AROUND: Final = 150
"""Characters before and behind a formula that are looked at."""

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
    is_literal: bool = False
    """Whether it only looks like a formula: a part of a command or a regular expression, shown as it stands."""


def find_formulas(text: str) -> list[Formula]:
    """Return the formulas of a paragraph, in order; what stands in code is none."""
    return [found for found in find_marked(text) if not found.is_literal]


def find_marked(text: str) -> list[Formula]:
    """Return the formulas of a paragraph and what only looks like one, in order."""
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
        is_literal = kind in ("paren", "bracket") and _is_of_command(text, match.start(), match.end(), source)
        found.append(Formula(match.start(), match.end(), source, kind in _DISPLAYS, is_literal))
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


def _is_of_command(text: str, start: int, end: int, source: str) -> bool:
    """Return whether what stands between `\\(` and `\\)` is a group of a regular expression, or of a shell's command."""
    # a formula with a command of LaTeX may have a misprint
    if _PATTERN.search(source) or not (_is_balanced(source) or _LATEX.search(source)):
        return True
    if "\n" in source:
        return False
    before = text[max(text.rfind("\n", 0, start) + 1, start - _AROUND) : start]
    behind = text[end : end + _AROUND].partition("\n")[0]
    if _REFERENCE.search(behind):
        return True
    opened = _COMMAND.search(before)
    return opened is not None and (opened["quote"] or opened["other"]) in behind


def _is_balanced(source: str) -> bool:
    """Return whether every bracket may have its partner; an interval as [0, 1) or ]0, 1[ has it, too."""
    plain = re.sub(r"\\[\\{}]", "", source)
    return plain.count("{") == plain.count("}") and sum(map(plain.count, "()[]")) % 2 == 0


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
