"""Text that can be written down."""

from __future__ import annotations


def clean(text: str) -> str:
    """The text without lone surrogates, which JSON can carry and UTF-8 cannot; U+FFFD takes their place."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
