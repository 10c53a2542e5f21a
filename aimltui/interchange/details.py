"""Thoughts and tool calls that Open WebUI writes into the text of an answer, as `<details>` elements."""

from __future__ import annotations

import html
import json
import re

from aimltui.interchange.records import JSONValue, Part, Text, Thought, ToolCall

_OPEN = re.compile(r"<details\b([^>]*)>")
_CLOSE = "</details>"
_ATTRIBUTE = re.compile(r'(?<![\w-])([\w-]++)="([^"]*)"')
_SUMMARY = re.compile(r"<summary>[^<]*</summary>")
_KINDS = frozenset({"reasoning", "tool_calls", "code_interpreter"})
_FENCE = re.compile(r"```\w*\n(.*?)```", re.DOTALL)


def split_details(value: str) -> list[Part]:
    """The parts of an answer's text, in order; `<details>` of another kind stay in the text."""
    parts: list[Part] = []
    position = 0
    # where no end follows, each search for one would take as long as the text
    for match in _OPEN.finditer(value, 0, value.rfind(">") + 1):
        attributes = {key: html.unescape(told) for key, told in _ATTRIBUTE.findall(match[1])}
        if match.start() < position or attributes.get("type") not in _KINDS:
            continue
        end = value.find(_CLOSE, match.end())
        body = value[match.end() : len(value) if end < 0 else end]
        parts += [Text(value[position : match.start()].strip()), _part(attributes, body)]
        position = len(value) if end < 0 else end + len(_CLOSE)
    parts.append(Text(value[position:].strip()))
    return [part for part in parts if not isinstance(part, Text) or part.value]


def _part(attributes: dict[str, str], body: str) -> Part:
    words = html.unescape(_SUMMARY.sub("", body, count=1)).strip()
    if attributes["type"] == "reasoning":
        return Thought("\n".join(line.removeprefix("> ").removeprefix(">") for line in words.split("\n")))
    if attributes["type"] == "tool_calls":
        given, result = _unquoted(attributes.get("arguments")), _unquoted(attributes.get("result"))
        return ToolCall("tool", attributes.get("name"), given, _as_text(result), attributes.get("id"))
    fence = _FENCE.search(words)
    return ToolCall("code", None, fence[1] if fence else words, _output(_unquoted(attributes.get("output"))))


def _unquoted(value: str | None) -> JSONValue:
    """What an attribute holds: JSON, in which there is often JSON text again."""
    if not value:
        return None
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _as_text(value: JSONValue) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _output(value: JSONValue) -> str | None:
    printed = value.get("stdout") if isinstance(value, dict) else None
    return printed if isinstance(printed, str) else _as_text(value)
