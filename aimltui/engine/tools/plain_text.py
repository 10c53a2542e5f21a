"""What a program printed, for those who have no terminal to show it on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]"
)


def plain_text(text: str) -> str:
    """Output as a terminal would leave it, without colours: of a progress bar only its last state."""
    return "\n".join(_overwritten(line) for line in _ESCAPES.sub("", text.replace("\r\n", "\n")).split("\n"))


def _overwritten(line: str) -> str:
    parts: Iterator[str] = (part for part in reversed(line.split("\r")) if part)
    return next(parts, "")
