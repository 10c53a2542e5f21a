"""Code that a model writes into its text for the engine to run: fenced blocks, and calls printed as text. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, Protocol

TEXT = "text"
OPEN = "open"
CODE = "code"
CLOSE = "close"
CALL = "call"

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
    """A stretch of what the model wrote: text, code with its beginning and its end, or a whole call."""

    kind: str
    value: str = ""
    """Of a call its arguments."""
    name: str = ""
    """Of a call: whom; empty if the model's words could not be read as a call."""


class TextCallParser(Protocol):
    """Tells text from code while it streams."""

    @property
    def is_over(self) -> bool:
        """True once code is closed: whatever the model writes after it is not heard."""
        ...

    def feed(self, text: str) -> list[Segment]:
        """What is certain by now."""
        ...

    def finish(self) -> list[Segment]:
        """The rest: nothing follows."""
        ...


class FencedCallParser:
    """Finds the first ```` ```python ```` block, or the first ```` ```tool_call ```` block. The turn is over with its end:
    models like to go on with what they think that comes of it, and that must not be taken for what did come of it.

    Args:
        runs_code: Whether blocks of Python are run.
        names: What may be called by a block of JSON; none for nothing.
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
        """The block of a call as far as it goes, with its first line."""
        self._at_line_start = True
        self._blank = True
        """True as long as nothing but white space was written: a message does not begin with that."""
        self._at_code_line_start = True
        self.is_over = False

    def feed(self, text: str) -> list[Segment]:
        """What is certain by now."""
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
        """The rest. A block that nobody closed is closed by the end."""
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
        """What a block of JSON is: a call, or, if it was only to be shown, text."""
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
    """Finds a call that a model prints as text, since it does not know better: only where the turn begins with it.

    Args:
        names: What may be called.
        code_names: Those among them that stand for a block of Python; None for all.
    """

    def __init__(self, names: Collection[str], code_names: Collection[str] | None = None) -> None:
        self._names = names
        self._code_names = names if code_names is None else code_names
        self._held: str | None = ""
        self.is_over = False

    @property
    def found(self) -> bool:
        """True if the turn was such a call."""
        return self.is_over

    def feed(self, text: str) -> list[Segment]:
        """What is certain by now."""
        if self._held is None:
            return [Segment(TEXT, text)]
        self._held += text
        head = self._held.lstrip()
        if len(self._held) <= _LONGEST_HELD and (_is_call_so_far(head) or _may_print(head)):
            return []
        return self._release()

    def finish(self) -> list[Segment]:
        """The rest."""
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
    """Name and arguments of a call that is printed as text; None if the text is none."""
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
    """True if a line that is not complete may become the beginning of a block."""
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
