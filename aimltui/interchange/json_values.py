"""Reads JSON from strangers value by value: in bounded memory, and past what is broken.

No library does this: those that stream (ijson, json-stream) end at the first fault and show no bytes, and a saved
file with one broken conversation must not lose the others. This one only looks for the borders of the outermost
array's elements, the outermost object's members, or the lines; `json` reads what stands between them.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import field
from typing import BinaryIO, Literal

from aimltui.common.dataclass import dataclass
from aimltui.interchange.records import JSONValue, UnreadableInput

MAX_VALUE = 128 * 1024 * 1024
"""Bytes of one element, member or line."""
MAX_DEPTH = 20_000
"""Arrays and objects within each other. LibreChat nests two for each message."""
_SHALLOW = 300
"""So deep `json` goes on every Python."""
_CHUNK = 256 * 1024

Shape = Literal["array", "object", "lines"]


def scanners(repeat: bytes) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return what passes over text to the next bracket, and what passes over the inside of a string.

    Args:
        repeat: How groups are repeated: `*+`, or `*`, which takes memory for each repetition.
    """
    string = rb'(?:[^"\\]++|\\.)%s' % repeat
    plain = rb'[^"\[\]{}]++|"%s"' % string
    flat = rb"%s|\{(?:%s)%s\}|\[(?:%s)%s\]" % (plain, plain, repeat, plain, repeat)
    nearly_flat = rb"%s|\{(?:%s)%s\}|\[(?:%s)%s\]" % (plain, flat, repeat, flat, repeat)
    return re.compile(rb"(?:%s)%s" % (nearly_flat, repeat), re.DOTALL), re.compile(string, re.DOTALL)


def _repeat() -> bytes:
    """Return how groups are repeated: Python 3.11.2 goes on behind a repetition with `*+` that failed half-way."""
    probe = re.match(rb"(?:\{a*+\})*+", b"{a")
    return b"*+" if probe is not None and probe.end() == 0 else b"*"


_BRACKET, _IN_STRING = scanners(_repeat())
"""`_BRACKET` goes to the next bracket of something deep, or that does not end in the buffer; two levels are passed in one go."""
_BLANKS = re.compile(rb"[\s,\x00]*+")
_SCALAR = re.compile(rb"[^,\[\]{}\s]*+")
_FIRST_KEY = re.compile(rb'\{\s*"(?:[^"\\]|\\.){1,80}"\s*:')


@dataclass(frozen=True, slots=True)
class Value:
    """An element, a member or a line."""

    number: int
    """Its place, from 1."""
    raw: bytes = field(repr=False)
    key: str | None = None
    """The member's name."""
    depth: int = 0
    fault: str | None = None
    """Why it cannot be read; known before it is tried."""

    def parse(self) -> JSONValue:
        """The value.

        Raises:
            UnreadableInput: It is broken.
        """
        if self.fault is not None:
            raise UnreadableInput(self.fault)
        return parse(self.raw, self.depth)


def parse(raw: bytes, depth: int = 0) -> JSONValue:
    """Read JSON, with the control characters in strings that careless programs leave there.

    Raises:
        UnreadableInput: It is none.
    """
    text = raw.decode("utf-8", "replace")
    try:
        if depth > _SHALLOW:
            return _parse_deep(text)
        return json.loads(text, strict=False)
    except (ValueError, RecursionError, IndexError, KeyError) as error:
        raise UnreadableInput("it is not valid JSON") from error


def values(stream: BinaryIO, shape: Shape, limit: int = MAX_VALUE) -> Iterator[Value]:
    """The parts of a file, one after the other. A broken one is given too, and names its fault.

    Args:
        stream: The file, at its beginning.
        shape: What it is.
        limit: Bytes of one part; a longer one is passed over.

    Yields:
        The parts.
    """
    stream = without_mark(stream)
    if shape == "lines":
        yield from _lines(stream, limit)
    else:
        yield from _Splitter(stream, shape, limit).parts()


def without_mark(stream: BinaryIO) -> BinaryIO:
    """The stream behind its byte-order mark; UTF-16 becomes UTF-8."""
    head = stream.read(3)
    stream.seek(0)
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return codecs.EncodedFile(stream, "utf-8", "utf-16", "replace")
    stream.seek(3 if head == codecs.BOM_UTF8 else 0)
    return stream


def _lines(stream: BinaryIO, limit: int) -> Iterator[Value]:
    number = 0
    while line := stream.readline(limit + 1):
        number += 1
        if len(line) > limit and not line.endswith(b"\n"):
            while (rest := stream.readline(_CHUNK)) and not rest.endswith(b"\n"):
                pass
            yield Value(number, b"", fault=_too_long(limit))
        elif line.strip():
            yield Value(number, line)


def _too_long(limit: int) -> str:
    return f"it is longer than {limit // (1024 * 1024)} MB"


class _Splitter:
    """Finds the borders of the elements of the outermost array, or of the members of the outermost object."""

    def __init__(self, stream: BinaryIO, shape: Shape, limit: int) -> None:
        self._stream = stream
        self._shape = shape
        self._limit = limit
        self._buffer = b""
        self._at = 0
        """What is before this place in the buffer has been dealt with."""
        self._start: re.Pattern[bytes] | None = None
        """What elements begin with, once one was seen."""

    def parts(self) -> Iterator[Value]:
        self._skip_blanks()
        self._at += 1
        number = 0
        while True:
            self._skip_blanks()
            if self._next() in (b"", b"]", b"}"):
                return
            number += 1
            key = self._key() if self._shape == "object" else None
            yield self._value(number, key)

    def _value(self, number: int, key: str | None) -> Value:
        end, depth, fault = self._measure()
        raw = self._buffer[self._at : end]
        self._at = end
        if fault is None:
            if self._start is None and (start := _FIRST_KEY.match(raw)):
                self._start = re.compile(rb",\s*(?=" + re.escape(start[0]) + rb")")
            return Value(number, raw, key, depth)
        # a bracket is missing, or there is no end: go on where something begins as the elements before did
        following = self._start.search(raw, 1) if self._start is not None and self._shape == "array" else None
        if following is not None:
            self._buffer, self._at = raw[following.end() :] + self._buffer[end:], 0
            raw = raw[: following.start()]
        return Value(number, raw, key, depth, fault)

    def _key(self) -> str | None:
        end, _, fault = self._measure()
        raw = self._buffer[self._at : end]
        self._at = end
        self._skip_blanks()
        if self._next() == b":":
            self._at += 1
            self._skip_blanks()
        try:
            found = parse(raw) if fault is None else None
        except UnreadableInput:
            found = None
        return found if isinstance(found, str) else None

    def _measure(self) -> tuple[int, int, str | None]:
        """Where the next value ends, how deep it is, and its fault."""
        first = self._next()
        if first in (b"[", b"{"):
            return self._measure_nested()
        if first == b'"':
            return self._measure_string()
        while (end := _end(_SCALAR, self._buffer, self._at)) == len(self._buffer) and self._more():
            pass
        return max(self._at + 1, end), 0, None

    def _measure_string(self) -> tuple[int, int, str | None]:
        at = self._at + 1
        while True:
            at = _end(_IN_STRING, self._buffer, at)
            if self._buffer[at : at + 1] == b'"':
                return at + 1, 0, None
            if len(self._buffer) - self._at > self._limit or not self._more():
                return len(self._buffer), 0, "it is cut off"

    def _measure_nested(self) -> tuple[int, int, str | None]:
        at, depth, deepest = self._at + 1, 1, 1
        while True:
            at = _end(_BRACKET, self._buffer, at)
            sign = self._buffer[at : at + 1]
            if sign in (b"[", b"{"):
                depth, at = depth + 1, at + 1
                deepest = max(deepest, depth)
                if depth > MAX_DEPTH:
                    return self._give_up(at), 0, "it is nested too deeply"
            elif sign in (b"]", b"}"):
                depth, at = depth - 1, at + 1
                if depth == 0:
                    return at, deepest, None
            elif len(self._buffer) - self._at > self._limit:
                return self._pass_over(at, depth)
            elif not self._more():
                return len(self._buffer), deepest, "it is cut off"

    def _pass_over(self, at: int, depth: int) -> tuple[int, int, str | None]:
        """Look for the end of a value that is too long, without holding it."""
        is_in_string = False
        while True:
            at = _end(_IN_STRING if is_in_string else _BRACKET, self._buffer, at)
            sign = self._buffer[at : at + 1]
            if sign == b'"':
                is_in_string = not is_in_string
            elif sign in (b"[", b"{", b"]", b"}"):
                depth += 1 if sign in (b"[", b"{") else -1
            if sign and sign != b"\\":
                at += 1
            else:
                self._buffer, at = self._buffer[at:], 0
            if depth == 0 or (at == 0 and not self._more()):
                # nothing of it is given on
                self._at = at if depth == 0 else len(self._buffer)
                return self._at, 0, _too_long(self._limit)

    def _give_up(self, at: int) -> int:
        """Where the next element begins as those before did; counting brackets of this one would take too long."""
        while True:
            found = self._start.search(self._buffer, at) if self._start is not None else None
            if found is not None:
                self._at = found.end()
                return found.end()
            at = max(at, len(self._buffer) - _CHUNK // 2)
            self._buffer, at = self._buffer[at:], 0
            if not self._more():
                self._at = len(self._buffer)
                return self._at

    def _next(self) -> bytes:
        return self._buffer[self._at : self._at + 1]

    def _skip_blanks(self) -> None:
        while True:
            self._at = _end(_BLANKS, self._buffer, self._at)
            if self._at > _CHUNK:
                self._buffer, self._at = self._buffer[self._at :], 0
            if self._at < len(self._buffer) or not self._more():
                return

    def _more(self) -> bool:
        chunk = self._stream.read(max(_CHUNK, len(self._buffer) // 2))
        self._buffer += chunk
        return bool(chunk)


def _end(pattern: re.Pattern[bytes], buffer: bytes, at: int) -> int:
    """Where a pattern that always matches ends."""
    match = pattern.match(buffer, at)
    assert match is not None
    return match.end()


_DECODER = json.JSONDecoder(strict=False)
_DEEP_BLANKS = re.compile(r"[\s,:]*")


def _parse_deep(text: str) -> JSONValue:
    """JSON of any depth, without recursion. It trusts the borders: what is odd between them is not told."""
    top: list[JSONValue] = []
    stack: list[JSONValue] = [top]
    key: str | None = None
    at = 0
    while (at := _blanks(text, at)) < len(text):
        if text[at] in "]}":
            if isinstance(stack.pop(), dict) != (text[at] == "}"):
                raise ValueError("a bracket that does not fit")
            at += 1
            continue
        container = stack[-1]
        if isinstance(container, dict) and key is None:
            key, at = _DECODER.raw_decode(text, at)
            continue
        value, at = _opened(text, at)
        if isinstance(container, dict):
            container[key], key = value, None
        else:
            container.append(value)
        if text[at - 1] in "[{" and isinstance(value, dict | list):
            stack.append(value)
    if len(stack) != 1 or len(top) != 1:
        raise ValueError("not one value")
    return top[0]


def _opened(text: str, at: int) -> tuple[JSONValue, int]:
    """A new array or object, of which only the bracket was read, or a whole string, number or word."""
    if text[at] in "[{":
        return ([] if text[at] == "[" else {}), at + 1
    value, end = _DECODER.raw_decode(text, at)
    return value, end


def _blanks(text: str, at: int) -> int:
    match = _DEEP_BLANKS.match(text, at)
    assert match is not None
    return match.end()
