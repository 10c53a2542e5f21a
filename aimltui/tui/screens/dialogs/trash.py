"""TrashScreen: the deleted threads, to restore or to delete for good."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType

from aimltui.common.dataclass import dataclass
from aimltui.formatting.numbers import plural
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen
from aimltui.tui.screens.dialogs.sheet import CLOSE, SearchSheet
from aimltui.tui.state.fuzzy import rank
from aimltui.tui.widgets.pick_list import PickRow

_KEYS = (
    FooterItem("enter", "Restore", "pick"),
    FooterItem("del", "Delete now", "delete_now"),
    FooterItem("ctrl+t", "Empty", "empty"),
    CLOSE,
)


@dataclass(frozen=True, slots=True)
class TrashedRow:
    """A thread in the trash."""

    id: str
    title: str
    when: str
    """Since when it is there, and for how long, in words."""


class TrashScreen(SearchSheet):
    """Shows the threads with a search box. The result is the id of the one to restore, or None.

    Args:
        delete: Called with the ids of the threads to delete for good, after a question; `set_rows` shows what is left.
    """

    ROW_ACTIONS = SearchSheet.ROW_ACTIONS | {"delete_now"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete", "delete_now", show=False, priority=True),
        Binding("ctrl+t", "empty", show=False, priority=True),
    ]

    def __init__(self, rows: Sequence[TrashedRow], delete: Callable[[Sequence[str]], object]) -> None:
        super().__init__("Trash", "search", _KEYS)
        self._rows = tuple(rows)
        self._delete = delete

    def set_rows(self, rows: Sequence[TrashedRow]) -> None:
        """Show these threads."""
        self._rows = tuple(rows)
        self.show_lines()

    def show_lines(self) -> None:
        """Fill the list for what was typed."""
        query = self.search_box.value.strip()
        found = [self._rows[index] for index in rank(query, [row.title for row in self._rows])]
        lines = [PickRow(row.id, row.title, row.when, is_hint_whole=True) for row in found]
        remark = f"nothing for “{query}”" if query else "The trash is empty."
        self.pick_list.set_lines(lines, query=query, remark=remark)
        self.show_keys(_KEYS if self._rows else (CLOSE,))

    def action_delete_now(self) -> None:
        """Delete the thread under the cursor for good, after a question; in a search, delete the letter at the cursor."""
        row = self.pick_list.cursor_row
        if self.search_box.value:
            self.search_box.action_delete_right()
        elif row is not None:
            self._ask(f"Delete “{row.label}” for good?", "It cannot be restored then.", [row.id])

    def action_empty(self) -> None:
        """Delete all threads in the trash for good, after a question."""
        if self._rows:
            count = plural(len(self._rows), "thread")
            self._ask("Empty the trash?", f"{count} cannot be restored then.", [row.id for row in self._rows])

    def _ask(self, title: str, text: str, ids: Sequence[str]) -> None:
        def answered(answer: str | None) -> None:
            if answer == YES:
                self._delete(ids)

        self.app.push_screen(ConfirmScreen(title, text, "Delete for good", "Keep"), answered)
