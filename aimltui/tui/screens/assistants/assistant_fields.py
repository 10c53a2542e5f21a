"""AssistantFields: the fields of the assistant's form, and the values typed in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from textual.containers import Horizontal
from textual.widget import Widget

from aimltui.tui.screens.assistants.field import Field, line, text_box
from aimltui.tui.state import assistant_facts as facts
from aimltui.tui.state.assistant_form import CODE, FORMATS, FUNCTION, SEARCH, AssistantForm, problems_of
from aimltui.tui.widgets.check_rows import CheckRow, CheckRows
from aimltui.tui.widgets.choice_line import ChoiceLine, OpenLine

if TYPE_CHECKING:
    from aimltui.wire.models import ModelSettings

LOCAL: Final = "local"
_FILES, _STORES = "file:", "store:"


class AssistantFields:
    """Makes the fields, shows values in them and reads them.

    Args:
        form: The values to begin with.
        names: The names of files and vector stores, by id.
        settings_of: Which settings a model takes, by its id and connection.
        local_tools: The names of the functions and MCP servers beside the client; empty if they cannot be offered.
        default_model: The model that answers for the program's own assistant, which has no choice here; else empty.
    """

    def __init__(
        self,
        form: AssistantForm,
        *,
        names: Mapping[str, str],
        settings_of: Callable[[str, str], ModelSettings | None],
        local_tools: str,
        default_model: str,
    ) -> None:
        self._form = form
        self._names = dict(names)
        self._settings_of = settings_of
        self._local_tools = local_tools
        self._default_model = default_model
        self.name = line(form.name, "what it is called")
        self._description = line(form.description, "one line for the list")
        fixed = f"{default_model} · the default model; ctrl+l, then ctrl+s changes it"
        self.model = OpenLine(
            fixed if default_model else _model_text(form), "" if default_model else "change"
        )
        self.instructions = text_box(form.instructions, "instructions")
        self._tools = CheckRows()
        self._attached = CheckRows()
        self._add = OpenLine("Add a file or a vector store…", "choose")
        self._temperature = line(form.temperature, "the model's own")
        self._top_p = line(form.top_p, "the model's own")
        self._effort = ChoiceLine((), form.effort)
        self._cache = ChoiceLine(facts.CACHE_WORDS, form.cache)
        self._format = ChoiceLine(FORMATS, form.format)
        self._schema = text_box(form.schema)
        self._starters = text_box(form.starters, "small")
        self._metadata = text_box(form.metadata, "small", "key = value")
        self._fields: list[Field] = []

    def make(self) -> Sequence[Widget]:
        """Make the fields, in the order of the form."""
        one = self._field
        return [
            one("name", "Name", "", self.name),
            one("description", "Description", "", self._description),
            one("model", "Model", "", self.model),
            one("instructions", "Instructions", "Markdown · ctrl+g opens your editor", self.instructions),
            one("tools", "Tools", "what its runs may use", self._tools),
            one("files", "Files", "for all its threads", self._attached, self._add),
            Horizontal(
                one("temperature", "Temperature", "0 to 2", self._temperature),
                one("top_p", "Top p", "0 to 1", self._top_p),
                classes="pair",
            ),
            one("effort", "Reasoning effort", "", self._effort),
            one("cache", "Prompt caching", facts.CACHE_ABOUT, self._cache),
            one("format", "Answers as", "", self._format),
            one("schema", "JSON schema", "", self._schema),
            one(
                "starters",
                "Conversation starters",
                "one per line, at most 4; one that ends with a colon waits for your text",
                self._starters,
            ),
            one("metadata", "Metadata", "key = value, one per line", self._metadata),
        ]

    def _field(self, name: str, label: str, about: str, *widgets: Widget) -> Field:
        made = Field(name, label, about, *widgets)
        self._fields.append(made)
        return made

    def _of(self, name: str) -> Field:
        return next(one for one in self._fields if one.field_name == name)

    @property
    def form(self) -> AssistantForm:
        """The values as they are typed now."""
        files = [one.removeprefix(_FILES) for one in self._attached.checked if one.startswith(_FILES)]
        stores = [one.removeprefix(_STORES) for one in self._attached.checked if one.startswith(_STORES)]
        return replace(
            self._form,
            name=self.name.value,
            description=self._description.value,
            instructions=self.instructions.text,
            tools=tuple(one for one in self._tools.checked if one != LOCAL),
            has_local_tools=LOCAL in self._tools.checked if self._local_tools else self._form.has_local_tools,
            code_files=tuple(files),
            stores=tuple(stores),
            temperature=self._temperature.value,
            top_p=self._top_p.value,
            effort=self._effort.value,
            cache=self._cache.value,
            format=self._format.value,
            schema=self._schema.text,
            starters=self._starters.text,
            metadata=self._metadata.text,
        )

    def show(self) -> None:
        """Show the values that are not text."""
        self._show_tools()
        self._show_attached()
        self._show_settings()

    def use_model(self, model: str, connection: str) -> None:
        """Take another model."""
        self._form = replace(self.form, model=model, connection=connection)
        self.model.set_value(_model_text(self._form))
        self._show_settings()

    def add_file(self, tool: str, item_id: str, name: str) -> None:
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

    def show_schema(self) -> None:
        """Show the field of the JSON schema if the answers have one."""
        self._of("schema").display = self._format.value == "json_schema"

    def show_problems(self) -> Field | None:
        """Show what is wrong with each value; return the first field with a problem."""
        problems = problems_of(self.form)
        for one in self._fields:
            one.show_problem(problems.get(one.field_name, ""))
        return next((one for one in self._fields if one.field_name in problems), None)

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
        if self._local_tools:
            rows.append(CheckRow(LOCAL, "Functions and MCP servers", self._local_tools))
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

    def _show_settings(self) -> None:
        """Show the settings that the chosen model takes; the values of the others stay as they are."""
        form = self._form
        settings = self._settings_of(self._default_model or form.model, form.connection)
        self._of("model").set_label("Model", facts.told(settings))
        self._of("temperature").display = settings is None or settings.temperature
        self._of("top_p").display = settings is None or settings.top_p
        words = facts.effort_words(settings, form.effort)
        self._of("effort").display = bool(words)
        self._of("effort").set_label(*facts.effort_label(settings))
        self._effort.set_words(words, form.effort)
        self._of("cache").display = facts.has_cache(settings, form.cache)
        self._of("format").set_label("Answers as", facts.format_about(settings))
        self._of("schema").display = form.format == "json_schema"


def _model_text(form: AssistantForm) -> str:
    model = form.model or "the model of new threads"
    return f"{model} · {form.connection}" if form.connection else model
