"""The dropdown of models under the header."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.tui.commands import FooterItem
from aimltui.tui.sanitize import clean
from aimltui.tui.screens.sheet import CLOSE, SearchSheet
from aimltui.tui.state.model_rows import ModelRow, found_models, grouped_models, hint_of, typed_id
from aimltui.tui.widgets.pick_list import PickRow

__all__ = ["ModelPicker", "ModelRow"]

_KEYS = (FooterItem("enter", "Use", "pick"), FooterItem("ctrl+r", "Refresh", "refresh"), CLOSE)


class ModelPicker(SearchSheet):
    """Search, or type an id; the result is the id, or None.

    Args:
        request_rows: Called when rows are wanted: at the start if there are none, and on refresh. Answer, now
            or later, by `set_rows` or `set_error`.
        current: The id of the model in use.
        rows: The models as far as they are known already.
    """

    EXTRA_LINES = 5
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "refresh", show=False),
        # The key that opened it closes it.
        Binding("ctrl+l", "cancel", show=False),
    ]

    def __init__(
        self, request_rows: Callable[[], object], *, current: str = "", rows: Sequence[ModelRow] = ()
    ) -> None:
        super().__init__("", "search a model, or type its id", _KEYS)
        self._request_rows = request_rows
        self._current = current
        self._rows = tuple(rows)
        self._remark = ""
        self._problem = Static("", classes="sheet-problem", markup=False)

    def body(self) -> Sequence[Widget]:
        """Search box, what went wrong, list."""
        self._problem.display = False
        return self.search_box, self._problem, self.pick_list

    def on_mount(self) -> None:
        """Ask for the models if there are none yet."""
        if not self._rows:
            self.action_refresh()

    def set_rows(self, rows: Sequence[ModelRow]) -> None:
        """Show these models."""
        self._rows = tuple(rows)
        self._remark = "" if rows else "The endpoint lists no models. Type a model's id."
        self._show_problem("")

    def set_error(self, text: str) -> None:
        """Say why there is no list; what was listed before stays."""
        self._remark = ""
        self._show_problem(text)

    def _show_problem(self, text: str) -> None:
        self._problem.update(Content(clean(text)))
        self._problem.display = bool(text)
        self.show_lines()

    def action_refresh(self) -> None:
        """Ask for the models again."""
        self._remark = "asking the endpoint for its models…"
        self._show_problem("")
        self._request_rows()

    def show_lines(self) -> None:
        """Fill the list for what was typed."""
        query = self.search_box.value.strip()
        models: list[ModelRow | str] = (
            [*found_models(self._rows, query)] if query else grouped_models(self._rows)
        )
        lines: list[PickRow | str] = [
            line
            if isinstance(line, str)
            else PickRow(line.id, line.id, hint_of(line), line.id == self._current)
            for line in models
        ]
        if query and not lines and not self._remark and self._rows:
            count = "1 model" if len(self._rows) == 1 else f"{len(self._rows):,} models"
            lines.append(f"nothing for “{query}” among {count}")
        if self._remark and (lines or query):
            lines.insert(0, self._remark)
        if (typed := typed_id(self._rows, query)) is not None:
            lines.append(PickRow(typed, f"use “{typed}” as typed", is_found=False))
        at = "" if query else self._current
        self.pick_list.set_lines(lines, query=query, remark=self._remark, at=at)
