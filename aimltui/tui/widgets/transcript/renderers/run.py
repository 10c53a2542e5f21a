"""Draws a run's line: its status while it is active, its receipt afterwards."""

from __future__ import annotations

from typing import Final

from rich.style import Style

from aimltui.common.sanitize import clean_line
from aimltui.formatting.money import Cost, context_text, cost_text
from aimltui.formatting.numbers import clock_text, count_text, left_out_text, plural, seconds_text
from aimltui.formatting.tools import tools_off_text
from aimltui.tui.state.entries import RunEntry
from aimltui.tui.widgets.transcript.canvas import Canvas, RenderContext, StyledText
from aimltui.tui.widgets.transcript.folding import cells
from aimltui.tui.widgets.transcript.glyphs import ASCII

ACTIVE: Final = frozenset(("queued", "in_progress", "requires_action", "cancelling"))
"""Statuses in which a run's line changes with time."""

_INDENT: Final = 2
"""Spaces before the rows after the first."""
_REASONS: Final = {
    "max_completion_tokens": "token limit",
    "max_prompt_tokens": "prompt token limit",
    "max_tokens": "token limit",
    "content_filter": "content filter",
}


def draw_run(entry: RunEntry, context: RenderContext) -> Canvas:
    """Draw a run's line."""
    canvas = Canvas(context)
    glyph, style, words = _status(entry, context)
    palette, dot = context.palette, f" {context.glyphs.dot} "
    runs = [StyledText(f"{glyph} ", style)]
    said = [StyledText(words, style)]
    if entry.status not in ACTIVE:
        rest = dot.join(_receipt(entry, context))
        model = _model(entry.model, canvas.room - _INDENT - cells(f"{glyph} {words}{dot}{rest}{dot}"))
        rest = dot.join(part for part in (rest, model) if part)
        version = f"version {clean_line(entry.version)}" if entry.version else ""
        if version and cells(f"{glyph} {words}{dot}{rest}{dot}{version}") <= canvas.room - _INDENT:
            rest += f"{dot}{version}"
        if rest and entry.status == "failed":
            # the card beside it says that it failed, and why
            runs = [StyledText(f"{glyph} ", palette.muted)]
            said = [StyledText(rest, palette.muted)]
        elif rest:
            said.append(StyledText(dot + rest, palette.muted))
    canvas.write([*runs, *said], indent=_INDENT)
    return canvas


def _status(entry: RunEntry, context: RenderContext) -> tuple[str, Style, str]:
    """Return the glyph, its style and the words of a status."""
    palette, glyphs = context.palette, context.glyphs
    match entry.status:
        case "queued":
            return glyphs.queued, palette.muted, "queued"
        case "in_progress":
            running = "running"
            if entry.started_at is not None:
                running += f" {clock_text(context.now - entry.started_at)}"
            return glyphs.active, palette.link + Style(underline=False), running
        case "requires_action":
            words = "needs you"
            if entry.waits_for:
                words += ": " + ", ".join(clean_line(name) for name in entry.waits_for)
            if entry.expires_at is not None:
                words += f" (expires {clock_text(entry.expires_at - context.now)})"
            return glyphs.waiting, palette.warning, words
        case "cancelling":
            return glyphs.stopping, palette.warning, "stopping"
        case "completed":
            # colour is for what wants attention
            return glyphs.done, palette.muted, "completed"
        case "failed":
            return glyphs.failed, palette.error, "failed"
        case "cancelled":
            return glyphs.stopped, palette.warning, "stopped"
        case "incomplete":
            reason = _REASONS.get(entry.reason or "", clean_line(entry.reason or ""))
            return glyphs.incomplete, palette.warning, f"incomplete ({reason})" if reason else "incomplete"
        case "expired":
            return glyphs.expired, palette.warning, "expired"
        case other:
            return glyphs.dot, palette.muted, clean_line(other)


def _model(model_id: str, room: int) -> str:
    """Return the model's id, or the id without its vendor, or nothing, whichever fits."""
    model_id = clean_line(model_id)
    fitting = (name for name in (model_id, model_id.rpartition("/")[2]) if cells(name) <= room)
    return next(fitting, "")


def _receipt(entry: RunEntry, context: RenderContext) -> list[str]:
    """Return what is known of a finished run; nothing is invented."""
    glyphs = context.glyphs
    parts = []
    if entry.started_at is not None and entry.ended_at is not None:
        parts.append(seconds_text(entry.ended_at - entry.started_at))
    tokens = _tokens(entry, context)
    if tokens:
        parts.append(tokens)
    cost = Cost(entry.cost_usd, entry.cost_is_computed, entry.cost_is_partial)
    if cost.is_known:
        parts.append(cost_text(cost, "ascii" if glyphs is ASCII else "unicode"))
    window = context_text(entry.context_tokens, entry.context_length)
    if window:
        parts.append(window)
    if cut := left_out_text(entry.left_out, entry.shortened):
        parts.append(cut.replace(" ", "\N{NO-BREAK SPACE}"))
    if entry.web_sources:
        parts.append(
            f"searched the web: {plural(entry.web_sources, 'source')}".replace(" ", "\N{NO-BREAK SPACE}")
        )
    if entry.tools_off is not None:
        # on a narrow screen it stands as a whole in the next row
        parts.append(tools_off_text(entry.tools_off).replace(" ", "\N{NO-BREAK SPACE}"))
    return parts


def _tokens(entry: RunEntry, context: RenderContext) -> str:
    """Return what is known of a run's tokens."""
    glyphs = context.glyphs
    if entry.tokens_are_partial and not (entry.prompt_tokens or entry.completion_tokens):
        return ""
    parts = []
    if entry.prompt_tokens is not None:
        cached = f" ({count_text(entry.cached_tokens)} cached)" if entry.cached_tokens else ""
        parts.append(f"{glyphs.up}{count_text(entry.prompt_tokens)}{cached}")
    if entry.completion_tokens is not None:
        parts.append(f"{glyphs.down}{count_text(entry.completion_tokens)}")
    told = " ".join(parts)
    return f"over {told}" if told and entry.tokens_are_partial else told
