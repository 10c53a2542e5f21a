"""Finds tool calls in a model's text: fenced blocks, and calls printed as JSON. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal, Protocol

SegmentKind = Literal["text", "open", "code", "close", "call"]
TEXT: Final = "text"
OPEN: Final = "open"
CODE: Final = "code"
CLOSE: Final = "close"
CALL: Final = "call"

_CALL_FENCE = re.compile(r"```[ \t]*(tool_call|function_call|json)[ \t]*", re.IGNORECASE)
_FENCE = re.compile(r"```[ \t]*(?:python3?|tool_code|code_interpreter)[ \t]*", re.IGNORECASE)
_LEAD = re.compile(r"[ \t]{0,3}`{0,3}")
_END = re.compile(r"[ \t]{0,3}```[ \t]*")
_PRINTED = re.compile(r"<tool_call>|<\|python_tag\|>|\[TOOL_CALLS\]|<function|```(?:json|tool_call)\s|[{\[]")
_FIRST_KEY = re.compile(r'[\s{\[]*"(\w*)"')
_CALL_KEYS = frozenset({"name", "tool", "function", "type", "arguments", "parameters", "id"})
_LONGEST_HELD = 40_000


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a model's text: text, code with its start and end, or a complete call."""

    kind: SegmentKind
    value: str = ""
    """The characters; of a call its arguments."""
    name: str = ""
    """The name of the called tool; empty if the text cannot be read as a call."""


class TextCallParser(Protocol):
    """Separates text from code while it streams."""

    @property
    def is_over(self) -> bool:
        """True once code is closed: all later text is ignored."""
        ...

    def feed(self, text: str) -> list[Segment]:
        """Add text and return the segments that are certain."""
        ...

    def finish(self) -> list[Segment]:
        """End the text and return the remaining segments."""
        ...


class FencedCallParser:
    """Finds the first ```` ```python ```` or ```` ```tool_call ```` block, and ends the turn after it.

    Models like to continue with invented output, which must not be taken for the real one.

    Args:
        runs_code: Whether blocks of Python are run.
        names: The tools that a block of JSON may call; empty for none.
        code_names: Those among them that stand for a block of Python.
    """

    def __init__(
        self, *, runs_code: bool = True, names: Collection[str] = (), code_names: Collection[str] = ()
    ) -> None:
        self._runs_code = runs_code
        self._names = names
        self._code_names = code_names
        self._held = ""
        self._inside: Literal["", "code", "call"] = ""
        self._call = ""
        """The block of a call so far, with its first line."""
        self._at_line_start = True
        self._blank = True
        """True until something other than white space was written: a message does not start with white space."""
        self._at_code_line_start = True
        self.is_over = False

    def feed(self, text: str) -> list[Segment]:
        """Add text and return the segments that are certain."""
        if self.is_over:
            return []
        self._held += text
        found: list[Segment] = []
        while self._held and not self.is_over:
            before = len(self._held)
            found += self._next(final=False)
            if len(self._held) == before:
                break
        return found

    def finish(self) -> list[Segment]:
        """End the text and return the remaining segments; an open block is closed."""
        found: list[Segment] = []
        if not self.is_over and self._held and not self._inside:
            found += self._text(final=True)
        if self._inside == "code" and not self.is_over:
            found += self._code(final=True)
        elif self._inside == "call" and not self.is_over:
            self._call, self._held = self._call + self._held, ""
            found += self._called()
        return found

    def _next(self, *, final: bool) -> list[Segment]:
        if self._inside == "call":
            return self._line_of_call()
        return self._code(final=final) if self._inside else self._text(final=final)

    def _text(self, *, final: bool) -> list[Segment]:
        end = self._held.find("\n")
        line = self._held if end < 0 else self._held[:end]
        if self._at_line_start and (end >= 0 or final) and (kind := self._opened_by(line.strip())):
            self._inside = kind
            self._call = f"{line}\n"
            self._held = self._held[end + 1 :] if end >= 0 else ""
            return [Segment(OPEN)] if kind == "code" else []
        if end < 0 and not final and self._at_line_start and self._may_open(line):
            return []
        if self._blank and not line.strip():
            if end < 0:
                return []
            self._held = self._held[end + 1 :]
            return self._text(final=final) if self._held else []
        taken = self._held if end < 0 else self._held[: end + 1]
        self._held = self._held[len(taken) :]
        self._at_line_start = end >= 0
        self._blank = False
        return [Segment(TEXT, taken)]

    def _opened_by(self, line: str) -> Literal["", "code", "call"]:
        if self._runs_code and _FENCE.fullmatch(line):
            return "code"
        return "call" if self._names and _CALL_FENCE.fullmatch(line) else ""

    def _may_open(self, line: str) -> bool:
        words = ("python3", "tool_code", "code_interpreter") if self._runs_code else ()
        return _may_open(line, (*words, *(("tool_call", "function_call", "json") if self._names else ())))

    def _code(self, *, final: bool) -> list[Segment]:
        end = self._held.find("\n")
        line = self._held if end < 0 else self._held[:end]
        if self._at_code_line_start and _END.fullmatch(line) and (end >= 0 or final or line.strip() == "```"):
            self.is_over = True
            self._held = ""
            return [Segment(CLOSE)]
        if final:
            self.is_over = True
            rest, self._held = self._held, ""
            return [Segment(CODE, rest), Segment(CLOSE)] if rest else [Segment(CLOSE)]
        if end < 0 and self._at_code_line_start and _LEAD.fullmatch(line):
            return []
        taken = self._held if end < 0 else self._held[: end + 1]
        self._held = self._held[len(taken) :]
        self._at_code_line_start = end >= 0
        return [Segment(CODE, taken)]

    def _line_of_call(self) -> list[Segment]:
        end = self._held.find("\n")
        line = self._held if end < 0 else self._held[:end]
        if end < 0 and line.strip() != "```":
            return []
        taken = self._held if end < 0 else self._held[: end + 1]
        self._call, self._held = self._call + taken, self._held[len(taken) :]
        return self._called() if _END.fullmatch(line) or len(self._call) > _LONGEST_HELD else []

    def _called(self) -> list[Segment]:
        """Return what a block of JSON is: a call, or text that was only meant to be shown."""
        block, self._call, self._inside = self._call, "", ""
        self._at_line_start = True
        head, _, body = block.partition("\n")
        found = printed_call(body, self._names)
        shows_json = head.strip().lower().endswith("json")
        if found is None and (shows_json or len(block) > _LONGEST_HELD):
            self._blank = False
            return [Segment(TEXT, block)]
        self.is_over, self._held = True, ""
        return _segments(found or ("", body.strip().removesuffix("```").strip()), self._code_names)


class PrintedCallParser:
    """Finds a call that a model prints as text at the start of its turn.

    Args:
        names: The tools that may be called.
        code_names: Those among them that stand for a block of Python; None for all.
    """

    def __init__(self, names: Collection[str], code_names: Collection[str] | None = None) -> None:
        self._names = names
        self._code_names = names if code_names is None else code_names
        self._held: str | None = ""
        self.is_over = False

    def feed(self, text: str) -> list[Segment]:
        """Add text and return the segments that are certain."""
        if self._held is None:
            return [Segment(TEXT, text)]
        self._held += text
        head = self._held.lstrip()
        if len(self._held) <= _LONGEST_HELD and (_is_call_so_far(head) or _may_print(head)):
            return []
        return self._release()

    def finish(self) -> list[Segment]:
        """End the text and return the remaining segments."""
        if self._held is None:
            return []
        found = printed_call(self._held, self._names)
        if found is None or (found[0] in self._code_names and _code_of(found[1]) is None):
            return self._release()
        self.is_over, self._held = True, None
        return _segments(found, self._code_names)

    def _release(self) -> list[Segment]:
        held, self._held = self._held or "", None
        return [Segment(TEXT, held)] if held else []


def printed_call(text: str, names: Collection[str]) -> tuple[str, str] | None:
    """Return name and arguments of a call that is printed as text; None if the text is not a call."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end <= start:
        return None
    try:
        found, used = json.JSONDecoder(strict=False).raw_decode(text[start:])
    except ValueError:
        return None
    rest = text[start + used :]
    if re.search(r"\w{3,}", re.sub(r"</?\w+>|```|</?tool_call>", "", rest)):
        return None
    named = (
        found.get("name") or found.get("tool") or found.get("function") if isinstance(found, dict) else None
    )
    if isinstance(named, dict):
        found, named = named, named.get("name")
    if not isinstance(named, str) or named not in names:
        return None
    given: object = next(
        (found[key] for key in ("arguments", "parameters", "args", "input") if key in found), {}
    )
    return named, given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def _code_of(arguments: str) -> str | None:
    try:
        given = json.loads(arguments, strict=False)
    except ValueError:
        return arguments or None
    code = given.get("code") or given.get("input") if isinstance(given, dict) else given
    return code if isinstance(code, str) and code else None


def _segments(found: tuple[str, str], code_names: Collection[str]) -> list[Segment]:
    name, arguments = found
    if name in code_names:
        return [Segment(OPEN), Segment(CODE, _code_of(arguments) or ""), Segment(CLOSE)]
    return [Segment(CALL, arguments, name)]


def _may_open(line: str, words: Collection[str]) -> bool:
    """Return whether an incomplete line may become the start of a block."""
    head = line.lstrip(" \t")
    if len(line) - len(head) > 3:
        return False
    if len(head) < 3:
        return "```".startswith(head)
    info = head[3:].strip().lower()
    return head.startswith("```") and any(word.startswith(info) for word in words)


def _is_call_so_far(head: str) -> bool:
    match = _PRINTED.match(head)
    if match is None:
        return False
    key = _FIRST_KEY.match(head[match.end() :])
    return key is None or key[1] in _CALL_KEYS


def _may_print(head: str) -> bool:
    marks = ("<tool_call>", "<|python_tag|>", "[TOOL_CALLS]", "<function", "```json\n", "```tool_call\n")
    return not head or any(mark.startswith(head) for mark in marks)
