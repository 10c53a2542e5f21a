"""The prompt of an editor as the text of a message."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from aimltui.common.text import replace_surrogates


def text_of(prompt: Sequence[Any]) -> str:
    """Return the text of a prompt: files and other resources stand in it with their addresses."""
    return replace_surrogates("\n\n".join(part for part in _parts(prompt) if part.strip()))


def _parts(prompt: Sequence[Any]) -> Iterator[str]:
    for block in prompt:
        if block.type == "text":
            yield block.text
        elif block.type == "resource_link":
            yield f"[{block.name}]({block.uri})"
        elif block.type == "resource":
            text = getattr(block.resource, "text", None)
            yield f"{block.resource.uri}\n{fenced(text)}" if text is not None else f"<{block.resource.uri}>"


def fenced(text: str, language: str = "") -> str:
    """Return a text as a block of code of Markdown, which nothing in the text ends."""
    fence = "`" * (max((len(run) for run in re.findall("`{3,}", text)), default=2) + 1)
    return f"{fence}{language}\n{text}\n{fence}"
