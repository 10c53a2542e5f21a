"""Writes the JSON of a `/chat/completions` request, and what has to be different for some servers. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from aimltui.engine.models.base import JSON, ChatRequest
from aimltui.engine.models.chunks import text_of

_OPENAI_REASONING = re.compile(r"(?:^|[/:])(?:o[134](?:$|[-.])|gpt-5)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quirks:
    """What a server or a model has refused before."""

    no_stream_options: bool = False
    """The server refuses `stream_options`; there is no usage then."""
    fold_system: bool = False
    """The model refuses the role `system`; its text goes into the first user message."""
    completion_tokens: bool = False
    """The model wants `max_completion_tokens` in place of `max_tokens`."""

    def learn(self, status: int, text: str, body: Mapping[str, JSON]) -> Quirks | None:
        """What a refusal teaches, or None if it teaches nothing that is worth another try.

        Args:
            status: HTTP status of the refusal.
            text: The server's words.
            body: The request that it refused: only what was in it can have been the cause.
        """
        if status not in (400, 422, 500):
            return None
        lower = text.lower()
        if "stream_options" in body and ("stream_options" in lower or "include_usage" in lower):
            return replace(self, no_stream_options=True)
        if "max_tokens" in body and "max_completion_tokens" in lower:
            return replace(self, completion_tokens=True)
        roles = {message.get("role") for message in body.get("messages", ())}
        if roles & {"system", "developer"} and _refuses_system(lower):
            return replace(self, fold_system=True)
        return None


def _refuses_system(lower: str) -> bool:
    if not re.search(r"\b(?:system|developer)\b", lower) or "role" not in lower:
        return False
    words = ("not support", "unsupported", "invalid", "must be", "not allowed", "expected", "unknown", "only")
    return any(word in lower for word in words)


def wants_completion_tokens(model: str) -> bool:
    """Whether this is one of OpenAI's reasoning models, which refuse `max_tokens`."""
    return _OPENAI_REASONING.search(model) is not None


def request_body(request: ChatRequest, quirks: Quirks) -> dict[str, JSON]:
    """The request as JSON. What has no value is left out: some servers refuse a null."""
    messages = [_without_nulls(message) for message in request.messages]
    body: dict[str, JSON] = {
        "model": request.model,
        "messages": fold_system(messages) if quirks.fold_system else messages,
    }
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        body["tool_choice"] = request.tool_choice
        body["parallel_tool_calls"] = request.parallel_tool_calls
    body["temperature"] = request.temperature
    body["top_p"] = request.top_p
    body["max_completion_tokens" if quirks.completion_tokens else "max_tokens"] = request.max_tokens
    body["response_format"] = request.response_format
    body["reasoning_effort"] = request.reasoning_effort
    if request.stream:
        body["stream"] = True
        if not quirks.no_stream_options:
            body["stream_options"] = {"include_usage": True}
    return {name: value for name, value in body.items() if value is not None}


def fold_system(messages: Sequence[Mapping[str, JSON]]) -> list[Mapping[str, JSON]]:
    """The messages without roles system and developer; their text stands before the first user message's."""
    texts = [text_of(m.get("content")) for m in messages if m.get("role") in ("system", "developer")]
    system = "\n\n".join(text for text in texts if text)
    rest = [m for m in messages if m.get("role") not in ("system", "developer")]
    if not system:
        return rest
    for place, message in enumerate(rest):
        if message.get("role") == "user":
            content = message.get("content")
            folded: JSON
            if isinstance(content, list):
                folded = [{"type": "text", "text": system}, *content]
            else:
                folded = f"{system}\n\n{text_of(content)}"
            return [*rest[:place], {**message, "content": folded}, *rest[place + 1 :]]
    return [{"role": "user", "content": system}, *rest]


def _without_nulls(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        # `extra_content` is the provider's own and goes back as it came.
        return {
            key: inner if key == "extra_content" else _without_nulls(inner)
            for key, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list | tuple):
        return [_without_nulls(inner) for inner in value if inner is not None]
    return value


def _tool(tool: Mapping[str, JSON]) -> dict[str, JSON]:
    # A null inside a JSON schema has a meaning (`enum`, `default`), so only the two outer levels are swept.
    swept: dict[str, JSON] = {}
    for key, value in tool.items():
        if isinstance(value, Mapping):
            swept[key] = {inner: v for inner, v in value.items() if v is not None}
        elif value is not None:
            swept[key] = value
    return swept
