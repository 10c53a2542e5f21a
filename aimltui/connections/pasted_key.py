"""Cleans pasted keys, and masks keys for the screen. Pure."""

from __future__ import annotations

import re

from aimltui.common.errors import ConfigError
from aimltui.common.patterns import pattern

_ASSIGNED = pattern(
    r"^(?:(?:(?i:export|set|setx|env)\s+|\$env:)[A-Za-z_]\w*|[A-Z_][A-Z0-9_]*)\s*=\s*(?=[^=\s])"
)
"""Matches `export NAME=`. A key may end in `=`, as base64 text does."""
_HEADER = pattern(r"^(?:-H\s+)?[\"']?(?:authorization\s*:|api-key\s*:|x-api-key\s*:)\s*", re.IGNORECASE)
_BEARER = pattern(r"^bearer\s+", re.IGNORECASE)
_AROUND = "\"'`“”‘’«»,;<>"
_LONGEST = 8_192
_HIDES = 12
"""The shortest key of which beginning and end are shown."""


def clean_key(text: str) -> str:
    """Return the key in a pasted text, without spaces, line ends, quotes, `export X=`, `Bearer`, invisible characters.

    Raises:
        ConfigError: The text contains no key. The error does not repeat it.
    """
    # Invisible characters are removed, other white space becomes a space; a wrapped key is joined again below.
    seen = "".join(
        c if c.isprintable() else " " if c.isspace() else "" for c in text.replace("\u00ad", "")
    ).strip()
    for known in (_HEADER, _ASSIGNED, _BEARER):
        seen = known.sub("", seen.strip(_AROUND + " ")).strip()
    key = "".join(seen.strip(_AROUND + " ").split())
    if not key:
        raise ConfigError("There is no key in this text. Copy the key again from the provider's page.")
    if not key.isascii() or len(key) > _LONGEST:
        raise ConfigError(
            "This is not a key: keys consist of plain letters, digits and punctuation. Copy the key again from the provider's page."
        )
    return key


def mask(key: str) -> str:
    """Return the key's beginning and end, such as `sk-…1f3a`; only `…` for a short key."""
    if len(key) < _HIDES:
        return "…"
    head = re.match(r"(?:[A-Za-z]{1,4}[-_])+", key[: len(key) // 2])
    return f"{head[0] if head else key[:2]}…{key[-4:]}"
