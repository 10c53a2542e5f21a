"""Text from models, tools and files, made safe to encode and to print."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with a question mark for everything that a terminal might obey, line ends included."""
    return "".join(character if character.isprintable() else "?" for character in text)


def replace_surrogates(text: str) -> str:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot, with U+FFFD."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
