"""Makes text of a server fit for a sentence: one line, bounded, without keys or control characters."""

from __future__ import annotations

from aimltui.common.redaction import redact_sentence, redact_values
from aimltui.engine.models.endpoint.secret import Secret

LIMIT = 500
"""Characters of a server's text that are kept."""
_READ_LIMIT = 65_536
"""Characters of a server's text that are looked at."""
_TAIL = 4096
"""Characters before that limit that are not shown, as a key may begin in them. No key is longer."""


def one_line(text: str) -> str:
    """Drops control, bidi, zero-width, tag and private characters; runs of white space become a blank."""
    kept = "".join(c if c.isprintable() else _replacement(c) for c in text)
    return " ".join(kept.split())


def _replacement(char: str) -> str:
    # Invisible characters vanish, so that they cannot split a key into pieces that no pattern finds.
    return " " if char.isspace() else ""


def clip(text: str, limit: int = LIMIT) -> str:
    """At most `limit` characters, with an ellipsis where something was left off."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def presentable(text: str, secret: Secret | None, limit: int = LIMIT) -> str:
    """One clipped, redacted line. Clipping comes last: half a key is no longer recognised as one."""
    shown = redact_values(one_line(text[:_READ_LIMIT]), [secret.reveal()] if secret else ())
    shown = redact_sentence(shown)
    return clip(shown if len(text) <= _READ_LIMIT else shown[:-_TAIL], limit)
