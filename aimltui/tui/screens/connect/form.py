"""The form of one connection: address, key, where the key is saved, name. It is tested before it is saved."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from aimltui.common.sanitize import clean, clean_line
from aimltui.connections.types import Connections, KeyPlace
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.controllers.connection_tester import ConnectionTester, Saved
from aimltui.tui.screens.connect.key_input import KeyInput
from aimltui.tui.screens.dialogs.sheet import TALL, Sheet
from aimltui.tui.state.connect_form import NAMED, ConnectForm
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.option_rows import Option, OptionRows
from aimltui.tui.widgets.title_line import TitleLine

_NAME_LIMIT = 40
_LABELS = 24
"""Cells of the options' labels, so that all hints stand in one column."""
_TEXT_LIMIT = 4_096
_KINDS = (
    Option("models", "Chat models", "for the program's own engine"),
    Option("assistants", "The Assistants API", "takes effect after a restart"),
)
_USES = (
    Option("default", "For new threads", "from now on"),
    Option("beside", "Only where I choose it", "beside the others"),
)

_BREAKPOINTS = [(0, "-short"), (TALL, "-tall"), (32, "-roomy")]

_SAVE = FooterItem("enter", "Test and save", "save")
_CHOOSE = FooterItem("enter", "Choose", "save")
_SAVE_ANYWAY = FooterItem("ctrl+s", "Save anyway", "save_anyway")
_USE_BETTER = FooterItem("ctrl+n", "Use it", "use_better")
_TEST = FooterItem("ctrl+t", "Test", "test")
_NEXT = FooterItem("tab", "Next", "app.focus_next")

Work = Callable[[], Awaitable[object]]


class ConnectFormScreen(Sheet[Saved | None]):
    """Shows the form, tests and saves its values.

    Args:
        form: The values; kept up to date, so that they are there again when the user comes back.
        connections: Tests and saves.
        places: Tells where a typed key can be saved.
        taken: Names of the other connections.
        can_choose: Whether the user can choose if new threads use it.
    """

    SCROLLS = ".form"
    EXTRA_LINES = 4
    AUTO_FOCUS = ""
    VERTICAL_BREAKPOINTS = _BREAKPOINTS
    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "connect.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "save", show=False),
        Binding("ctrl+t", "test", show=False, priority=True),
        Binding("ctrl+s", "save_anyway", show=False, priority=True),
        Binding("ctrl+n", "use_better", show=False, priority=True),
        # with priority: a key that is pasted right after it must not land in a field where it can be read
        Binding("tab", "app.focus_next", show=False, priority=True),
        Binding("shift+tab", "app.focus_previous", show=False, priority=True),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]

    def __init__(
        self,
        form: ConnectForm,
        connections: Connections,
        places: Callable[[], Awaitable[tuple[KeyPlace, ...]]],
        *,
        taken: Sequence[str] = (),
        can_choose: bool = False,
    ) -> None:
        super().__init__(form.title, ())
        self._form = form
        self._places = places
        self._taken = tuple(taken)
        self._tester = ConnectionTester(form, connections, self._say, self.set_interval)
        self._work: Worker[None] | None = None
        self._where = Static("", classes="sheet-text", markup=False)
        self._address = _box(form.base_url, "http://localhost:8080/v1", "address")
        self._kinds = OptionRows(_KINDS, form.kind, labels=_LABELS, id="kinds")
        self._options = OptionRows(labels=_LABELS, id="options")
        self._key = KeyInput(
            form.key,
            "paste the key",
            password=True,
            select_on_focus=False,
            max_length=_TEXT_LIMIT,
            compact=True,
            id="key",
        )
        self._key.cursor_blink = False
        self._variable = _box(form.variable, "the variable's name, such as MY_API_KEY", "variable")
        self._gap = Static(classes="gap")
        self._name_box = _box(form.name, "a name for it", "name", _NAME_LIMIT)
        self._uses = OptionRows(
            _USES, "default" if form.make_default else "beside", labels=_LABELS, id="uses"
        )
        self._can_choose = can_choose and form.stored is None
        self._status = Static("", classes="form-status", markup=False)
        self._bar = FooterBar()

    def compose(self) -> ComposeResult:
        """Title, the promise what is contacted, fields, what was found, keys."""
        form = self._form
        with Vertical(classes="sheet"):
            yield TitleLine(Content(clean_line(form.title)), classes="sheet-title")
            yield self._where
            with VerticalScroll(classes="form", can_focus=False):
                if form.has_address:
                    yield _field("Address", self._address)
                if form.has_kind:
                    yield _field("Type", self._kinds)
                yield _field("Key", Vertical(self._options, self._key, self._variable, self._gap))
                if form.stored is None:
                    yield _field("Name", self._name_box)
                if self._can_choose:
                    yield _field("Use it", self._uses)
            yield self._status
            yield self._bar

    def on_mount(self) -> None:
        """Ask where a key can be saved; focus the first field that has to be filled in."""
        self._show()
        self.run_worker(self._learn_places(), group="places", exit_on_error=False)
        form = self._form
        first: Widget = self._options
        if form.has_address and not form.base_url:
            first = self._address
        elif form.is_typed:
            first = self._key
        self.set_focus(first)

    async def _learn_places(self) -> None:
        self._form.places = await self._places()
        self._show()

    # What is shown

    def _show(self) -> None:
        """Update all fields from the form."""
        form = self._form
        form.settle()
        options = [Option(option.id, option.label, option.hint) for option in form.options()]
        self._options.set_options(options, form.option)
        self._key.display = form.is_typed
        self._variable.display = form.option == NAMED
        # so that nothing moves while the user goes through the options
        self._gap.display = not (form.is_typed or form.option == NAMED)
        self._name_box.placeholder = form.final_name or "a name for it"
        self._where.update(Content(clean(form.promise())))
        self._bar.set_items(self._footer())

    def _footer(self) -> list[FooterItem]:
        if self.is_busy:
            return [FooterItem("esc", "Stop the test", "cancel")]
        if isinstance(self.focused, OptionRows) and self.focused.is_on_other:
            return [_CHOOSE, _TEST, _NEXT, FooterItem("esc", "Back", "cancel")]
        more = [_TEST, _NEXT]
        if self._tester.failed is not None:
            more = [_USE_BETTER if self._tester.better_url else _TEST, _SAVE_ANYWAY]
        return [_SAVE, *more, FooterItem("esc", "Back", "cancel")]

    def _say(self, text: str, style: str = "", remedy: str = "") -> None:
        said = Content.styled(clean(text), style) if style else Content(clean(text))
        self._status.update(said + (f"\n{clean(remedy)}" if remedy else ""))
        self._bar.set_items(self._footer())

    # What is typed

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take what is typed into the form."""
        event.stop()
        form = self._form
        match event.input.id:
            case "address":
                form.base_url = event.value
                self._show()
            case "key":
                form.key = event.value
            case "variable":
                form.variable = event.value
            case _:
                form.name = clean_line(event.value)
        self._values_changed()

    def on_paste(self, event: events.Paste) -> None:
        """Take what is pasted outside of the fields as the key."""
        event.stop()
        self._form.ask_to_paste()
        self._show()
        self._key.on_paste(event)
        self.set_focus(self._key)

    def on_option_rows_changed(self, event: OptionRows.Changed) -> None:
        """Take what is chosen into the form."""
        event.stop()
        form = self._form
        if event.rows is self._options:
            form.choose(event.option_id)
            self._show()
            for box in (self._key, self._variable):
                if box.display:
                    self.set_focus(box)
        elif event.rows is self._kinds:
            form.kind = "assistants" if event.option_id == "assistants" else "models"
        else:
            form.make_default = event.option_id == "default"
        self._values_changed()

    def on_option_rows_cursor_moved(self, event: OptionRows.CursorMoved) -> None:
        """Show in the footer what enter does."""
        event.stop()
        self._bar.set_items(self._footer())

    def _values_changed(self) -> None:
        """Drop the result of a test: it does not hold for other values."""
        if self._tester.forget():
            self._stop()
            self._say("")
            self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Test and save."""
        event.stop()
        self.action_save()

    # Testing and saving

    @property
    def is_busy(self) -> bool:
        """Whether a test is running."""
        return self._work is not None and not self._work.is_finished

    def action_test(self) -> None:
        """Test the values, and show what was found."""
        self._start(self._tester.test)

    def action_save(self) -> None:
        """Choose what the cursor is on; otherwise test the values, and save them if they work."""
        rows = self.focused
        if isinstance(rows, OptionRows) and rows.is_on_other:
            rows.action_take()
            return
        self._start(self._tester.test_and_save)

    def action_use_better(self) -> None:
        """Test the address at which the last test has found the models."""
        better = self._tester.better_url
        if better and not self.is_busy:
            self._form.base_url = self._address.value = better
            self._tester.failed = None
            self._show()
            self._start(self._tester.test)

    def action_save_anyway(self) -> None:
        """Save the values although their test has failed."""
        if self._tester.failed is not None:
            self._start(lambda: self._tester.save(None))

    def _start(self, work: Work) -> None:
        if self.is_busy:
            return
        problem = self._form.problem(self._taken)
        if problem is not None:
            field, text = problem
            self._say(f"✗ {text}", "$text-error")
            self.set_focus(self.query_one(f"#{field}"))
            return
        self._tester.tried = self._form.draft()
        self._work = self.run_worker(self._run(work), group="test", exit_on_error=False)
        self._bar.set_items(self._footer())

    async def _run(self, work: Work) -> None:
        if self._form.places is None:
            self._form.places = await self._places()
            self._show()
        result = await work()
        if isinstance(result, Saved):
            self.dismiss(result)
        elif self._tester.wants_key:
            self._ask_for_key()

    def _ask_for_key(self) -> None:
        """Put the cursor where the key that the server wants can be pasted."""
        self._form.ask_to_paste()
        self._show()
        self.set_focus(self._key)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Update the footer at the end of a test; show a failure of the program."""
        if event.worker is not self._work or not event.worker.is_finished:
            return
        event.stop()
        if event.state is WorkerState.ERROR:
            kind = type(event.worker.error).__name__
            self._say(f"✗ Something went wrong in this program ({kind}). Nothing is saved.", "$text-error")
        self._bar.set_items(self._footer())

    def _stop(self) -> bool:
        """Stop the test; saving is never interrupted. False if no test is running."""
        if not self.is_busy or self._tester.is_saving or self._work is None:
            return False
        self._work.cancel()
        return True

    def action_cancel(self) -> None:
        """Stop the test; without one go back. What was typed stays in the form."""
        if self._stop():
            self._say("Stopped. Nothing is saved.")
        elif not self._tester.is_saving:
            self.dismiss(None)


def _box(value: str, placeholder: str, id: str, limit: int = _TEXT_LIMIT) -> Input:
    box = LineInput(value, placeholder, max_length=limit, compact=True, select_on_focus=False, id=id)
    box.cursor_blink = False
    return box


def _field(label: str, *widgets: Widget) -> Horizontal:
    return Horizontal(Static(Content(label), classes="form-label"), *widgets, classes="form-field")
