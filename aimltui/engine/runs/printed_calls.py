"""Reads tool calls that a model printed as text, in the ways of Hermes, Qwen, Llama, Mistral and others. Pure."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Collection
from typing import Any, NamedTuple

from aimltui.common.patterns import pattern
from aimltui.common.python_source import parse_expression

_TAGS = (
    "<tool_call>", "</tool_call>", "<tool_calls>", "</tool_calls>", "<tools>", "</tools>", "<|tool_call|>",
    "<|python_tag|>", "[TOOL_CALLS]", "functools", "</function>", "<|im_end|>", "<|eom_id|>", "<|eot_id|>",
)  # fmt: skip
_LONGEST_TAG = 20
_FENCES = ("```", "```json", "```tool_call", "```tool_calls", "```function_call")
_SKIPPED = pattern(
    "|".join(map(re.escape, _TAGS))
    # many brackets are one match, but not the one with which [TOOL_CALLS] begins
    + r"|(?:\[(?!T)|[\s\],;])+|\[|```[ \t]*+(?:json|tool_calls?|function_call)?[ \t]*+(?=\n|$)",
    re.IGNORECASE,
)
"""What stands around calls."""
_CLOSED = pattern(r"</tool_calls?>", re.IGNORECASE)
_PYTHON = "<|python_tag|>"
_FUNCTION = pattern(r"<function=([\w.-]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
_PARAMETER = pattern(r"<parameter=([\w.-]+)>\n?(.*?)\n?(?:</parameter>|\Z)", re.DOTALL)
_KEY = pattern(r'\s*(?:"(\w*)("?)|\Z)')
_STRING = pattern(r'\s*:\s*"([^"]*)("?)')
_CALL_KEYS = ("name", "tool", "function", "type", "arguments", "parameters", "id")
_NAMES = ("name", "tool", "function")
_ARGUMENTS = ("arguments", "parameters", "args", "input")
_WORD = pattern(r"\w{3,}")
_IDENTIFIER = pattern(r"[\w.]+")
_LONGEST_LIST = 10_000


class PrintedCall(NamedTuple):
    """A call: the tool's name and its arguments as JSON."""

    name: str
    arguments: str


def printed_calls(text: str, names: Collection[str], code_names: Collection[str] = ()) -> list[PrintedCall]:
    """Return the calls of which a text consists; none if it is, or contains, something else.

    What follows a closing tag is ignored: models invent the results of their calls.

    Args:
        text: A model's text.
        names: The tools that may be called.
        code_names: Those among them that stand for code, which Llama writes after `<|python_tag|>` as it is.
    """
    found: list[PrintedCall] = []
    place = 0
    while place < len(text):
        if skipped := _SKIPPED.match(text, place):
            place = skipped.end()
            continue
        read = _call_at(text, place, names)
        if read is None:
            break
        call, place = read
        found.append(call)
    rest = text[place:]
    if found:
        is_closed = _CLOSED.search(text[:place]) is not None
        return found if is_closed or not _WORD.search(rest) else []
    if code_names and text.lstrip().startswith(_PYTHON) and rest.strip() and rest[0] != "{":
        return [PrintedCall(sorted(code_names)[0], json.dumps({"code": rest}, ensure_ascii=False))]
    return _listed_calls(text, names)


def may_become_calls(text: str, names: Collection[str], *, fences: bool = True) -> bool:
    """Return whether the beginning of a text may turn out to be nothing but calls.

    Args:
        text: The text so far.
        names: The tools that may be called.
        fences: Whether a call may stand in a fenced block.
    """
    marks = (*_TAGS, "<function=", *(_FENCES if fences else ()))
    place = 0
    while place < len(text):
        lower = text[place:].lower() if len(text) - place < _LONGEST_TAG else ""
        if lower and any(mark.lower().startswith(lower) for mark in marks):
            return True
        skipped = _SKIPPED.match(text, place)
        if skipped is None or (not fences and skipped[0].startswith("`")):
            break
        place = skipped.end()
    rest = text[place:]
    if not rest or text[:place].lstrip().startswith(_PYTHON) or rest.lower().startswith("<function="):
        return True
    if rest[0] == "{":
        return _may_be_call(rest[1:], names)
    word = _IDENTIFIER.match(rest)
    if word is None or "[" not in text[:place]:
        return False
    is_whole = word.end() < len(rest)
    return (word[0] in names and rest[word.end()] == "(") if is_whole else _begins(word[0], names)


def has_closed_calls(text: str, names: Collection[str]) -> bool:
    """Return whether a text has calls in tags, and then something else: nothing can be added to the calls."""
    closed = list(_CLOSED.finditer(text))
    return bool(closed) and not may_become_calls(text[closed[-1].end() :], names)


def code_of(arguments: str) -> str | None:
    """Return the code in the arguments of a code interpreter's call; None if there is none."""
    try:
        given = json.loads(arguments, strict=False)
    except (ValueError, RecursionError):
        return arguments or None
    code = given.get("code") or given.get("input") if isinstance(given, dict) else given
    return code if isinstance(code, str) and code else None


def _call_at(text: str, place: int, names: Collection[str]) -> tuple[PrintedCall, int] | None:
    """Return the call at a place and where it ends."""
    if tagged := _FUNCTION.match(text, place):
        name, body = tagged[1], tagged[2].strip()
        if name not in names:
            return None
        given = body if body.startswith("{") else json.dumps(_parameters(body), ensure_ascii=False)
        return PrintedCall(name, given), tagged.end()
    if not text.startswith("{", place):
        return None
    try:
        value, end = json.JSONDecoder(strict=False).raw_decode(text, place)
        call = _named(value, names)
    except (ValueError, RecursionError):
        return None
    return (call, end) if call is not None else None


def _named(value: Any, names: Collection[str]) -> PrintedCall | None:
    named = next((value[key] for key in _NAMES if value.get(key)), None)
    if isinstance(named, dict):
        value, named = named, named.get("name")
    if not isinstance(named, str) or named not in names:
        return None
    given: Any = next((value[key] for key in _ARGUMENTS if key in value), {})
    return PrintedCall(named, given if isinstance(given, str) else json.dumps(given, ensure_ascii=False))


def _parameters(body: str) -> dict[str, Any]:
    return {name: _value(text) for name, text in _PARAMETER.findall(body)}


def _value(text: str) -> Any:
    """Return what a parameter stands for: a number, an object and the like, or else its text."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if isinstance(value, str) else value


def _listed_calls(text: str, names: Collection[str]) -> list[PrintedCall]:
    """Read calls in the form `[weather(city="Oslo")]`."""
    text = text.strip().removeprefix(_PYTHON).strip()
    if not text.startswith("[") or not text.endswith("]") or len(text) > _LONGEST_LIST:
        return []
    try:
        parsed = parse_expression(text)
        items = parsed.elts if isinstance(parsed, ast.List) else []
        calls = [_listed_call(item, names) for item in items]
    except (SyntaxError, TypeError, ValueError, RecursionError, MemoryError):
        return []
    found = [call for call in calls if call is not None]
    return found if len(found) == len(calls) else []


def _listed_call(item: ast.expr, names: Collection[str]) -> PrintedCall | None:
    if not isinstance(item, ast.Call) or item.args:
        return None
    name = ast.unparse(item.func)
    if name not in names:
        return None
    given = {one.arg: ast.literal_eval(one.value) for one in item.keywords if one.arg is not None}
    return PrintedCall(name, json.dumps(given, ensure_ascii=False, default=str))


def _may_be_call(text: str, names: Collection[str]) -> bool:
    """Return whether the beginning of an object, after its brace, may be that of a call."""
    key = _KEY.match(text)
    if key is None:
        return False
    if key[1] is None:
        return True
    if not key[2]:
        return _begins(key[1], _CALL_KEYS)
    named = _STRING.match(text, key.end())
    if named is None or key[1] not in ("name", "tool"):
        return key[1] in _CALL_KEYS
    return named[1] in names if named[2] else _begins(named[1], names)


def _begins(word: str, names: Collection[str]) -> bool:
    return any(name.startswith(word) for name in names)
