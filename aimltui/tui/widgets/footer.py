"""The line at the bottom: the keys that matter now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from aimltui.common.dataclass import dataclass
from aimltui.tui.commands.command import STOP, FooterItem
from aimltui.tui.state.bars import GAP, fit_items


class FooterBar(Widget):
    """Keys with a word each, as many as fit; a click does the same as the key.

    Args:
        items: What to show first; see `commands.footer_items`.
        id: The widget's id.
        more: The item that shows the others, for a narrow line.
    """

    DEFAULT_CSS = """
    FooterBar {
        height: 1;
        padding: 0 1;
        background: $footer-background;
        color: $footer-description-foreground;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    @dataclass
    class Clicked(Message):
        """The user clicked an item."""

        item: FooterItem

    def __init__(
        self, items: Sequence[FooterItem] = (), *, id: str | None = None, more: FooterItem | None = None
    ) -> None:
        super().__init__(id=id)
        self._more = more
        self._items = tuple(items)

    @property
    def items(self) -> tuple[FooterItem, ...]:
        """All items, also those that do not fit."""
        return self._items

    def set_items(self, items: Sequence[FooterItem]) -> None:
        """Show these items; repaint only if they differ."""
        if tuple(items) != self._items:
            self._items = tuple(items)
            self.refresh()

    def render(self) -> Content:
        """Return the items that fit."""
        line = Content("")
        for start, item in self._placed():
            line += Content(" " * (start - line.cell_length)) + _content(item)
        return line

    def _placed(self) -> list[tuple[int, FooterItem]]:
        """The items that fit, each with its first cell; what stops stands at the right end, so that no other moves."""
        width, start = self.content_size.width, 0
        placed: list[tuple[int, FooterItem]] = []
        for item in fit_items(self._items, width, self._more):
            size = _content(item).cell_length
            at_end = item.key == "esc" and item.action == STOP and item is not self._items[0]
            placed.append((max(start, width - size) if at_end else start, item))
            start += size + GAP
        return placed

    def on_click(self, event: events.Click) -> None:
        """Post `Clicked` for the item under the mouse."""
        column = event.x - self.styles.padding.left
        for start, item in self._placed():
            if start <= column < start + _content(item).cell_length:
                self.post_message(self.Clicked(item))
                return


def _content(item: FooterItem) -> Content:
    return Content.assemble((item.key, "$footer-key-foreground"), (f" {item.label}", ""))
