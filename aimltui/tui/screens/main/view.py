"""MainView: the base of the main screen's parts, with the widgets, the controllers and what one part asks of another."""

from __future__ import annotations

import logging
import time
from abc import abstractmethod
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from textual import getters
from textual.content import Content
from textual.timer import Timer

from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.numbers import plural
from aimltui.tui.commands.derived import footer_items
from aimltui.tui.controllers.draft_keeper import DraftKeeper
from aimltui.tui.controllers.file_worker import FileWorker
from aimltui.tui.controllers.message_editing import MessageEditing
from aimltui.tui.controllers.prompt_history import PromptHistory
from aimltui.tui.controllers.screen_status import (
    ScreenFacts,
    command_words,
    endpoint_text,
    model_text,
    placeholder,
    status_of,
)
from aimltui.tui.controllers.settings_writer import MarkKeeper, SettingsWriter
from aimltui.tui.controllers.start_queue import EarlyAction, StartQueue
from aimltui.tui.controllers.terminal_window import TerminalWindow
from aimltui.tui.screens.main.late_widgets import (
    LateWidget,
    attachment_bar,
    call_card,
    find_bar,
    run_pane,
    side_document,
)
from aimltui.tui.screens.selecting import SelectingScreen
from aimltui.tui.state.dead_time import DeadTime
from aimltui.tui.state.saved_prompts import SavedPrompt
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.header import HeaderBar
from aimltui.tui.widgets.prompt_input import PromptInput
from aimltui.tui.widgets.room import Room
from aimltui.tui.widgets.status_line import StatusLine
from aimltui.tui.widgets.thread_list import ThreadList
from aimltui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.controllers.workspace import Workspace
    from aimltui.tui.screens.dialogs.search import ThreadSearch
    from aimltui.tui.screens.inspector.pane import RunPane
    from aimltui.tui.startup import Startup
    from aimltui.tui.state.blocks import Block
    from aimltui.tui.themes import ThemeChoice
    from aimltui.tui.widgets.pick_list import PickRow
    from aimltui.tui.widgets.side_document import SideDocument

log = logging.getLogger(__name__)

HINT_S = 1.5
"""Seconds for which a hint is shown, and within which a second ctrl+c quits."""

OFFER_S = 8.0
"""Seconds for which the offer of other drafts is shown."""


ApplySetting = Callable[[str, object], None]
"""Shows the effect of a setting, by its key, at once."""


def no_effect(key: str, value: object) -> None:
    """Show nothing: for a screen without the app around it."""


class MainView(SelectingScreen):
    """Holds what all parts of the main screen use.

    The parts are siblings that do not import each other. What one asks of another is an abstract method here, which
    exactly one part implements.
    """

    header = getters.query_one("#header", HeaderBar)
    threads = getters.query_one("#threads", ThreadList)
    transcript = getters.query_one("#transcript", Transcript)
    status = getters.query_one("#status", StatusLine)
    prompt = getters.query_one("#prompt", PromptInput)
    footer = getters.query_one("#footer", FooterBar)
    room = getters.query_one("#room", Room)

    themes: ThemeChoice
    """How the user chooses a theme."""
    apply_to_app: ApplySetting
    """Shows the effect of a setting of the app."""
    offer_mentions: Callable[[], None]
    """Offers assistants and files for what is written after an `@`."""
    take_mention: Callable[[PickRow], None]
    """Puts what was chosen in place of what is written after the `@`."""
    leave_mention: Callable[[], None]
    """Leaves what is written after the `@` as text."""

    def __init__(self, startup: Startup) -> None:
        super().__init__()
        self.startup = startup
        self.workspace: Workspace | None = None
        self.clock = startup.clock or time.time
        self._hint = ""
        self._hint_timer: Timer | None = None
        self.file_worker = FileWorker(self._tell)
        self.editing = MessageEditing(lambda: self.prompt)
        self.history = PromptHistory(lambda: self.workspace)
        self.saved_prompts: list[SavedPrompt] = []
        """The user's saved prompts, as they were last read."""
        self.drafts = DraftKeeper(
            startup.drafts,
            self.file_worker,
            lambda: self.editing,
            self._open_conversation,
            self.set_timer,
            lambda count: self.hint(f"{plural(count, 'other draft')} of this thread: /drafts", OFFER_S),
        )
        self.start_queue = StartQueue(startup.hurry)
        self.thread_sheet: ThreadSearch | None = None
        """The sheet that searches all threads, while it is open."""
        self.quits_when_finished = False
        """Whether the program ends when no answer is being written."""
        self.settings = SettingsWriter(startup.config_path, self.file_worker)
        self.letters = DeadTime(startup.key_times)
        """Whether letters act on what is marked in the transcript; else they are typed into the prompt."""
        self.block_actions: dict[str, Callable[[Block], None]] = {}
        """What is done with the marked block, by the command's id; each part adds its own."""
        self.window = TerminalWindow(lambda: self.app)
        self.find_bar = LateWidget(find_bar, lambda: self.room, after="#transcript")
        self.card = LateWidget(call_card, lambda: self.room, before="#status")
        self.attached = LateWidget(
            lambda: attachment_bar("ascii" if self.startup.glyphs == "ascii" else "unicode"),
            lambda: self.room,
            before="#prompt",
        )
        self.side_document = LateWidget(side_document, lambda: self.query_one("#body"), after="#room")
        self.run_pane = LateWidget(run_pane, lambda: self.query_one("#body"))
        self.marks = MarkKeeper(startup.marks, self.file_worker) if startup.marks is not None else None

    def _open_conversation(self) -> Conversation | None:
        return self.workspace.current if self.workspace is not None else None

    def _tell(self, problem: str) -> None:
        if self.is_attached:
            self.show_notice(problem, is_warning=True)

    def spawn(self, work: Coroutine[Any, Any, Any], group: str) -> None:
        """Run a coroutine as a worker, which ends with the screen at the latest."""
        self.run_worker(self._guarded(work), group=group, exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except Exception as error:
            # a bug in one corner must not end a running conversation
            log.exception("a worker of the screen failed")
            self.show_notice(
                f"Something went wrong in this program: {type(error).__name__}: {error}", is_warning=True
            )

    def show_notice(self, text: str, *, is_warning: bool = False) -> None:
        """Show a sentence that belongs to no entry of a thread."""
        self.app.notify(
            clean(text), severity="warning" if is_warning else "information", timeout=6, markup=False
        )

    def hint(self, text: str, seconds: float = HINT_S) -> None:
        """Show a short text in the status line for a moment."""
        self._hint = text
        self.show_state()
        if self._hint_timer is not None:
            self._hint_timer.stop()
        self._hint_timer = self.set_timer(seconds, self.end_hint)

    def end_hint(self) -> None:
        """Remove the hint."""
        self._hint = ""
        self.show_state()

    def waits_for_start(self, action: str) -> bool:
        """Keep an action until the first thread is open; return whether it waits."""
        if self.workspace is not None and self.start_queue.is_open:
            return False
        self.start_queue.add(EarlyAction(action))
        self.hint("Still starting. This is done in a moment.")
        return True

    def command_state(self) -> frozenset[str]:
        """The words of `commands.STATE_WORDS` that are true."""
        return command_words(self._facts(), self.workspace)

    def show_state(self) -> None:
        """Update header, status line, footer and placeholder."""
        facts, workspace = self._facts(), self.workspace
        words = command_words(facts, workspace)
        if facts.list_has_focus and self.threads.cursor_thread is not None:
            # the keys of the list act on the row under the cursor, whatever is open
            words |= {"thread"}
        self.footer.set_items(footer_items(words))
        if workspace is not None:
            thread_id = workspace.current.thread_id
            header = self.header
            header.assistant = workspace.assistants.name_of(workspace.current)
            header.thread_title = workspace.threads.title(thread_id) if thread_id else ""
            header.is_temporary = workspace.current.is_temporary
            header.model = model_text(workspace)
            header.endpoint = endpoint_text(workspace, self.startup.demo_model)
            answering = clean_line(self.prompt.to.name) if self.prompt.to is not None else header.assistant
            self.prompt.placeholder = Content(placeholder(answering, is_narrow=facts.is_narrow))
            if self.startup.title:
                self.window.show(workspace, header.thread_title)
            self.threads.set_current(thread_id)
            _fit_beside(self.side_document.mounted, self.run_pane.mounted, workspace.current)
            is_blank = thread_id is None and not workspace.current.view.facts.has_messages
            self.room.set_blank(is_blank)
        self.status.show(status_of(facts, workspace, self.clock()))

    def _facts(self) -> ScreenFacts:
        block = self.transcript.block if self.letters.is_shown else None
        return ScreenFacts(
            hint=self._hint,
            list_has_focus=self.focused is self.threads,
            files_have_focus=self.attached.has_focus,
            card_has_focus=self.card.has_focus,
            has_mark=self.transcript.mark is not None,
            letters_act=self.letters.is_shown,
            block=block.words if block is not None else frozenset(),
            is_following=self.transcript.following,
            new_lines=self.transcript.new_lines,
            is_narrow=self.has_class("-narrow"),
            is_short=self.has_class("-short"),
            quits_when_finished=self.quits_when_finished,
            is_editing=self.editing.message_id is not None,
            has_text=not self.prompt.is_empty,
        )

    # What one part asks of another

    @abstractmethod
    def send(self, draft: str) -> None:
        """Send a message with its files in the open thread; before the first thread is open, it waits."""

    @abstractmethod
    async def send_early(self) -> None:
        """Send the messages and take the actions that waited for the first thread, in order."""

    @abstractmethod
    def send_again(self, *, as_addressed: bool = True) -> None:
        """Start a new run for the last message.

        Args:
            as_addressed: Whether the assistant answers that the message is addressed to, if it is to one.
        """

    @abstractmethod
    def reconnect(self) -> None:
        """Connect again if the start failed."""

    @abstractmethod
    def copy(self, text: str) -> None:
        """Copy text to every clipboard within reach, and say who took it."""

    @abstractmethod
    def forget_quit(self) -> None:
        """Count the next ctrl+c as the first one."""

    @abstractmethod
    def go_to(self, thread_id: str | None) -> None:
        """Open a thread; None opens a new one."""

    @abstractmethod
    def close_sidebar(self) -> bool:
        """Close the thread list if it lies over the transcript; False if it does not."""

    @abstractmethod
    def before_stop(self) -> bool:
        """Stop code that the user runs again, or close the document beside the thread; False if there is neither."""

    @abstractmethod
    def open_model_picker(self, chosen: Callable[[str, str], object] | None = None) -> None:
        """Let the user choose the open thread's model; with `chosen` it gets the model and its connection instead."""

    @abstractmethod
    def listen_for_code(self) -> None:
        """Receive the questions about code that no sandbox contains."""

    @abstractmethod
    def offer_connection(self) -> None:
        """Ask for a connection at the first start."""

    @abstractmethod
    def take_action(self, entry_id: str, action_id: str) -> None:
        """Do what a card or a guide offers."""

    @abstractmethod
    def take_key(self, letter: str) -> bool:
        """Do what a letter stands for on the marked card; False if it stands for nothing."""


def _fit_beside(beside: SideDocument | None, runs: RunPane | None, conversation: Conversation) -> None:
    """Show or hide what stands beside the thread."""
    thread_id, latest = conversation.thread_id or "", conversation.view.runs.latest
    if beside is not None:
        beside.fit(thread_id)
    if runs is not None:
        runs.fit(
            thread_id,
            latest.id if latest is not None else "",
            goes_on=latest is not None and latest.is_active and not conversation.is_lost,
            has_room=beside is None or not beside.is_shown,
        )


if TYPE_CHECKING:
    ScreenPart = MainView
else:
    ScreenPart = object
"""The base of a part without decorated handlers: the one widget class `MainScreen` brings in what it needs of `MainView`.

Textual examines all names of a widget class when it is made, for each part again.
"""
