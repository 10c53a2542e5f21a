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

LEAST_BUDGET = 1_024
"""The fewest tokens that Anthropic takes as a budget for thinking."""
BUDGETS = {"minimal": 1_024, "low": 2_048, "medium": 8_192, "high": 16_384, "xhigh": 24_576, "max": 32_000}
"""Tokens for thinking by effort."""
_LONG_PROMPT = 16_000
"""Characters from which a prompt is worth a place in the cache: about 4,000 tokens, the least that all models keep."""


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
    if request.web_search and not quirks.no_web_search:
        body["web_search_options"] = {}
    if is_streamed(request, quirks):
        body["stream"] = True
        if not quirks.no_stream_options:
            body["stream_options"] = {"include_usage": True}
    elif quirks.no_thinking:
        body["enable_thinking"] = False
    if quirks.thinking_budget and not quirks.no_budget:
        body |= thinking_of(request)
    if request.prompt_cache and quirks.cache_marks and not quirks.no_cache_marks:
        body["messages"] = with_cache_marks(body["messages"])
    return {name: value for name, value in body.items() if value is not None}


def thinking_of(request: ChatRequest) -> dict[str, JSON]:
    """The budget for thinking that stands for the request's effort, with the parameters that change beside it.

    In the middle of a turn with tools there is none: the provider would want the thoughts before the calls back, signed.
    Neither is there one beside a forced call, or if the answer's limit leaves no room for it.
    """
    changed: dict[str, JSON] = {"reasoning_effort": None}
    wanted = BUDGETS.get(request.reasoning_effort or "", 0)
    budget = min(wanted, request.max_tokens // 2) if request.max_tokens is not None else wanted
    is_forced = request.tool_choice not in (None, "auto", "none")
    is_midway = bool(request.messages) and request.messages[-1].get("role") == "tool"
    if budget < LEAST_BUDGET or is_forced or is_midway:
        return changed
    thinking = {"type": "enabled", "budget_tokens": budget}
    return {**changed, "thinking": thinking, "temperature": None, "top_p": None}


def with_cache_marks(messages: Sequence[Mapping[str, JSON]]) -> list[Mapping[str, JSON]]:
    """The messages with marks up to which the provider keeps a long prompt in its cache.

    The marks stand behind the instructions and behind the user's newest message, which the next turn sends again unchanged.
    A short prompt has none: keeping it costs more than it saves.
    """
    marked = list(messages)
    length = 0
    newest = max((at for at, one in enumerate(marked) if one.get("role") == "user"), default=-1)
    for place, message in enumerate(messages):
        length += _length(message)
        if length >= _LONG_PROMPT and (message.get("role") == "system" or place == newest):
            marked[place] = _marked(message)
    return marked


def _length(message: Mapping[str, JSON]) -> int:
    content = message.get("content")
    texts = [part.get("text") for part in content] if isinstance(content, list) else [content]
    return sum(len(text) for text in texts if isinstance(text, str))


def _marked(message: Mapping[str, JSON]) -> Mapping[str, JSON]:
    content = message.get("content")
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else list(content or ())
    texts = [at for at, part in enumerate(parts) if part.get("type") == "text" and part.get("text")]
    if not texts:
        return message
    parts[texts[-1]] = {**parts[texts[-1]], "cache_control": {"type": "ephemeral"}}
    return {**message, "content": parts}


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
