"""RunOptionsScreen: what is different in the next run, or in all runs of the thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar, Final, Literal

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.geometry import Size
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, TextArea

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.assistants.field import Field, line, text_box
from aimltui.tui.screens.dialogs.question import Option, QuestionSheet
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.state.run_options import EXAMPLE, RunOptions, problems_of
from aimltui.tui.widgets.choice_line import ChoiceLine, OpenLine

Scope = Literal["next", "thread"]
_SCOPES: Final = (("next", "the next run"), ("thread", "this thread"))
_KEYS = (
    FooterItem("ctrl+s", "Set", "set"),
    FooterItem("ctrl+t", "An example", "example"),
    FooterItem("ctrl+r", "Clear all", "clear"),
    FooterItem("ctrl+g", "In your editor", "edit_outside"),
    CLOSE,
)
_AS_BEFORE: Final = "as in the assistant"
_SET, _DISCARD, _GO_ON = "set", "discard", "go-on"


@dataclass(frozen=True)
class Chosen:
    """What the user set, and for what."""

    options: RunOptions
    scope: Scope


class RunOptionsScreen(Sheet[Chosen | None]):
    """Shows the options. The result is what the user set, or None.

    Args:
        once: The options for the next run.
        thread: Those for the thread.
        assistant: The name of the assistant that answers.
        pick_model: Lets the user choose a model; calls back with its id and connection.
        edit_outside: Opens a text in the user's editor; returns None if that failed, which was shown.
    """

    IS_WIDE = True
    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "assistants.tcss"]
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "set", show=False, priority=True),
        Binding("ctrl+t", "example", show=False, priority=True),
        Binding("ctrl+r", "clear", show=False, priority=True),
        Binding("ctrl+g", "edit_outside", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        once: RunOptions,
        thread: RunOptions,
        *,
        assistant: str,
        pick_model: Callable[[Callable[[str, str], None]], object],
        edit_outside: Callable[[str], Awaitable[str | None]],
    ) -> None:
        super().__init__("Run options", _KEYS)
        self._options: dict[str, RunOptions] = {"next": once, "thread": thread}
        self._shown = once
        self._pick_model = pick_model
        self._in_editor = edit_outside
        self._chosen_model = (once.model, once.connection)
        self._scope = ChoiceLine(_SCOPES, "next")
        self._additional = text_box(once.additional, "small", EXAMPLE)
        self._instructions = text_box(once.instructions, "small", f"as in {clean_line(assistant)}")
        self._model = OpenLine("", "change")
        self._temperature = line(once.temperature, _AS_BEFORE)
        self._last_messages = line(once.last_messages, "all that fit")
        self._max_prompt = line(once.max_prompt, "no limit")
        self._max_completion = line(once.max_completion, "no limit")
        self._fields: list[Field] = []

    def body(self) -> Sequence[Widget]:
        """The fields."""
        one = self._field
        form = VerticalScroll(
            one("scope", "For", "", self._scope),
            one("additional", "More instructions", "after those of the assistant", self._additional),
            one(
                "instructions", "Other instructions", "instead of those of the assistant", self._instructions
            ),
            one("model", "Model", "", self._model),
            Horizontal(
                one("temperature", "Temperature", "0 to 2", self._temperature),
                one("last_messages", "Last messages", "that the model is sent", self._last_messages),
                classes="pair",
            ),
            Horizontal(
                one("max_prompt", "Prompt tokens", "at most, all turns", self._max_prompt),
                one("max_completion", "Answer tokens", "at most, all turns", self._max_completion),
                classes="pair",
            ),
            classes="form",
            can_focus=False,
        )
        self._limit(form, self.app.size.height)
        return (form,)

    def _field(self, name: str, label: str, about: str, *widgets: Widget) -> Field:
        made = Field(name, label, about, *widgets)
        self._fields.append(made)
        return made

    def on_mount(self) -> None:
        """Begin with what is used most."""
        self._show_model()
        self.set_focus(self._additional)

    def fit(self, size: Size) -> None:
        """Give the form the lines that are left."""
        super().fit(size)
        self._limit(self.query_one(VerticalScroll), size.height)

    def _limit(self, form: Widget, lines: int) -> None:
        form.styles.max_height = max(1, lines - self.frame_lines(lines) - 1)

    def _show_model(self) -> None:
        model, connection = self._chosen_model
        self._model.set_value(f"{model} · {connection}" if connection else model or _AS_BEFORE)

    @property
    def options(self) -> RunOptions:
        """The options as they are typed now."""
        model, connection = self._chosen_model
        return RunOptions(
            additional=self._additional.text,
            instructions=self._instructions.text,
            model=model,
            connection=connection,
            temperature=self._temperature.value,
            max_prompt=self._max_prompt.value,
            max_completion=self._max_completion.value,
            last_messages=self._last_messages.value,
        )

    def _show(self, options: RunOptions) -> None:
        self._shown = options
        self._additional.text = options.additional
        self._instructions.text = options.instructions
        self._chosen_model = (options.model, options.connection)
        self._temperature.value = options.temperature
        self._max_prompt.value = options.max_prompt
        self._max_completion.value = options.max_completion
        self._last_messages.value = options.last_messages
        self._show_model()

    def on_choice_line_changed(self, event: ChoiceLine.Changed) -> None:
        """Show what is set for the thread or the next run, unless something was typed already."""
        event.stop()
        if self.options == self._shown:
            self._show(self._options[self._scope.value])

    def on_open_line_opened(self, event: OpenLine.Opened) -> None:
        """Let the user choose a model."""
        event.stop()
        self._pick_model(self._use_model)

    def _use_model(self, model: str, connection: str) -> None:
        self._chosen_model = (model, connection)
        self._show_model()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field."""
        event.stop()
        self.focus_next()

    def action_example(self) -> None:
        """Put an example into the additional instructions, behind what is there."""
        text = self._additional.text.rstrip()
        if EXAMPLE not in text:
            self._additional.text = f"{text}\n{EXAMPLE}" if text else EXAMPLE
        self.set_focus(self._additional)

    def action_edit_outside(self) -> None:
        """Open the instructions with the focus, or those behind the assistant's, in the user's editor."""
        focused = self.focused
        box = focused if isinstance(focused, TextArea) else self._additional
        self.run_worker(self._edit_outside(box), group="editor", exclusive=True)

    async def _edit_outside(self, box: TextArea) -> None:
        text = await self._in_editor(box.text)
        if text is not None:
            box.text = text

    def action_clear(self) -> None:
        """Empty all fields; setting that takes the options away."""
        shown = self._shown
        self._show(RunOptions())
        # what is empty now differs from what is set
        self._shown = shown

    def action_set(self) -> None:
        """Return the options, unless one cannot be used."""
        scope: Scope = "thread" if self._scope.value == "thread" else "next"
        problems = problems_of(self.options, is_for_thread=scope == "thread")
        for one in self._fields:
            one.show_problem(problems.get(one.field_name, ""))
        if problems:
            wrong = next(one for one in self._fields if one.field_name in problems)
            self.set_focus(next(widget for widget in wrong.query("*") if widget.can_focus))
        else:
            self.dismiss(Chosen(self.options, scope))

    def action_cancel(self) -> None:
        """Close; what was changed is set or discarded as the user says."""
        if self.options == self._shown:
            self._leave()
            return
        options = (
            Option(_SET, "Set them", "for what is chosen under For"),
            Option(_DISCARD, "Discard them", "the options stay as they were"),
            Option(_GO_ON, "Keep editing"),
        )
        self.app.push_screen(
            QuestionSheet("Set the options that you changed?", (), options, leave="Keep editing"),
            self._answered,
        )

    def _answered(self, answer: str | None) -> None:
        if answer == _SET:
            self.call_later(self.action_set)
        elif answer == _DISCARD:
            self.call_later(self._leave)

    def _leave(self) -> None:
        self.dismiss(None)
