"""Takes keys out of what may be written down: the log, the crash report."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote

Redact = Callable[[str], str]
"""Takes a text, gives it back without secrets."""

HIDDEN = "[redacted]"
_SHORTEST = 8
"""Shorter values are placeholders such as `none`; hiding them would only garble the text."""
_SECRETS = re.compile(
    r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}|\b(sk|pk|rk|key|token)-[\w-]{8,}|((?:api[_-]?key|authorization)[\"']?\s*[:=]\s*[\"']?)[^\s\"',]{6,}"
)


_in_use: set[str] = set()
"""Keys that this process has read or was given. Of the process, as the log and the crash report are."""


def hide(key: str) -> None:
    """From now on this key is replaced wherever a redactor is used, also by one that was made before."""
    if len(key) >= _SHORTEST:
        _in_use.update((key, quote(key, safe="")))


def redact_patterns(text: str) -> str:
    """Replace what looks like a key."""
    return _SECRETS.sub(lambda match: f"{match[1] or match[3] or ''}{HIDDEN}", text)


def redactor(variables: Iterable[str]) -> Redact:
    """A function that replaces the values of these environment variables, keys in use, and what looks like a key."""
    names = tuple(variables)

    def redact(text: str) -> str:
        values = {os.environ.get(name, "").strip() for name in names}
        # the longest first: one key may be the beginning of another
        for value in sorted((v for v in values | _in_use if len(v) >= _SHORTEST), key=len, reverse=True):
            text = text.replace(value, HIDDEN)
        return redact_patterns(text)

    return redact
