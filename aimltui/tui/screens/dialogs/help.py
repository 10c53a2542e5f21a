"""HelpScreen: all keys of the command table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.tui.commands.derived import COMMANDS, Command, FooterItem, by_group, ways_to
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet

_EDITING = (
    ("ctrl+z ctrl+y", "undo and redo in the prompt, also after it was cleared"),
    ("ctrl+w ctrl+u ctrl+k", "delete the word, to the start of the line, to the end of the line"),
    ("shift+arrows f7", "select with the keyboard, select all"),
)
"""Keys of Textual's text area, which are not in the command table."""

_LEAST_TEXT = 16
_KEY_COLUMN = 15
_WIDTH = 84
"""Cells; longer lines are hard to read."""


class HelpScreen(Sheet[None]):
    """Shows every command of the table with its keys.

    Args:
        commands: The commands.
    """

    AUTO_FOCUS = "VerticalScroll"
    SCROLLS = "VerticalScroll"
    MOST_LINES = 60
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "cancel", show=False)]

    def __init__(self, commands: Iterable[Command] = COMMANDS) -> None:
        super().__init__("Keys", (CLOSE, FooterItem("↑↓", "Scroll", "scroll_down")))
        self._commands = tuple(commands)
        self._text = Static("", classes="help-text", markup=False)

    def body(self) -> Sequence[Widget]:
        """The text, in a part that scrolls."""
        return (VerticalScroll(self._text),)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the text for the new width."""
        super().on_resize(event)
        # Textual would not lay out a change made during the layout that caused this event
        self.call_after_refresh(self._wrap, event.size.width)

    def _wrap(self, width: int) -> None:
        self._text.update(help_text(self._commands, min(_WIDTH, width) - 7))

    def action_scroll_down(self) -> None:
        """Scroll down by a page."""
        self.query_one(VerticalScroll).scroll_page_down(animate=False)


def help_text(commands: Iterable[Command], width: int) -> Content:
    """The commands in groups: keys in the left column, titles and help in the right one."""
    entries: dict[str, list[tuple[str, str, str]]] = {
        group: [(_keys(item), item.title, item.help) for item in items]
        for group, items in by_group(commands).items()
        if items
    }
    entries["Editing"] = [(keys, "", text) for keys, text in _EDITING]
    column = min(_KEY_COLUMN, max(6, width - _LEAST_TEXT))
    lines: list[Content] = []
    for group, rows in entries.items():
        lines += (
            [Content(""), Content.styled(group, "bold $primary")]
            if lines
            else [Content.styled(group, "bold $primary")]
        )
        for keys, title, text in rows:
            lines += _entry(keys, title, text, column, max(_LEAST_TEXT, width - column))
    return Content("\n").join(lines)


def _entry(keys: str, title: str, text: str, column: int, room: int) -> list[Content]:
    wrapped = wrap(f"{title}. {text}" if title else text, room) or [""]
    left = wrap(keys, column - 1) or [""]
    lines: list[Content] = []
    for index in range(max(len(wrapped), len(left))):
        key = left[index] if index < len(left) else ""
        words = wrapped[index] if index < len(wrapped) else ""
        right = Content.styled(words, "$text-muted")
        if index == 0 and title:
            right = right.stylize("$foreground", 0, min(len(title), len(words)))
        lines.append(Content.assemble((key, "$footer-key-foreground"), " " * (column - len(key))) + right)
    return lines


def _keys(item: Command) -> str:
    return " ".join(ways_to(item)) or "palette"
