"""HelpScreen: all keys of the command table; PageScreen: the help of one panel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual
from textual.widget import Widget

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.derived import COMMANDS, Command, FooterItem, by_group, ways_to
from aimltui.tui.screens.dialogs.help_pages import HelpPage
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet

_EDITING = (
    ("ctrl+z ctrl+y", "undo and redo in the prompt, also after it was cleared"),
    ("ctrl+w ctrl+u ctrl+k", "delete the word, to the start of the line, to the end of the line"),
    ("shift+arrows f7", "select with the keyboard, select all"),
)
"""Keys of Textual's text area, which are not in the command table."""

_HERE = {
    "list": "Here, in the thread list",
    "transcript": "Here, on what is marked",
    "files": "Here, on the attached files",
}
"""Headings for the keys of a part of the main screen."""
_LEAST_TEXT = 16
_LEAST_KEYS = 11
"""Cells; in a narrower column the keys' names would be cut, so that they stand above the text."""
_LEAST_BOTH = 44
"""Cells from which all commands have their keys beside the text: a narrower text leaves room for two or three words a line."""
_MARGIN = 2
_KEY_COLUMN = 15
_WIDTH = 72
"""Cells; longer lines are hard to read."""


class HelpScreen(Sheet[None]):
    """Shows every command of the table with its keys.

    Args:
        commands: The commands.
        here: The scope whose keys act now; they stand first.
    """

    AUTO_FOCUS = "HelpLines"
    SCROLLS = "HelpLines"
    MOST_LINES = 60
    EXTRA_LINES = 1
    BINDINGS: ClassVar[list[BindingType]] = [Binding("f1", "cancel", show=False)]

    def __init__(self, commands: Iterable[Command] = COMMANDS, here: str = "") -> None:
        super().__init__("Keys", (CLOSE, FooterItem("↑↓", "Scroll", "scroll_down")))
        self._commands = tuple(commands)
        self._here = here
        self._lines = HelpLines()

    def body(self) -> Sequence[Widget]:
        """The text, in a part that scrolls."""
        return (self._lines,)

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the text for the new width."""
        # Textual would not lay out a change made during the layout that caused this event
        self.call_after_refresh(self._wrap, event.size.width)

    def _wrap(self, width: int) -> None:
        self._lines.set_lines(self.lines_for(min(_WIDTH, width) - 2 * _MARGIN - 3))

    def lines_for(self, width: int) -> list[Content]:
        """Return the text for this width."""
        return help_lines(self._commands, width, self._here)

    def action_help(self) -> None:
        """Show no help about the help."""

    def action_scroll_down(self) -> None:
        """Scroll down by a page."""
        self._lines.scroll_page_down(animate=False)


class PageScreen(HelpScreen):
    """Shows the help of a panel.

    Args:
        title: The panel's title.
        page: Its help.
        items: The keys in its last line.
    """

    def __init__(self, title: str, page: HelpPage, items: Iterable[FooterItem]) -> None:
        super().__init__()
        self._title = clean_line(title) or "Help"
        self._page = page
        self._items = tuple(items)

    def lines_for(self, width: int) -> list[Content]:
        """Return the text for this width."""
        return page_lines(self._page, self._items, width)


class HelpLines(ScrollView, can_focus=True):
    """Lines to scroll through. Only those in the window are drawn: in a narrow one there are hundreds."""

    DEFAULT_CSS = """
    HelpLines {
        height: auto;
        min-height: 1;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-background: $panel;
        scrollbar-background-hover: $panel;
        background: $panel;
    }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self) -> None:
        super().__init__()
        self.lines: Sequence[Content] = ()

    def set_lines(self, lines: Sequence[Content]) -> None:
        """Show these lines from where the text is scrolled to."""
        self.lines = lines
        self.virtual_size = Size(0, len(lines))
        self.refresh(layout=True)

    def render_line(self, y: int) -> Strip:
        """Return a line of the window."""
        number = y + self.scroll_offset.y
        width = self.scrollable_content_region.width
        if number >= len(self.lines) or not width:
            return Strip.blank(width, self.rich_style)
        line = Content(" " * _MARGIN) + self.lines[number]
        return Visual.to_strips(self, line, width, 1, self.visual_style)[0]


def page_lines(page: HelpPage, items: Iterable[FooterItem], width: int) -> list[Content]:
    """The help of a panel: its text, and what its keys do."""
    width = max(_LEAST_TEXT, width)
    lines: list[Content] = []
    for paragraph in page.text.split("\n\n"):
        lines += [Content(line) for line in wrap(paragraph, width)] + [Content("")]
    lines.append(Content.styled("Keys", "bold $primary"))
    entries = [*((item.key, item.label) for item in items), *page.keys, ("f1", "Close this help")]
    column = min(_KEY_COLUMN, max(len(keys) for keys, _ in entries) + 2)
    for keys, text in entries:
        lines += _entry(keys, "", text, width, column)
    return lines


def help_lines(commands: Iterable[Command], width: int, here: str = "") -> list[Content]:
    """The commands in groups: keys in the left column, titles and help in the right one.

    Args:
        commands: The commands.
        width: Cells of a line.
        here: The scope whose commands stand first.
    """
    chosen = tuple(commands)
    near = [item for item in chosen if item.scope == here]
    groups = {_HERE.get(here, ""): near, **by_group(item for item in chosen if item not in near)}
    entries: dict[str, list[tuple[str, str, str]]] = {
        group: [(_keys(item), item.title, item.help) for item in items]
        for group, items in groups.items()
        if items
    }
    entries["Editing"] = [(keys, "", text) for keys, text in _EDITING]
    lines: list[Content] = []
    for group, rows in entries.items():
        lines += [Content("")] * bool(lines) + [Content.styled(group, "bold $primary")]
        for keys, title, text in rows:
            column = _KEY_COLUMN if width >= _LEAST_BOTH else 0
            lines += _entry(keys, title, text, max(_LEAST_TEXT, width), column)
    return lines


def _entry(keys: str, title: str, text: str, width: int, column: int) -> list[Content]:
    """The keys in a column beside the text; without room for both they stand above it."""
    column = min(column, width - _LEAST_TEXT)
    words = f"{title}. {text}" if title else text
    if column < min(_LEAST_KEYS, len(keys) + 1):
        return [Content.styled(line, "$footer-key-foreground") for line in wrap(keys, width)] + [
            _words(line, title if index == 0 else "") for index, line in enumerate(wrap(words, width))
        ]
    rows = zip_longest(wrap(keys, column - 1), wrap(words, width - column), fillvalue="")
    return [
        Content.assemble((left, "$footer-key-foreground"), " " * (column - len(left)))
        + _words(right, title if index == 0 else "")
        for index, (left, right) in enumerate(rows)
    ]


def _words(line: str, title: str) -> Content:
    """A line of the help, the title in it brighter."""
    return Content.styled(line, "$text-muted").stylize("$foreground", 0, min(len(title), len(line)))


def _keys(item: Command) -> str:
    return " ".join(ways_to(item)) or "palette"
