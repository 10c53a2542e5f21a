"""PaletteScreen: every command that is available, with a search box and its keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.tui.commands.derived import (
    Command,
    FooterItem,
    State,
    by_group,
    key_label,
    palette_commands,
    suggested,
)
from aimltui.tui.commands.key_map import keys_of
from aimltui.tui.screens.dialogs.sheet import CLOSE, SearchSheet
from aimltui.tui.state.fuzzy import rank
from aimltui.tui.widgets.pick_list import PickList, PickRow, spaced

_SUGGESTED = "Suggested"


class PaletteScreen(SearchSheet):
    """Shows the commands in groups. The result is the id of the chosen command, or None.

    Args:
        state: The words of `commands.STATE_WORDS` that are true.
    """

    MOST_LINES = 28
    EXTRA_LINES = 3
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+p", "cancel", show=False)]

    def __init__(self, state: State) -> None:
        super().__init__("Commands", "search commands", (FooterItem("enter", "Run", "pick"), CLOSE))
        self._commands = palette_commands(state)
        self._help = Static("", classes="sheet-text palette-help", markup=False)

    def body(self) -> Sequence[Widget]:
        """Search box, list, and the help of the command under the cursor."""
        return (*super().body(), self._help)

    def show_lines(self) -> None:
        """Fill the list for what was typed."""
        query = self.search_box.value.strip()
        lines: list[PickRow | str] = []
        if query:
            lines += map(_row, self._found(query))
        else:
            first = suggested(self._commands)
            rest = by_group(item for item in self._commands if item not in first)
            for group, commands in {_SUGGESTED: first, **rest}.items():
                if commands:
                    lines += [group, *map(_row, commands)]
        self.pick_list.set_lines(spaced(lines), query=query, remark=f"no command for “{query}”")

    def _found(self, query: str) -> list[Command]:
        """The commands for a query: those whose title or other word begins with it, then those with its letters."""
        named = [item for item in self._commands if _has_word(item, query)]
        found = [self._commands[index] for index in rank(query, [item.title for item in self._commands])]
        strong = [item for item in found if query.lower() in item.title.lower()]
        return list(dict.fromkeys((*strong, *named, *found)))

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Explain the command under the cursor."""
        event.stop()
        texts = {item.id: item.help for item in self._commands}
        self._help.update(Content(texts[event.row.id] if event.row else ""))


def _has_word(item: Command, query: str) -> bool:
    words = f"{item.slash.removeprefix('/')} {item.also}".lower().split()
    return any(word.startswith(query.lower()) for word in words)


def _row(item: Command) -> PickRow:
    keys = keys_of(item)
    return PickRow(item.id, item.title, key_label(keys[0]) if keys else item.slash)
