"""Run steps: a line for each tool call, which unfolds to its input and output.

A tool has a `ToolPanel` in `PANELS` by its type; a type without one gets the general panel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from rich.style import Style

from aimltui.tui.sanitize import clean, clean_line
from aimltui.tui.state.entries import StepEntry, ToolCallEntry
from aimltui.tui.widgets.transcript.code import CodeBlock
from aimltui.tui.widgets.transcript.renderers.wording import plural, seconds_text, terminal_lines
from aimltui.tui.widgets.transcript.rows import Canvas, Hit, Look, Prefix, Run
from aimltui.tui.widgets.transcript.wrap import cells, shorten

LIVE_LINES: Final = 8
"""Lines of the input that are shown while a step runs."""
OUTPUT_HEAD = OUTPUT_TAIL = 50
"""Lines shown of an output that is longer than both together."""
MAX_INPUT: Final = 64 * 1024
"""Characters of an input or output that are drawn."""


@dataclass(frozen=True, slots=True)
class ToolPanel:
    """How the calls of one tool are drawn."""

    title: Callable[[ToolCallEntry, Look], str]
    """The call in few words."""
    outcome: Callable[[ToolCallEntry, Look], str]
    """What came of it, in few words; empty if nothing yet."""
    language: str
    """Of the input, for its colours."""


def _lines(text: str) -> int:
    stripped = text.strip("\n")
    return stripped.count("\n") + 1 if stripped else 0


def _logs(call: ToolCallEntry) -> str:
    return "\n".join(output.text for output in call.outputs if output.kind != "image")


def _sizes(call: ToolCallEntry, look: Look) -> str:
    parts = plural(_lines(call.input), "line") if call.input else ""
    made = [plural(_lines(_logs(call)), "line")] if _logs(call).strip() else []
    images = sum(output.kind == "image" for output in call.outputs)
    if images:
        made.append(plural(images, "image"))
    if made:
        parts += f" {look.glyphs.arrow} " + ", ".join(made)
    return parts.strip()


def _search_outcome(call: ToolCallEntry, look: Look) -> str:
    return plural(len(call.outputs), "result") if call.outputs else ""


def _function_title(call: ToolCallEntry, look: Look) -> str:
    return f"{look.glyphs.function} {clean_line(call.name or 'function')}({_arguments(call.input)})"


def _arguments(text: str) -> str:
    """Return JSON arguments as they would stand in a call; what is no JSON object stays as it is."""
    if len(text) > MAX_INPUT:
        return "…"
    try:
        found = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError):
        return clean_line(text)
    if not isinstance(found, dict):
        return clean_line(text)
    return ", ".join(
        f"{clean_line(str(k))}={clean_line(json.dumps(v, ensure_ascii=False))}" for k, v in found.items()
    )


def _function_outcome(call: ToolCallEntry, look: Look) -> str:
    text = _logs(call)[:2000].strip()
    return f"{look.glyphs.arrow} {clean_line(' '.join(text.split()))}" if text else ""


def _named(call: ToolCallEntry, look: Look) -> str:
    words = clean_line(call.type).replace("_", " ") or "tool"
    return f"{words} {clean_line(call.name)}" if call.name else words


PANELS: Final[Mapping[str, ToolPanel]] = {
    "code_interpreter": ToolPanel(lambda call, look: "code interpreter", _sizes, "python"),
    "file_search": ToolPanel(lambda call, look: "file search", _search_outcome, "json"),
    "function": ToolPanel(_function_title, _function_outcome, "json"),
}
GENERAL: Final = ToolPanel(_named, _sizes, "")


def step_opens(entry: StepEntry) -> bool:
    """Say whether a step stands open when the user has not said: while it runs, and when it failed."""
    return entry.status in ("in_progress", "failed")


def draw_step(entry: StepEntry, look: Look, unfolded: bool | None) -> Canvas:
    """Draw a step.

    Args:
        entry: The step.
        look: Width, colours, glyphs.
        unfolded: As the user wants it; None for the usual.
    """
    canvas = Canvas(look)
    opened = step_opens(entry) if unfolded is None else unfolded
    live = unfolded is None and entry.status == "in_progress"
    if not entry.calls:
        _header(canvas, entry, None, opened)
    for call in entry.calls:
        _header(canvas, entry, call, opened)
        if opened:
            _details(canvas, call, live)
    if entry.error and opened:
        with canvas.inside(_frame(canvas)):
            for line in clean(entry.error).split("\n"):
                canvas.write([Run(line, look.palette.error)])
    return canvas


def _frame(canvas: Canvas) -> Prefix:
    bar = f"  {canvas.look.glyphs.quote} "
    return Prefix(bar, bar, canvas.look.palette.frame)


def _state(entry: StepEntry, look: Look) -> tuple[str, Style]:
    glyphs, palette = look.glyphs, look.palette
    match entry.status:
        case "completed":
            text, style = glyphs.done, palette.success
        case "in_progress":
            return f"{glyphs.active} running", palette.link + Style(underline=False)
        case "failed":
            text, style = f"{glyphs.failed} failed", palette.error
        case "cancelled":
            text, style = f"{glyphs.stopped} stopped", palette.warning
        case "expired":
            text, style = f"{glyphs.expired} expired", palette.warning
        case other:
            text, style = clean_line(other), palette.muted
    if entry.seconds is not None:
        text += f" {seconds_text(entry.seconds)}"
    return text, style


def _header(canvas: Canvas, entry: StepEntry, call: ToolCallEntry | None, opened: bool) -> None:
    """Draw the one line of a call, which folds and unfolds the step."""
    look = canvas.look
    palette, glyphs = look.palette, look.glyphs
    panel = PANELS.get(call.type, GENERAL) if call else GENERAL
    title = panel.title(call, look) if call else "tool calls"
    outcome = panel.outcome(call, look) if call else ""
    dot = f" {glyphs.dot} "
    state, style = _state(entry, look)
    mark = f"{glyphs.unfolded if opened else glyphs.folded} "
    is_function = call is not None and call.type == "function"
    step = "" if is_function else f"{dot}step {entry.number}"
    fixed = cells(mark) + cells(step) + cells(dot) + cells(state)
    title = shorten(title, max(4, canvas.room - fixed), glyphs.ellipsis)
    room = canvas.room - fixed - cells(title) - (1 if is_function else cells(dot))
    outcome = shorten(outcome, room, glyphs.ellipsis) if room >= 8 else ""
    runs = [Run(mark, palette.muted), Run(title, palette.text)]
    if is_function and outcome:
        runs.append(Run(f" {outcome}", palette.muted))
    runs += [Run(step + dot, palette.muted), Run(state, style)]
    if outcome and not is_function:
        runs.append(Run(dot + outcome, palette.muted))
    canvas.write(runs, hit=Hit("toggle", entry.id))


def _details(canvas: Canvas, call: ToolCallEntry, live: bool) -> None:
    """Draw a call's input and output."""
    look = canvas.look
    panel = PANELS.get(call.type, GENERAL)
    with canvas.inside(_frame(canvas)):
        text = call.input
        if panel.language == "json":
            text = _indented(text)
        lines = clean(text[:MAX_INPUT]).strip("\n").split("\n") if text.strip() else []
        if live and len(lines) > LIVE_LINES:
            canvas.write(
                [
                    Run(
                        f"{look.glyphs.ellipsis} {plural(len(lines) - LIVE_LINES, 'earlier line')}",
                        look.palette.muted,
                    )
                ]
            )
            lines = lines[-LIVE_LINES:]
        block = CodeBlock(canvas, panel.language, label=False)
        for line in lines:
            block.add(line)
        _cut(canvas, len(text) - MAX_INPUT)
        if call.outputs:
            _outputs(canvas, call)


def _outputs(canvas: Canvas, call: ToolCallEntry) -> None:
    palette, glyphs = canvas.look.palette, canvas.look.glyphs
    canvas.write([Run("output", palette.muted)])
    for output in call.outputs:
        if output.kind == "image":
            canvas.write([Run(f"image {clean_line(output.file_id)}", palette.text)])
            continue
        text = _indented(output.text) if call.type == "function" else output.text
        lines = terminal_lines(text[:MAX_INPUT])
        hidden = len(lines) - OUTPUT_HEAD - OUTPUT_TAIL
        for number, line in enumerate(lines):
            if hidden > 0 and OUTPUT_HEAD <= number < OUTPUT_HEAD + hidden:
                if number == OUTPUT_HEAD:
                    canvas.write([Run(f"{glyphs.ellipsis} {plural(hidden, 'line')} left out", palette.muted)])
                continue
            canvas.write([Run(line.expandtabs(8), palette.text)], code=True)
        _cut(canvas, len(text) - MAX_INPUT)


def _cut(canvas: Canvas, rest: int) -> None:
    if rest > 0:
        glyphs, palette = canvas.look.glyphs, canvas.look.palette
        canvas.write([Run(f"{glyphs.ellipsis} {plural(rest, 'more character')}", palette.muted)])


def _indented(text: str) -> str:
    """Return JSON with one value a line; what is no JSON stays as it is."""
    if len(text) > MAX_INPUT:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
