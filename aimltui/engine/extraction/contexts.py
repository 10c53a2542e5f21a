"""Adds to chunks where they are in their file, and the words by which they are found. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from aimltui.engine.extraction.chunks import Chunk
from aimltui.engine.extraction.headings import Headings
from aimltui.engine.extraction.words import extra_words

_LINES = re.compile(r"(?:^| › )lines? [\d–]+$")
"""In a place: nobody searches for the number of a line."""


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
        context = headings.context(filename, end - chunk.overlap, _LINES.sub("", chunk.place))
        end += len(chunk.text) - chunk.overlap
        yield replace(chunk, context=context, extra=extra_words(f"{chunk.text}\n{context}"))
