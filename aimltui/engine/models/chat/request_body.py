"""Builds the JSON of a `/chat/completions` request. No I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from aimltui.engine.models.base import JSON, ChatRequest
from aimltui.engine.models.chat.history import adapted, add_instruction
from aimltui.engine.models.compat.quirks import Quirks, nearest_effort

_JSON_ONLY = "Answer with one JSON object and nothing else: no words around it, no code block."
_BY_SCHEMA = "It has to follow this JSON schema:"
_MUST_CALL = "You must answer with a call of {}."


def request_body(request: ChatRequest, quirks: Quirks) -> dict[str, JSON]:
    """The request as JSON. Parameters without a value are left out, because some servers refuse a null."""
    tools, choice, must = tools_of(request, quirks)
    response_format, demand = format_of(request, quirks)
    messages: Sequence[Mapping[str, JSON]] = request.messages
    for text in (demand, must):
        if text:
            messages = add_instruction(messages, text)
    body: dict[str, JSON] = {"model": request.model, "messages": adapted(messages, quirks)}
    if tools:
        body["tools"] = tools
        body["tool_choice"] = choice
        body["parallel_tool_calls"] = None if quirks.no_parallel else request.parallel_tool_calls
    body["temperature"] = None if quirks.no_temperature else request.temperature
    body["top_p"] = None if quirks.no_top_p else request.top_p
    if not quirks.no_limit:
        body["max_completion_tokens" if quirks.completion_tokens else "max_tokens"] = request.max_tokens
    body["response_format"] = response_format
    body["reasoning_effort"] = effort_of(request, quirks)
    if is_streamed(request, quirks):
        body["stream"] = True
        if not quirks.no_stream_options:
            body["stream_options"] = {"include_usage": True}
    elif quirks.no_thinking:
        body["enable_thinking"] = False
    return {name: value for name, value in body.items() if value is not None}


def is_streamed(request: ChatRequest, quirks: Quirks) -> bool:
    """Whether to request a stream."""
    return request.stream and not quirks.no_stream


def effort_of(request: ChatRequest, quirks: Quirks) -> str | None:
    """The supported reasoning effort for the request."""
    return nearest_effort(request.reasoning_effort, quirks) if request.reasoning_effort else None


def tools_of(request: ChatRequest, quirks: Quirks) -> tuple[list[JSON], JSON, str]:
    """The tools, the choice, and an instruction that replaces a choice the model does not support."""
    tools = [tool_of(tool) for tool in request.tools]
    choice = request.tool_choice if tools else None
    if quirks.choice is None or choice in (None, "auto", "none"):
        return tools, choice, ""
    name = ""
    if isinstance(choice, Mapping):
        name = str((choice.get("function") or {}).get("name") or "")
        # offering only one tool has the same effect as naming it
        tools = [tool for tool in tools if tool.get("function", {}).get("name") == name] or tools
        choice = "required"
    if quirks.choice == "required":
        return tools, choice, ""
    return tools, None, _MUST_CALL.format(f"the tool {name}" if name else "one of the tools")


def format_of(request: ChatRequest, quirks: Quirks) -> tuple[JSON, str]:
    """The response format, and an instruction that replaces a format the model does not support."""
    wanted = request.response_format
    if not wanted or quirks.format is None:
        return wanted, ""
    schema = wanted.get("json_schema")
    schema = schema.get("schema") if isinstance(schema, Mapping) else None
    demand = _JSON_ONLY
    if schema is not None:
        demand = f"{_JSON_ONLY} {_BY_SCHEMA}\n{json.dumps(schema, ensure_ascii=False)}"
    return ({"type": "json_object"} if quirks.format == "json_object" else None), demand


def tool_of(tool: Mapping[str, JSON]) -> dict[str, Any]:
    """A tool without nulls in its two outer levels; inside a JSON schema a null has a meaning."""
    swept: dict[str, Any] = {}
    for key, value in tool.items():
        if isinstance(value, Mapping):
            swept[key] = {inner: v for inner, v in value.items() if v is not None}
        elif value is not None:
            swept[key] = value
    return swept
