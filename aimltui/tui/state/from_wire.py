"""Turns objects of the API into entries, so that a live thread and a reopened one look the same. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from aimltui.common.patterns import pattern
from aimltui.formatting.web_passages import marks_in
from aimltui.tui.state.addressee import addressee_in
from aimltui.tui.state.entries import (
    CHANGE_KEY,
    OTHER_MODEL,
    SEND_AGAIN,
    Attachment,
    CardAction,
    Citation,
    ErrorEntry,
    MessageEntry,
    ReasoningEntry,
    RunEntry,
    Source,
    StepEntry,
    ToolCallEntry,
    ToolCallOutput,
)
from aimltui.tui.state.listed_sources import cited_sources
from aimltui.tui.state.sources import Key, found_by, found_on_web, key_of
from aimltui.tui.state.terminal_output import failure_in
from aimltui.wire.messages import (
    SUMMARY,
    FileCitationAnnotation,
    FilePathAnnotation,
    ImageFileContent,
    ImageURLContent,
    Message,
    RefusalContent,
    TextContent,
)
from aimltui.wire.run_steps import (
    CodeInterpreterCall,
    FileSearchCall,
    FunctionToolCall,
    ImageOutput,
    LogsOutput,
    RunStep,
    ToolCallsDetails,
)
from aimltui.wire.runs import LastError, Run

YOU = "You"
ASSISTANT = "Assistant"
"""Shown where an assistant's name is unknown."""
_SEPARATOR = "\n\n"
_SAVED = pattern(
    r"^\[(picture|audio|file|text)[: ][^\]\n]*, saved as (file[-_][A-Za-z0-9_-]{1,80})\]$", re.MULTILINE
)
_MOST_SAVED = 8


def run_entry_id(run_id: str) -> str:
    """Return the id of a run's line; not the run's id, since its error and notice also have ids."""
    return f"{run_id}:run"


def run_error_id(run_id: str) -> str:
    """Return the id of a run's error card."""
    return f"{run_id}:error"


def message_entry(message: Message, author: str, sources: Mapping[Key, Source] | None = None) -> MessageEntry:
    """Return the entry of a message.

    Args:
        message: The message.
        author: The assistant's name.
        sources: The passages that the searches of its run have found.
    """
    text, citations = _text_and_citations(message, sources or {})
    is_assistant = message.role == "assistant"
    if is_assistant and not citations and message.status != "in_progress":
        text, citations = cited_sources(text)
    details = message.incomplete_details
    reason = (details.reason if details else None) or "unknown"
    is_summary = SUMMARY in (message.metadata or {})
    return MessageEntry(
        id=message.id,
        role="assistant" if is_assistant else "user",
        author="Summary" if is_summary else author if is_assistant else YOU,
        text=text,
        created_at=message.created_at or None,
        streaming=message.status == "in_progress",
        incomplete_reason=reason if message.status == "incomplete" else None,
        citations=citations,
        attachments=_attachments(message),
        run_id=message.run_id,
        to=None if is_assistant else addressee_in(message.metadata),
        is_summary=is_summary,
        is_pinned=message.is_pinned,
    )


def step_entry(step: RunStep, number: int) -> StepEntry:
    """Return the entry of a step that calls tools."""
    details = step.step_details
    calls = details.tool_calls if isinstance(details, ToolCallsDetails) else []
    ended = step.completed_at or step.cancelled_at or step.failed_at or step.expired_at
    seconds: float | None = None
    if step.duration_ms is not None:
        seconds = step.duration_ms / 1000
    elif ended and step.created_at:
        seconds = float(max(0, ended - step.created_at))
    return StepEntry(
        id=step.id,
        run_id=step.run_id,
        number=number,
        status=step.status,
        calls=tuple(_call_entry(call, step) for call in calls),
        seconds=seconds,
        error=step.last_error.message if step.last_error else None,
    )


def thinking_id(run_id: str) -> str:
    """Return the id of a run's live reasoning."""
    return f"{run_id}:thinking"


def thought_entry(of: RunStep | Run) -> ReasoningEntry | None:
    """Return the entry of the reasoning before a step, or at the end of a run; None if there is none."""
    if not of.reasoning:
        return None
    usage = of.usage if isinstance(of, RunStep) else None
    details = usage.completion_tokens_details if usage is not None else None
    return ReasoningEntry(
        id=f"{of.id}:thought",
        run_id=of.run_id if isinstance(of, RunStep) else of.id,
        text=of.reasoning,
        seconds=of.reasoning_ms / 1000 if of.reasoning_ms is not None else None,
        tokens=details.reasoning_tokens if details is not None else None,
    )


def run_entry(run: Run) -> RunEntry:
    """Return the entry of a run's line."""
    started = float(run.started_at or run.created_at or 0) or None
    usage = run.usage
    cached = usage.prompt_token_details if usage else None
    action = run.required_action
    calls = action.submit_tool_outputs.tool_calls if action else []
    return RunEntry(
        id=run_entry_id(run.id),
        run_id=run.id,
        status=run.status,
        model=run.model,
        started_at=started,
        ended_at=_ended_at(run, started),
        expires_at=run.expires_at if run.is_active else None,
        reason=run.incomplete_details.reason if run.incomplete_details else None,
        prompt_tokens=usage.prompt_tokens if usage else None,
        cached_tokens=cached.cached_tokens if cached else None,
        completion_tokens=usage.completion_tokens if usage else None,
        cost_usd=usage.cost_usd if usage else None,
        cost_is_computed=bool(usage and usage.cost_is_computed),
        cost_is_partial=bool(usage and usage.cost_is_partial),
        tokens_are_partial=bool(usage and usage.tokens_are_partial),
        context_tokens=usage.context_tokens if usage else None,
        context_length=usage.context_length if usage else None,
        waits_for=tuple(call.function.name for call in calls) if run.status == "requires_action" else (),
        tools_off=run.tools_off,
        web_sources=run.web_sources or 0,
        left_out=run.left_out or 0,
        shortened=run.shortened or 0,
        version=(run.assistant_version or "") if run.assistant_name not in (None, ASSISTANT) else "",
    )


def run_error(run: Run) -> ErrorEntry | None:
    """Return the error card of a failed run; None for other runs."""
    if run.status != "failed":
        return None
    error = run.last_error or LastError(message="The server gave no reason.")
    return ErrorEntry(
        id=run_error_id(run.id),
        title=_title(error),
        detail=error.message,
        remedy=error.remedy or "",
        request_id=error.request_id,
        actions=_actions(error),
    )


def _actions(error: LastError) -> tuple[CardAction, ...]:
    key = (CHANGE_KEY,) if error.status in (401, 403) else ()
    return (SEND_AGAIN, OTHER_MODEL, *key)


def _title(error: LastError) -> str:
    if error.kind == "budget":
        return "The budget is used up"
    if error.status in (401, 403):
        return f"The model's endpoint refused access (HTTP {error.status})"
    match error.code:
        case "rate_limit_exceeded":
            return "Too many requests"
        case "invalid_prompt":
            return "The model rejected the request"
        case _:
            return "The run failed"


def _ended_at(run: Run, started: float | None) -> float | None:
    if run.is_active:
        return None
    if run.duration_ms is not None and started is not None:
        return started + run.duration_ms / 1000
    ended = run.completed_at or run.failed_at or run.cancelled_at
    if ended is None and run.status == "expired":
        ended = run.expires_at
    return float(ended) if ended else None


def _text_and_citations(message: Message, sources: Mapping[Key, Source]) -> tuple[str, tuple[Citation, ...]]:
    pieces: list[str] = []
    citations: list[Citation] = []
    numbers: dict[object, int] = {}
    length = 0
    for part in message.content:
        if isinstance(part, TextContent):
            text = part.text.value
        elif isinstance(part, RefusalContent):
            text = part.refusal
        else:
            continue
        offset = length + (len(_SEPARATOR) if pieces else 0)
        if isinstance(part, TextContent):
            citations += _citations(part, offset, numbers, sources)
            citations += _web_citations(text, offset, numbers, sources)
        pieces.append(text)
        length = offset + len(text)
    return _SEPARATOR.join(pieces), tuple(citations)


def _citations(
    part: TextContent, offset: int, numbers: dict[object, int], sources: Mapping[Key, Source]
) -> list[Citation]:
    found: list[Citation] = []
    for mark in part.text.annotations:
        if isinstance(mark, FileCitationAnnotation):
            file_id = mark.file_citation.file_id
        elif isinstance(mark, FilePathAnnotation):
            file_id = mark.file_path.file_id
        else:
            continue
        if not 0 <= mark.start_index < mark.end_index <= len(part.text.value):
            continue
        start, end = offset + mark.start_index, offset + mark.end_index
        if isinstance(mark, FilePathAnnotation):
            # a file that a tool made is a line under the message, and no footnote
            found.append(Citation(start, end, 0, file_id, "file_path", file_id))
            continue
        key = key_of(mark.text)
        source = sources.get(key) if key is not None else None
        if source is not None and source.file_id != file_id:
            source = None
        if source is not None and mark.file_citation.place:
            source = replace(source, place=mark.file_citation.place)
        # each passage has its number; the mark names it also before its search is known
        number = numbers.setdefault((file_id, key), len(numbers) + 1)
        label = source.name if source is not None else file_id
        quote = mark.file_citation.quote or ""
        found.append(Citation(start, end, number, label, "file_citation", file_id, source, quote))
    return found


def _web_citations(
    text: str, offset: int, numbers: dict[object, int], sources: Mapping[Key, Source]
) -> list[Citation]:
    """Return the marks that cite passages from the web; unknown ones stay in the text."""
    found: list[Citation] = []
    for start, end, key in marks_in(text):
        source = sources.get(key)
        if source is not None:
            number = numbers.setdefault(key, len(numbers) + 1)
            found.append(Citation(offset + start, offset + end, number, source.name, "web", source=source))
    return found


def _attachments(message: Message) -> tuple[Attachment, ...]:
    """Return the files of a message, each once: its pictures, the files that its links name, its attachments."""
    found: dict[str, Attachment] = {}
    is_made = message.role == "assistant"
    for part in message.content:
        if isinstance(part, ImageFileContent):
            file_id = part.image_file.file_id
            found.setdefault(file_id, Attachment(file_id, file_id, is_picture=True, is_made=is_made))
        elif isinstance(part, ImageURLContent):
            url = part.image_url.url
            found.setdefault(
                url, Attachment("", "a picture in the message" if url.startswith("data:") else url)
            )
        elif isinstance(part, TextContent):
            for mark in part.text.annotations:
                if isinstance(mark, FilePathAnnotation):
                    file_id = mark.file_path.file_id
                    name = mark.text.rpartition("/")[2] or file_id
                    found.setdefault(file_id, Attachment(file_id, name, is_made=True))
    for number, file in enumerate(message.attachments or ()):
        tools = file.tools or []
        file_id = file.file_id or ""
        tool = "" if is_made or not tools else tools[0].type
        found.setdefault(
            file_id or f"#{number}", Attachment(file_id, file_id or "a file", None, tool, is_made=is_made)
        )
    return tuple(found.values())


def _call_entry(call: object, step: RunStep) -> ToolCallEntry:
    if isinstance(call, CodeInterpreterCall):
        outputs = tuple(_code_output(output) for output in call.code_interpreter.outputs)
        entry = ToolCallEntry(call.id, call.type, input=call.code_interpreter.input, outputs=outputs)
        error = failure_in(entry.outputs[-1].text) if entry.outputs else ""
        return replace(entry, error=error) if error else entry
    if isinstance(call, FileSearchCall):
        search = call.file_search
        found = found_by(call, step.id, step.run_id) if search.results is not None else None
        return ToolCallEntry(call.id, call.type, queries=tuple(search.queries or ()), found=found)
    if isinstance(call, FunctionToolCall):
        function = call.function
        outputs = () if function.output is None else _function_outputs(function.output)
        found = tuple(found_on_web(call, step.id, step.run_id).values()) or None
        return ToolCallEntry(call.id, call.type, function.name, function.arguments, outputs, found=found)
    return ToolCallEntry(str(getattr(call, "id", "")), str(getattr(call, "type", "unknown")))


def _function_outputs(text: str) -> tuple[ToolCallOutput, ...]:
    """The text, and after it the pictures and other files that it names; see `local_tools.mcp.results`."""
    saved = [
        ToolCallOutput("image" if what == "picture" else "file", file_id=file_id)
        for what, file_id in _SAVED.findall(text)
    ]
    return ToolCallOutput("text", text), *saved[:_MOST_SAVED]


def _code_output(output: object) -> ToolCallOutput:
    if isinstance(output, LogsOutput):
        return ToolCallOutput("logs", output.logs)
    if isinstance(output, ImageOutput):
        return ToolCallOutput("image", file_id=output.image.file_id)
    return ToolCallOutput("text", str(getattr(output, "type", "")))
