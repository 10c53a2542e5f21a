"""Run steps: a line for each tool call, which unfolds to its input and output.

`PANELS` has a `ToolPanel` for each type of tool; other types get the general panel.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from rich.style import Style

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.numbers import plural, seconds_text
from aimltui.formatting.web_passages import WEB_SEARCH
from aimltui.tui.state.entries import Attachment, StepEntry, ToolCallEntry
from aimltui.tui.state.file_facts import Repeat
from aimltui.tui.widgets.transcript.canvas import Canvas, ClickTarget, Prefix, RenderContext, StyledText
from aimltui.tui.widgets.transcript.code import CodeBlock, GrowingCode, Piece
from aimltui.tui.widgets.transcript.folding import cells, shorten
from aimltui.tui.widgets.transcript.palette import Palette
from aimltui.tui.widgets.transcript.renderers.files import draw_file
from aimltui.tui.widgets.transcript.renderers.output import draw_output, shortened, shown_lines
from aimltui.tui.widgets.transcript.renderers.sources import draw_search, search_outcome, web_outcome

LIVE_LINES: Final = 8
"""Lines of the input that are shown while a step runs."""
LIVE_OUTPUT: Final = 8
"""Lines of the output's end that are shown meanwhile."""
FAILED_OUTPUT: Final = 20
"""Lines of the output's end of a step that opened because it failed."""
FEW_CALLS: Final = 3
"""Calls of one step up to which all are open while they run; of more, only the active one is."""
MAX_INPUT: Final = 64 * 1024
"""Characters of an input that are drawn."""


@dataclass(frozen=True, slots=True)
class ToolPanel:
    """How the calls of one tool are drawn."""

    title: Callable[[ToolCallEntry, RenderContext], str]
    """The title of a call."""
    outcome: Callable[[ToolCallEntry, RenderContext], str]
    """A summary of the result; empty if there is none yet."""
    language: str
    """Language of the input, for highlighting."""


def _sizes(call: ToolCallEntry, context: RenderContext) -> str:
    parts = plural(shown_lines(call.input.lstrip("\n")), "line") if call.input else ""
    logs = call.logs
    # the server stores both ends of a long output
    over = "over " if "characters are left out here …]" in logs else ""
    made = [over + plural(shown_lines(logs), "line")] if logs.strip() else []
    images = sum(output.kind == "image" for output in call.outputs)
    if images:
        made.append(plural(images, "picture"))
    if call.error:
        made = [clean_line(call.error)]
    if made:
        parts += f" {context.glyphs.arrow} " + ", ".join(made)
    return parts.strip()


def _function_title(call: ToolCallEntry, context: RenderContext) -> str:
    return f"{context.glyphs.function} {clean_line(call.name or 'function')}({_arguments(call.input)})"


def _arguments(text: str) -> str:
    """Return JSON arguments in the form of a Python call; other text stays unchanged."""
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


def _function_outcome(call: ToolCallEntry, context: RenderContext) -> str:
    text = web_outcome(call) or call.logs[:2000].strip()
    return f"{context.glyphs.arrow} {clean_line(' '.join(text.split()))}" if text else ""


def _named(call: ToolCallEntry, context: RenderContext) -> str:
    words = clean_line(call.type).replace("_", " ") or "tool"
    return f"{words} {clean_line(call.name)}" if call.name else words


PANELS: Final[Mapping[str, ToolPanel]] = {
    "code_interpreter": ToolPanel(lambda call, context: "code interpreter", _sizes, "python"),
    "file_search": ToolPanel(lambda call, context: "sources searched", search_outcome, "json"),
    "function": ToolPanel(_function_title, _function_outcome, "json"),
}
GENERAL: Final = ToolPanel(_named, _sizes, "")


def step_opens(entry: StepEntry) -> bool:
    """Return whether a step is open by default: while it runs, and when it failed."""
    return entry.status in ("in_progress", "failed") or any(call.error for call in entry.calls)


class Memo:
    """The highlighted code of a step, which its next drawing reuses."""

    def __init__(self) -> None:
        self._codes: dict[str, GrowingCode] = {}

    def lines(self, call: ToolCallEntry, text: str, language: str) -> list[list[Piece]]:
        """Return the highlighted lines of a call's input."""
        return self._codes.setdefault(call.id, GrowingCode()).lines(text, language)


def draw_step(
    entry: StepEntry,
    context: RenderContext,
    unfolded: bool | None,
    memo: Memo | None = None,
    *,
    lingers: bool = False,
) -> Canvas:
    """Draw a step.

    Args:
        entry: The step.
        context: Width, colours, glyphs.
        unfolded: Whether the user opened or closed it; None for the default.
        memo: From the last drawing of the same step.
        lingers: Whether a finished step stays open as while it ran.
    """
    canvas = Canvas(context)
    opened = lingers or step_opens(entry) if unfolded is None else unfolded
    is_live = unfolded is None and (lingers or entry.status == "in_progress")
    details = _Details(canvas, memo or Memo(), is_brief=unfolded is None, is_live=is_live)
    if not entry.calls:
        _header(canvas, entry, None, 0, opened)
    last = len(entry.calls) - 1
    at = _active_call(entry) if is_live and last >= FEW_CALLS else None
    is_written = at is not None and not entry.calls[at].outputs
    if at is not None and is_written:
        _more_calls(canvas, at)
    for place, call in enumerate(entry.calls[: last + 1 if at is None else at + 1]):
        if is_written and place != at:
            continue
        shows = opened and at in (None, place)
        # calls run one after the other: those before the active one are over
        seen = entry if at in (None, place) else replace(entry, status="completed")
        _header(canvas, seen, call, place, shows)
        if shows:
            details.draw(call, place)
    if at is not None and at < last:
        _more_calls(canvas, last - at)
    if entry.error and opened:
        with canvas.inside(_frame(canvas)):
            for line in clean(entry.error).split("\n"):
                canvas.write([StyledText(line, context.palette.error)])
    return canvas


def _more_calls(canvas: Canvas, count: int) -> None:
    context = canvas.context
    canvas.write(
        [
            StyledText(
                f"{context.glyphs.ellipsis} {plural(count, 'more call')} of this step", context.palette.muted
            )
        ]
    )


def _active_call(entry: StepEntry) -> int:
    """Return the index of a running step's active call: the last one with an output, or the one being written."""
    written = [place for place, call in enumerate(entry.calls) if call.outputs or call.found is not None]
    return written[-1] if written else len(entry.calls) - 1


def _frame(canvas: Canvas) -> Prefix:
    bar = f"  {canvas.context.glyphs.quote} "
    return Prefix(bar, bar, canvas.context.palette.frame)


def _active(palette: Palette) -> Style:
    """Return the style of an activity."""
    return palette.link + Style(underline=False)


def _state(entry: StepEntry, call: ToolCallEntry | None, context: RenderContext) -> tuple[str, Style]:
    glyphs, palette = context.glyphs, context.palette
    match entry.status:
        case "completed" if call is not None and call.error:
            text, style = glyphs.failed, palette.error
        case "completed":
            text, style = glyphs.done, palette.success
        case "in_progress" if call is not None and call.id in context.extras.waiting and not call.outputs:
            return f"{glyphs.waiting} waiting for you", palette.warning
        case "in_progress":
            return f"{glyphs.active} running", _active(palette)
        case "failed":
            text, style = f"{glyphs.failed} failed", palette.error
        case "cancelled":
            text, style = f"{glyphs.stopped} stopped", palette.warning
        case "expired":
            text, style = f"{glyphs.expired} expired", palette.warning
        case other:
            text, style = clean_line(other), palette.muted
    if entry.seconds is not None and len(entry.calls) < 2:
        # the duration of each of several calls is unknown
        text += f" {seconds_text(entry.seconds)}"
    return text, style


def _header(canvas: Canvas, entry: StepEntry, call: ToolCallEntry | None, place: int, opened: bool) -> None:
    """Draw the title line of a call, which folds and unfolds the step."""
    context = canvas.context
    palette, glyphs = context.palette, context.glyphs
    panel = PANELS.get(call.type, GENERAL) if call else GENERAL
    title = panel.title(call, context) if call else "tool calls"
    outcome = panel.outcome(call, context) if call else ""
    dot = f" {glyphs.dot} "
    state, style = _state(entry, call, context)
    mark = f"{glyphs.unfolded if opened else glyphs.folded} "
    is_function = call is not None and call.type == "function"
    step = "" if is_function else f"{dot}step {entry.number}"
    if step and len(entry.calls) > 1:
        step += f", call {place + 1} of {len(entry.calls)}"
    fixed = cells(mark) + cells(step) + cells(dot) + cells(state)
    title = shorten(title, max(4, canvas.room - fixed), glyphs.ellipsis)
    room = canvas.room - fixed - cells(title) - (1 if is_function else cells(dot))
    outcome = shorten(outcome, room, glyphs.ellipsis) if room >= 8 else ""
    runs = [StyledText(mark, palette.muted), StyledText(title, palette.text)]
    if is_function and outcome:
        runs.append(StyledText(f" {outcome}", palette.muted))
    runs += [StyledText(step + dot, palette.muted), StyledText(state, style)]
    if outcome and not is_function:
        runs.append(StyledText(dot + outcome, palette.muted))
    canvas.write(runs, target=ClickTarget("toggle", str(place)))


class _Details:
    """Draws the details under the title line of a call."""

    def __init__(self, canvas: Canvas, memo: Memo, *, is_brief: bool, is_live: bool) -> None:
        self._canvas = canvas
        self._memo = memo
        self._is_brief = is_brief
        """Whether the step opened without the user, so that it shows only its newest lines."""
        self._is_live = is_live
        """Whether it runs, or has just ended."""
        self._most = canvas.wide_room * 2
        """Characters of a line in a panel that opened without the user."""

    def draw(self, call: ToolCallEntry, place: int) -> None:
        """Draw a call's input, its output, and the result of running it again."""
        canvas = self._canvas
        with canvas.inside(_frame(canvas)):
            if call.type == "file_search" or (call.found and call.name == WEB_SEARCH):
                draw_search(canvas, call, place)
                return
            self._input(call, place)
            if call.outputs:
                canvas.write([StyledText("output", canvas.context.palette.muted)])
                self._outputs(call, place)
            repeat = canvas.context.extras.repeats.get(call.id)
            if repeat is not None:
                self._repeat(repeat, place)

    def _input(self, call: ToolCallEntry, place: int) -> None:
        canvas, context = self._canvas, self._canvas.context
        panel = PANELS.get(call.type, GENERAL)
        text = call.input
        if panel.language == "json":
            text = _indented(text)
        lines = self._memo.lines(call, text[:MAX_INPUT].lstrip("\n"), panel.language) if text.strip() else []
        while lines and not any(piece.strip() for piece, _ in lines[-1]):
            lines.pop()
        if self._is_brief and len(lines) > LIVE_LINES:
            earlier = f"{context.glyphs.ellipsis} {plural(len(lines) - LIVE_LINES, 'earlier line')}"
            canvas.write(
                [StyledText(earlier, context.palette.muted)], target=ClickTarget("expand", str(place))
            )
            lines = lines[-LIVE_LINES:]
        block = CodeBlock(canvas, panel.language, label=False)
        for line in lines:
            shown, is_cut = shortened(line, self._most) if self._is_brief else (line, False)
            block.put([*shown, (context.glyphs.ellipsis, "comment")] if is_cut else shown)
        _cut(canvas, len(text) - MAX_INPUT)

    def _outputs(self, call: ToolCallEntry, place: int) -> None:
        canvas = self._canvas
        for number, output in enumerate(call.outputs):
            if output.kind in ("image", "file"):
                is_picture = output.kind == "image"
                name = "picture" if is_picture else "file"
                draw_file(canvas, Attachment(output.file_id, name, is_picture=is_picture, is_made=True))
                continue
            text = _indented(output.text) if call.type == "function" else output.text
            if self._is_live:
                draw_output(canvas, text, head=0, tail=LIVE_OUTPUT, most=self._most)
            elif self._is_brief:
                draw_output(
                    canvas, text, head=0, tail=FAILED_OUTPUT, target=ClickTarget("view", f"{place}:{number}")
                )
            else:
                draw_output(canvas, text, target=ClickTarget("view", f"{place}:{number}"))

    def _repeat(self, repeat: Repeat, place: int) -> None:
        """Draw the result of running the call again."""
        canvas = self._canvas
        palette, glyphs = canvas.context.palette, canvas.context.glyphs
        if repeat.running:
            running = StyledText(f"{glyphs.active} running", _active(palette))
            canvas.write(
                [
                    StyledText("run again ", palette.muted),
                    running,
                    StyledText(f" {glyphs.dot} esc stops it", palette.muted),
                ]
            )
            return
        state = StyledText(
            f"{glyphs.done if repeat.ok else glyphs.failed} ", palette.success if repeat.ok else palette.error
        )
        canvas.write(
            [
                StyledText("run again ", palette.muted),
                state,
                StyledText(seconds_text(repeat.seconds), palette.muted),
            ]
        )
        draw_output(canvas, repeat.text, target=ClickTarget("view", f"{place}:again"))


def _cut(canvas: Canvas, rest: int) -> None:
    if rest > 0:
        glyphs, palette = canvas.context.glyphs, canvas.context.palette
        canvas.write([StyledText(f"{glyphs.ellipsis} {plural(rest, 'more character')}", palette.muted)])


def _indented(text: str) -> str:
    """Return JSON with one value on each line; other text stays unchanged."""
    if len(text) > MAX_INPUT:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
