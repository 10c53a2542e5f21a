"""Separates thoughts that a model writes into its content as `<think>` tags from the answer."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from aimltui.common.patterns import pattern

TAGS: Final = ("think", "thinking", "thought")
_OPEN: Final = tuple(f"<{tag}>" for tag in TAGS)
_CLOSE = pattern(r"</(?:think|thinking|thought)>", re.IGNORECASE)
_LONGEST: Final = len("</thinking>")


class Parted(NamedTuple):
    """A piece of content, separated into thought and text. The thought comes first."""

    thought: str
    text: str
    ends_thought: bool = False
    """True if all text before this piece was a thought, too: its opening tag was not sent."""


class ThoughtTags:
    """Reads the content of one answer piece by piece; tags may be cut anywhere.

    Only a tag at the beginning of an answer, or right behind another thought, opens a thought: in the middle of a text or
    in code it is text. A thought that never ends stays a thought. A closing tag in a text that opened no thought ends one that
    the chat template opened: all text before it was a thought.

    Args:
        starts_inside: The chat template opens the thought, so that only its closing tag comes. If none comes, all of it
            was the answer.
    """

    def __init__(self, *, starts_inside: bool = False) -> None:
        self._held = ""
        """What cannot be returned yet: white space and the beginning of a tag."""
        self._inside = starts_inside
        self._has_begun = True
        """Whether the open thought has a character; line ends behind its tag are no part of it."""
        self._is_done = False
        """Whether the answer's text has started."""
        self._after_thought = False
        self._assumed: list[str] | None = [] if starts_inside else None
        """Text that is a thought only if a closing tag follows."""
        self._may_close = True
        """Whether a closing tag in the text may still end a thought that was never opened."""
        self._tail = ""
        """The end of the text, in which an opening tag may begin."""
        self._in_code = False
        """Whether the text so far ends within backticks, where a tag is text."""
        self.closed_unopened = False
        """Whether the answer's text began with a thought that it never opened."""

    def feed(self, piece: str) -> Parted:
        """Return what is certain of the content so far and was not returned before."""
        if self._is_done and self._may_close:
            if not self._held and "<" not in piece and "<" not in self._tail:
                # no tag can be in it
                if "`" in piece and piece.count("`") % 2:
                    self._in_code = not self._in_code
                return Parted("", piece)
            return self._closed(piece)
        if self._is_done:
            held, self._held = self._held, ""
            return Parted("", held + piece)
        thought, text = [], ""
        self._held += piece
        while self._held and not self._is_done:
            before = self._held, self._inside
            if self._inside:
                thought.append(self._read_thought())
            else:
                text = self._read_start()
            if (self._held, self._inside) == before:
                break
        if text and self._may_close:
            found = self._closed(text)
            return found._replace(thought="".join(thought) + found.thought)
        return Parted("".join(thought), text)

    @property
    def is_assumed(self) -> bool:
        """Whether the text so far is taken for a thought only because earlier answers began with one."""
        return bool(self._assumed)

    def rule_out_closing(self) -> None:
        """Take closing tags in the text as text from now on: the server separates the thoughts itself."""
        self._may_close = False

    def finish(self) -> Parted:
        """Return what was held back, at the answer's end."""
        held, self._held = self._held, ""
        if self._is_done:
            return Parted("", held)
        if not self._inside:
            return Parted("", "" if self._after_thought else held)
        if self._assumed is not None:
            return Parted("", "".join(self._assumed) + held)
        return Parted(held, "")

    def _closed(self, piece: str) -> Parted:
        """Look in the text for the end of a thought that was never opened."""
        piece, self._held = self._held + piece, ""
        found = _CLOSE.search(piece)
        end = found.start() if found is not None else _start_of_tag(piece)
        if piece.count("`", 0, end) % 2:
            self._in_code = not self._in_code
        self._tail = (self._tail + piece[:end])[-len(piece[:end]) - _LONGEST :]
        has_opened = any(tag in self._tail.lower() for tag in _OPEN)
        self._tail = self._tail[-_LONGEST:]
        self._may_close = found is None and not has_opened
        if found is None and self._may_close:
            self._held = piece[end:]
            return Parted("", piece[:end])
        if found is None or has_opened or self._in_code:
            return Parted("", piece)
        self.closed_unopened = True
        self._is_done, self._after_thought, self._held = False, True, ""
        rest = self.feed(piece[found.end() :])
        return Parted(piece[:end] + rest.thought, rest.text, ends_thought=True)

    def _read_thought(self) -> str:
        if not self._has_begun:
            self._held = self._held.lstrip("\n")
            self._has_begun = bool(self._held)
        found = _CLOSE.search(self._held)
        if found is None:
            cut = _start_of_tag(self._held)
            thought, self._held = self._held[:cut], self._held[cut:]
            if self._assumed is not None:
                self._assumed.append(thought)
            return thought
        thought, self._held = self._held[: found.start()], self._held[found.end() :]
        self._inside, self._after_thought, self._assumed = False, True, None
        self._may_close = False
        return thought

    def _read_start(self) -> str:
        """Look whether a thought opens here; return the text if it does not."""
        start = self._held.lstrip()
        lower = start.lower()
        if not lower or any(tag.startswith(lower) and tag != lower for tag in _OPEN):
            return ""
        for tag in _OPEN:
            if lower.startswith(tag):
                self._held, self._inside, self._has_begun = start[len(tag) :], True, False
                return ""
        text, self._held, self._is_done = start if self._after_thought else self._held, "", True
        return text


def _start_of_tag(text: str) -> int:
    """Return where the beginning of a closing tag stands at the end of a text, or the text's length."""
    start = text.rfind("<", -_LONGEST)
    if start < 0:
        return len(text)
    tail = text[start:].lower()
    return start if any(f"</{tag}>".startswith(tail) for tag in TAGS) else len(text)


def without_thought(text: str) -> str:
    """Return an answer without a thought that stands at its beginning, as it goes back to the model."""
    parted = ThoughtTags()
    return parted.feed(text).text + parted.finish().text
