"""The prompt of an editor as the text of a message."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any


def text_of(prompt: Sequence[Any]) -> str:
    """Return the text of a prompt: files and other resources stand in it with their addresses."""
    return "\n\n".join(part for part in _parts(prompt) if part.strip())


def _parts(prompt: Sequence[Any]) -> Iterator[str]:
    for block in prompt:
        if block.type == "text":
            yield block.text
        elif block.type == "resource_link":
            yield f"[{block.name}]({block.uri})"
        elif block.type == "resource":
            text = getattr(block.resource, "text", None)
            yield f"{block.resource.uri}\n{_fenced(text)}" if text is not None else f"<{block.resource.uri}>"


def _fenced(text: str) -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}\n{text}\n{fence}"
