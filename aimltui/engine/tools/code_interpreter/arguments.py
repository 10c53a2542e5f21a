"""Reads code from a call's arguments while a model writes them, even if they are not valid JSON. No I/O."""

from __future__ import annotations

import json

from aimltui.common.patterns import pattern

KEYS = frozenset({"code", "input", "python", "source", "script"})
"""The keys under which models send code; they are told to use `code`."""
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", '"': '"', "\\": "\\", "/": "/"}
_KEY = pattern(rf'(?<!\\)"(?:{"|".join(sorted(KEYS))})"\s*+:\s*+"')
_SPECIAL = pattern(r'["\\]')
_FENCE = pattern(r"\s*```[A-Za-z0-9_+-]*[ \t]*\n")
_CUT = (
    "The arguments of this call were cut off before they were complete, so nothing was run. "
    "Call again, with shorter code."
)
_NO_CODE = (
    'The arguments of this call contain no code, so nothing was run. Send a JSON object: {"code": "..."}.'
)


class CodeReader:
    """Reads the value of `code` from a growing JSON object.

    Models also send plain code, a JSON string, another key, line breaks inside a string, or forget the last brace: all
    of these are read. Code that was cut off is not run.
    """

    def __init__(self) -> None:
        self._raw = ""
        self._place = 0
        """The position up to which the arguments were read."""
        self._mode = "start"
        """start, key (searching for it), text (inside the value), bare (plain code), done, none (there is no code)."""
        self._high = ""
        """The first half of a character written as two escapes."""
        self._found = False

    def feed(self, fragment: str) -> str:
        """The code in this fragment."""
        self._raw += fragment
        if self._mode == "start":
            self._begin()
        # a key is complete with the quote that opens its value
        if self._mode == "key" and '"' in fragment:
            self._seek()
        if self._mode == "bare":
            new, self._place = self._raw[self._place :], len(self._raw)
            return new
        return self._text() if self._mode == "text" else ""

    def finish(self) -> tuple[str, str | None]:
        """The rest of the code, and why it cannot be run; None if it can."""
        if self._mode == "text":
            return "", _CUT
        if self._mode in ("bare", "done") and self._found:
            return "", None
        code = _only_string(self._raw)
        if code is not None:
            return code, None
        return "", _NO_CODE if not self._raw.strip() or _is_json(self._raw) else _CUT

    def _begin(self) -> None:
        head = self._raw.lstrip()
        if not head:
            return
        self._place = len(self._raw) - len(head)
        if head[0] == "{":
            self._mode = "key"
        elif head[0] == '"':
            self._mode, self._found = "text", True
            self._place += 1
        elif head[0] == "[":
            self._mode = "none"
        else:
            self._mode, self._found = "bare", True

    def _seek(self) -> None:
        raw = self._raw
        if (found := _KEY.search(raw, self._place)) is not None:
            self._mode, self._place, self._found = "text", found.end(), True
            return
        # of a key, both quotes may have come: searched from the start again, long arguments would take minutes
        last = raw.rfind('"', self._place)
        self._place = max(self._place, raw.rfind('"', self._place, last) if last > 0 else last)

    def _text(self) -> str:
        out: list[str] = []
        raw = self._raw
        while self._place < len(raw):
            char = raw[self._place]
            if char == '"':
                self._mode = "done"
                self._place += 1
                break
            if char != "\\":
                end = self._next_special(self._place)
                out.append(raw[self._place : end])
                self._place = end
                continue
            escaped = raw[self._place + 1 : self._place + 2]
            if not escaped or (escaped == "u" and len(raw) < self._place + 6):
                break
            out.append(self._escape(escaped))
        return "".join(out)

    def _next_special(self, start: int) -> int:
        found = _SPECIAL.search(self._raw, start)
        return len(self._raw) if found is None else found.start()

    def _escape(self, escaped: str) -> str:
        if escaped != "u":
            self._place += 2
            # an escape unknown to JSON is most likely one of Python that was not doubled
            return _ESCAPES.get(escaped, "\\" + escaped)
        digits = self._raw[self._place + 2 : self._place + 6]
        try:
            code = int(digits, 16)
        except ValueError:
            self._place += 2
            return "\\u"
        self._place += 6
        if 0xD800 <= code < 0xDC00:
            self._high = digits
            return ""
        if 0xDC00 <= code < 0xE000:
            high, self._high = self._high, ""
            pair = 0x10000 + ((int(high, 16) - 0xD800) << 10) + (code - 0xDC00) if high else 0xFFFD
            return chr(pair)
        return chr(code)


def without_fence(code: str) -> str:
    """The code without a Markdown fence around it."""
    opened, whole = _FENCE.match(code), code.rstrip()
    if opened is None or not whole.endswith("```") or len(whole) < opened.end() + len("```"):
        return code
    return whole[opened.end() : -len("```")].rstrip(" \t").removesuffix("\n")


def _only_string(raw: str) -> str | None:
    """The only string in an object, which is the code under any key; None if there is not exactly one."""
    try:
        value = json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        return None
    texts = [text for text in value.values() if isinstance(text, str)] if isinstance(value, dict) else []
    return texts[0] if len(texts) == 1 else None


def _is_json(raw: str) -> bool:
    try:
        json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        return False
    return True
