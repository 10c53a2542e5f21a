"""Draws messages: author, Markdown that may grow, attachments, citations, why it was cut off."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Final

from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import plural
from aimltui.tui.state.branch_marks import NEXT, PREVIOUS
from aimltui.tui.state.entries import Citation, MessageEntry
from aimltui.tui.widgets.transcript.canvas import (
    BRANCH,
    WHOLE_MESSAGE,
    Canvas,
    ClickTarget,
    RenderContext,
    StyledText,
)
from aimltui.tui.widgets.transcript.clean_text import CleanText
from aimltui.tui.widgets.transcript.inline import CITED_CLOSE, CITED_OPEN
from aimltui.tui.widgets.transcript.palette import dimmed
from aimltui.tui.widgets.transcript.renderers.files import draw_file
from aimltui.tui.widgets.transcript.renderers.sources import about_source
from aimltui.tui.widgets.transcript.stream import MarkdownStream

_REASONS: Final = {
    "run_cancelled": "stopped by you",
    "max_tokens": "cut off: token limit",
    "content_filter": "cut off: content filter",
    "run_expired": "cut off: the run expired",
    "run_failed": "cut off: the run failed",
}


LONG_LINES: Final = 40
"""Lines of a message of the user above which it is folded: more than most windows show at once."""
SHOWN_LINES: Final = 20
"""Lines that are shown of it."""


def hidden_lines(entry: MessageEntry) -> int:
    """Return how many lines of a long message of the user are not shown."""
    if entry.role != "user":
        return 0
    lines = entry.text.rstrip("\n").count("\n") + 1
    return lines - SHOWN_LINES if lines > LONG_LINES else 0


def _folded(entry: MessageEntry) -> MessageEntry:
    """Return a message with what is shown of its text."""
    if not hidden_lines(entry):
        return entry
    return replace(entry, text="\n".join(entry.text.split("\n", SHOWN_LINES)[:SHOWN_LINES]), citations=())


def message_source(entry: MessageEntry) -> str:
    """Return a message's Markdown for copying: citations as `[n]`, pages on the web listed at the end."""
    pages = {c.number: c.source for c in _cited(entry) if c.source is not None and c.source.url}
    listed = "\n".join(
        f"[{number}] {clean_line(page.name)}: {page.url}" for number, page in sorted(pages.items())
    )
    text = _with_citations(entry, "[", "]")
    return f"{text}\n\n{listed}" if listed else text


def _with_citations(entry: MessageEntry, before: str, after: str) -> str:
    text = entry.text
    end = len(text) + 1
    for citation in reversed(_cited(entry)):
        if 0 <= citation.start < citation.end <= min(end, len(text)):
            text = f"{text[: citation.start]}{before}{citation.number}{after}{text[citation.end :]}"
            end = citation.start
    return text


def clean_message(entry: MessageEntry) -> CleanText:
    """Return the clean text to draw, with marks around citations that no text from outside can contain."""
    text = CleanText()
    place = 0
    for citation in _cited(entry):
        if place <= citation.start < citation.end <= len(entry.text):
            text.add(entry.text[place : citation.start])
            text.mark(f"{CITED_OPEN}{citation.number}{CITED_CLOSE}")
            place = citation.end
    text.add(entry.text[place:] if place else entry.text)
    return text


def with_text(entry: MessageEntry, text: CleanText) -> MessageEntry:
    """Return the entry of a growing message with what has arrived of its text, citations as `[n]`."""
    whole = str(text.source).replace(CITED_OPEN, "[").replace(CITED_CLOSE, "]")
    return replace(entry, text=whole, citations=())


def without_text(entry: MessageEntry) -> MessageEntry:
    """Return the entry without its text, which is stored elsewhere; citations need it, so with them it stays."""
    return entry if entry.citations else replace(entry, text="")


class MessageDrawing:
    """A message on its canvas, which continues at its end when the message grows.

    Attributes:
        entry: The message without its text.
        text: The text to draw; the stream draws from the same object.
    """

    def __init__(self, entry: MessageEntry, context: RenderContext, text: CleanText | None = None) -> None:
        """Draw a message.

        Args:
            entry: The message.
            context: Width, colours, glyphs.
            text: The text of `entry` and what it grew by; None for no more than the text of `entry`.
        """
        self.text = clean_message(_folded(entry)) if text is None else text
        self._hidden = hidden_lines(entry) if text is None else 0
        self.entry = without_text(entry)
        if entry.is_replaced:
            context = replace(context, palette=dimmed(context.palette))
        palette = context.palette
        accent = palette.user if entry.role == "user" else palette.assistant
        if entry.pending:
            accent = palette.pending
        self.canvas = Canvas(context, accent)
        clock = ""
        if entry.created_at is not None and context.has_times:
            clock = time.strftime("%H:%M", time.localtime(entry.created_at))
        heading = [StyledText(clean_line(entry.author), accent)]
        if entry.to is not None:
            name = clean_line(entry.to.name)
            heading.append(StyledText(f" {context.glyphs.arrow} {name}", palette.muted))
        if entry.is_summary:
            heading.append(StyledText("  the model gets it instead of what is above", palette.muted))
        if entry.is_pinned:
            heading.append(StyledText(f"  {context.glyphs.pinned} pinned", palette.citation))
        self.canvas.write(
            [*heading, *_branch_runs(entry, context)],
            right=StyledText(clock, palette.muted) if clock else None,
        )
        base = palette.pending if entry.pending else palette.text
        self._stream = MarkdownStream(
            self.canvas, self.text.source, keep_breaks=entry.role == "user", base=base
        )
        self._body_end = (0, 0)
        self._draw()

    def _draw(self) -> None:
        """Draw what was added to the text, or all of it at the end, and what stands below it."""
        if self.entry.streaming:
            self._stream.advance()
        else:
            self.text.finish()
            self._stream.finish()
        self._body_end = (len(self.canvas.rows), len(self.canvas.lines))
        self._foot()

    def append(self, text: str) -> None:
        """Draw a further piece of the message's text."""
        self.text.add(text)
        self.canvas.truncate(*self._body_end)
        self._draw()

    def update(self, entry: MessageEntry) -> bool:
        """Take a new state of the same message without drawing again what is drawn already.

        Args:
            entry: The new state.

        Returns:
            False if the new state does not only add to the old one; then a new drawing is needed.
        """
        old = self.entry
        same_head = _head(entry) == _head(old)
        if not (same_head and old.streaming and entry.citations == old.citations):
            return False
        if not self.text.become(clean_message(entry)):
            return False
        self.entry = without_text(entry)
        self.canvas.truncate(*self._body_end)
        self._draw()
        return True

    def _foot(self) -> None:
        entry, canvas = self.entry, self.canvas
        palette, glyphs = canvas.context.palette, canvas.context.glyphs
        if self._hidden:
            told = f"{glyphs.ellipsis} {plural(self._hidden, 'more line')}"
            runs = [StyledText(told, palette.muted), StyledText("  view all", palette.assistant)]
            canvas.write(runs, target=ClickTarget("view", WHOLE_MESSAGE))
        if any(attachment.is_made for attachment in entry.attachments) and len(self.text.source):
            canvas.gap()
        after_picture = False
        for attachment in entry.attachments:
            if after_picture:
                canvas.gap()
            after_picture = draw_file(canvas, attachment)
        cited = {citation.number: citation for citation in reversed(_cited(entry))}
        if cited:
            canvas.gap()
        for number, citation in sorted(cited.items()):
            mark = f"[{number}] "
            runs = [StyledText(mark, palette.citation), StyledText(self._label(citation), palette.text)]
            runs.append(StyledText(about_source(citation.source, canvas.context), palette.muted))
            canvas.write(runs, indent=len(mark), target=ClickTarget("source", str(number)))
        if entry.incomplete_reason:
            words = _REASONS.get(entry.incomplete_reason, f"cut off: {clean_line(entry.incomplete_reason)}")
            canvas.write([StyledText(f"{glyphs.ellipsis} {words}", palette.warning)])

    def _label(self, citation: Citation) -> str:
        """Return the name of a source; its id while the name is unknown."""
        fact = self.canvas.context.extras.files.get(citation.file_id)
        is_unknown = fact is not None and citation.label == citation.file_id
        return clean_line(fact.name if fact is not None and is_unknown else citation.label)


def _head(entry: MessageEntry) -> tuple[object, ...]:
    """Return what stands in the first line of a message."""
    return entry.role, entry.author, entry.pending, entry.created_at, entry.branch, entry.is_pinned


def _branch_runs(entry: MessageEntry, context: RenderContext) -> list[StyledText]:
    """Return which of its branches a message begins, with the signs that lead to the ones beside it."""
    if entry.branch is None:
        return []
    number, total = entry.branch
    palette, glyphs = context.palette, context.glyphs
    before = (palette.assistant, f"{BRANCH}{PREVIOUS}") if number > 1 else (palette.muted, "")
    behind = (palette.assistant, f"{BRANCH}{NEXT}") if number < total else (palette.muted, "")
    return [
        StyledText("  ", palette.muted),
        StyledText(f"{glyphs.previous} ", *before),
        StyledText(f"{number}/{total}", palette.muted),
        StyledText(f" {glyphs.next}", *behind),
    ]


def _cited(entry: MessageEntry) -> list[Citation]:
    """Return the footnotes in the order of the text, without links to files that a tool made."""
    return sorted((c for c in entry.citations if c.kind != "file_path"), key=lambda citation: citation.start)
