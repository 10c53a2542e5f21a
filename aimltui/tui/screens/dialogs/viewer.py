"""Full-screen viewers for a long text and for a picture."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from aimltui.common.patterns import pattern
from aimltui.formatting.numbers import plural
from aimltui.tui import clipboard
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.state.file_facts import Picture
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.picture_view import PictureView
from aimltui.tui.widgets.text_pane import TextPane

_LEFT_OUT = pattern(r"^\[… ([\d,]+) characters are left out here …\]$", re.M)
_KEPT = pattern(r"^\[All of the output is kept as ([\w.-]{1,80})\.\]$", re.M)
MAX_COPY = 1_000_000
"""The most characters that are copied; terminals drop longer texts, or hang."""


class Viewer(Sheet[str | None]):
    """A panel as large as the screen. The result is `save` or `open` if that key was pressed."""

    IS_PANE = True
    IS_QUESTION = True
    LETTERS_ACT = True

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("s", "close_for('save')", show=False),
        Binding("o", "close_for('open')", show=False),
        Binding("q", "cancel", show=False),
    ]

    def __init__(
        self, title: str, keys: Sequence[FooterItem], *, can_open: bool, can_save: bool = True
    ) -> None:
        last = [FooterItem("s", "Save", "close_for('save')")] if can_save else []
        if can_open:
            last.append(FooterItem("o", "Open", "close_for('open')"))
        super().__init__(title, (*keys, *last, CLOSE))
        self._can = {"open": can_open, "save": can_save}

    def withholds(self, event: events.Event) -> bool:
        """Letters save and open: they wait. Everything else only moves the text."""
        return isinstance(event, events.Key) and event.is_printable and super().withholds(event)

    def action_close_for(self, what: str) -> None:
        """Close, and let the caller save or open the file."""
        if self._can[what]:
            self.dismiss(what)


class TextViewer(Viewer):
    """Shows a text of any length; it can be searched and copied.

    Args:
        title: The title.
        text: The whole text.
        can_open: Whether it is a file that another program can open.
        can_save: Whether it can be saved.
    """

    AUTO_FOCUS = "TextPane"
    REPEATED_LETTERS = "nN"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "search", show=False),
        Binding("n", "again(1)", show=False),
        Binding("N", "again(-1)", show=False),
        Binding("c", "copy", show=False),
    ]

    def __init__(self, title: str, text: str, *, can_open: bool = False, can_save: bool = True) -> None:
        self.pane = TextPane(text)
        keys = (FooterItem("/", "Search", "search"), FooterItem("c", "Copy", "copy"))
        super().__init__(
            f"{title} · {plural(len(self.pane.lines), 'line')}", keys, can_open=can_open, can_save=can_save
        )
        self._text = text
        self._box = LineInput(placeholder="search", compact=True, select_on_focus=False)
        self._box.cursor_blink = False
        self._note = Static("", classes="sheet-problem")
        self._query = ""

    def body(self) -> Sequence[Widget]:
        """A note about what is missing, the text, the search box."""
        self._box.display = False
        missing = _LEFT_OUT.search(self._text)
        self._note.display = missing is not None
        if missing is not None:
            kept = _KEPT.search(self._text, missing.end())
            where = (
                f"The file {kept[1]}, under the answer, has all of it." if kept else "They were not saved."
            )
            self._note.update(Content(f"{missing[1]} characters in the middle are left out here. {where}"))
        return self._note, self.pane, self._box

    def action_search(self) -> None:
        """Show the search box."""
        self._box.display = True
        self._box.focus()

    def action_again(self, direction: int) -> None:
        """Go to the next match, or to the one before."""
        if self._query:
            self._search(direction)
        else:
            self.action_search()

    def action_copy(self) -> None:
        """Copy the whole text, unless it is too long for the clipboard."""
        if len(self._text) > MAX_COPY:
            self.app.notify(
                "This is too long for the clipboard. Save it with s.", severity="warning", markup=False
            )
            return
        self.run_worker(self._copy(clipboard.send_to_terminal(self.app, self._text)), exit_on_error=False)

    async def _copy(self, text: str) -> None:
        result = await clipboard.copy_with_tools(text)
        self.app.notify(result.sentence(plural(len(self.pane.lines), "line")), markup=False)

    def action_cancel(self) -> None:
        """Close the search box; without one close the viewer."""
        if self._box.has_focus:
            self._box.display = False
            self.pane.focus()
            return
        super().action_cancel()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search; n and N go to the other matches."""
        event.stop()
        self._query = event.value
        self._box.display = False
        self.pane.focus()
        if self._query:
            self._search(1)

    def _search(self, direction: int) -> None:
        if not self.pane.search(self._query, direction):
            self.app.notify(f"nothing for “{self._query[:80]}”", markup=False)


class PictureViewer(Viewer):
    """Shows a picture.

    Args:
        title: Its name and size.
        picture: The picture.
        content: The file, for terminals that draw it sharply; None draws with half blocks.
    """

    AUTO_FOCUS = "PictureView"

    def __init__(self, title: str, picture: Picture, content: bytes | None = None) -> None:
        super().__init__(title, (), can_open=True)
        self.view = PictureView(picture, content)

    def body(self) -> Sequence[Widget]:
        """The picture."""
        return (self.view,)

    def on_screen_suspend(self) -> None:
        """Take the picture away: the terminal would draw it over the screen in front."""
        self.view.erase()

    def on_screen_resume(self) -> None:
        """Draw the picture again."""
        self.view.refresh()
