"""Text that the user must read before it runs: nothing in it may be invisible."""

from __future__ import annotations

_TAB = 4


def visible(text: str) -> str:
    """The text with every invisible character written as an escape, so that nothing is hidden from the user."""
    lines = text.expandtabs(_TAB).split("\n")
    return "\n".join("".join(c if c.isprintable() else _written(c) for c in line) for line in lines)


def _written(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
