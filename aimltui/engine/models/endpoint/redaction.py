"""Makes a server's text safe to show in a sentence: one short line without keys or control characters."""

from __future__ import annotations

from aimltui.common.redaction import redact_sentence, redact_values
from aimltui.engine.models.endpoint.secret import Secret

LIMIT = 500
"""Characters of a server's text that are shown."""
_READ_LIMIT = 65_536
"""Characters of a server's text that are read."""
_TAIL = 4096
"""Characters before that limit that are not shown, because a key may start there. No key is longer."""


def one_line(text: str) -> str:
    """Remove control, bidi, zero-width, tag and private characters, and join white space to one space."""
    kept = "".join(c if c.isprintable() else _replacement(c) for c in text)
    return " ".join(kept.split())


def _replacement(char: str) -> str:
    # Invisible characters are removed, so that they cannot hide a key from the patterns.
    return " " if char.isspace() else ""


def clip(text: str, limit: int = LIMIT) -> str:
    """Shorten a text to `limit` characters, with an ellipsis at its end."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def presentable(text: str, secret: Secret | None, limit: int = LIMIT) -> str:
    """One short line without keys. The text is shortened last, because half a key would not be recognised."""
    shown = redact_values(one_line(text[:_READ_LIMIT]), [secret.reveal()] if secret else ())
    shown = redact_sentence(shown)
    return clip(shown if len(text) <= _READ_LIMIT else shown[:-_TAIL], limit)
