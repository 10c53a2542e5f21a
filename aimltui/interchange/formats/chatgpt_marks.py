"""Marks in the texts of ChatGPT's export: what stands for a page, a thing or a block of writing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from aimltui.interchange.fields import items, mapping, mappings, name, text
from aimltui.interchange.records import JSONValue, Source

_OPEN, _NEXT, _CLOSE = "\ue200", "\ue202", "\ue201"
_MARK = re.compile(f"{_OPEN}([^{_OPEN}{_NEXT}{_CLOSE}]*)((?:{_NEXT}[^{_OPEN}{_NEXT}{_CLOSE}]*)*){_CLOSE}")
_UNCLOSED = re.compile(f"{_OPEN}\\w*{_NEXT}([^\\s{_OPEN}{_NEXT}{_CLOSE}]*)(?:{_NEXT}\\S*)?")
_STRAY = re.compile("[\ue200-\ue20f]")
_OLD_MARK = re.compile(r"【\d+(?::\d+)?†[^【】\n]*】")
_WRITING = re.compile(r"^:::writing\{[^\n]*\}[ \t]*\n(.*?)(?:^:::[ \t]*$\n?|\Z)", re.MULTILINE | re.DOTALL)
_NAMED = frozenset({"entity", "url"})


def shown(value: str, metadata: Mapping[str, JSONValue]) -> str:
    """The words as the page showed them."""
    if _OPEN in value or "【" in value:
        value = _with_references(value, metadata)
        value = _MARK.sub(_words_of, value)
        value = _UNCLOSED.sub(r"\1", value)
        value = _OLD_MARK.sub("", value)
    value = _STRAY.sub("", value)
    return _WRITING.sub(r"\1", value) if ":::writing" in value else value


def sources(metadata: Mapping[str, JSONValue]) -> Iterator[Source]:
    """The pages that a message refers to, each once."""
    seen = set[str]()
    for page in _pages(metadata):
        url = text(page.get("url"))
        if url and url not in seen:
            seen.add(url)
            yield Source(name(page.get("title")), url)


def _pages(metadata: Mapping[str, JSONValue]) -> Iterator[Mapping[str, JSONValue]]:
    for reference in mappings(metadata.get("content_references")):
        for page in (reference, *mappings(reference.get("items")), *mappings(reference.get("sources"))):
            yield page
            yield from mappings(page.get("supporting_websites"))
    for citation in mappings(metadata.get("citations")):
        yield mapping(citation.get("metadata"))


def _with_references(value: str, metadata: Mapping[str, JSONValue]) -> str:
    for reference in mappings(metadata.get("content_references")):
        matched = text(reference.get("matched_text"))
        if _OPEN in matched or "【" in matched:
            value = value.replace(matched, _replacement(reference))
    return value


def _replacement(reference: Mapping[str, JSONValue]) -> str:
    if reference.get("type") != "entity":
        return ""
    return text(reference.get("name")) or text(reference.get("prompt_text"))


def _words_of(match: re.Match[str]) -> str:
    kind, arguments = match[1], match[2].split(_NEXT)[1:]
    if kind not in _NAMED or not arguments:
        return ""
    try:
        named = [text(item) for item in items(json.loads(arguments[0]))]
    except (ValueError, RecursionError):
        return arguments[0]
    # the first is the kind of thing, such as city
    return (named[1] if len(named) > 1 else "".join(named)) if kind == "entity" else arguments[0]
