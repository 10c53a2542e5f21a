"""Finds tool calls in a model's text: fenced blocks, and calls printed as JSON. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final, Literal, Protocol

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.runs.printed_calls import (
    PrintedCall,
    code_of,
    has_closed_calls,
    may_become_calls,
    printed_calls,
)

SegmentKind = Literal["text", "open", "code", "close", "call"]
TEXT: Final = "text"
OPEN: Final = "open"
CODE: Final = "code"
CLOSE: Final = "close"
CALL: Final = "call"

_CALL_FENCE = pattern(r"```[ \t]*(tool_call|function_call|json)[ \t]*", re.IGNORECASE)
_FENCE = pattern(r"```[ \t]*(?:python3?|tool_code|code_interpreter)[ \t]*", re.IGNORECASE)
_LEAD = pattern(r"[ \t]{0,3}`{0,3}")
_END = pattern(r"[ \t]{0,3}```[ \t]*")
_TAGS = ("<tool_call>", "<|tool_call|>", "[TOOL_CALLS]")
_TAG_LINE = pattern(r"(?:^|\n)[ \t]*(" + "|".join(map(re.escape, _TAGS)) + ")")
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

    def abandon(self) -> list[Segment]:
        """End a text that was cut off, in which nothing is a call; return what was held back."""
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

    def abandon(self, more: str = "") -> list[Segment]:
        """End a text that was cut off, in which nothing is a call; return what was held back, and `more`."""
        held = (self._call + self._held if self._inside == "call" else self._held) + more
        self._call = self._held = ""
        was_over, self.is_over = self.is_over, True
        if was_over or not held:
            return []
        return [Segment(CODE if self._inside == "code" else TEXT, held)]

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
            if end >= 0:
                self._held = self._held[end + 1 :]
            return []
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
        found = printed_calls(body, self._names)
        shows_json = head.strip().lower().endswith("json")
        if not found and (shows_json or len(block) > _LONGEST_HELD):
            self._blank = False
            return [Segment(TEXT, block)]
        self.is_over, self._held = True, ""
        unread = PrintedCall("", body.strip().removesuffix("```").strip())
        return [segment for call in found or [unread] for segment in _segments(call, self._code_names)]


class PrintedCallParser:
    """Finds calls that a model prints as text: alone, or in tags that begin a line after some text.

    Args:
        names: The tools that may be called.
        code_names: Those among them that stand for a block of Python; None for all.
        fences: Whether a call may stand in a fenced block.
    """

    def __init__(
        self, names: Collection[str], code_names: Collection[str] | None = None, *, fences: bool = True
    ) -> None:
        self._names = names
        self._code_names = names if code_names is None else code_names
        self._fences = fences
        self._held = ""
        self._may_be_calls = True
        """Whether all of the held text may turn out to be calls, as at the start of a turn."""
        self._at_line_start = True
        self.is_over = False

    def feed(self, text: str) -> list[Segment]:
        """Add text and return the segments that are certain."""
        self._held += text
        found: list[Segment] = []
        while self._held and not self.is_over:
            if not self._may_be_calls:
                found += self._until_tag()
                if not self._may_be_calls:
                    break
            elif len(self._held) > _LONGEST_HELD:
                found += self._first_line()
            elif has_closed_calls(self._held, self._names):
                found += self._called()
            elif may_become_calls(self._held, self._names, fences=self._fences):
                break
            else:
                found += self._first_line()
        return found

    def finish(self) -> list[Segment]:
        """End the text and return the remaining segments."""
        if self.is_over:
            return []
        return self._called() if self._may_be_calls else self._text(len(self._held))

    def abandon(self) -> list[Segment]:
        """End a text that was cut off, in which nothing is a call; return what was held back."""
        return [] if self.is_over else self._text(len(self._held))

    def _called(self) -> list[Segment]:
        calls = printed_calls(self._held, self._names, self._code_names)
        if not calls or any(name in self._code_names and code_of(given) is None for name, given in calls):
            self._may_be_calls = False
            return self._text(len(self._held))
        self.is_over, self._held = True, ""
        return [segment for call in calls for segment in _segments(call, self._code_names)]

    def _until_tag(self) -> list[Segment]:
        """Return the text before a tag that begins a line, or before the beginning of one."""
        tag = _TAG_LINE.search(self._held)
        if tag is not None and (tag.start() or self._at_line_start or self._held[0] == "\n"):
            self._may_be_calls = True
            return self._text(tag.start(1))
        start = self._held.rfind("\n") + 1
        line = self._held[start:].lstrip(" \t")
        is_tag = line and (start or self._at_line_start) and any(tag.startswith(line) for tag in _TAGS)
        return self._text(start if is_tag else len(self._held))

    def _first_line(self) -> list[Segment]:
        """Give up the first line of the held text: it is no call."""
        self._may_be_calls = False
        end = self._held.find("\n", 1)
        return self._text(end if end > 0 else len(self._held))

    def _text(self, length: int) -> list[Segment]:
        text, self._held = self._held[:length], self._held[length:]
        self._at_line_start = text.endswith("\n") if text else self._at_line_start
        return [Segment(TEXT, text)] if text else []


class TextCalls:
    """Finds calls that are printed in the ways of `PrintedCallParser` and in the blocks of `FencedCallParser`."""

    def __init__(self, printed: PrintedCallParser, fenced: FencedCallParser) -> None:
        self._printed = printed
        self._fenced = fenced

    @property
    def is_over(self) -> bool:
        """True once a call is complete."""
        return self._printed.is_over or self._fenced.is_over

    def feed(self, text: str) -> list[Segment]:
        """Add text and return the segments that are certain."""
        return [] if self.is_over else self._sorted(self._printed.feed(text))

    def finish(self) -> list[Segment]:
        """End the text and return the remaining segments."""
        found = [] if self.is_over else self._sorted(self._printed.finish())
        return found if self._printed.is_over else found + self._fenced.finish()

    def abandon(self) -> list[Segment]:
        """End a text that was cut off, in which nothing is a call; return what was held back."""
        if self.is_over:
            return []
        return self._fenced.abandon("".join(segment.value for segment in self._printed.abandon()))

    def _sorted(self, segments: Sequence[Segment]) -> list[Segment]:
        found: list[Segment] = []
        for place, segment in enumerate(segments):
            if segment.kind != TEXT:
                return found + self._fenced.finish() + list(segments[place:])
            found += self._fenced.feed(segment.value)
        return found


def _segments(found: PrintedCall, code_names: Collection[str]) -> list[Segment]:
    name, arguments = found
    if name in code_names:
        return [Segment(OPEN), Segment(CODE, code_of(arguments) or ""), Segment(CLOSE)]
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
