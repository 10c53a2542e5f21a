"""What the parts of the main screen have in common: its widgets, the desk behind it, its state in words."""

from __future__ import annotations

import logging
import time
from collections.abc import Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from textual import getters
from textual.content import Content
from textual.screen import Screen

from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.cells import cut
from aimltui.formatting.money import context_text
from aimltui.tui.commands.derived import footer_items
from aimltui.tui.controllers.draft_keeper import DraftKeeper
from aimltui.tui.controllers.file_work import FileWork
from aimltui.tui.controllers.settings_writer import MarkKeeper, SettingsWriter
from aimltui.tui.state.status import Status
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.header import HeaderBar
from aimltui.tui.widgets.prompt_input import PromptInput
from aimltui.tui.widgets.status_line import StatusLine
from aimltui.tui.widgets.thread_list import ThreadList
from aimltui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Conversation
    from aimltui.tui.controllers.workspace import Desk
    from aimltui.tui.startup import Startup

log = logging.getLogger(__name__)

_NAME_CELLS = 40
HINT_S = 1.5
"""How long a hint stands, and how long the second ctrl+c may take."""


class MainBase(Screen[None]):
    """The ground under the main screen's parts."""

    header = getters.query_one("#header", HeaderBar)
    threads = getters.query_one("#threads", ThreadList)
    transcript = getters.query_one("#transcript", Transcript)
    status = getters.query_one("#status", StatusLine)
    prompt = getters.query_one("#prompt", PromptInput)
    footer = getters.query_one("#footer", FooterBar)

    def __init__(self, startup: Startup) -> None:
        super().__init__()
        self.startup = startup
        self.desk: Desk | None = None
        self.clock = startup.clock or time.time
        self._hint = ""
        self.files = FileWork(self._tell)
        self.drafts = DraftKeeper(startup.drafts, self.files)
        self.settings = SettingsWriter(startup.config_path, self.files)
        self.marks = MarkKeeper(startup.marks, self.files) if startup.marks is not None else None

    def _tell(self, problem: str) -> None:
        if self.is_attached:
            self.remark(problem, is_warning=True)

    def spawn(self, work: Coroutine[Any, Any, Any], group: str) -> None:
        """Do something beside the screen; it ends with the screen at the latest."""
        self.run_worker(self._guarded(work), group=group, exit_on_error=False)

    async def _guarded(self, work: Coroutine[Any, Any, Any]) -> None:
        try:
            await work
        except Exception as error:
            # A mistake in one corner must not take a running conversation with it.
            log.exception("a worker of the screen failed")
            self.remark(
                f"Something went wrong in this program: {type(error).__name__}: {error}", is_warning=True
            )

    def remark(self, text: str, *, is_warning: bool = False) -> None:
        """Say something that belongs to no place in a thread."""
        self.app.notify(
            clean(text), severity="warning" if is_warning else "information", timeout=6, markup=False
        )

    def hint(self, text: str) -> None:
        """Say something in the line over the prompt, for a moment."""
        self._hint = text
        self.show_state()
        self.set_timer(HINT_S, self._end_hint)

    def _end_hint(self) -> None:
        self._hint = ""
        self.show_state()

    def command_state(self) -> frozenset[str]:
        """The words of `commands.STATE_WORDS` that are true."""
        words: set[str] = set()
        desk = self.desk
        if self.focused is self.threads:
            words.add("list")
        if self.transcript.has_mark:
            words.add("marked")
        call = self.transcript.marked_call
        if call is not None and call.type == "code_interpreter":
            words |= {"panel", "kept"}
        if self.transcript.marked_file:
            words |= {"file", "kept"}
        if not self.transcript.following:
            words.add("away")
        if desk is None:
            return frozenset(words)
        if desk.connected.run_code is not None:
            words.add("runs")
        conversation = desk.current
        if conversation.is_busy:
            words.add("running")
        if conversation.thread_id is not None:
            words.add("thread")
        if conversation.view.has_answer:
            words.add("answer")
        if desk.shelf.can_undo:
            words.add("undo")
        if desk.connected.connections is not None:
            words.add("connections")
        if can_send_again(conversation):
            words.add("unanswered")
        return frozenset(words)

    def show_state(self) -> None:
        """Bring header, status line and footer up to date."""
        self.footer.set_items(footer_items(self.command_state()))
        desk = self.desk
        status = Status(
            hint=self._hint, is_away=not self.transcript.following, new_lines=self.transcript.new_lines
        )
        if desk is None:
            self.status.show(status)
            return
        conversation = desk.current
        header = self.header
        header.assistant = desk.choices.assistant_name(conversation)
        header.thread_title = desk.threads.title(conversation.thread_id) if conversation.thread_id else ""
        # nobody has to choose while it is being looked for
        looking = "…" if desk.choices.is_set_up and not desk.choices.is_settled else ""
        header.model = desk.choices.model_of(conversation) or looking
        header.endpoint = self._endpoint_of(desk, conversation)
        self.prompt.placeholder = self._placeholder(header.assistant)
        self.threads.set_current(conversation.thread_id)
        self.status.show(self._status_of(desk, status))

    def _endpoint_of(self, desk: Desk, conversation: Conversation) -> str:
        name = desk.choices.connection_of(conversation)
        has_any = desk.connected.connections is not None
        if name and has_any and name not in desk.choices.connections():
            return f"{name}, removed"
        return name or desk.endpoint

    def _placeholder(self, assistant: str) -> Content:
        keys = "" if self.has_class("-narrow") else "    enter sends, ctrl+j new line"
        return Content(f"Message {cut(clean_line(assistant), _NAME_CELLS).removesuffix('…')}…{keys}")

    def _status_of(self, desk: Desk, status: Status) -> Status:
        conversation = desk.current
        run = conversation.view.active_run
        word, seconds = "", None
        # The line of the run itself stands at the end of the transcript, which is usually in view.
        if conversation.is_busy and (status.is_away or run is None or conversation.is_stopping):
            word = "stopping" if conversation.is_stopping else "sending"
            if run is not None and not conversation.is_stopping:
                word = _WORDS.get(run.status, run.status)
            if run is not None:
                seconds = int(max(0.0, self.clock() - (run.started_at or run.created_at)))
        # One run's figures stand in its receipt already.
        used = conversation.view.usage if conversation.view.counted_runs > 1 else None
        is_low = self.has_class("-short")
        return replace(
            status,
            title=desk.threads.title(conversation.thread_id) if is_low else "",
            run=word,
            seconds=seconds,
            queued=len(conversation.queue),
            tokens_in=used.prompt_tokens if used else 0,
            tokens_out=used.completion_tokens if used else 0,
            cost_usd=used.cost_usd if used else None,
            cost_is_computed=bool(used and used.cost_is_computed),
            cost_is_partial=bool(used and used.cost_is_partial),
            context=context_text(used.context_tokens, used.context_length) if used else "",
            today=desk.purse.today if used else "",
        )


def can_send_again(conversation: Conversation) -> bool:
    """Whether the last message has got no whole answer, and may be answered once more."""
    run = conversation.run
    return run is not None and not conversation.is_busy and run.status in ("failed", "cancelled", "expired")


_WORDS = {
    "queued": "queued",
    "in_progress": "running",
    "requires_action": "waiting for a function",
    "cancelling": "stopping",
}
