"""ComparePicker: choose the models that answer a message side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.tui.commands.command import FooterItem
from aimltui.tui.controllers.comparison import FEWEST, MOST
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.state.fuzzy import rank
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.pick_list import PickList, PickRow

if TYPE_CHECKING:
    from textual.widgets import Input

    from aimltui.tui.state.answerers import Answerer

_MARK = FooterItem("space", "Choose", "mark")
_COMPARE = FooterItem("enter", "Compare", "compare")


class FindBox(LineInput):
    """A search box in which space is not text: it chooses the model under the cursor."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether a key is text for the box."""
        return key != "space" and super().check_consume_key(key, character)


class ComparePicker(Sheet["Sequence[Answerer] | None"]):
    """Lists the models; space chooses one. The result is the chosen ones in the order in which they were chosen.

    Args:
        models: The models.
        chosen: Those that are chosen already.
    """

    SCROLLS = "PickList"
    EXTRA_LINES = 2
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("space", "mark", show=False, priority=True),
    ]

    def __init__(self, models: Sequence[Answerer], chosen: Sequence[Answerer] = ()) -> None:
        super().__init__("Compare models", (_MARK, CLOSE))
        self._models = list(models)
        self._names = [model.name for model in models]
        self._chosen = list(chosen)
        self._box = FindBox(placeholder="find a model", compact=True, select_on_focus=False)
        self._box.cursor_blink = False
        self._list = PickList()
        self._said = Static("", classes="sheet-text", markup=False)

    def body(self) -> Sequence[Widget]:
        """Search box, list, and how many are chosen."""
        return self._box, self._list, self._said

    def on_mount(self) -> None:
        """Fill the list."""
        self._show_rows()

    def _show_rows(self, at: str = "") -> None:
        query = self._box.value
        found = [self._models[place] for place in rank(query, self._names)]
        rows = [
            PickRow(str(self._models.index(model)), model.name, self._hint(model), model in self._chosen)
            for model in found
        ]
        self._list.set_lines(rows, query=query, remark="no model matches", at=at)
        count = len(self._chosen)
        is_enough = FEWEST <= count <= MOST
        left = "enter compares them" if is_enough else f"choose {FEWEST} to {MOST}"
        self._said.update(Content(f"{count} chosen · {left}"))
        self.show_keys((_MARK, *([_COMPARE] if is_enough else []), CLOSE))

    def _hint(self, model: Answerer) -> str:
        place = f"answer {self._chosen.index(model) + 1}" if model in self._chosen else ""
        return " · ".join(part for part in (place, model.connection) if part)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self._show_rows()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Compare the chosen models."""
        event.stop()
        self.action_compare()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Choose the clicked model."""
        event.stop()
        self.action_mark()

    def action_move(self, step: int) -> None:
        """Move the cursor in the list."""
        self._list.move(step)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self._list.page(direction)

    def action_mark(self) -> None:
        """Choose the model under the cursor, or no longer."""
        row = self._list.cursor_row
        if row is None:
            return
        model = self._models[int(row.id)]
        if model in self._chosen:
            self._chosen.remove(model)
        elif len(self._chosen) < MOST:
            self._chosen.append(model)
        self._show_rows(row.id)

    def action_compare(self) -> None:
        """Return the chosen models, if they are enough."""
        if FEWEST <= len(self._chosen) <= MOST:
            self.dismiss(tuple(self._chosen))
