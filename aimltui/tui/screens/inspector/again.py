"""AgainScreen: with which model, instructions and temperature a question is answered again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from aimltui.common.sanitize import clean, clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.question import Option, QuestionSheet
from aimltui.tui.screens.dialogs.sheet import CLOSE, TALL, Sheet
from aimltui.tui.widgets.line_input import LineInput
from aimltui.wire.runs import Run

_ABOUT = "The question is answered again in a branch of the thread. This thread stays as it is."
_HOTTEST = 2.0
_RUN, _DISCARD, _GO_ON = "run", "discard", "go-on"


class Settings(NamedTuple):
    """The settings of the new run."""

    model: str
    instructions: str
    temperature: float | None
    """None: the model's default."""


class AgainScreen(Sheet[Settings | None]):
    """A small form. The result is the settings, or None.

    Args:
        run: The run whose settings fill the fields.
    """

    IS_WIDE = True
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "submit", show=False, priority=True)]
    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "inspector.tcss"]

    def __init__(self, run: Run) -> None:
        keys = (FooterItem("ctrl+s", "Run", "submit"), FooterItem("tab", "Next", "next"), CLOSE)
        super().__init__("Run again with other settings", keys)
        self._model = LineInput(clean_line(run.model), compact=True)
        temperature = "" if run.temperature is None else f"{run.temperature:g}"
        self._temperature = LineInput(temperature, placeholder="the model's default", compact=True)
        self._instructions = TextArea(clean(run.instructions or ""), compact=True, soft_wrap=True)
        self._instructions.cursor_blink = False
        self._problem = Static("", classes="sheet-problem", markup=False)
        for field in (self._model, self._temperature):
            field.cursor_blink = False
        self._first = self._typed

    def body(self) -> Sequence[Widget]:
        """What will happen, and the fields."""
        self._problem.display = False
        return (
            Static(Content(_ABOUT), classes="sheet-text", markup=False),
            Static(Content("Model"), classes="again-label", markup=False),
            self._model,
            Static(Content("Temperature"), classes="again-label", markup=False),
            self._temperature,
            Static(Content("Instructions"), classes="again-label", markup=False),
            self._instructions,
            self._problem,
        )

    def fit(self, size: Size) -> None:
        """Give the instructions the lines that are left."""
        super().fit(size)
        around = self.frame_lines(size.height) + (8 if size.height < TALL else 13)
        self._instructions.styles.max_height = max(1, min(12, size.height - around))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field."""
        event.stop()
        self.focus_next()

    def action_next(self) -> None:
        """Go to the next field."""
        self.focus_next()

    @property
    def _typed(self) -> tuple[str, str, str]:
        return self._model.value, self._temperature.value, self._instructions.text

    def action_cancel(self) -> None:
        """Close; what was changed is run or discarded as the user says."""
        if self._typed == self._first:
            self._leave()
            return
        options = (
            Option(_RUN, "Run it", "in a branch of the thread"),
            Option(_DISCARD, "Discard it", "the question is not answered again"),
            Option(_GO_ON, "Keep editing"),
        )
        self.app.push_screen(
            QuestionSheet("Run with what you changed?", (), options, leave="Keep editing"), self._answered
        )

    def _answered(self, answer: str | None) -> None:
        if answer == _RUN:
            self.call_later(self.action_submit)
        elif answer == _DISCARD:
            self.call_later(self._leave)

    def _leave(self) -> None:
        self.dismiss(None)

    def action_submit(self) -> None:
        """Return the settings, unless one is wrong."""
        text, model = self._temperature.value.strip().replace(",", "."), self._model.value.strip()
        temperature: float | None = None
        try:
            temperature = float(text) if text else None
        except ValueError:
            temperature = -1.0
        if temperature is not None and not 0 <= temperature <= _HOTTEST:
            self._complain(
                "The temperature is a number from 0 to 2, or empty for the model's default.",
                self._temperature,
            )
        elif not model:
            self._complain("Write the id of the model.", self._model)
        else:
            self.dismiss(Settings(model, self._instructions.text, temperature))

    def _complain(self, sentence: str, field: Widget) -> None:
        self._problem.update(Content(sentence))
        self._problem.display = True
        field.focus()
