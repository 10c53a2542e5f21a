"""A renderer for each class of entry, which draws it as rows."""

from __future__ import annotations

from aimltui.tui.state.entries import (
    Entry,
    ErrorEntry,
    GuideEntry,
    MessageEntry,
    NoticeEntry,
    QueuedEntry,
    ReasoningEntry,
    RunEntry,
    StepEntry,
)
from aimltui.tui.widgets.transcript.canvas import Canvas, RenderContext
from aimltui.tui.widgets.transcript.clean_text import CleanText
from aimltui.tui.widgets.transcript.renderers.error import draw_error
from aimltui.tui.widgets.transcript.renderers.guide import draw_guide
from aimltui.tui.widgets.transcript.renderers.message import (
    SHOWN_LINES,
    MessageDrawing,
    clean_message,
    hidden_lines,
    message_source,
    with_text,
    without_text,
)
from aimltui.tui.widgets.transcript.renderers.notice import draw_notice, draw_queued
from aimltui.tui.widgets.transcript.renderers.reasoning import LIVE_ROWS, LIVE_TAIL, draw_reasoning
from aimltui.tui.widgets.transcript.renderers.run import ACTIVE, draw_run
from aimltui.tui.widgets.transcript.renderers.step import Memo, draw_step, step_opens

__all__ = [
    "ACTIVE",
    "LIVE_TAIL",
    "Memo",
    "MessageDrawing",
    "clean_message",
    "draw_entry",
    "draw_step",
    "estimated_rows",
    "message_source",
    "plain_text",
    "step_opens",
    "with_text",
    "without_text",
]


def draw_entry(entry: Entry, context: RenderContext, unfolded: bool | None) -> Canvas:
    """Draw any entry; a message that grows needs a `MessageDrawing`.

    Args:
        entry: What to draw.
        context: Width, colours, glyphs, time.
        unfolded: Whether the user opened or closed the panel; None if neither.
    """
    match entry:
        case StepEntry():
            return draw_step(entry, context, unfolded)
        case ReasoningEntry():
            return draw_reasoning(entry, context, unfolded)
        case RunEntry():
            return draw_run(entry, context)
        case ErrorEntry():
            return draw_error(entry, context)
        case NoticeEntry():
            return draw_notice(entry, context)
        case QueuedEntry():
            return draw_queued(entry, context)
        case GuideEntry():
            return draw_guide(entry, context)
        case MessageEntry():
            return MessageDrawing(entry, context).canvas


def estimated_rows(entry: Entry, width: int, grown: CleanText | None = None) -> int:
    """Estimate how many rows an entry takes, from no more than the length of its text and its line ends.

    Args:
        entry: The entry.
        width: Cells of the pane.
        grown: The text of a message that grows, which its entry is without.
    """
    if isinstance(entry, MessageEntry) and grown is not None:
        return 2 + grown.source.newlines + len(grown.source) // _row_length(width)
    match entry:
        case MessageEntry() if hidden_lines(entry):
            return SHOWN_LINES + 2
        case MessageEntry():
            text, chrome = entry.text, 1
        case QueuedEntry():
            text, chrome = entry.text, 1
        case GuideEntry():
            text, chrome = entry.text, 1 + len(entry.choices)
        case ErrorEntry():
            text, chrome = entry.detail, 5 if entry.actions else 3
        case StepEntry():
            return max(1, len(entry.calls))
        case ReasoningEntry():
            return 1 + LIVE_ROWS if entry.streaming else 1
        case _:
            return 1
    return chrome + text.count("\n") + 1 + len(text) // _row_length(width)


def _row_length(width: int) -> int:
    return max(10, min(width, 100) - 4)


def plain_text(entry: Entry) -> str:
    """Return an entry's text for copying where it was never drawn."""
    match entry:
        case MessageEntry():
            return f"{entry.author}\n{message_source(entry)}"
        case QueuedEntry() | NoticeEntry() | GuideEntry() | ReasoningEntry():
            return entry.text
        case ErrorEntry():
            return f"{entry.title}\n{entry.detail}\n{entry.remedy}"
        case RunEntry():
            return entry.status
        case StepEntry():
            return "\n".join(call.input for call in entry.calls)
