"""Turns the events of a run into a chat completion, whole or in chunks. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.wire import events
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import APIError, RateLimited, ServerError
from aimltui.wire.events import Reasoning, StreamEvent
from aimltui.wire.messages import MessageDelta
from aimltui.wire.run_steps import (
    CodeInterpreterCall,
    FileSearchCall,
    LogsOutput,
    RunStep,
    ToolCallsDetails,
)
from aimltui.wire.runs import COMPLETED, INCOMPLETE, REQUIRES_ACTION, Run, Usage

STOP, LENGTH, TOOL_CALLS, CONTENT_FILTER = "stop", "length", "tool_calls", "content_filter"
_SHORTENED = {"max_completion_tokens": LENGTH, "max_prompt_tokens": LENGTH, "content_filter": CONTENT_FILTER}


@dataclass(frozen=True, slots=True)
class Part:
    """What one event adds to the answer."""

    text: str = ""
    reasoning: str = ""
    """The model's thought, and what tools did, as Markdown."""
    annotations: tuple[JSONObject, ...] = ()
    tool_calls: tuple[JSONObject, ...] = ()
    withdrawn: bool = False
    """True if the text so far was the model's thought."""


@dataclass(slots=True)
class ChatAnswer:
    """The answer of a run as far as its events have told it."""

    model: str
    """As the request named it."""
    run: Run | None = None
    text: str = ""
    reasoning: str = ""
    annotations: list[JSONObject] = field(default_factory=list)
    tool_calls: list[JSONObject] = field(default_factory=list)
    _messages: set[str] = field(default_factory=set)

    def add(self, event: StreamEvent) -> Part | None:
        """Take one event, and return what it adds; None if it adds nothing.

        Raises:
            APIError: The run failed.
        """
        if isinstance(event.data, Run):
            self.run = event.data
        part = self._part(event)
        if part is None:
            return None
        self.text = part.text if part.withdrawn else self.text + part.text
        self.reasoning += part.reasoning
        self.annotations += part.annotations
        self.tool_calls += part.tool_calls
        return part

    @property
    def finish_reason(self) -> str:
        """Why the answer ended.

        Raises:
            APIError: The run failed, expired or was stopped.
        """
        run = self.run
        if run is None:
            raise ServerError("The run ended before it began.")
        if run.status == REQUIRES_ACTION:
            return TOOL_CALLS
        if run.status == INCOMPLETE:
            reason = run.incomplete_details.reason if run.incomplete_details else None
            return _SHORTENED.get(reason or "", LENGTH)
        if run.status != COMPLETED:
            raise failure(run)
        return STOP

    def whole(self) -> JSONObject:
        """Return the body of an answer that is not streamed.

        Raises:
            APIError: The run failed, expired or was stopped.
        """
        message: JSONObject = {"role": "assistant", "content": self.text or None, "refusal": None}
        if self.reasoning:
            message["reasoning_content"] = self.reasoning
        message["annotations"] = self.annotations
        if self.tool_calls:
            message["tool_calls"] = [
                {name: value for name, value in call.items() if name != "index"} for call in self.tool_calls
            ]
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self.finish_reason}
        head = self._head("chat.completion")
        return {**head, "choices": [choice], "usage": usage_json(self.run.usage if self.run else None)}

    def chunk(self, part: Part) -> JSONObject:
        """Return the chunk of a stream for a part."""
        delta: JSONObject = {}
        if part.text:
            delta["content"] = part.text
        if part.reasoning:
            delta["reasoning_content"] = part.reasoning
        if part.annotations:
            delta["annotations"] = list(part.annotations)
        if part.tool_calls:
            delta["tool_calls"] = list(part.tool_calls)
        return self._chunk(delta, None)

    def first_chunk(self) -> JSONObject:
        """Return the chunk that a stream begins with."""
        return self._chunk({"role": "assistant", "content": ""}, None)

    def last_chunk(self) -> JSONObject:
        """Return the chunk with the reason of the end.

        Raises:
            APIError: The run failed, expired or was stopped.
        """
        return self._chunk({}, self.finish_reason)

    def usage_chunk(self) -> JSONObject:
        """Return the chunk with the usage, which comes after the last one."""
        usage = usage_json(self.run.usage if self.run else None)
        return {**self._head("chat.completion.chunk"), "choices": [], "usage": usage}

    def _chunk(self, delta: JSONObject, reason: str | None) -> JSONObject:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        return {**self._head("chat.completion.chunk"), "choices": [choice]}

    def _head(self, kind: str) -> JSONObject:
        run = self.run
        name = run.id.removeprefix("run_") if run else ""
        head = {"id": f"chatcmpl-{name}", "object": kind, "created": run.created_at if run else 0}
        return {**head, "model": self.model}

    def _part(self, event: StreamEvent) -> Part | None:
        data = event.data
        if isinstance(data, MessageDelta):
            return self._of_message(data)
        if isinstance(data, Reasoning):
            return Part(reasoning=data.text) if data.kind == "grew" and data.text else None
        if event.event == events.THOUGHT_MOVED:
            return Part(reasoning=self.text, withdrawn=True) if self.text else None
        if event.event == events.STEP_COMPLETED and isinstance(data, RunStep):
            shown = _of_step(data)
            return Part(reasoning=shown) if shown else None
        if event.event == events.RUN_REQUIRES_ACTION and isinstance(data, Run):
            return Part(tool_calls=tuple(_function_calls(data)))
        return None

    def _of_message(self, delta: MessageDelta) -> Part | None:
        text, annotations = "", list[JSONObject]()
        for content in delta.delta.content or ():
            if content.text is not None:
                said, marks = self._marked(content.text.value or "", content.text.annotations or ())
                text, annotations = text + said, annotations + marks
            if content.image_file is not None:
                image = {"file_id": content.image_file.file_id}
                annotations.append({"type": "image_file", "image_file": image})
        if not text and not annotations:
            return None
        if delta.id not in self._messages:
            self._messages.add(delta.id)
            text = f"\n\n{text}" if self.text else text
        return Part(text=text, annotations=tuple(annotations))

    def _marked(self, text: str, found: Iterable[JSONObject]) -> tuple[str, list[JSONObject]]:
        """Number the marks of sources, which programs for chat completions would show as they are."""
        made: list[JSONObject] = []
        for annotation in found:
            mark = str(annotation.get("text") or "")
            if annotation.get("type") == "file_citation" and mark and mark in text:
                known = sum(one["type"] == "file_citation" for one in [*self.annotations, *made])
                number = f"[{known + 1}]"
                text = text.replace(mark, number, 1)
                annotation = {**annotation, "text": number}
            made.append(
                {k: v for k, v in annotation.items() if k not in ("index", "start_index", "end_index")}
            )
        return text, made


def failure(run: Run) -> APIError:
    """Return the refusal for a run that has no answer."""
    error = run.last_error
    if error is None:
        return ServerError(f"The run ended as {run.status}, without an answer.", code=run.status)
    kind = RateLimited if error.code == "rate_limit_exceeded" else ServerError
    return kind(error.message, code=error.code)


def usage_json(usage: Usage | None) -> JSONObject:
    """Return the usage under the names of chat completions."""
    used = usage or Usage()
    cached = used.prompt_token_details.cached_tokens if used.prompt_token_details else 0
    thought = used.completion_tokens_details.reasoning_tokens if used.completion_tokens_details else 0
    return {
        "prompt_tokens": used.prompt_tokens,
        "completion_tokens": used.completion_tokens,
        "total_tokens": used.total_tokens,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": thought},
    }


def _function_calls(run: Run) -> Iterable[JSONObject]:
    action = run.required_action
    for index, call in enumerate(action.submit_tool_outputs.tool_calls if action else ()):
        function = {"name": call.function.name, "arguments": call.function.arguments}
        yield {"index": index, "id": call.id, "type": "function", "function": function}


def _of_step(step: RunStep) -> str:
    """Return what the step's tools did, as Markdown."""
    if not isinstance(step.step_details, ToolCallsDetails):
        return ""
    shown: list[str] = []
    for call in step.step_details.tool_calls:
        if isinstance(call, CodeInterpreterCall):
            shown.append(_fenced("python", call.code_interpreter.input))
            logs = "".join(out.logs for out in call.code_interpreter.outputs if isinstance(out, LogsOutput))
            shown += [_fenced("text", logs)] if logs else []
        elif isinstance(call, FileSearchCall):
            shown += [f"Searched the files: {', '.join(call.file_search.queries or ['…'])}\n"]
    return "".join(f"\n{one}" for one in shown)


def _fenced(language: str, text: str) -> str:
    longest = max((len(run) for run in re.findall("`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text.removesuffix(chr(10))}\n{fence}\n"
