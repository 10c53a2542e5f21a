"""FormScreen: the fields that a server wants the user to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from aimltui.common.sanitize import clean_line
from aimltui.local_tools.mcp.forms import BadValue, Form, Value, hint_of, values_of
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.line_input import LineInput


class FormScreen(Sheet[dict[str, Value] | None]):
    """Asks for the values of a form. The result is the values by name, or None.

    Args:
        form: The form.
    """

    SCROLLS = "VerticalScroll"
    MOST_LINES = 24
    EXTRA_LINES = 3
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "submit", show=False, priority=True)]

    def __init__(self, form: Form) -> None:
        keys = (FooterItem("ctrl+s", "Send", "submit"), FooterItem("tab", "Next", "next"), CLOSE)
        super().__init__(f"{form.server} asks", keys)
        self._form = form
        self._inputs = {
            field.name: LineInput(field.default, placeholder=hint_of(field), compact=True)
            for field in form.fields
        }
        self._problem = Static("", classes="sheet-problem", markup=False)

    def body(self) -> Sequence[Widget]:
        """The message, a line for each field, and what is wrong with a value."""
        self._problem.display = False
        widgets: list[Widget] = []
        for field in self._form.fields:
            star = " *" if field.is_required else ""
            label = Content.assemble((f"{field.label}{star}", "bold"), (f"  {field.about}", "$text-muted"))
            widgets.append(Static(label, classes="sheet-text", markup=False))
            self._inputs[field.name].cursor_blink = False
            widgets.append(self._inputs[field.name])
        message = Static(Content(clean_line(self._form.message)), classes="sheet-text", markup=False)
        return VerticalScroll(message, *widgets, can_focus=False), self._problem

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field; from the last one, send the form."""
        event.stop()
        inputs = list(self._inputs.values())
        if self.focused is inputs[-1]:
            self.action_submit()
        else:
            self.focus_next()

    def action_next(self) -> None:
        """Go to the next field."""
        self.focus_next()

    def action_submit(self) -> None:
        """Return the values, unless one is wrong."""
        try:
            values = values_of(self._form, {name: box.value for name, box in self._inputs.items()})
        except BadValue as error:
            self._problem.update(Content(str(error)))
            self._problem.display = True
            return
        if self.is_current:
            self.dismiss(values)
