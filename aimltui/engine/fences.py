"""Code that a model writes into its text for the engine to run: fenced blocks, and calls printed as text. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

TEXT = "text"
OPEN = "open"
CODE = "code"
CLOSE = "close"

_FENCE = re.compile(r"```[ \t]*(?:python3?|tool_code|code_interpreter)[ \t]*", re.IGNORECASE)
_LEAD = re.compile(r"[ \t]{0,3}`{0,3}")
_END = re.compile(r"[ \t]{0,3}```[ \t]*")
_PRINTED = re.compile(r"<tool_call>|<\|python_tag\|>|\[TOOL_CALLS\]|<function|```(?:json|tool_call)\s|[{\[]")
_FIRST_KEY = re.compile(r'[\s{\[]*"(\w*)"')
_CALL_KEYS = frozenset({"name", "tool", "function", "type", "arguments", "parameters", "id"})
_LONGEST_HELD = 40_000


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of what the model wrote: text, or code with its beginning and its end."""

    kind: str
    value: str = ""


class Splitter(Protocol):
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


class FenceSplitter:
    """Finds the first ```` ```python ```` block. The turn is over with its end: models like to go on with what they
    think that the code prints, and that must not be taken for what it did print.
    """

    def __init__(self) -> None:
        self._held = ""
        self._inside = False
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
            size = len(found)
            found += self._code(final=False) if self._inside else self._text(final=False)
            if len(found) == size:
                break
        return found

    def finish(self) -> list[Segment]:
        """The rest. A block that nobody closed is closed by the end."""
        found: list[Segment] = []
        if not self.is_over and self._held and not self._inside:
            found += self._text(final=True)
        if self._inside and not self.is_over:
            found += self._code(final=True)
        return found

    def _text(self, *, final: bool) -> list[Segment]:
        end = self._held.find("\n")
        line = self._held if end < 0 else self._held[:end]
        if self._at_line_start and _FENCE.fullmatch(line.strip()) and (end >= 0 or final):
            self._inside = True
            self._held = self._held[end + 1 :] if end >= 0 else ""
            return [Segment(OPEN)]
        if end < 0 and not final and self._at_line_start and _may_open(line):
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

    _at_code_line_start = True


class PrintedCallSplitter:
    """Finds a call that a model prints as text, since it does not know better: only where the turn begins with it.

    Args:
        names: The tool's names.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = names
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
        code = printed_code(self._held, self._names)
        if code is None:
            return self._release()
        self.is_over, self._held = True, None
        return [Segment(OPEN), Segment(CODE, code), Segment(CLOSE)]

    def _release(self) -> list[Segment]:
        held, self._held = self._held or "", None
        return [Segment(TEXT, held)] if held else []


def printed_code(text: str, names: Collection[str]) -> str | None:
    """The code of a call that is printed as text; None if the text is none."""
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
    if named not in names:
        return None
    given = next((found[key] for key in ("arguments", "parameters", "args", "input") if key in found), None)
    if isinstance(given, str):
        try:
            given = json.loads(given, strict=False)
        except ValueError:
            return given or None
    code = given.get("code") or given.get("input") if isinstance(given, dict) else given
    return code if isinstance(code, str) and code else None


def _may_open(line: str) -> bool:
    """True if a line that is not complete may become the beginning of a block."""
    head = line.lstrip(" \t")
    if len(line) - len(head) > 3:
        return False
    if len(head) < 3:
        return "```".startswith(head)
    words = ("python3", "tool_code", "code_interpreter")
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
