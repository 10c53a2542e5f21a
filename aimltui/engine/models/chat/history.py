"""Rewrites a conversation for a model: roles, parts and calls that it refuses. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from aimltui.common.patterns import pattern
from aimltui.engine.models.base import JSON
from aimltui.engine.models.chat.chunks import text_of
from aimltui.engine.models.chat.thought_tags import without_thought
from aimltui.engine.models.compat.quirks import Quirks

Chat = Mapping[str, JSON]

NO_ANSWER = "[no answer]"
"""Replaces an answer that consists of a thought only, because servers refuse an empty message."""
CONTINUE = "Continue."
"""The user's message that is added after an answer at the end of a conversation."""
REASONING_ITEM = "reasoning_item"
"""The key in a tool call for the reasoning item of `/v1/responses` before it; it is sent to no other endpoint."""
_ENDS = {"{": "}", "[": "]"}
_LITERAL = pattern(r"(?:\b(?:t(?:r(?:u)?)?|f(?:a(?:l(?:s)?)?)?|n(?:u(?:l)?)?)|-|\d+[.eE][+-]?)$")
_LONGEST_LITERAL = 32
"""Characters at the end of cut off JSON in which an unfinished literal is looked for."""
_SPACES = " \t\r\n"


def adapted(messages: Sequence[Chat], quirks: Quirks) -> list[Chat]:
    """The messages of a request, without nulls and without anything the model does not support."""
    told: list[Chat] = [_readable(_without_nulls(message), quirks) for message in messages]
    if quirks.fold_calls:
        told = fold_calls(told)
    if quirks.fold_system:
        told = fold_system(told)
    told = join_neighbours(told) if quirks.alternate else _join_answers(told)
    if told and told[-1].get("role") == "assistant" and not told[-1].get("tool_calls"):
        # llama.cpp continues an answer at the end and repeats it; other servers refuse it
        told.append({"role": "user", "content": CONTINUE})
    return told


def fold_system(messages: Sequence[Chat]) -> list[Chat]:
    """The messages without the roles system and developer; their text is put before the first user message."""
    texts = [text_of(m.get("content")) for m in messages if m.get("role") in ("system", "developer")]
    system = "\n\n".join(text for text in texts if text)
    rest = [m for m in messages if m.get("role") not in ("system", "developer")]
    if not system:
        return rest
    for place, message in enumerate(rest):
        if message.get("role") == "user":
            folded = _joined(system, message.get("content"))
            return [*rest[:place], {**message, "content": folded}, *rest[place + 1 :]]
    return [{"role": "user", "content": system}, *rest]


def fold_calls(messages: Sequence[Chat]) -> list[Chat]:
    """The messages with tool calls and tool answers as text."""
    folded: list[Chat] = []
    for message in messages:
        if message.get("role") == "tool":
            answer = f"[The tool answered; the user did not write this.]\n{text_of(message.get('content'))}"
            folded.append({"role": "user", "content": answer})
        elif message.get("tool_calls"):
            calls = [call.get("function") or {} for call in message["tool_calls"]]
            told = [f"[Called {call.get('name', '')} with {call.get('arguments', '')}]" for call in calls]
            said = [text for text in (text_of(message.get("content")), *told) if text]
            folded.append({"role": "assistant", "content": "\n\n".join(said)})
        else:
            folded.append(message)
    return folded


def _join_answers(messages: Sequence[Chat]) -> list[Chat]:
    """Return the messages with neighbouring answers as one: some servers refuse two in a row."""
    return join_neighbours(messages, roles=("assistant",))


def join_neighbours(messages: Sequence[Chat], roles: Sequence[str] = ()) -> list[Chat]:
    """The messages with adjacent ones of a role joined; messages about tools do not change.

    Args:
        messages: The conversation.
        roles: The roles that are joined; empty for all.
    """
    joined: list[Chat] = []
    for message in messages:
        last = joined[-1] if joined else {}
        plain = not any(m.get("tool_calls") or m.get("role") == "tool" for m in (message, last))
        role = message.get("role")
        if plain and last.get("role") == role and (not roles or role in roles):
            before, after = last.get("content"), message.get("content")
            content = (
                [*before, *_parts(after)] if isinstance(before, list) else _joined(text_of(before), after)
            )
            joined[-1] = {**last, "content": content}
        else:
            joined.append(message)
    return joined


def add_instruction(messages: Sequence[Chat], text: str) -> list[Chat]:
    """The messages with a sentence added to the system message, which is created if there is none."""
    if messages and messages[0].get("role") == "system":
        said = text_of(messages[0].get("content"))
        return [{**messages[0], "content": f"{said}\n\n{text}"}, *messages[1:]]
    return [{"role": "system", "content": text}, *messages]


def whole_arguments(text: str) -> str:
    """A call's arguments as a JSON object, even if the model's answer was cut off inside them.

    Servers parse the arguments of earlier calls, and answer 500 if that fails.
    """
    try:
        value = json.loads(text or "{}", strict=False)
    except (ValueError, RecursionError):
        value = _mended(text)
    if isinstance(value, dict):
        return text if text and _is_strict(text) else json.dumps(value, ensure_ascii=False)
    return json.dumps({"unreadable_arguments": text}, ensure_ascii=False)


def _is_strict(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except (ValueError, RecursionError):
        return False


def _mended(text: str) -> JSON:
    """Cut off JSON with its ends added; None if it still cannot be parsed."""
    open_ends, in_string, escaped = [], False, False
    for char in text:
        if in_string:
            in_string = escaped or char != '"'
            escaped = char == "\\" and not escaped
        elif char == '"':
            in_string = True
        elif char in _ENDS:
            open_ends.append(_ENDS[char])
        elif char in "]}" and open_ends:
            open_ends.pop()
    tail = "".join(reversed(open_ends))
    if in_string:
        text = re.sub(r"\\(?:u[0-9a-fA-F]{0,3})?$", "", text) if escaped or "\\u" in text[-6:] else text
        tries = [f'{text}"{tail}', f'{text}":null{tail}']
    else:
        # some models write blanks until their limit, so nothing may search backwards from each
        text = text.rstrip(_SPACES)
        end = _LITERAL.sub("", text[-_LONGEST_LITERAL:])
        cut = (text[:-_LONGEST_LITERAL] + end).rstrip(_SPACES + ",:")
        tries = [f"{text}{tail}", f"{cut}{tail}", f"{cut}:null{tail}", f"{text}0{tail}"]
    for attempt in tries:
        try:
            return json.loads(attempt, strict=False)
        except (ValueError, RecursionError):
            continue
    return None


def _readable(message: Chat, quirks: Quirks) -> Chat:
    """One message with parts and calls that the model supports."""
    changed = dict(message)
    content = changed.get("content")
    if isinstance(content, list):
        parts = [_part(part, quirks) for part in content]
        plain = all(isinstance(part, Mapping) and part.get("type") == "text" for part in parts)
        changed["content"] = "\n\n".join(text for p in parts if (text := text_of(p))) if plain else parts
    calls = changed.get("tool_calls")
    answer = changed.get("content")
    if changed.get("role") == "assistant" and isinstance(answer, str) and answer:
        changed["content"] = without_thought(answer) or ("" if calls else NO_ANSWER)
    if isinstance(calls, list):
        changed["tool_calls"] = [_call(call) for call in calls]
    _settle_reasoning(changed, quirks)
    return changed


def _settle_reasoning(message: dict[str, JSON], quirks: Quirks) -> None:
    back = quirks.reasoning_back
    if back not in ("calls", "all"):
        message.pop("reasoning_content", None)
    elif back == "all" and message.get("role") == "assistant":
        message.setdefault("reasoning_content", "")


def _call(call: Chat) -> Chat:
    function = call.get("function")
    kept = {name: value for name, value in call.items() if name != REASONING_ITEM}
    if isinstance(function, Mapping):
        kept["function"] = {**function, "arguments": whole_arguments(str(function.get("arguments") or ""))}
    return kept


def _part(part: JSON, quirks: Quirks) -> JSON:
    if not isinstance(part, Mapping):
        return part
    kind, name = part.get("type"), str(part.get("name") or "")
    if kind == "image_url":
        if quirks.no_images:
            return {"type": "text", "text": not_shown("image", name)}
        return {key: value for key, value in part.items() if key != "name"}
    if kind == "file" and quirks.no_files:
        return {
            "type": "text",
            "text": not_shown("file", str((part.get("file") or {}).get("filename") or "")),
        }
    return part


def unseen(messages: Sequence[Chat], quirks: Quirks) -> str:
    """A sentence for the user about parts of the newest message that are not sent; empty if all are."""
    content = messages[-1].get("content") if messages and messages[-1].get("role") == "user" else None
    told = []
    for kind, refused, verb in (("image_url", quirks.no_images, "sees no pictures"),
                                ("file", quirks.no_files, "reads no files")):  # fmt: skip
        found = [part for part in content if part.get("type") == kind] if isinstance(content, list) else []
        if refused and found:
            inner = [
                part.get("name") or (part.get("file") or {}).get("filename") or "a picture" for part in found
            ]
            told.append(f"This model {verb}: {' and '.join(inner)} was left out.")
    return " ".join(told)


def not_shown(kind: str, name: str) -> str:
    """The text that replaces a picture or a file that the model does not support."""
    return f"[{kind}{f' {name}' if name else ''} not shown to this model]"


def _joined(before: str, after: JSON) -> JSON:
    if isinstance(after, list):
        return [{"type": "text", "text": before}, *after]
    return f"{before}\n\n{text_of(after)}"


def _parts(content: JSON) -> list[JSON]:
    return content if isinstance(content, list) else [{"type": "text", "text": text_of(content)}]


def _without_nulls(value: JSON) -> JSON:
    if isinstance(value, Mapping):
        # `extra_content` belongs to the provider and is sent back unchanged.
        return {
            key: inner if key in ("extra_content", REASONING_ITEM) else _without_nulls(inner)
            for key, inner in value.items()
            if inner is not None
        }
    if isinstance(value, list | tuple):
        return [_without_nulls(inner) for inner in value if inner is not None]
    return value
