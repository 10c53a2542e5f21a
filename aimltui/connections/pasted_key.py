"""Keys as people paste them, and as they may be shown. Pure."""

from __future__ import annotations

import re

from aimltui.common.errors import ConfigError

_ASSIGNED = re.compile(
    r"^(?:(?:(?i:export|set|setx|env)\s+|\$env:)[A-Za-z_]\w*|[A-Z_][A-Z0-9_]*)\s*=\s*(?=[^=\s])"
)
"""A key may hold `=` itself, at its end; so does the end of text in base64."""
_HEADER = re.compile(r"^(?:-H\s+)?[\"']?(?:authorization\s*:|api-key\s*:|x-api-key\s*:)\s*", re.IGNORECASE)
_BEARER = re.compile(r"^bearer\s+", re.IGNORECASE)
_AROUND = "\"'`“”‘’«»,;<>"
_LONGEST = 8_192
_HIDES = 12
"""A shorter key would be given away by its beginning and end."""


def clean_key(text: str) -> str:
    """The key in what was pasted: without blanks, line ends, quotes, `export X=`, `Bearer`, invisible characters.

    Raises:
        ConfigError: Nothing is left, or what is left cannot be a key. The text is not repeated.
    """
    # An invisible character becomes nothing, an odd blank a blank; a key that was wrapped is joined again below.
    seen = "".join(
        c if c.isprintable() else " " if c.isspace() else "" for c in text.replace("\u00ad", "")
    ).strip()
    for pattern in (_HEADER, _ASSIGNED, _BEARER):
        seen = pattern.sub("", seen.strip(_AROUND + " ")).strip()
    key = "".join(seen.strip(_AROUND + " ").split())
    if not key:
        raise ConfigError("There is no key in this. Copy it again from the page where the provider shows it.")
    if not key.isascii() or len(key) > _LONGEST:
        raise ConfigError(
            "This cannot be a key: keys are made of plain letters, digits and signs. Copy it again from the page where "
            "the provider shows it."
        )
    return key


def mask(key: str) -> str:
    """The key's beginning and end, as `sk-…1f3a`; of a short one nothing."""
    if len(key) < _HIDES:
        return "…"
    head = re.match(r"(?:[A-Za-z]{1,4}[-_])+", key[: len(key) // 2])
    return f"{head[0] if head else key[:2]}…{key[-4:]}"
