"""Field: a label, what it is for, a widget, and what is wrong with its value."""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.sanitize import clean_line
from aimltui.tui.widgets.line_input import AreaInput, LineInput


class TextBox(AreaInput):
    """A field for several lines; tab leaves it."""


class Field(Vertical):
    """One field of a form.

    Args:
        name: What the field is called in the form's problems.
        label: The bold word.
        about: A few words behind it.
        widgets: The widgets with its value.
    """

    def __init__(self, name: str, label: str, about: str, *widgets: Widget) -> None:
        self._label = Static("", classes="field-label", markup=False)
        self._problem = Static("", classes="field-problem", markup=False)
        self._problem.display = False
        super().__init__(self._label, *widgets, self._problem, classes="field")
        self.field_name = name
        self.set_label(label, about)

    def set_label(self, label: str, about: str) -> None:
        """Show these words."""
        self._label.update(Content.assemble((label, "bold"), (f"  {clean_line(about)}", "$text-muted")))

    def show_problem(self, problem: str) -> None:
        """Show what is wrong; empty hides it."""
        if problem or self._problem.display:
            self._problem.update(Content(clean_line(problem)))
            self._problem.display = bool(problem)


def line(value: str, placeholder: str = "") -> LineInput:
    """A box for one line."""
    box = LineInput(value, placeholder=placeholder, compact=True, select_on_focus=False)
    box.cursor_blink = False
    return box


def text_box(text: str, classes: str = "", placeholder: str = "") -> TextBox:
    """A box for several lines."""
    box = TextBox(text, compact=True, soft_wrap=True, classes=classes, placeholder=placeholder)
    box.cursor_blink = False
    return box
