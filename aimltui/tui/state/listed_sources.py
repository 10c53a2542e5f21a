"""The list of sources with which the answer of a model ends that searched the web by itself, as citations. Pure."""

from __future__ import annotations

import re
from typing import Final

from aimltui.common.patterns import pattern
from aimltui.formatting.links import parted_sources
from aimltui.formatting.web_passages import host_of
from aimltui.tui.state.entries import Citation, Source

_CODE: Final = pattern(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`", re.S)
_REFERENCE: Final = pattern(r"\[(\d{1,2})\](?![(\[:])")


def cited_sources(text: str) -> tuple[str, tuple[Citation, ...]]:
    """Return an answer without its list of sources, and the citations of them.

    A reference such as `[1]` outside code cites the first one. A source without a reference is a citation without a
    place in the text, so that it is shown under the answer.
    """
    said, listed = parted_sources(text)
    if not listed:
        return text, ()
    code = [found.span() for found in _CODE.finditer(said)]
    found: list[Citation] = []
    for reference in _REFERENCE.finditer(said):
        number = int(reference[1])
        in_code = any(start <= reference.start() < end for start, end in code)
        if 1 <= number <= len(listed) and not in_code:
            found.append(_citation(reference.span(), number, listed[number - 1]))
    referred = {citation.number for citation in found}
    found += [
        _citation((0, 0), number, one) for number, one in enumerate(listed, 1) if number not in referred
    ]
    return said, tuple(found)


def _citation(place: tuple[int, int], number: int, listed: tuple[str, str]) -> Citation:
    url, title = listed
    host = host_of(url)
    source = Source("", title or host, host if title else "", url=url)
    return Citation(*place, number, source.name, "web", source=source)
