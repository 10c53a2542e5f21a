"""Replaces what a stranger's pattern matches, in linear time: such a pattern is never given to `re`."""

from __future__ import annotations

import re

_WILDCARD = re.compile(r"(?:\.|\[\\s\\S\]|\[\\S\\s\]|\(\?:\.\|\\n\))[*+](\??)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_SYNTAX = frozenset(".^$*+?{}[]|()\\")


def substitute(pattern: str, replacement: str, content: str, *, is_repeated: bool) -> str | None:
    """The content with what matches replaced; only literal text and wildcards (`.*`) are understood.

    Args:
        pattern: A regular expression in which a dot matches line ends too.
        replacement: Goes in as it is.
        content: Where to look.
        is_repeated: True if every match is replaced, False if only the first one.

    Returns:
        The new content; None if the pattern is beyond this.
    """
    pieces = _pieces(pattern)
    if pieces is None:
        return None
    literals, greedy = pieces
    done, rest = [], content
    while (found := _match(literals, greedy, rest)) is not None:
        start, end = found
        done += [rest[:start], replacement]
        rest = rest[end:]
        if not is_repeated or not rest or end == 0:
            break
    return "".join(done) + rest


def _pieces(pattern: str) -> tuple[list[str], bool] | None:
    """The literal texts between the wildcards, and whether the last wildcard takes as much as it can."""
    literals, position, is_greedy = list[str](), 0, True
    for match in _WILDCARD.finditer(pattern):
        if match.start() and pattern[match.start() - 1] == "\\":
            continue
        literals.append(pattern[position : match.start()])
        is_greedy = not match[1]
        position = match.end()
    literals.append(pattern[position:])
    plain = [_literal(piece) for piece in literals]
    return None if None in plain else ([piece for piece in plain if piece is not None], is_greedy)


def _literal(piece: str) -> str | None:
    """The text that a piece of a pattern means; None if it is more than text."""
    piece = piece.removeprefix("^").removesuffix("$") if not piece.endswith("\\$") else piece
    result, signs = list[str](), iter(piece)
    for sign in signs:
        if sign == "\\":
            escaped = next(signs, "")
            if escaped.isalnum() and escaped not in _ESCAPED:
                return None
            result.append(_ESCAPED.get(escaped, escaped))
        elif sign in _SYNTAX:
            return None
        else:
            result.append(sign)
    return "".join(result)


def _match(literals: list[str], is_greedy: bool, content: str) -> tuple[int, int] | None:
    first, *others = literals
    start = content.find(first)
    if start < 0 or (not others and not first):
        return None
    end = start + len(first)
    for number, literal in enumerate(others, 1):
        if number == len(others) and is_greedy:
            at = content.rfind(literal, end)
        else:
            at = content.find(literal, end)
        if at < 0:
            return None
        end = at + len(literal)
    return start, end
