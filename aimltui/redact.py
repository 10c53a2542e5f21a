"""Takes keys out of what may be written down: the log, the crash report."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

Redact = Callable[[str], str]
"""Takes a text, gives it back without secrets."""

HIDDEN = "[redacted]"
_SHORTEST = 8
"""Shorter values are placeholders such as `none`; hiding them would only garble the text."""
_SECRETS = re.compile(
    r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}|\b(sk|pk|rk|key|token)-[\w-]{8,}|((?:api[_-]?key|authorization)[\"']?\s*[:=]\s*[\"']?)[^\s\"',]{6,}"
)


def redact_patterns(text: str) -> str:
    """Replace what looks like a key."""
    return _SECRETS.sub(lambda match: f"{match[1] or match[3] or ''}{HIDDEN}", text)


def redactor(variables: Iterable[str]) -> Redact:
    """A function that replaces the values of these environment variables, and what looks like a key."""
    names = tuple(variables)

    def redact(text: str) -> str:
        for name in names:
            value = os.environ.get(name, "").strip()
            if len(value) >= _SHORTEST:
                text = text.replace(value, HIDDEN)
        return redact_patterns(text)

    return redact
