"""Leaves out of run steps what a request did not include: the texts of the passages that a file search found. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from aimltui.wire.events import MESSAGE_DELTA, StreamEvent
from aimltui.wire.run_steps import INCLUDE_SEARCH_CONTENT, FileSearchCall, RunStep, ToolCall, ToolCallsDetails


def as_included(event: StreamEvent, include: Collection[str] | None) -> StreamEvent:
    """Return an event of a run with what the request includes."""
    if event.event == MESSAGE_DELTA or not isinstance(event.data, RunStep):
        return event
    step = step_as_included(event.data, include)
    return event if step is event.data else replace(event, data=step)


def step_as_included(step: RunStep, include: Collection[str] | None) -> RunStep:
    """Return a step with what the request includes."""
    details = step.step_details
    if INCLUDE_SEARCH_CONTENT in (include or ()) or not isinstance(details, ToolCallsDetails):
        return step
    if not any(isinstance(call, FileSearchCall) for call in details.tool_calls):
        return step
    calls = [_without_content(call) for call in details.tool_calls]
    return step.model_copy(update={"step_details": details.model_copy(update={"tool_calls": calls})})


def _without_content(call: ToolCall) -> ToolCall:
    if not isinstance(call, FileSearchCall) or not call.file_search.results:
        return call
    results = [result.model_copy(update={"content": None}) for result in call.file_search.results]
    return call.model_copy(update={"file_search": call.file_search.model_copy(update={"results": results})})
