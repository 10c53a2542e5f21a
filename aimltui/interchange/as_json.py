"""Conversations as plain JSON for other programs: `aimltui threads import --json`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from aimltui.interchange.records import Attachment, Inline, Message, Skipped, Text, Thought, Thread, ToolCall

JSONObject = dict[str, Any]
_SHOWN_TEXT = 64 * 1024
"""Bytes of an enclosed text that is told."""


def thread_as_json(thread: Thread) -> JSONObject:
    """A conversation; neighbouring messages of one side are one."""
    return {
        "source_id": thread.source_id,
        "format": thread.format,
        "title": thread.title,
        "created": thread.created,
        "updated": thread.updated,
        "model": thread.model,
        "instructions": thread.instructions,
        "other_branches": len(thread.branches),
        "messages": messages_as_json(thread.messages),
        **({"notes": list(thread.notes)} if thread.notes else {}),
    }


def skipped_as_json(skipped: Skipped) -> JSONObject:
    """What could not be read, and why."""
    told = {"source_id": skipped.source_id, "why": skipped.why}
    return {**told, "title": skipped.title} if skipped.title else told


def messages_as_json(messages: Iterable[Message]) -> list[JSONObject]:
    """Messages, neighbours of one side joined."""
    return [_joined(list(group)) for _, group in groupby(messages, key=lambda message: message.role)]


def _joined(messages: Sequence[Message]) -> JSONObject:
    parts = [part for message in messages for part in message.parts]
    shown = [message for message in messages if message.is_visible] or messages
    annotations = sum(len(part.annotations) for part in parts if isinstance(part, Text))
    model = next((message.model for message in reversed(messages) if message.model), None)
    files = [_file(attachment) for message in messages for attachment in message.attachments]
    optional: JSONObject = {
        "model": model,
        "files": files,
        "sources": [
            {"title": page.title, "url": page.url} for message in messages for page in message.sources
        ],
        "thoughts": [part.value for part in parts if isinstance(part, Thought)],
        "steps": [_step(part) for part in parts if isinstance(part, ToolCall)],
        "annotations": annotations,
        "unfinished": any(message.is_unfinished for message in messages),
        "error": any(message.is_error for message in messages),
    }
    return {
        "role": messages[0].role,
        "text": "\n\n".join(message.text for message in messages if message.text),
        "at": shown[0].at,
        **{key: value for key, value in optional.items() if value},
    }


def _file(attachment: Attachment) -> JSONObject:
    told: JSONObject = {"name": attachment.label, "present": attachment.content is not None}
    if attachment.member is not None:
        told["member"] = attachment.member
    content = attachment.content
    if isinstance(content, Inline) and attachment.media_type == "text/plain" and content.size <= _SHOWN_TEXT:
        told["text"] = content.data.decode("utf-8", "replace")
    return told


def _step(call: ToolCall) -> JSONObject:
    told: JSONObject = {"kind": call.kind}
    if call.name is not None:
        told["name"] = call.name
    if call.input is not None:
        told["input"] = call.input
    if call.output is not None:
        told["text" if call.kind == "canvas" else "output"] = call.output
    return told
