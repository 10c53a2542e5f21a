"""Builds the items of responses and conversations from messages and run steps. No I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from aimltui.server.responses.ids import item_id
from aimltui.wire import ids
from aimltui.wire.base import JSONObject
from aimltui.wire.messages import (
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
    LogsOutput,
    RunStep,
    ToolCallsDetails,
)
from aimltui.wire.runs import Run

Names = Mapping[str, str]
"""The names of files by id."""

_STATUS: Final = {"in_progress": "in_progress", "completed": "completed"}


def legs_of(steps: Iterable[RunStep]) -> list[list[RunStep]]:
    """Return the steps of a run by response: one ends where the outputs of functions were submitted."""
    legs: list[list[RunStep]] = [[]]
    for step in steps:
        legs[-1].append(step)
        if any(call.function.output is not None for call in function_calls(step)):
            legs.append([])
    return legs


def function_calls(step: RunStep) -> list[FunctionToolCall]:
    """Return the function calls of a step."""
    details = step.step_details
    calls = details.tool_calls if isinstance(details, ToolCallsDetails) else []
    return [call for call in calls if isinstance(call, FunctionToolCall)]


def step_items(step: RunStep, messages: Mapping[str, Message], names: Names) -> list[JSONObject]:
    """Return the items of a step, without its reasoning."""
    details = step.step_details
    if isinstance(details, ToolCallsDetails):
        return [item for call in details.tool_calls if (item := call_item(step, call, names)) is not None]
    message = messages.get(step.message_id)
    return [message_item(message, names)] if message is not None else []


def call_item(step: RunStep, call: object, names: Names) -> JSONObject | None:
    """Return the item of a tool call; None for a tool that this wire does not have."""
    status = _STATUS.get(step.status, "incomplete")
    if isinstance(call, FunctionToolCall):
        return {
            "type": "function_call",
            "id": item_id("fc", step.thread_id, call.id),
            "call_id": call.id,
            "name": call.function.name,
            "arguments": call.function.arguments,
            "status": "completed",
        }
    if isinstance(call, CodeInterpreterCall):
        return {
            "type": "code_interpreter_call",
            "id": item_id("ci", step.thread_id, call.id),
            "status": status,
            "code": call.code_interpreter.input,
            "container_id": container_id(step.thread_id),
            "outputs": [_code_output(output) for output in call.code_interpreter.outputs],
        }
    if isinstance(call, FileSearchCall):
        results = [
            {
                "file_id": found.file_id,
                "filename": found.file_name or names.get(found.file_id, ""),
                "score": found.score,
                "text": "\n".join(part.text for part in found.content or ()),
                "attributes": {},
            }
            for found in call.file_search.results or ()
        ]
        return {
            "type": "file_search_call",
            "id": item_id("fs", step.thread_id, call.id),
            "status": status,
            "queries": call.file_search.queries or [],
            "results": results or None,
        }
    return None


def container_id(thread_id: str) -> str:
    """Return the id that stands for the place where a thread's code runs."""
    return f"cntr_{thread_id.removeprefix(ids.THREAD)}"


def output_item(step: RunStep, call: FunctionToolCall) -> JSONObject:
    """Return the item of a function's submitted output."""
    return {
        "type": "function_call_output",
        "id": item_id("fco", step.thread_id, call.id),
        "call_id": call.id,
        "output": call.function.output or "",
        "status": "completed",
    }


def reasoning_item(run: Run, number: int, text: str, status: str = "completed") -> JSONObject:
    """Return the item of a thought; `number` counts the thoughts of the run."""
    summary = [{"type": "summary_text", "text": text}] if text else []
    return {
        "type": "reasoning",
        "id": reasoning_id(run, number),
        "status": status,
        "summary": summary,
    }


def reasoning_id(run: Run, number: int) -> str:
    """Return the id of a thought's item."""
    return item_id("rs", run.thread_id, f"{run.id}r{number}")


def message_item(message: Message, names: Names) -> JSONObject:
    """Return the item of a message, of the user or of an assistant."""
    is_answer = message.role == "assistant"
    parts = [_part(part, is_answer, names) for part in message.content]
    return {
        "type": "message",
        "id": item_id("msg", message.thread_id, message.id),
        "status": _STATUS.get(message.status, "incomplete"),
        "role": message.role,
        "content": [*parts, *_attached(message, names)],
    }


def text_part(text: str, annotations: Iterable[object], names: Names) -> JSONObject:
    """Return a text of an assistant. The marks of citations are taken out: their annotations have the place."""
    shown, made, taken = text, list[JSONObject](), 0
    for annotation in annotations:
        if isinstance(annotation, FileCitationAnnotation):
            start, end = annotation.start_index - taken, annotation.end_index - taken
            shown = shown[:start] + shown[end:]
            taken += end - start
            made.append(citation(annotation.file_citation.file_id, start, names))
        elif isinstance(annotation, FilePathAnnotation):
            made.append(file_path(annotation.file_path.file_id, annotation.start_index - taken))
    return {"type": "output_text", "text": shown, "annotations": made, "logprobs": []}


def citation(file_id: str, index: int, names: Names) -> JSONObject:
    """Return the annotation of a citation; `index` counts the characters before it."""
    return {"type": "file_citation", "file_id": file_id, "filename": names.get(file_id, ""), "index": index}


def file_path(file_id: str, index: int) -> JSONObject:
    """Return the annotation of a file that the code interpreter made."""
    return {"type": "file_path", "file_id": file_id, "index": index}


def files_named(messages: Iterable[Message]) -> set[str]:
    """Return the ids of the files whose names the items of these messages show."""
    found: set[str] = set()
    for message in messages:
        found |= {file.file_id for file in message.attachments or () if file.file_id}
        for part in message.content:
            if isinstance(part, TextContent):
                marks = part.text.annotations
                found |= {
                    one.file_citation.file_id for one in marks if isinstance(one, FileCitationAnnotation)
                }
    return found


def conversation_items(
    messages: Sequence[Message], runs: Sequence[Run], steps: Mapping[str, Sequence[RunStep]], names: Names
) -> list[JSONObject]:
    """Return all items of a thread, oldest first.

    Args:
        messages: All messages, oldest first.
        runs: All runs, oldest first.
        steps: The steps of each run, oldest first, by the run's id.
        names: The names of the files that messages show.
    """
    by_id = {message.id: message for message in messages}
    waiting = {run.id: run for run in runs}
    items: list[JSONObject] = []

    def tell(run: Run) -> None:
        del waiting[run.id]
        items.extend(run_items(run, steps.get(run.id, ()), by_id, names))

    for message in messages:
        run = waiting.get(message.run_id or "")
        if run is not None:
            tell(run)
        elif message.run_id is None:
            # a run without a message comes before what was said after it
            for earlier in [one for one in waiting.values() if one.created_at < message.created_at]:
                if all(other.run_id != earlier.id for other in messages):
                    tell(earlier)
            items.append(message_item(message, names))
    for run in list(waiting.values()):
        tell(run)
    return items


def run_items(
    run: Run, steps: Iterable[RunStep], messages: Mapping[str, Message], names: Names
) -> list[JSONObject]:
    """Return the items of a run, with the outputs of its functions."""
    items: list[JSONObject] = []
    for leg, found in zip(legs := legs_of(steps), leg_items(run, legs, messages, names), strict=True):
        items += found
        items += [
            output_item(step, call)
            for step in leg[-1:]
            for call in function_calls(step)
            if call.function.output is not None
        ]
    return items


def leg_items(
    run: Run, legs: Sequence[Sequence[RunStep]], messages: Mapping[str, Message], names: Names
) -> list[list[JSONObject]]:
    """Return the output items of each response of a run."""
    thoughts, told = 0, list[list[JSONObject]]()
    for leg in legs:
        items: list[JSONObject] = []
        for step in leg:
            if step.reasoning:
                items.append(reasoning_item(run, thoughts, step.reasoning))
                thoughts += 1
            items += step_items(step, messages, names)
        told.append(items)
    if run.reasoning:
        told[-1].append(reasoning_item(run, thoughts, run.reasoning))
    return told


def _part(part: object, is_answer: bool, names: Names) -> JSONObject:
    if isinstance(part, TextContent):
        if not is_answer:
            return {"type": "input_text", "text": part.text.value}
        return text_part(part.text.value, part.text.annotations, names)
    if isinstance(part, RefusalContent):
        return {"type": "refusal", "refusal": part.refusal}
    if isinstance(part, ImageFileContent):
        if is_answer:
            made = [file_path(part.image_file.file_id, 0)]
            return {"type": "output_text", "text": "", "annotations": made, "logprobs": []}
        detail = part.image_file.detail or "auto"
        return {"type": "input_image", "file_id": part.image_file.file_id, "detail": detail}
    if isinstance(part, ImageURLContent):
        return {
            "type": "input_image",
            "image_url": part.image_url.url,
            "detail": part.image_url.detail or "auto",
        }
    return {"type": "input_text", "text": ""}


def _attached(message: Message, names: Names) -> list[JSONObject]:
    return [
        {"type": "input_file", "file_id": file.file_id, "filename": names.get(file.file_id, "")}
        for file in message.attachments or ()
        if file.file_id and message.role != "assistant"
    ]


def _code_output(output: object) -> JSONObject:
    if isinstance(output, LogsOutput):
        return {"type": "logs", "logs": output.logs}
    image = getattr(output, "image", None)
    return {"type": "image", "url": f"/v1/files/{image.file_id}/content" if image else ""}
