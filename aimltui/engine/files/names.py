"""Names of files as strangers give them."""

from __future__ import annotations

import re
import unicodedata

UNNAMED = "unnamed"
_LONGEST = 255
"""Bytes in UTF-8: what file systems take, since tools put files under their names into a sandbox."""
_LONGEST_SUFFIX = 32
_DANGEROUS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Control characters, invisible ones that turn the reading direction, halves of characters, line breaks."""


def clean_filename(name: str) -> str:
    """The last part of a path, without what could mislead a terminal or a reader, of a length that fits."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    shown = "".join(char for char in last if unicodedata.category(char) not in _DANGEROUS).strip()
    if not shown.strip("."):
        return UNNAMED
    stem, dot, suffix = shown.rpartition(".")
    if not stem or len(suffix) > _LONGEST_SUFFIX:
        stem, dot, suffix = shown, "", ""
    tail = (dot + suffix).encode()
    return stem.encode()[: _LONGEST - len(tail)].decode("utf-8", "ignore") + tail.decode()
