"""The pages of the run inspector as text; its colours are escape sequences that `TextPane` interprets. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final, Literal

from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.cells import cut, fit, wrapped
from aimltui.formatting.money import Cost, cost_text
from aimltui.formatting.numbers import count_text, seconds_text
from aimltui.tui.state.inspection import Bar, Inspection, step_name, timeline
from aimltui.wire.base import Wire
from aimltui.wire.run_steps import (
    CodeInterpreterCall,
    FileSearchCall,
    FunctionToolCall,
    LogsOutput,
    RunStep,
    ToolCallsDetails,
)

Page = Literal["timeline", "steps", "requests", "events", "instructions", "context"]
PAGES: Final[tuple[Page, ...]] = ("timeline", "steps", "requests", "events", "instructions", "context")
TITLES: Final[dict[Page, str]] = {
    "timeline": "Timeline",
    "steps": "Steps",
    "requests": "Requests",
    "events": "Events",
    "instructions": "Instructions",
    "context": "Context",
}

_BOLD, _DIM, _GREEN, _YELLOW, _RED, _CYAN, _END = (
    "\x1b[1m",
    "\x1b[90m",
    "\x1b[32m",
    "\x1b[33m",
    "\x1b[31m",
    "\x1b[36m",
    "\x1b[0m",
)
_LEAST_BAR = 10
_NAMES = 11
"""Cells of the names of facts."""
_LEAST_WRITING_S = 0.2
"""Seconds; what took less says nothing of the speed."""
_NARROW = 50
"""Cells; a narrower timeline leaves room for its bars."""
_NOT_HELD = (
    "What was sent to the model is held in memory for the last 20 runs of this program, and for no other run: this one is "
    "older, or another program executed it."
)
_WITHOUT_TIMES = (
    "The times here are those of the steps, some in whole seconds: exact ones are held in memory for the last 20 runs of this "
    "program."
)
_PARTS = {
    "instructions": "instructions",
    "memory": "memory",
    "tools": "tools",
    "thread": "thread",
    "calls": "tool calls and results",
    "thoughts": "thoughts",
    "files": "pictures and files",
}


def page_text(page: Page, of: Inspection, width: int, now: float, *, is_ascii: bool = False) -> str:
    """Return a page.

    Args:
        page: Which one.
        of: The run.
        width: Cells of a line.
        now: Unix seconds.
        is_ascii: True draws bars without special characters.
    """
    if page == "timeline":
        return "\n".join(_timeline(of, width, now, is_ascii=is_ascii))
    makers: dict[Page, Callable[[Inspection], Iterator[str]]] = {
        "steps": _steps,
        "requests": _requests,
        "events": _events,
        "instructions": _instructions,
    }
    if page == "context":
        return "\n".join(_context(of, width, is_ascii=is_ascii))
    return "\n".join(makers[page](of))


def shown(text: str, width: int) -> str:
    """Return a page with its long lines broken, for a window of this width; lines that have colours stay whole."""
    lines = (
        line if "\x1b" in line or len(line) <= width else _broken(line, width) for line in text.split("\n")
    )
    return "\n".join(lines)


def width_in(window: tuple[int, int], draw: Callable[[int], str]) -> int:
    """Return the width for a page: one cell less than the window's where it is too long, for the scrollbar.

    Args:
        window: Width and height without a scrollbar.
        draw: Returns the page for a width.
    """
    width, height = window
    return width - (shown(draw(width), width).count("\n") >= height)


def _broken(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip(" "))][: width // 2]
    pieces = wrapped(line, max(1, width - len(indent)))
    return "\n".join(indent + piece for piece in pieces)


def summary(of: Inspection, now: float) -> str:
    """Return a run in one line: status, model, time, tokens, cost."""
    run, usage = of.run, of.run.usage
    parts = [_words(run.status), clean_line(run.model), seconds_text(of.end(now) - of.start)]
    if usage is not None:
        parts.append(f"↑{count_text(usage.prompt_tokens)} ↓{count_text(usage.completion_tokens)}")
        cost = Cost(usage.cost_usd, bool(usage.cost_is_computed), bool(usage.cost_is_partial))
        parts += [cost_text(cost)] if cost.is_known else []
    return " · ".join(parts)


def _timeline(of: Inspection, width: int, now: float, *, is_ascii: bool) -> Iterator[str]:
    bars = timeline(of, now)
    total = max([of.end(now) - of.start, *(bar.end for bar in bars), 0.001])
    is_narrow = width < _NARROW
    labels = min(12 if is_narrow else 30, max([8, *(len(bar.label) for bar in bars)]))
    notes = max([0, *(2 + len(clean_line(bar.status)) for bar in bars if bar.status)])
    room = max(_LEAST_BAR, width - labels - (12 if is_narrow else 22) - notes)
    for bar in bars:
        name = fit(clean_line(bar.label), labels)
        took = f"{_plain(bar.end - bar.start):>7}"
        # in a narrow window the bar alone says when it began
        begun = "" if is_narrow else f"{_DIM}{_plain(bar.start):>7}{_END}  "
        yield f"{begun}{name}  {_drawn(bar, total, room, is_ascii=is_ascii)} {took}{_note(bar)}"
    waiting, working = ("." if is_ascii else "░"), ("#" if is_ascii else "█")
    yield ""
    yield f"{_DIM}{waiting} waiting{_END}   {_GREEN}{working}{_END} {_DIM}working{_END}"
    yield ""
    yield from _facts(of, width)
    if of.trace is not None and not of.trace.times:
        yield ""
        yield _WITHOUT_TIMES
    for sentence in of.missing:
        yield ""
        yield sentence


def _drawn(bar: Bar, total: float, room: int, *, is_ascii: bool) -> str:
    def place(seconds: float) -> int:
        return min(room, round(seconds / total * room))

    start = min(room - 1, place(bar.start))
    middle, end = max(start, place(bar.waits_until)), max(start, place(bar.end))
    if end == start:
        middle, end = (start + 1 if bar.waits_until >= bar.end > bar.start else start), start + 1
    color = _RED if bar.status in ("failed", "expired") else _GREEN
    waits, works = ("." if is_ascii else "░"), ("#" if is_ascii else "█")
    drawn = f"{' ' * start}{_YELLOW}{waits * (middle - start)}{_END}{color}{works * (end - middle)}{_END}"
    return drawn + " " * (room - end)


def _note(bar: Bar) -> str:
    return f"  {_RED}{clean_line(bar.status)}{_END}" if bar.status else ""


def _facts(of: Inspection, width: int) -> Iterator[str]:
    run, usage = of.run, of.run.usage
    rows = [("run", run.id), ("thread", run.thread_id), ("assistant", run.assistant_id), ("model", run.model)]
    version = f"version {run.assistant_version}" if run.assistant_version else ""
    rows.insert(3, ("answered", " · ".join(part for part in (run.assistant_name, version) if part)))
    rows.append(("connection", run.connection or ""))
    if usage is not None:
        cached = usage.prompt_token_details.cached_tokens if usage.prompt_token_details else 0
        thought = usage.completion_tokens_details.reasoning_tokens if usage.completion_tokens_details else 0
        rows.append(
            ("tokens in", f"{usage.prompt_tokens:,}{f', {cached:,} of them cached' if cached else ''}")
        )
        rows.append(
            (
                "tokens out",
                f"{usage.completion_tokens:,}{f', {thought:,} of them thoughts' if thought else ''}",
            )
        )
        rows.append(("speed", _speed(of)))
        cost = Cost(usage.cost_usd, bool(usage.cost_is_computed), bool(usage.cost_is_partial))
        rows.append(("cost", cost_text(cost) if cost.is_known else "unknown"))
    if run.last_error is not None:
        rows.append(("error", f"{run.last_error.message} {run.last_error.remedy or ''}".strip()))
        rows.append(("request id", run.last_error.request_id or ""))
    if run.incomplete_details is not None:
        rows.append(("incomplete", run.incomplete_details.reason or ""))
    for name, value in rows:
        first, *others = wrapped(clean_line(value), max(_LEAST_BAR, width - _NAMES - 1)) or [""]
        if first:
            yield f"{_DIM}{name:<{_NAMES}}{_END} {first}"
        yield from (f"{'':<{_NAMES}} {other}" for other in others)


def _speed(of: Inspection) -> str:
    """Return how fast the model wrote, and how long it took to begin; empty if that is not known."""
    requests = of.trace.requests if of.trace is not None else ()
    # one that failed and was sent again has written nothing
    known = [
        (one.at, one.first_at, one.ended_at)
        for one in requests
        if one.first_at is not None and one.ended_at is not None
    ]
    wrote = of.run.usage.completion_tokens if of.run.usage is not None else 0
    seconds = sum(ended - first for _, first, ended in known)
    if not wrote or seconds < _LEAST_WRITING_S:
        return ""
    at, first, _ = known[0]
    return f"{wrote / seconds:,.0f} tokens a second, the first after {_plain(first - at)}"


def _steps(of: Inspection) -> Iterator[str]:
    if not of.steps:
        yield "This run has no steps yet." if of.run.is_active else "This run has no steps."
    for number, step in enumerate(of.steps, 1):
        took = f" · {_plain(step.duration_ms / 1000)}" if step.duration_ms is not None else ""
        tokens = f" · ↑{step.usage.prompt_tokens:,} ↓{step.usage.completion_tokens:,}" if step.usage else ""
        yield f"{_BOLD}{number} {clean_line(step_name(step))}{_END} · {_words(step.status)}{took}{tokens}"
        yield f"{_DIM}{clean_line(step.id)}{_END}"
        if step.reasoning:
            yield f"{_CYAN}thought{_END}"
            yield from _indented(step.reasoning)
        yield from _calls(step)
        if step.last_error is not None:
            yield f"{_RED}error{_END}"
            yield from _indented(clean_line(step.last_error.message))
        yield ""


def _calls(step: RunStep) -> Iterator[str]:
    details = step.step_details
    if not isinstance(details, ToolCallsDetails):
        if step.message_id:
            yield f"  wrote the message {clean_line(step.message_id)}"
        return
    for call in details.tool_calls:
        given, came = _in_and_out(call)
        yield f"{_CYAN}input{_END}"
        yield from _indented(given)
        yield f"{_CYAN}output{_END}"
        yield from _indented(came)


def _in_and_out(call: Any) -> tuple[str, str]:
    if isinstance(call, CodeInterpreterCall):
        outputs = [
            output.logs if isinstance(output, LogsOutput) else _json(output)
            for output in call.code_interpreter.outputs
        ]
        return call.code_interpreter.input, "\n".join(outputs)
    if isinstance(call, FileSearchCall):
        found = [result.to_json() for result in call.file_search.results or ()]
        return "\n".join(call.file_search.queries or ()), json.dumps(found, indent=2, ensure_ascii=False)
    if isinstance(call, FunctionToolCall):
        output = call.function.output
        return (
            f"{call.function.name} {call.function.arguments}",
            "(none yet)" if output is None else output,
        )
    return _json(call), ""


def _requests(of: Inspection) -> Iterator[str]:
    requests = of.trace.requests if of.trace is not None else ()
    if not requests:
        yield _NOT_HELD
    for number, request in enumerate(requests, 1):
        waited = f" · first byte after {_plain(request.first_at - request.at)}" if request.first_at else ""
        kind = "" if request.is_exact else f" {_DIM}(as given to the model){_END}"
        yield f"{_BOLD}request {number}{_END} · {_plain(request.at - of.start)}{waited}{kind}"
        yield from clean(json.dumps(request.body, indent=2, ensure_ascii=False)).split("\n")
        yield ""


def _events(of: Inspection) -> Iterator[str]:
    if not of.events:
        yield "The events of this run are no longer stored."
    for one in of.events:
        at = f"{one.at - of.start:>8.3f} " if one.at is not None else " " * 9
        yield f"{_DIM}{at}{_END}{_CYAN}{clean_line(one.event.event)}{_END} {clean_line(_json(one.event.data))}"


def _instructions(of: Inspection) -> Iterator[str]:
    run = of.run
    yield f"{_CYAN}instructions as executed{_END}"
    yield from _indented(run.instructions or "(none)")
    yield ""
    yield f"{_CYAN}settings{_END}"
    named = {
        "model": run.model,
        "temperature": run.temperature,
        "top_p": run.top_p,
        "reasoning_effort": run.reasoning_effort,
        "max_prompt_tokens": run.max_prompt_tokens,
        "max_completion_tokens": run.max_completion_tokens,
        "parallel_tool_calls": run.parallel_tool_calls,
        "tool_choice": run.tool_choice.to_json() if isinstance(run.tool_choice, Wire) else run.tool_choice,
        "response_format": run.response_format.to_json()
        if isinstance(run.response_format, Wire)
        else run.response_format,
        "truncation_strategy": run.truncation_strategy.to_json() if run.truncation_strategy else None,
    }
    for name, value in named.items():
        if value is not None:
            yield f"  {name:<22} {clean_line(value if isinstance(value, str) else json.dumps(value))}"
    yield ""
    yield f"{_CYAN}tools{_END}{f' (off: {clean_line(run.tools_off)})' if run.tools_off else ''}"
    if not run.tools:
        yield "  (none)"
    for tool in run.tools:
        yield from _indented(json.dumps(tool.to_json(), indent=2, ensure_ascii=False))


def _context(of: Inspection, width: int, *, is_ascii: bool) -> Iterator[str]:
    requests = of.trace.requests if of.trace is not None else ()
    if not requests:
        yield _NOT_HELD
        return
    usage = of.run.usage
    length = usage.context_length if usage is not None else None
    whole = max(sum(request.tokens.values()) for request in requests) or 1
    room = max(_LEAST_BAR, width - 50)
    for number, request in enumerate(requests, 1):
        total = sum(request.tokens.values())
        share = f", {100 * total / length:.1f} % of the context of {length:,}" if length else ""
        yield f"{_BOLD}request {number}{_END} · about {total:,} tokens{share}"
        window = length or max(1, total)
        for part, tokens in sorted(request.tokens.items(), key=lambda item: -item[1]):
            bar = ("#" if is_ascii else "█") * max(1, round(tokens / whole * room))
            yield f"  {_PARTS.get(part) or clean_line(part):<24}{tokens:>9,}  {100 * tokens / window:>5.1f} %  {_GREEN}{bar}{_END}"
        if length and total < length:
            yield f"  {_DIM}{'free':<24}{length - total:>9,}  {100 * (length - total) / length:>5.1f} %{_END}"
        yield ""
    yield f"{_DIM}Estimated by this program; the provider's count is on the timeline.{_END}"


def _words(status: str) -> str:
    return clean_line(status).replace("_", " ")


def _indented(text: str) -> Iterator[str]:
    for line in clean(text).split("\n"):
        yield f"  {line}"


def _json(value: object) -> str:
    return json.dumps(value.to_json() if isinstance(value, Wire) else value, ensure_ascii=False)


def _plain(seconds: float) -> str:
    if 0 < seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    return seconds_text(seconds).replace("\u00a0", " ")


def heading(of: Inspection, number: int, count: int, width: int, now: float) -> str:
    """Return the first line of the inspector, cut to a width."""
    return cut(f"Run {number} of {count} · {summary(of, now)}", width)
