"""AssistantsScreen: the list of assistants, to choose one for the thread, and to make, change and delete them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from textwrap import wrap
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, SearchSheet
from aimltui.tui.state.assistant_rows import HEADINGS, AssistantRow, found_in, key_near
from aimltui.tui.widgets.pick_list import PickList, PickRow, spaced

_WIDTH, _MARGIN, _ABOUT_LINES = 72, 3, 2
"""Cells of the panel and beside a text in it, and lines of the text about the row under the cursor."""
_NEW = FooterItem("ctrl+n", "New", "ask('new')")
_IMPORT = FooterItem("ctrl+o", "Import", "ask('import')")
_KEYS = {
    "saved": (
        FooterItem("enter", "Use here", "pick"),
        FooterItem("tab", "Edit", "ask('edit')"),
        _NEW,
        FooterItem("del", "Delete", "ask('delete')"),
        FooterItem("ctrl+s", "Export", "ask('export')"),
        _IMPORT,
        CLOSE,
    ),
    "ready-made": (
        FooterItem("enter", "Add and use", "pick"),
        FooterItem("tab", "Look at it first", "ask('edit')"),
        _NEW,
        _IMPORT,
        CLOSE,
    ),
    "trash": (
        FooterItem("enter", "Restore", "pick"),
        FooterItem("del", "Delete for good", "ask('delete')"),
        _NEW,
        _IMPORT,
        CLOSE,
    ),
    "": (_NEW, _IMPORT, CLOSE),
}


class AssistantsScreen(SearchSheet):
    """Shows the assistants. The result is None: what the user asks for is passed on while the list stays.

    Args:
        act: Called with the row (None if there is none) and what to do: `use`, `edit`, `new`, `import`,
            `export`, `delete`, `restore`, `undo`.
        current: The id of the assistant that answers in the open thread.
    """

    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "assistants.tcss"]
    EXTRA_LINES = 5
    MOST_LINES = 24
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "ask('edit')", show=False, priority=True),
        Binding("ctrl+n", "ask('new')", show=False, priority=True),
        Binding("ctrl+s", "ask('export')", show=False, priority=True),
        Binding("ctrl+o", "ask('import')", show=False, priority=True),
        Binding("delete", "ask('delete')", show=False, priority=True),
        Binding("ctrl+u", "undo", show=False, priority=True),
        # the key that opens the list closes it
        Binding("f5", "cancel", show=False, priority=True),
    ]

    def __init__(self, act: Callable[[AssistantRow | None, str], object], *, current: str = "") -> None:
        super().__init__("Assistants", "search", _KEYS["saved"])
        self._act = act
        self._current = current
        self._rows: tuple[AssistantRow, ...] | None = None
        self._about = Static("", classes="assistants-about", markup=False)
        self._details = Static("", classes="assistants-details", markup=False)

    def body(self) -> Sequence[Widget]:
        """Search box, list, and a text about the row under the cursor."""
        return (*super().body(), self._about, self._details)

    def set_rows(self, rows: Sequence[AssistantRow], *, at: str = "") -> None:
        """Show these assistants.

        Args:
            rows: The assistants.
            at: The id of the one for the cursor; empty leaves it where it is.
        """
        before, self._rows = self._rows, tuple(rows)
        wanted = at or (self._current if before is None else "")
        picked = self.pick_list.cursor_row
        key = next((row.key for row in rows if row.id == wanted), "")
        self._fill(key or (key_near(before or (), picked.id, rows) if picked is not None else ""))

    def show_lines(self) -> None:
        """Fill the list for what was typed; without a search the cursor stays on its row."""
        picked = self.pick_list.cursor_row
        self._fill(picked.id if picked is not None and not self.search_box.value.strip() else "")

    def _fill(self, at: str) -> None:
        query = self.search_box.value.strip()
        lines: list[PickRow | str] = []
        kind = "saved"
        for row in found_in(self._rows or (), query):
            if row.kind != kind and not query:
                kind = row.kind
                lines.append(HEADINGS[row.kind])
            lines.append(PickRow(row.key, row.name, row.hint, row.id == self._current))
        remark = "reading…" if self._rows is None else f"nothing for “{query}”" if query else "none"
        self.pick_list.set_lines(spaced(lines), query=query, remark=remark, at=at)
        self._say()

    @property
    def row(self) -> AssistantRow | None:
        """The row under the cursor."""
        picked = self.pick_list.cursor_row
        return next((row for row in self._rows or () if picked is not None and row.key == picked.id), None)

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Show a text about the row under the cursor."""
        event.stop()
        self._say()

    def _say(self) -> None:
        """Show a text about the row under the cursor, and what the keys do with it."""
        row = self.row
        self._about.update(Content(self._shortened(row.about) if row is not None else ""))
        self._details.update(Content(clean_line(row.details) if row is not None else ""))
        keys = list(_KEYS[row.kind if row is not None else "saved" if self._rows is None else ""])
        if row is not None and row.is_own:
            keys = [key for key in keys if key.key != "del"]
        self.show_keys(keys)

    def _shortened(self, text: str) -> str:
        """Return as many words as the lines for them hold, with a sign where some are missing."""
        width = min(_WIDTH, self.app.size.width) - 2 * _MARGIN
        return "\n".join(wrap(clean_line(text), max(1, width), max_lines=_ABOUT_LINES, placeholder="…"))

    def on_resize(self, event: events.Resize) -> None:
        """Shorten the text for the new width."""
        super().on_resize(event)
        self._say()

    def picked(self, row: PickRow) -> None:
        """Use the assistant, or restore it."""
        found = next((one for one in self._rows or () if one.key == row.id), None)
        if found is not None and found.kind == "trash":
            self._act(found, "restore")
        elif found is not None:
            self.dismiss(None)
            self._act(found, "use")

    def action_ask(self, what: str) -> None:
        """Pass on what the user wants; in a search, delete removes the letter at the cursor."""
        row = self.row
        if what == "delete" and self.search_box.value:
            self.search_box.action_delete_right()
        elif what in ("new", "import") or (row is not None and (what, row.kind) not in _NOTHING):
            self._act(row, what)

    def action_undo(self) -> None:
        """Restore the assistant that was deleted last; in a search, delete what was typed."""
        if self.search_box.value:
            self.search_box.action_delete_left_all()
        else:
            self._act(None, "undo")


_NOTHING = frozenset(
    {("edit", "trash"), ("delete", "ready-made"), ("export", "trash"), ("export", "ready-made")}
)
"""What does nothing, by the kind of row."""
