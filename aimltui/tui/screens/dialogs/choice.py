"""ChoiceScreen: a short list to choose from; ThemeScreen: the same at the side, for themes; RewindScreen: messages."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from aimltui.common.dataclass import dataclass
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, SearchSheet
from aimltui.tui.state.fuzzy import rank
from aimltui.tui.state.own_messages import OwnMessage
from aimltui.tui.widgets.pick_list import PickList, PickRow


@dataclass(frozen=True, slots=True)
class ChoiceRow:
    """A row to choose."""

    id: str
    label: str
    hint: str = ""


class ChoiceScreen(SearchSheet):
    """Shows the list with a search box. The result is the id of the chosen row, or None.

    Args:
        title: The title.
        rows: The rows.
        current: The id of the row that is in use now.
        preview: Called with the id under the cursor at each move; if the result is None, the caller undoes the preview.
        verb: The word for what enter does.
        describes: Whether hints describe their rows, so that they stand in one column beside them.
    """

    def __init__(
        self,
        title: str,
        rows: Sequence[ChoiceRow],
        *,
        current: str = "",
        preview: Callable[[str], object] | None = None,
        verb: str = "Use",
        describes: bool = False,
    ) -> None:
        super().__init__(
            title, "search", (FooterItem("enter", verb, "pick"), FooterItem("↑↓", "Move", "move(1)"), CLOSE)
        )
        self._rows = tuple(rows)
        self._current = current
        self._preview = preview
        self._previewed = current
        self._describes = describes

    def show_lines(self) -> None:
        """Fill the list for what was typed."""
        self._fill(self._current)

    def _fill(self, at: str, *, keeps_place: bool = False) -> None:
        query = self.search_box.value.strip()
        found = [self._rows[index] for index in rank(query, [row.label for row in self._rows])]
        lines = [
            PickRow(row.id, row.label, row.hint, row.id == self._current, is_hint_beside=self._describes)
            for row in found
        ]
        remark = f"nothing for “{query}”" if query else "There is nothing to choose from."
        self.pick_list.set_lines(lines, query=query, remark=remark, at=at if keeps_place or not query else "")

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Let the caller preview the row under the cursor."""
        event.stop()
        if self._preview is not None and event.row is not None and event.row.id != self._previewed:
            self._previewed = event.row.id
            self._preview(event.row.id)


class ThemeScreen(ChoiceScreen):
    """The themes, in a pane at the side: the page beside it shows the theme under the cursor."""

    IS_PANE = True
    MOST_LINES = 1000


class RewindScreen(ChoiceScreen):
    """The messages that the user sent in a thread, the newest first. The result is the id of the chosen one, or None.

    Args:
        messages: The messages.
    """

    IS_WIDE = True

    def __init__(self, messages: Sequence[OwnMessage]) -> None:
        super().__init__("Go back to a message of yours", _rows(messages), verb="Edit")

    def show_messages(self, messages: Sequence[OwnMessage]) -> None:
        """Show older messages, too; the cursor stays where it is."""
        row = self.pick_list.cursor_row
        self._rows = _rows(messages)
        self._fill(row.id if row is not None else "", keeps_place=True)


def _rows(messages: Sequence[OwnMessage]) -> tuple[ChoiceRow, ...]:
    return tuple(ChoiceRow(message.id, message.words, message.facts) for message in messages)
