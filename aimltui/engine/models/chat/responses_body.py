"""Builds the JSON of a `/responses` request, for models without another endpoint. No I/O."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from aimltui.engine.models.base import JSON, ChatRequest
from aimltui.engine.models.chat.chunks import text_of
from aimltui.engine.models.chat.history import REASONING_ITEM, adapted, add_instruction, whole_arguments
from aimltui.engine.models.chat.request_body import effort_of, format_of, is_streamed, tools_of
from aimltui.engine.models.compat.quirks import Quirks

_FEWEST_TOKENS = 16
"""The lowest limit that the endpoint accepts."""


def responses_body(request: ChatRequest, quirks: Quirks, *, thinks: bool) -> dict[str, JSON]:
    """The request as JSON. It asks the server to store nothing.

    Args:
        request: The turn.
        quirks: What the model does not support.
        thinks: Whether to ask for a summary of the reasoning, and for the encrypted reasoning to send back with calls.
    """
    tools, choice, must = tools_of(request, quirks)
    response_format, demand = format_of(request, quirks)
    messages: Sequence[Mapping[str, JSON]] = request.messages
    for text in (demand, must):
        if text:
            messages = add_instruction(messages, text)
    sealed = {
        call["id"]: call[REASONING_ITEM]
        for message in messages
        for call in message.get("tool_calls") or ()
        if call.get(REASONING_ITEM)
    }
    told = adapted(messages, quirks)
    instructions = [text_of(m.get("content")) for m in told if m.get("role") in ("system", "developer")]
    effort = effort_of(request, quirks)
    reasoning = {"effort": effort, "summary": "auto" if thinks and not quirks.no_summary else None}
    reasoning = {name: value for name, value in reasoning.items() if value is not None}
    body: dict[str, JSON] = {
        "model": request.model,
        "instructions": "\n\n".join(text for text in instructions if text) or None,
        "input": [item for message in told for item in _items(message, {} if quirks.no_include else sealed)],
        "store": False,
        "temperature": None if quirks.no_temperature else request.temperature,
        "top_p": None if quirks.no_top_p else request.top_p,
        "reasoning": reasoning or None,
        "include": ["reasoning.encrypted_content"] if thinks and not quirks.no_include else None,
        "text": {"format": _format(response_format)} if response_format else None,
        "stream": True if is_streamed(request, quirks) else None,
    }
    if request.max_tokens is not None and not quirks.no_limit:
        body["max_output_tokens"] = max(_FEWEST_TOKENS, request.max_tokens)
    if tools:
        body["tools"] = [_tool(tool) for tool in tools]
        body["tool_choice"] = _choice(choice)
        body["parallel_tool_calls"] = None if quirks.no_parallel else request.parallel_tool_calls
    return {name: value for name, value in body.items() if value is not None}


def _items(message: Mapping[str, JSON], sealed: Mapping[str, JSON]) -> Iterator[JSON]:
    role, content = message.get("role"), message.get("content")
    if role in ("system", "developer"):
        return
    if role == "tool":
        call_id = message.get("tool_call_id")
        yield {"type": "function_call_output", "call_id": call_id, "output": text_of(content)}
        return
    if content:
        yield {"role": role, "content": [_part(p) for p in content] if isinstance(content, list) else content}
    for call in message.get("tool_calls") or ():
        if call.get("id") in sealed:
            yield sealed[call["id"]]
        function = call.get("function") or {}
        yield {
            "type": "function_call",
            "call_id": call.get("id"),
            "name": function.get("name", ""),
            "arguments": whole_arguments(str(function.get("arguments") or "")),
        }


def _part(part: JSON) -> JSON:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind == "image_url":
        return {"type": "input_image", "image_url": part["image_url"].get("url")} | (
            {"detail": part["image_url"]["detail"]} if part["image_url"].get("detail") else {}
        )
    if kind == "file":
        return {"type": "input_file", **part["file"]}
    return {"type": "input_text", "text": text_of(part)}


def _tool(tool: Mapping[str, JSON]) -> JSON:
    # functions are strict by default at this endpoint, which would refuse an ordinary schema
    return {"type": "function", "strict": False, **tool.get("function", {})}


def _choice(choice: JSON) -> JSON:
    if isinstance(choice, Mapping):
        return {"type": "function", "name": (choice.get("function") or {}).get("name")}
    return choice


def _format(wanted: JSON) -> JSON:
    inner = wanted.get("json_schema")
    return {"type": wanted["type"], **inner} if isinstance(inner, Mapping) else wanted
