"""FormScreen: the fields that a server wants the user to fill in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from aimltui.common.sanitize import clean
from aimltui.local_tools.mcp.forms import BadValue, Form, FormField, Value, hint_of, values_of
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.discarding import ask_before_discard
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.line_input import LineInput


class FormScreen(Sheet[dict[str, Value] | None]):
    """Asks for the values of a form. The result is the values by name, or None.

    Args:
        form: The form.
        submit: A word for what becomes of the values.
    """

    SCROLLS = "VerticalScroll"
    MOST_LINES = 24
    # the fields are in the part that scrolls
    EXTRA_LINES = -1
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "submit", show=False, priority=True)]

    def __init__(self, form: Form, *, submit: str = "Send") -> None:
        keys = (FooterItem("ctrl+s", submit, "submit"), FooterItem("tab", "Next", "next"), CLOSE)
        super().__init__(f"{form.server} asks", keys)
        self._form = form
        self._done = submit
        self._inputs = {field.name: LineInput(field.default, compact=True) for field in form.fields}
        # each is below its field in the part that scrolls, so that it never pushes the keys off the panel
        self._problems = {
            field.name: Static("", classes="sheet-problem", markup=False) for field in form.fields
        }

    def body(self) -> Sequence[Widget]:
        """The message, and each field with what is wrong with its value."""
        message = Static(Content(clean(self._form.message)), classes="sheet-text", markup=False)
        fields = [self._field(field) for field in self._form.fields]
        return (VerticalScroll(message, *fields, classes="form-body", can_focus=False),)

    def _field(self, field: FormField) -> Widget:
        """A field under its label, which also says what may be written where a default fills the field."""
        about = f" · {field.about}" if field.about else ""
        label = Content.assemble(
            (field.label, "bold $foreground"), (f"  {hint_of(field)}{about}", "$text-muted")
        )
        box, problem = self._inputs[field.name], self._problems[field.name]
        box.cursor_blink = problem.display = False
        return Vertical(Static(label, classes="sheet-text", markup=False), box, problem, classes="form-row")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Bring the label of a field into view with it."""
        self._bring_into_view(event.widget)

    def _bring_into_view(self, box: Widget) -> None:
        row = box.parent
        if isinstance(row, Vertical):
            self.call_after_refresh(row.scroll_visible, animate=False, force=True)

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

    def action_cancel(self) -> None:
        """Close without a result; what was typed is discarded only if the user says so."""
        if all(self._inputs[field.name].value == field.default for field in self._form.fields):
            self.dismiss(None)
        else:
            ask_before_discard(self, self._done, self.action_submit)

    def action_submit(self) -> None:
        """Return the values; if one is wrong, go to its field and say why."""
        try:
            values = values_of(self._form, {name: box.value for name, box in self._inputs.items()})
        except BadValue as error:
            self._show_problem(error)
            return
        if self.is_current:
            self.dismiss(values)

    def _show_problem(self, error: BadValue) -> None:
        for name, problem in self._problems.items():
            problem.display = name == error.name
        self._problems[error.name].update(Content(str(error)))
        box = self._inputs[error.name]
        box.focus(scroll_visible=False)
        self._bring_into_view(box)
