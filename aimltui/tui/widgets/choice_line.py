"""A few words in one line of which one is chosen with the arrow keys, and a line that opens something on enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut

_GAP = 2
_CURSOR = "$block-cursor-foreground on $block-cursor-background"


class ChoiceLine(Widget, can_focus=True):
    """The words; left and right choose, up and down leave it.

    Args:
        words: Value and word of each choice.
        chosen: The value that is chosen.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    ChoiceLine { height: 1; width: 1fr; }
    """
    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", show=False),
        Binding("right,space", "step(1)", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    @dataclass
    class Changed(Message):
        """Another word was chosen."""

        line: ChoiceLine

        @property
        def control(self) -> ChoiceLine:
            """The line."""
            return self.line

    def __init__(self, words: Sequence[tuple[str, str]], chosen: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._words = tuple(words)
        self.value = chosen
        """The value that is chosen."""

    def set_words(self, words: Sequence[tuple[str, str]], chosen: str) -> None:
        """Offer these words."""
        self._words, self.value = tuple(words), chosen
        self.refresh()

    def render(self) -> Content:
        """Return the words; where they do not fit, the chosen one between arrows."""
        if sum(cell_len(word) + 2 + _GAP for _, word in self._words) - _GAP > self.content_size.width:
            return self._short()
        parts = []
        for value, word in self._words:
            is_chosen = value == self.value
            sign = "● " if is_chosen else "○ "
            if is_chosen and self.has_focus:
                parts.append(Content.styled(f"{sign}{word}", _CURSOR))
            else:
                style = "$primary" if is_chosen else "$text-muted"
                parts.append(Content.assemble((sign, style), (word, "" if is_chosen else "$text-muted")))
        return Content(" " * _GAP).join(parts)

    def _short(self) -> Content:
        word = dict(self._words).get(self.value, self.value)
        text = f"‹ {cut(word, max(1, self.content_size.width - 4))} ›"
        return Content.styled(text, _CURSOR if self.has_focus else "")

    def action_step(self, direction: int) -> None:
        """Choose the next word."""
        values = [value for value, _ in self._words]
        place = (values.index(self.value) if self.value in values else 0) + direction
        if 0 <= place < len(values):
            self._choose(values[place])

    def _choose(self, value: str) -> None:
        if value != self.value:
            self.value = value
            self.refresh()
            self.post_message(self.Changed(self))

    def on_click(self, event: events.Click) -> None:
        """Choose the word under the mouse."""
        event.stop()
        start = 0
        for value, word in self._words:
            end = start + cell_len(word) + 2
            if start <= event.x < end:
                self._choose(value)
                return
            start = end + _GAP


class OpenLine(Widget, can_focus=True):
    """A value with a hint; enter, space and a click ask for another value.

    Args:
        value: The value.
        hint: What enter does; empty makes it a text that cannot be changed here.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    OpenLine { height: 1; width: 1fr; }
    """
    ALLOW_SELECT: ClassVar[bool] = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,space", "open", show=False),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    @dataclass
    class Opened(Message):
        """The user wants another value."""

        line: OpenLine

        @property
        def control(self) -> OpenLine:
            """The line."""
            return self.line

    def __init__(self, value: str, hint: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._value = value
        self._hint = hint
        self.can_focus = bool(hint)

    def set_value(self, value: str) -> None:
        """Show this value."""
        self._value = value
        self.refresh()

    def render(self) -> Content:
        """Return the value and the hint."""
        room = self.content_size.width
        hint = self._hint if cell_len(self._hint) + 12 <= room else ""
        value = cut(clean_line(self._value), max(1, room - cell_len(hint) - _GAP))
        filler = " " * max(0, room - cell_len(value) - cell_len(hint))
        if self.has_focus:
            return Content.styled(f"{value}{filler}{hint}", _CURSOR)
        return Content.assemble(value, filler, (hint, "$text-muted"))

    def action_open(self) -> None:
        """Ask for another value."""
        self.post_message(self.Opened(self))

    def on_click(self, event: events.Click) -> None:
        """Ask for another value."""
        event.stop()
        if self.can_focus:
            self.action_open()
