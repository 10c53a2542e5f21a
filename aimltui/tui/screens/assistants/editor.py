"""AssistantEditor: the form of one assistant. Nothing that was typed is lost: it is saved as a draft all the time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.timer import Timer
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean, clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.assistants.assistant_fields import AssistantFields
from aimltui.tui.screens.dialogs.question import Option, QuestionSheet
from aimltui.tui.screens.dialogs.sheet import CLOSE, TALL, Sheet
from aimltui.tui.state.assistant_form import (
    AssistantForm,
    draft_of,
)
from aimltui.tui.widgets.check_rows import CheckRows
from aimltui.tui.widgets.choice_line import ChoiceLine, OpenLine

if TYPE_CHECKING:
    from aimltui.wire.models import ModelSettings

_KEYS = (
    FooterItem("ctrl+s", "Save", "save"),
    FooterItem("tab", "Next", "app.focus_next"),
    FooterItem("ctrl+g", "In your editor", "edit_outside"),
    CLOSE,
)
_PAUSE_S: Final = 0.3
"""Seconds without typing after which the draft is saved."""
_NOTE_LINES: Final = 2
LOCAL: Final = "local"
_SAVE, _DISCARD, _GO_ON = "save", "discard", "go-on"
_FILES, _STORES = "file:", "store:"


@dataclass(frozen=True)
class EditorHost:
    """What the form needs from the program."""

    save: Callable[[AssistantForm], Awaitable[str]]
    """Saves; returns why not, as a sentence, or an empty text."""
    keep_draft: Callable[[str], object]
    """Saves a draft; an empty text deletes it."""
    pick_model: Callable[[Callable[[str, str], None]], object]
    """Lets the user choose a model; calls back with its id and connection."""
    pick_file: Callable[[AssistantForm, Callable[[str, str, str], None]], object]
    """Lets the user choose a file or a vector store; calls back with the tool, the id and the name."""
    edit_outside: Callable[[str], Awaitable[str | None]]
    """Opens a text in the user's editor; returns None if that failed, which was shown."""
    settings_of: Callable[[str, str], ModelSettings | None]
    """Which settings a model takes."""
    names: Mapping[str, str] = field(default_factory=dict)
    """The names of files and vector stores, by id."""
    local_tools: str = ""
    """The names of the functions and MCP servers beside the client; empty if they cannot be offered."""


class AssistantEditor(Sheet[None]):
    """Shows the form.

    Args:
        form: The values as they are saved.
        host: What it asks of the program.
        draft: Values that were typed and not saved before; None if there are none.
        version: The version of the saved assistant; empty for a new one.
        default_model: The model that answers for the program's own assistant, which has no choice here; else empty.
    """

    IS_WIDE = True
    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "assistants.tcss"]
    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-short"), (TALL, "-tall"), (45, "-roomy")]  # noqa: RUF012  # Textual's own form
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", show=False, priority=True),
        Binding("ctrl+g", "edit_outside", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
        Binding("enter", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        form: AssistantForm,
        host: EditorHost,
        *,
        draft: AssistantForm | None = None,
        version: str = "",
        default_model: str = "",
    ) -> None:
        super().__init__("Assistant", _KEYS)
        self._saved = form
        shown = draft or form
        self._has_name = bool(shown.name)
        self._host = host
        self._is_restored = draft is not None and draft != form
        self._version = version
        self._timer: Timer | None = None
        self._is_saving = False
        self._has_failed = False
        self._is_settled = False
        self._fields = AssistantFields(
            shown,
            names=host.names,
            settings_of=host.settings_of,
            local_tools=host.local_tools,
            default_model=default_model,
        )
        self._note = Static("", classes="sheet-problem", markup=False)

    # What it shows

    def fit(self, size: Size) -> None:
        """Give the form the lines that are left."""
        super().fit(size)
        self._limit(self.query_one(VerticalScroll), size.height)

    def _limit(self, form: Widget, lines: int) -> None:
        """Give the form all lines but those of the title, the keys, the note, and the empty ones around."""
        around = self.frame_lines(lines) + 1 + _NOTE_LINES * self._note.display
        form.styles.max_height = max(1, lines - around)

    def body(self) -> Sequence[Widget]:
        """The fields, and what is wrong as a whole."""
        self._note.display = False
        form = VerticalScroll(*self._fields.make(), classes="form", can_focus=False)
        # before the first event, so that nothing jumps
        self._limit(form, self.app.size.height)
        return form, self._note

    def on_mount(self) -> None:
        """Show the values."""
        self._fields.show()
        self._show_title()
        if self._is_restored:
            self._say("Your unsaved changes from before are back.")
        self.set_focus(self._fields.instructions if self._has_name else self._fields.name)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def _show_title(self) -> None:
        form = self.form
        name = clean_line(form.name) or "New assistant"
        version = f"  version {self._version}" if self._version else "  new"
        dirty = ("  ● changed", "$text-warning") if self.is_dirty else ""
        title = Content.assemble((name, "bold"), (version, "$text-muted"), dirty)
        self.query_one(".sheet-title", Static).update(title)

    def _say(self, text: str) -> None:
        self._note.update(Content(clean(text)))
        self._note.display = bool(text)
        self._limit(self.query_one(VerticalScroll), self.app.size.height)

    # The values

    @property
    def form(self) -> AssistantForm:
        """The values as they are typed now."""
        return self._fields.form

    @property
    def is_dirty(self) -> bool:
        """Whether something differs from what is saved."""
        return self.form != self._saved

    def on_input_changed(self, event: Input.Changed) -> None:
        """Note the change."""
        event.stop()
        self._changed()

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        """Note the change."""
        event.stop()
        self._changed()

    def on_check_rows_changed(self, event: CheckRows.Changed) -> None:
        """Note the change."""
        event.stop()
        self._changed()

    def on_choice_line_changed(self, event: ChoiceLine.Changed) -> None:
        """Note the change; a schema has a field."""
        event.stop()
        self._changed()
        self._fields.show_schema()

    def _changed(self) -> None:
        self._show_title()
        if self._has_failed:
            self._fields.show_problems()
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(_PAUSE_S, self.save_draft)

    def save_draft(self) -> None:
        """Save what was typed, so that it survives the end of the program; nothing is saved if nothing was changed."""
        if not self._is_settled:
            self._host.keep_draft(draft_of(self.form) if self.is_dirty else "")

    # What the user asks for

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to the next field."""
        event.stop()
        self.focus_next()

    def on_open_line_opened(self, event: OpenLine.Opened) -> None:
        """Let the user choose a model, or a file."""
        event.stop()
        if event.line is self._fields.model:
            self._host.pick_model(self._use_model)
        else:
            self._host.pick_file(self.form, self._add_file)

    def _use_model(self, model: str, connection: str) -> None:
        self._fields.use_model(model, connection)
        self._changed()

    def _add_file(self, tool: str, item_id: str, name: str) -> None:
        self._fields.add_file(tool, item_id, name)
        self._changed()

    def action_edit_outside(self) -> None:
        """Open the field with the focus, or the instructions, in the user's editor."""
        focused = self.focused
        box = focused if isinstance(focused, TextArea) else self._fields.instructions
        self.run_worker(self._edit_outside(box), group="editor", exclusive=True)

    async def _edit_outside(self, box: TextArea) -> None:
        text = await self._host.edit_outside(box.text)
        if text is not None and text != box.text:
            box.text = text

    def action_save(self) -> None:
        """Save, unless something cannot be saved as it is typed."""
        if self._is_saving:
            return
        wrong = self._fields.show_problems()
        self._has_failed = wrong is not None
        if wrong is not None:
            wrong.scroll_visible(animate=False)
            self.set_focus(next(widget for widget in wrong.query("*") if widget.can_focus))
            return
        self._is_saving = True
        self.run_worker(self._save(), group="save", exclusive=True)

    async def _save(self) -> None:
        form = self.form
        try:
            problem = await self._host.save(form)
        finally:
            self._is_saving = False
        if problem:
            self._say(problem)
            return
        if self.form != form:
            # typed while it was being saved
            self._saved = form
            self._show_title()
            return
        self._leave()

    def _leave(self) -> None:
        self._is_settled = True
        self._host.keep_draft("")
        self.dismiss(None)

    def action_cancel(self) -> None:
        """Close; what was changed is saved or discarded as the user says."""
        if not self.is_dirty:
            self._leave()
            return
        options = (
            Option(_SAVE, "Save the changes", "they take effect with the next run"),
            Option(_DISCARD, "Discard them", "the assistant stays as it was"),
            Option(_GO_ON, "Keep editing"),
        )
        name = clean_line(self.form.name) or "the new assistant"
        self.app.push_screen(
            QuestionSheet(f"Save what you changed in {name}?", (), options, leave="Keep editing"),
            self._answered,
        )

    def _answered(self, answer: str | None) -> None:
        if answer == _SAVE:
            self.action_save()
        elif answer == _DISCARD:
            self.call_later(self._leave)
