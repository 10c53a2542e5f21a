"""The form of one connection: address, key, where the key goes, name; it is tried before it is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.timer import Timer
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from aimltui.common.errors import ConfigError
from aimltui.common.sanitize import clean, clean_line
from aimltui.connections.types import ConnectionDraft, Connections, KeyPlace, Tested
from aimltui.tui.commands.derived import FooterItem
from aimltui.tui.screens.dialogs.sheet import Sheet
from aimltui.tui.state.connect_form import NAMED, NO_KEY, ConnectForm, host_of, one_line
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.option_rows import Option, OptionRows

_NAME_LIMIT = 40
_LABELS = 24
"""Cells of the options' labels, so that all hints stand in one column."""
_TEXT_LIMIT = 4_096
_KINDS = (
    Option("models", "Chat models", "for the program's own engine"),
    Option("assistants", "The Assistants API", "used from the next start on"),
)
_USES = (
    Option("default", "For new threads", "from now on"),
    Option("beside", "Only where I choose it", "beside the others"),
)

_BREAKPOINTS = [(0, "-short"), (14, "-tall"), (32, "-roomy")]

_SAVE = FooterItem("enter", "Test and save", "save")
_CHOOSE = FooterItem("enter", "Choose", "save")
_SAVE_ANYWAY = FooterItem("ctrl+s", "Save anyway", "save_anyway")
_USE_BETTER = FooterItem("ctrl+n", "Use it", "use_better")
_TEST = FooterItem("ctrl+t", "Test", "test")
_NEXT = FooterItem("tab", "Next", "app.focus_next")


@dataclass(frozen=True, slots=True)
class Saved:
    """A connection that was kept."""

    name: str
    model: str
    """The model for new threads; empty if there is none to name."""
    text: str
    """What happened, for the user."""
    is_default: bool
    kind: Literal["models", "assistants"] = "models"


class KeyInput(LineInput):
    """Takes a key: masked, cleaned when it is pasted, and never copied out."""

    def on_paste(self, event: events.Paste) -> None:
        """Take what looks like a key in the pasted text, in the place of what was there."""
        event.prevent_default()
        event.stop()
        self.value = one_line(event.text)
        self.cursor_position = len(self.value)

    def action_copy(self) -> None:
        """Nothing: a key goes in, not out."""

    def action_cut(self) -> None:
        """Delete without copying."""
        self.delete_selection()


class ConnectFormScreen(Sheet[Saved | None]):
    """Fill in, test, save. What was typed stays in the form that was handed in.

    Args:
        form: The values; kept up to date, so that they are there when one comes back.
        connections: Tries and keeps.
        places: Tells where a typed key can be kept.
        taken: Names of the other connections.
        can_choose: Whether one can say if new threads use it.
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
        # At once: a key that is pasted right after it must not land in a field where it can be read.
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
        self._connections = connections
        self._places = places
        self._taken = tuple(taken)
        self._work: Worker[None] | None = None
        self._is_keeping = False
        self._waited_s = 0
        self._clock: Timer | None = None
        self._tried: ConnectionDraft | None = None
        """What the test that goes on, or the last one, was about."""
        self._failed: Tested | None = None
        """What a test of the present values found wrong; they may be saved all the same."""
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
        """Title, where it goes, fields, what was found, keys."""
        form = self._form
        with Vertical(classes="sheet"):
            yield Static(Content(clean_line(form.title)), classes="sheet-title")
            yield self._where
            with VerticalScroll(classes="form", can_focus=False):
                if form.has_address:
                    yield _field("Address", self._address)
                if form.has_kind:
                    yield _field("It speaks", self._kinds)
                yield _field("Key", Vertical(self._options, self._key, self._variable, self._gap))
                if form.stored is None:
                    yield _field("Name", self._name_box)
                if self._can_choose:
                    yield _field("Use it", self._uses)
            yield self._status
            yield self._bar

    def on_mount(self) -> None:
        """Ask where a key can be kept; begin where something is to be typed."""
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
        """Bring everything up to date with the form."""
        form = self._form
        form.settle()
        options = [Option(option.id, option.label, option.hint) for option in form.options()]
        self._options.set_options(options, form.option)
        self._key.display = form.is_typed
        self._variable.display = form.option == NAMED
        # Something stands there in any case: nothing moves while one goes through the options.
        self._gap.display = not (form.is_typed or form.option == NAMED)
        self._name_box.placeholder = form.final_name or "a name for it"
        host = host_of(form.url) if form.url else "this address"
        only = f"Only {host} is contacted{'' if form.option == NO_KEY else ', and only it gets the key'}."
        if form.is_moved:
            only = f"The kept key is not for {host}, so it is not sent there. Give the one that is."
        if form.stored is not None:
            only += "\nIts name stays: threads remember the connection by it."
        address = "" if form.has_address else f"{form.base_url}\n"
        self._where.update(Content(clean(f"{address}{only}")))
        self._bar.set_items(self._footer())

    def _footer(self) -> list[FooterItem]:
        if self.is_busy:
            return [FooterItem("esc", "Stop the test", "cancel")]
        if isinstance(self.focused, OptionRows) and self.focused.is_on_other:
            return [_CHOOSE, _TEST, _NEXT, FooterItem("esc", "Back", "cancel")]
        more = [_TEST, _NEXT]
        if self._failed is not None:
            more = [_USE_BETTER if self._better else _TEST, _SAVE_ANYWAY]
        return [_SAVE, *more, FooterItem("esc", "Back", "cancel")]

    def _say(self, text: str, style: str = "", remedy: str = "") -> None:
        said = Content.styled(clean(text), style) if style else Content(clean(text))
        self._status.update(said + (f"\n{clean(remedy)}" if remedy else ""))
        self._bar.set_items(self._footer())

    # What is typed

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep what is typed."""
        event.stop()
        form = self._form
        match event.input.id:
            case "address":
                form.base_url = event.value
            case "key":
                form.key = event.value
            case "variable":
                form.variable = event.value
            case _:
                form.name = clean_line(event.value)
        self._is_other_now()

    def on_paste(self, event: events.Paste) -> None:
        """What is pasted beside the fields is the key."""
        event.stop()
        self._form.ask_to_paste()
        self._show()
        self._key.on_paste(event)
        self.set_focus(self._key)

    def on_option_rows_changed(self, event: OptionRows.Changed) -> None:
        """Keep what is chosen."""
        event.stop()
        form = self._form
        if event.rows is self._options:
            form.option = event.option_id
            self._show()
            for box in (self._key, self._variable):
                if box.display:
                    self.set_focus(box)
        elif event.rows is self._kinds:
            form.kind = "assistants" if event.option_id == "assistants" else "models"
        else:
            form.make_default = event.option_id == "default"
        self._is_other_now()

    def on_option_rows_cursor_moved(self, event: OptionRows.CursorMoved) -> None:
        """The footer says what enter does."""
        event.stop()
        self._bar.set_items(self._footer())

    def _is_other_now(self) -> None:
        """What a test found does not hold for other values."""
        if self._form.draft() == self._tried:
            return
        self._tried = None
        self._stop()
        self._failed = None
        self._say("")
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter tests and saves."""
        event.stop()
        self.action_save()

    # Testing and saving

    @property
    def is_busy(self) -> bool:
        """Whether a test goes on."""
        return self._work is not None and not self._work.is_finished

    def action_test(self) -> None:
        """Try it, and say what was found."""
        self._begin(self._test)

    def action_save(self) -> None:
        """Choose what the cursor is on; else try it, and keep it if it works."""
        rows = self.focused
        if isinstance(rows, OptionRows) and rows.is_on_other:
            rows.action_take()
            return
        self._begin(self._test_and_save)

    @property
    def _better(self) -> str:
        """Another address of the same host, where the test found the models; empty if there is none."""
        return self._failed.better_url if self._failed is not None and self._form.has_address else ""

    def action_use_better(self) -> None:
        """Take that address, and try it."""
        if self._better and not self.is_busy:
            self._form.base_url = self._address.value = self._better
            self._failed = None
            self._show()
            self._begin(self._test)

    def action_save_anyway(self) -> None:
        """Keep it although the test has failed."""
        if self._failed is not None:
            self._begin(lambda: self._keep(None))

    def _begin(self, work: Callable[[], Awaitable[None]]) -> None:
        if self.is_busy:
            return
        problem = self._form.problem(self._taken)
        if problem is not None:
            field, text = problem
            self._say(f"✗ {text}", "$text-error")
            self.set_focus(self.query_one(f"#{field}"))
            return
        self._tried = self._form.draft()
        self._work = self.run_worker(self._doing(work), group="test", exit_on_error=False)
        self._bar.set_items(self._footer())

    async def _doing(self, work: Callable[[], Awaitable[None]]) -> None:
        if self._form.places is None:
            self._form.places = await self._places()
            self._show()
        self._tried = self._form.draft()
        await work()

    async def _test(self) -> None:
        tested = await self._ask()
        if tested.is_good:
            self._say(f"✓ {tested.text}", "$text-success", tested.remedy)

    async def _test_and_save(self) -> None:
        tested = await self._ask()
        if tested.is_good:
            await self._keep(tested)

    async def _ask(self) -> Tested:
        draft = self._form.draft()
        self._waited_s = 0
        self._count(host_of(draft.base_url))
        self._clock = self.set_interval(1.0, lambda: self._count(host_of(draft.base_url)))
        try:
            tested = await self._connections.test(draft)
        finally:
            self._clock.stop()
        self._failed = None if tested.is_good or not tested.can_be_saved else tested
        if not tested.is_good:
            anyway = "; ctrl+s saves it anyway" if tested.can_be_saved else ""
            remedy = f"{tested.remedy} Nothing is saved{anyway}.".strip()
            self._say(f"✗ {tested.text}", "$text-error", remedy)
        return tested

    def _count(self, host: str) -> None:
        seconds = f" {self._waited_s} s" if self._waited_s else ""
        self._waited_s += 1
        self._say(f"Asking {host} for its models…{seconds}")

    async def _keep(self, tested: Tested | None) -> None:
        form, draft = self._form, self._form.draft()
        self._is_keeping = True
        try:
            model = await self._connections.save(draft, make_default=form.make_default)
        except ConfigError as error:
            self._say(f"✗ It was not saved. {error}", "$text-error")
            return
        finally:
            self._is_keeping = False
        form.key = ""
        self.dismiss(Saved(draft.name, model, _happened(draft, tested), form.make_default, draft.kind))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The test is over."""
        if event.worker is not self._work or not event.worker.is_finished:
            return
        event.stop()
        if event.state is WorkerState.ERROR:
            kind = type(event.worker.error).__name__
            self._say(f"✗ Something went wrong in this program ({kind}). Nothing is saved.", "$text-error")
        self._bar.set_items(self._footer())

    def _stop(self) -> bool:
        """Give up the test that goes on; what is being written is written to its end."""
        if not self.is_busy or self._is_keeping or self._work is None:
            return False
        self._work.cancel()
        return True

    def action_cancel(self) -> None:
        """Stop the test, or go back; what was typed stays."""
        if self._stop():
            self._say("Stopped. Nothing is saved.")
        elif not self._is_keeping:
            self.dismiss(None)


def _box(value: str, placeholder: str, id: str, limit: int = _TEXT_LIMIT) -> Input:
    box = LineInput(value, placeholder, max_length=limit, compact=True, select_on_focus=False, id=id)
    box.cursor_blink = False
    return box


def _field(label: str, *widgets: Widget) -> Horizontal:
    return Horizontal(Static(Content(label), classes="form-label"), *widgets, classes="form-field")


def _happened(draft: ConnectionDraft, tested: Tested | None) -> str:
    """What has come of saving, as sentences."""
    if tested is None:
        found = f"{draft.name} is saved, but its test failed: it may not answer."
    else:
        found = f"{draft.name} is connected: {tested.text.rstrip('.')}. {tested.remedy}".strip()
    later = "It is used from the next start of the program on." if draft.kind == "assistants" else ""
    return " ".join(part for part in (found, later, _kept_words(draft)) if part)


def _kept_words(draft: ConnectionDraft) -> str:
    match draft.key_place:
        case "keychain":
            return "Its key is in the system's keychain."
        case "file":
            return "Its key is in a file that only you can read."
        case "environment":
            return f"Its key comes from {draft.key_variable}." if draft.key_variable else ""
        case _:
            return ""
