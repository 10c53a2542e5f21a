"""What tells whether a conversation was imported before, and whether it has grown since."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from aimltui.interchange.records import Message, Text, Thread, ToolCall

_LONGEST = 400
"""Characters of an origin: a metadata value may hold somewhat more."""


def origin_of(thread: Thread) -> str:
    """The format and the id within it."""
    origin = f"{thread.format}:{thread.source_id}"
    if len(origin) <= _LONGEST:
        return origin
    return f"{thread.format}:{hashlib.sha256(thread.source_id.encode()).hexdigest()}"


def digest_of(messages: Sequence[Message]) -> str:
    """How many messages there are, and a hash of what was said in them; times and thoughts do not count."""
    told = [[message.role, message.text, *_names(message)] for message in messages]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return f"{len(messages)}:{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def count_in(digest: str) -> int:
    """The number of messages that a digest is of; 0 if it is none."""
    count = digest.partition(":")[0]
    return int(count) if count.isdecimal() and len(count) < 9 else 0


def is_beginning(digest: str, messages: Sequence[Message]) -> bool:
    """True if a digest is that of the first of these messages, and not of all."""
    count = count_in(digest)
    return 0 < count < len(messages) and digest_of(messages[:count]) == digest


def _names(message: Message) -> list[str]:
    files = [attachment.label or "" for attachment in message.attachments]
    return [*files, *(part.name or part.kind for part in message.parts if isinstance(part, ToolCall))]


def first_words(thread: Thread, length: int = 60) -> str:
    """What stands for a title where there is none."""
    words = (part.value for message in thread.messages for part in message.parts if isinstance(part, Text))
    line = " ".join(next(words, "").split())
    return line if len(line) <= length else line[: length - 1].rstrip() + "…"
