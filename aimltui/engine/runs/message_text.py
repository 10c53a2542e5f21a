"""MessageText: finds the links and citations in the text of a message while it streams, and where they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from aimltui.engine.events.deltas import (
    FILE_CITATION,
    FILE_PATH,
    TEXT,
    AnnotatedText,
    Citation,
    DeltaKind,
    FileLink,
)
from aimltui.engine.runs.file_links import LinkFinder, LinkSpan
from aimltui.engine.tools.base import FoundPassage
from aimltui.engine.tools.file_search.marks import Key, MarkFinder, MarkSpan
from aimltui.engine.tools.file_search.quotes import claim_before, quote_for

_CLAIM = 600
"""Characters before a citation in which its statement is looked for."""


class MessageText:
    """Emits the text part of a message, with its annotations.

    Args:
        files: Ids of the files that the text may link to, by path.
        sources: The passages that the text may cite; None if marks are plain text.
        emit: Emits a piece of the text with its kind.
    """

    def __init__(
        self,
        files: Mapping[str, str],
        sources: Mapping[Key, FoundPassage] | None,
        emit: Callable[[DeltaKind, str | AnnotatedText], None],
    ) -> None:
        self._sources = sources or {}
        self._links = LinkFinder(files)
        self._marks = MarkFinder(sources) if sources is not None else None
        self._is_plain = not files and sources is None
        """Whether nothing in the text can be a link or a citation."""
        self._emit = emit
        self._tail = ""
        """The end of the streamed text, for the quote of the next citation."""
        self._length = 0
        """Characters of the text part that were streamed."""
        self._annotations = 0

    def begin(self) -> None:
        """Count from the start of another message."""
        self._length = self._annotations = 0

    def feed(self, text: str) -> None:
        """Emit the next piece; what may become a link or a citation is held back."""
        if self._is_plain:
            self._emit_plain(text)
            return
        for span in self._links.feed(text):
            self._emit_span(span)

    def end(self) -> None:
        """Emit what was held back."""
        for span in self._links.finish():
            self._emit_span(span)
        self._end_marks()

    def _end_marks(self) -> None:
        for span in self._marks.finish() if self._marks is not None else ():
            self._emit_marked(span)

    def _emit_span(self, span: LinkSpan) -> None:
        if span.file_id is not None:
            # the marks may hold text back that comes before the link
            self._end_marks()
            self._emit_annotated(
                FILE_PATH, FileLink(span.text, span.file_id, self._length, self._annotations)
            )
        elif self._marks is None:
            self._emit_plain(span.text)
        else:
            for marked in self._marks.feed(span.text):
                self._emit_marked(marked)

    def _emit_marked(self, span: MarkSpan) -> None:
        if span.key is None:
            self._tail = (self._tail + span.text)[-_CLAIM:]
            self._emit_plain(span.text)
            return
        source = self._sources[span.key]
        quote = quote_for(claim_before(self._tail), source.text)
        place = source.place_of(quote)
        mark = Citation(span.text, source.file_id, self._length, self._annotations, quote, place)
        self._emit_annotated(FILE_CITATION, mark)

    def _emit_plain(self, text: str) -> None:
        if not text:
            return
        self._emit(TEXT, text)
        self._length += len(text)

    def _emit_annotated(self, kind: DeltaKind, value: AnnotatedText) -> None:
        self._annotations += 1
        self._emit(kind, value)
        self._length += len(value.text)
