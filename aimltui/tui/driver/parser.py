"""Makes Textual's messages out of what a terminal sends: keys, mouse, pastes, answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from time import monotonic
from typing import Final

from textual._keyboard_protocol import MODIFIER_FUNCTIONAL_KEYS
from textual._xterm_parser import FOCUSIN, FOCUSOUT, XTermParser
from textual.events import AppBlur, AppFocus, Key, Paste
from textual.message import Message
from textual.messages import TerminalSupportsSynchronizedOutput

from aimltui.common.patterns import pattern
from aimltui.tui.driver.keys import SAME, canonical
from aimltui.tui.driver.line_ends import undo_doubled_line_ends
from aimltui.tui.driver.mouse import MouseForms
from aimltui.tui.driver.paste_reader import Pasted
from aimltui.tui.driver.profile import TerminalProfile
from aimltui.tui.driver.splitter import InputSplitter, OldMouse, Sequence, Text, Token
from aimltui.tui.pictures.abilities import is_answer
from aimltui.tui.terminal import TerminalAnswer, TerminalBackground, background_in

_CAN_SYNCHRONIZE = pattern(r"\x1b\[\?2026;[1-3]\$y")
_ALT_ENTER: Final = frozenset({"\x1b\r", "\x1b\n"})
_CONTROLS = pattern("[\x80-\x9f]")
_EDITING = pattern("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
MAX_TYPED: Final = 256
"""Characters that come at once; nobody types more."""
_MODIFIERS: Final = frozenset(
    {
        *MODIFIER_FUNCTIONAL_KEYS,
        "caps_lock",
        "num_lock",
        "scroll_lock",
        "iso_level3_shift",
        "iso_level5_shift",
    }
)
"""Keys that type and do nothing by themselves."""


class TerminalParser(XTermParser):
    """Textual's parser with another way of finding sequences: nothing that comes can stop it or be mistaken for keys.

    Args:
        debug: Whether Textual writes a log of the keys.
        profile: The terminal.
        clock: Seconds; only differences count.
    """

    def __init__(
        self,
        debug: bool = False,
        *,
        profile: TerminalProfile | None = None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        super().__init__(debug)
        self._profile = profile or TerminalProfile()
        self._splitter = InputSplitter(clock, escape_wait_s=self._profile.escape_wait_s)
        self._mouse_forms = MouseForms()

    def feed(self, data: str) -> Iterable[Message]:
        """Take what the terminal sent as text; an empty one is the end of it."""
        return self.feed_bytes(data.encode("utf-8", "surrogateescape"))

    def feed_bytes(self, data: bytes) -> Iterable[Message]:
        """Take what the terminal sent; nothing at all is the end of it."""
        tokens = self._splitter.feed(data) if data else self._splitter.finish()
        return self._messages(tokens)

    def tick(self) -> Iterable[Message]:
        """Give up what was waited for long enough; to be called while nothing comes in."""
        return self._messages(self._splitter.tick())

    def _messages(self, tokens: Iterable[Token]) -> Iterator[Message]:
        for token in tokens:
            match token:
                case Text(text):
                    yield from self._typed(text)
                case Pasted(text):
                    yield Paste(self._pasted(text))
                case OldMouse(button, x, y):
                    yield from self._moused(self._mouse_forms.report(button, x, y))
                case Sequence(text):
                    yield from self._told(text)

    def _typed(self, text: str) -> Iterator[Message]:
        text = _CONTROLS.sub("", text)
        if len(text) > MAX_TYPED and _EDITING.search(text) is None:
            # A paste in a terminal that does not mark pastes: its line ends are none of the enter key.
            pasted = text.removesuffix("\r")
            yield Paste(self._pasted(pasted))
            text = text[len(pasted) :]
        for character in text:
            yield from self._keys(character)

    def _pasted(self, text: str) -> str:
        text = text.replace("\0", "")
        return undo_doubled_line_ends(text) if self._profile.doubles_line_ends else text

    def _moused(self, report: str) -> Iterator[Message]:
        event = self.parse_mouse_code(report) if report else None
        if event is not None:
            yield event

    def _told(self, sequence: str) -> Iterator[Message]:
        """What a sequence says; one that says nothing known is ignored."""
        report = self._mouse_forms.rewrite(sequence)
        if report is not None:
            yield from self._moused(report)
        elif sequence == FOCUSIN:
            yield AppFocus()
        elif sequence == FOCUSOUT:
            yield AppBlur()
        elif _CAN_SYNCHRONIZE.fullmatch(sequence):
            yield TerminalSupportsSynchronizedOutput()
        elif (shade := background_in(sequence)) is not None:
            yield TerminalBackground(shade)
        elif is_answer(sequence):
            yield TerminalAnswer(sequence)
        else:
            yield from self._keys(sequence)

    def _keys(self, sequence: str) -> Iterator[Key]:
        if name := self._profile.keys.get(sequence):
            yield Key(name, None)
            return
        if sequence in _ALT_ENTER:
            yield Key("alt+enter", None)
            return
        report = canonical(sequence)
        if report == "":
            return
        if report is not None and not report.startswith("\x1b"):
            for character in report:
                yield from self._textual_keys(character)
            return
        keys = list(self._textual_keys(report or sequence))
        yield from keys or self._alt_keys(sequence)

    def _alt_keys(self, sequence: str) -> Iterator[Key]:
        """The key of a sequence that begins with one ESC more, which is how many terminals send alt."""
        rest = sequence[1:]
        if not sequence.startswith("\x1b") or not rest:
            return
        if rest.startswith("\x1b"):
            for key in self._keys(rest):
                yield self._named(f"alt+{key.key}", None)
        elif len(rest) == 1:
            for key in super()._sequence_to_key_events(rest, alt=True):
                name = key.key if "alt+" in key.key else f"alt+{key.key}"
                yield self._named(name, None)

    def _textual_keys(self, sequence: str) -> Iterator[Key]:
        if len(sequence) == 2 and sequence.startswith("\x1b") and sequence[1].isprintable():
            # Textual's table has what the option key of one keyboard layout types
            return
        for key in super()._sequence_to_key_events(sequence):
            name = key.key.rpartition("+")[2]
            if key.key != "<ignore>" and name not in _MODIFIERS:
                yield self._named(key.key, key.character)

    @staticmethod
    def _named(name: str, character: str | None) -> Key:
        return Key(SAME.get(name, name), character if name not in SAME else None)
