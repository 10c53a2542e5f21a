"""Reads the words of a search among its filters. Pure."""

from __future__ import annotations

import re

from aimltui.common.patterns import pattern

_FILTERS = pattern(r"(?<!\S)(?:assistant|model|has|before):(?:\"[^\"]*\"|\S*)", re.I)


def without_filters(query: str) -> str:
    """Return a query without its filters."""
    return _FILTERS.sub(" ", query)


def texts_of(query: str) -> list[str]:
    """Return the words of a query without its filters, in lower case."""
    return without_filters(query).lower().split()
