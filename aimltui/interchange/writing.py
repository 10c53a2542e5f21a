"""What writers of conversations share."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

from aimltui.interchange.records import Attachment, JSONValue, Message, Seconds

Write = Callable[[str], object]
"""Takes the next piece of text."""


def time_text(at: Seconds | None) -> str:
    """A time for a reader; empty if it is not known."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC") if at is not None else ""


def author(message: Message) -> str:
    """Who says it."""
    return "You" if message.role == "user" else message.model or "Assistant"


def heading(message: Message) -> str:
    """Who says it, and when."""
    return " · ".join(filter(None, (author(message), time_text(message.at))))


def label(attachment: Attachment) -> str:
    """What a file is called, on one line."""
    return " ".join((attachment.label or "a file").split())


def media_type(attachment: Attachment) -> str:
    """What a `data:` address says that a file is."""
    return attachment.media_type or "application/octet-stream"


def plural(count: int, one: str, many: str = "") -> str:
    """A number and its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def as_json(value: JSONValue) -> str:
    """JSON text: as it is, if it is text already."""
    if isinstance(value, str):
        return value
    return json.dumps(value if value is not None else {}, ensure_ascii=False)
