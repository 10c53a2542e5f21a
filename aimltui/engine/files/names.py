"""Cleans file names from untrusted sources."""

from __future__ import annotations

import re
import unicodedata

UNNAMED = "unnamed"
_LONGEST = 255
"""Bytes in UTF-8: the limit of file systems, since tools write files under their names into a sandbox."""
_LONGEST_SUFFIX = 32
_DANGEROUS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control characters, invisible characters that change the reading direction, surrogates, line breaks."""


def clean_filename(name: str) -> str:
    """Return the last part of a path, without characters that could mislead a terminal or a reader, of limited length."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    shown = "".join(char for char in last if unicodedata.category(char) not in _DANGEROUS).strip()
    if not shown.strip("."):
        return UNNAMED
    stem, dot, suffix = shown.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = shown, "", ""
    tail = (dot + suffix).encode()
    return stem.encode()[: _LONGEST - len(tail)].decode("utf-8", "ignore") + tail.decode()
