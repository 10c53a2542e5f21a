"""Replaces keys in text: in the log, in the crash report, in sentences that a server wrote."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from urllib.parse import quote

from aimltui.common.patterns import pattern

Redact = Callable[[str], str]
"""Takes a text and returns it without secrets."""

HIDDEN = "[redacted]"
SHORTEST = 8
"""Shorter values are placeholders such as `none`; replacing them would garble the text."""
_SECRETS = pattern(
    r"(?i)\b(bearer\s+)[\w.~+/=-]{8,}|\b(sk|pk|rk|key|token)-[\w*.-]{8,}|((?:api[_-]?key|authorization)[\"']?\s*[:=]\s*[\"']?)[^\s\"',]{6,}"
)
_IN_SENTENCES = pattern(
    r"(?i:\bbearer\s+(?!token\b|auth)[^\s\"',;]{6,})"  # a header quoted back
    r"|\b(?:sk|pk|rk|key)-[A-Za-z0-9_*.\-]{8,}"  # the usual shapes, also when partly starred out
)


_in_use: set[str] = set()
"""Keys that this process has read. There is one set per process, like the log and the crash report."""


def hide(key: str) -> None:
    """Make every redactor of this process replace this key, also redactors that exist already."""
    if len(key) >= SHORTEST:
        _in_use.update(_forms(key))


def redact_values(text: str, keys: Iterable[str]) -> str:
    """Replace these keys, as they are and as a URL quotes them."""
    forms = {form for key in keys if len(key) >= SHORTEST for form in _forms(key)}
    # the longest first: one key may be the beginning of another
    for form in sorted(forms, key=len, reverse=True):
        text = text.replace(form, HIDDEN)
    return text


def redact_in_use(text: str) -> str:
    """Replace the keys that this process has read, and nothing else: for what users write to files."""
    return redact_values(text, _in_use) if _in_use else text


def redact_patterns(text: str) -> str:
    """Replace everything that looks like a key: for logs, where nobody misses a word that only looks like one."""
    return _SECRETS.sub(lambda match: f"{match[1] or match[3] or ''}{HIDDEN}", text)


def redact_sentence(text: str) -> str:
    """Replace what looks like a key, but leave words such as "bearer token" in a sentence for the user."""
    return _IN_SENTENCES.sub(HIDDEN, text)


def redactor(variables: Iterable[str]) -> Redact:
    """Return a function that replaces keys in use, the values of these environment variables, and what looks like a key."""
    names = tuple(variables)

    def redact(text: str) -> str:
        values = (os.environ.get(name, "").strip() for name in names)
        return redact_patterns(redact_values(text, {*values, *_in_use}))

    return redact


def _forms(key: str) -> tuple[str, str]:
    return key, quote(key, safe="")
