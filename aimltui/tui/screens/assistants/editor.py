"""AssistantEditor: the form of one assistant. Nothing that was typed is lost: it is saved as a draft all the time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from aimltui.common.sanitize import clean, clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.assistants.field import Field, line, text_box
from aimltui.tui.screens.dialogs.question import Option, QuestionSheet
from aimltui.tui.screens.dialogs.sheet import CLOSE, TALL, Sheet
from aimltui.tui.state import assistant_facts as facts
from aimltui.tui.state.assistant_form import (
    CODE,
    FORMATS,
    FUNCTION,
    SEARCH,
    AssistantForm,
    draft_of,
    problems_of,
)
from aimltui.tui.widgets.check_rows import CheckRow, CheckRows
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

    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "assistants.tcss"]
    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = [(0, "-short"), (14, "-tall"), (45, "-roomy")]  # noqa: RUF012  # Textual's own form
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
        self._form = shown = draft or form
        self._host = host
        self._is_restored = draft is not None and draft != form
        self._version = version
        self._default_model = default_model
        self._names = dict(host.names)
        self._timer: Timer | None = None
        self._is_saving = False
        self._has_failed = False
        self._is_settled = False
        self._name_box = line(shown.name, "what it is called")
        self._description = line(shown.description, "one line for the list")
        fixed = f"{default_model} · the default model, which ctrl+l and ctrl+s in its list change"
        self._model = OpenLine(
            fixed if default_model else _model_text(shown), "" if default_model else "change"
        )
        self._instructions = text_box(shown.instructions, "instructions")
        self._tools = CheckRows()
        self._attached = CheckRows()
        self._add = OpenLine("Add a file or a vector store…", "choose")
        self._temperature = line(shown.temperature, "the model's own")
        self._top_p = line(shown.top_p, "the model's own")
        self._effort = ChoiceLine((), shown.effort)
        self._format = ChoiceLine(FORMATS, shown.format)
        self._schema = text_box(shown.schema)
        self._starters = text_box(shown.starters, "small")
        self._metadata = text_box(shown.metadata, "small", "key = value")
        self._note = Static("", classes="sheet-problem", markup=False)
        self._fields: list[Field] = []

    # What it shows

    def on_resize(self, event: events.Resize) -> None:
        """Give the form the lines that are left."""
        self._limit(self.query_one(VerticalScroll), event.size.height)

    def _limit(self, form: Widget, lines: int) -> None:
        """Give the form all lines but those of the title, the keys, the note, and the empty ones around."""
        around = (3 if lines < TALL else 6) + _NOTE_LINES * self._note.display
        form.styles.max_height = max(1, lines - around)

    def body(self) -> Sequence[Widget]:
        """The fields, and what is wrong as a whole."""
        self._note.display = False
        one = self._field
        parts = [
            one("name", "Name", "", self._name_box),
            one("description", "Description", "", self._description),
            one("model", "Model", "", self._model),
            one("instructions", "Instructions", "Markdown · ctrl+g opens your editor", self._instructions),
            one("tools", "Tools", "what its runs may use", self._tools),
            one("files", "Files", "for all its threads", self._attached, self._add),
            Horizontal(
                one("temperature", "Temperature", "0 to 2", self._temperature),
                one("top_p", "Top p", "0 to 1", self._top_p),
                classes="pair",
            ),
            one("effort", "Reasoning effort", "", self._effort),
            one("format", "Answers as", "", self._format),
            one("schema", "JSON schema", "", self._schema),
            one(
                "starters",
                "Conversation starters",
                "one in each line, at most 4; one ending in a colon waits for the rest",
                self._starters,
            ),
            one("metadata", "Metadata", "key = value in each line", self._metadata),
        ]
        form = VerticalScroll(*parts, classes="form", can_focus=False)
        # before the first event, so that nothing jumps
        self._limit(form, self.app.size.height)
        return form, self._note

    def _field(self, name: str, label: str, about: str, *widgets: Widget) -> Field:
        made = Field(name, label, about, *widgets)
        self._fields.append(made)
        return made

    def _of(self, name: str) -> Field:
        return next(one for one in self._fields if one.field_name == name)

    def on_mount(self) -> None:
        """Show the values."""
        self._show_tools()
        self._show_attached()
        self._show_facts()
        self._show_title()
        if self._is_restored:
            self._say("What you changed before without saving it is here again.")
        self.set_focus(self._name_box if not self._form.name else self._instructions)
        self.query_one(VerticalScroll).scroll_home(animate=False)

    def _show_title(self) -> None:
        form = self.form
        name = clean_line(form.name) or "New assistant"
        version = f"  version {self._version}" if self._version else "  new"
        dirty = ("  ● changed", "$text-warning") if self.is_dirty else ""
        title = Content.assemble((name, "bold"), (version, "$text-muted"), dirty)
        self.query_one(".sheet-title", Static).update(title)

    def _show_tools(self) -> None:
        form = self._form
        known = [str(tool["function"]["name"]) for tool in form.known_tools if tool.get("type") == "function"]
        rows = [
            CheckRow(
                CODE, "Code interpreter", "runs Python in a sandbox; sees the thread's and its own files"
            ),
            CheckRow(SEARCH, "File search", "reads the files of its vector stores and of the thread"),
            *(
                CheckRow(f"{FUNCTION}{name}", name, "a function; you are asked before a call")
                for name in known
            ),
        ]
        if self._host.local_tools:
            rows.append(CheckRow(LOCAL, "Functions and MCP servers", self._host.local_tools))
        checked = [*form.tools, *([LOCAL] if form.has_local_tools else [])]
        self._tools.set_rows(rows, checked)

    def _show_attached(self) -> None:
        form = self._form
        rows = [
            CheckRow(f"{_FILES}{one}", self._names.get(one, one), "code interpreter")
            for one in form.code_files
        ]
        rows += [CheckRow(f"{_STORES}{one}", self._names.get(one, one), "file search") for one in form.stores]
        self._attached.display = bool(rows)
        self._attached.set_rows(rows, [row.id for row in rows])

    def _show_facts(self) -> None:
        """Show the settings that the chosen model takes; the values of the others stay as they are."""
        form = self._form
        settings = self._host.settings_of(self._default_model or form.model, form.connection)
        self._of("model").set_label("Model", facts.told(settings))
        self._of("temperature").display = settings is None or settings.temperature
        self._of("top_p").display = settings is None or settings.top_p
        words = facts.effort_words(settings, form.effort)
        self._of("effort").display = bool(words)
        self._of("effort").set_label(*facts.effort_label(settings))
        self._effort.set_words(words, form.effort)
        self._of("format").set_label("Answers as", facts.format_about(settings))
        self._of("schema").display = form.format == "json_schema"

    def _say(self, text: str) -> None:
        self._note.update(Content(clean(text)))
        self._note.display = bool(text)
        self._limit(self.query_one(VerticalScroll), self.app.size.height)

    # The values

    @property
    def form(self) -> AssistantForm:
        """The values as they are typed now."""
        files = [one.removeprefix(_FILES) for one in self._attached.checked if one.startswith(_FILES)]
        stores = [one.removeprefix(_STORES) for one in self._attached.checked if one.startswith(_STORES)]
        return replace(
            self._form,
            name=self._name_box.value,
            description=self._description.value,
            instructions=self._instructions.text,
            tools=tuple(one for one in self._tools.checked if one != LOCAL),
            has_local_tools=LOCAL in self._tools.checked
            if self._host.local_tools
            else self._form.has_local_tools,
            code_files=tuple(files),
            stores=tuple(stores),
            temperature=self._temperature.value,
            top_p=self._top_p.value,
            effort=self._effort.value,
            format=self._format.value,
            schema=self._schema.text,
            starters=self._starters.text,
            metadata=self._metadata.text,
        )

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
        self._of("schema").display = self._format.value == "json_schema"

    def _changed(self) -> None:
        self._show_title()
        if self._has_failed:
            self._show_problems()
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
        if event.line is self._model:
            self._host.pick_model(self._use_model)
        else:
            self._host.pick_file(self.form, self._add_file)

    def _use_model(self, model: str, connection: str) -> None:
        self._form = replace(self.form, model=model, connection=connection)
        self._model.set_value(_model_text(self._form))
        self._show_facts()
        self._changed()

    def _add_file(self, tool: str, item_id: str, name: str) -> None:
        """Add a file or a vector store, with the tool that needs it; file search takes one store."""
        self._names[item_id] = name
        form = self.form
        if tool == CODE:
            form = replace(form, code_files=tuple(dict.fromkeys([*form.code_files, item_id])))
        else:
            form = replace(form, stores=(item_id,))
        self._form = replace(form, tools=tuple(dict.fromkeys([*form.tools, tool])))
        self._show_tools()
        self._show_attached()
        self._changed()

    def action_edit_outside(self) -> None:
        """Open the field with the focus, or the instructions, in the user's editor."""
        focused = self.focused
        box = focused if isinstance(focused, TextArea) else self._instructions
        self.run_worker(self._edit_outside(box), group="editor", exclusive=True)

    async def _edit_outside(self, box: TextArea) -> None:
        text = await self._host.edit_outside(box.text)
        if text is not None and text != box.text:
            box.text = text

    def _show_problems(self) -> Mapping[str, str]:
        problems = problems_of(self.form)
        for one in self._fields:
            one.show_problem(problems.get(one.field_name, ""))
        return problems

    def action_save(self) -> None:
        """Save, unless something cannot be saved as it is typed."""
        if self._is_saving:
            return
        problems = self._show_problems()
        self._has_failed = bool(problems)
        if problems:
            wrong = next(one for one in self._fields if one.field_name in problems)
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
            Option(_SAVE, "Save the changes", "they hold from the next run"),
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


def _model_text(form: AssistantForm) -> str:
    model = form.model or "the model of new threads"
    return f"{model} · {form.connection}" if form.connection else model
