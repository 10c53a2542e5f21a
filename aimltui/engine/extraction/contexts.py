"""Adds to chunks where they are in their file, and the words by which they are found. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from aimltui.common.patterns import pattern
from aimltui.engine.extraction.chunks import Chunk
from aimltui.engine.extraction.headings import SEPARATOR, Headings
from aimltui.engine.extraction.words import extra_words

_LINES = pattern(r"(?:^| › )lines? [\d–]+$")
"""In a place: nobody searches for the number of a line."""
_SPAN = pattern(r"(?:sheet .*, )?(?:page|slide|row)s? [\d–]+$")
"""A place without headings."""


def with_context(
    chunks: Iterable[Chunk], text: str, filename: str, check: Callable[[], None] = lambda: None
) -> Iterator[Chunk]:
    """Yield the chunks of a text with their contexts and words.

    Args:
        chunks: All chunks of the text in order; their places are part of the contexts.
        text: The text.
        filename: The file's name.
        check: Called once for each chunk; it may raise to stop.
    """
    headings = Headings(text, filename)
    end = 0
    for chunk in chunks:
        check()
        place = _LINES.sub("", chunk.place)
        # some readers know the headings; those of code and of plain text are found here
        own = headings.at(end - chunk.overlap) if not place or _SPAN.match(place) else ""
        context = SEPARATOR.join(part for part in (filename, headings.title, own, place) if part)
        end += len(chunk.text) - chunk.overlap
        yield replace(chunk, context=context, extra=extra_words(f"{chunk.text}\n{context}"))
