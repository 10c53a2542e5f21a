"""Text from elsewhere in a line of the plain terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with a question mark for everything that a terminal might obey, line ends included."""
    return "".join(character if character.isprintable() else "?" for character in text)
