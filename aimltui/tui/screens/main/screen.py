"""MainScreen: the room everything meets in. Its parts are in the modules beside it, by topic."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.geometry import Size

from aimltui.tui.commands.derived import bindings
from aimltui.tui.screens.main.connections import Connect
from aimltui.tui.startup import Startup
from aimltui.tui.state.entries import ErrorEntry, ReasoningEntry, StepEntry
from aimltui.tui.storage.drafts import NEW_THREAD
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.header import HeaderBar
from aimltui.tui.widgets.prompt_input import PromptInput
from aimltui.tui.widgets.status_line import StatusLine
from aimltui.tui.widgets.thread_list import ThreadList
from aimltui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from aimltui.tui.controllers.workspace import Desk

log = logging.getLogger(__name__)

_END_S = 3.0
"""How long the end of the program may be put off by what is to be kept."""
_NEAR_TOP = 30
"""Rows from the first one at which older messages are fetched."""


class MainScreen(Connect):
    """Sidebar, transcript, prompt; and the desk behind them, once there is a connection.

    Args:
        startup: What the app was made with.
        problems: Sentences to show once.
    """

    AUTO_FOCUS = "#prompt"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("main")]

    def __init__(self, startup: Startup, problems: Sequence[str] = ()) -> None:
        super().__init__(startup)
        self._problems = problems
        self._has_failed = False
        self._is_ending = False

    def compose(self) -> ComposeResult:
        """The widgets."""
        glyphs: Literal["unicode", "ascii"] = "ascii" if self.startup.glyphs == "ascii" else "unicode"
        with Horizontal(id="body"):
            yield ThreadList(glyphs=glyphs, id="threads")
            with Vertical(id="room"):
                yield HeaderBar(glyphs=glyphs, id="header")
                yield Transcript(clock=self.clock, glyphs=glyphs, id="transcript")
                yield StatusLine(glyphs=glyphs, id="status")
                yield PromptInput("Message", id="prompt")
        yield FooterBar(id="footer")

    # Start and end

    def on_mount(self) -> None:
        """Connect once the first frame is out."""
        if self.startup.sidebar == "hidden":
            self.add_class("-sidebar-closed")
        self.threads.set_rows((), empty="loading threads…")
        self.show_state()
        self.set_interval(1.0, self._tick)
        self.watch(self.transcript, "scroll_y", self._scrolled, init=False)
        self.call_after_refresh(self._start)

    def _start(self) -> None:
        for problem in self._problems:
            self.remark(problem, is_warning=True)
        self.spawn(self._connect(), "connect")

    async def _connect(self) -> None:
        try:
            connected = await self.startup.connect()
            # The wire models come in with the desk; their import would hold up the keys.
            module = await asyncio.to_thread(importlib.import_module, "aimltui.tui.controllers.workspace")
            self.desk = module.Desk(connected, self.startup, self.post_message, self.spawn, self.clock)
        except Exception as error:
            log.exception("the start failed")
            self._not_connected(error)
            return
        self.listen_for_code()
        await self._open_first()
        self.say_early()
        self.offer_connection()
        self.spawn(self.desk.read_rest(), "list")
        self.spawn(self.desk.learn(), "models")
        self.spawn(self.desk.purse.refresh(), "purse")
        self.spawn(self.desk.watch(), "changes")
        if self.marks is not None:
            self.spawn(self.marks.load(), "marks")
        if connected.warm_up is not None:
            self.spawn(asyncio.to_thread(connected.warm_up), "warm-up")

    def say(self, text: str) -> None:
        """Send a message; where there is no connection, try once more to get one."""
        super().say(text)
        if self._has_failed:
            self._has_failed = False
            self.threads.set_rows((), empty="loading threads…")
            self.hint("trying again; the message goes out when there is a connection")
            self.spawn(self._connect(), "connect")

    async def _open_first(self) -> None:
        desk = self.desk
        assert desk is not None
        wanted = await self.wanted_thread()
        problem = await desk.prepare()
        if problem:
            self.remark(problem, is_warning=True)
        if wanted is not None and (wanted == self.startup.thread_id or await desk.has(wanted)):
            await desk.open(wanted)
        else:
            desk.new()
        await self.fetch_draft()
        self.show_state()

    def _not_connected(self, error: Exception) -> None:
        again = "Sending a message tries again; ctrl+Q quits. Nothing that was kept is lost."
        card = ErrorEntry(
            "start",
            self.startup.failed,
            str(getattr(error, "message", "") or error) or type(error).__name__,
            f"{getattr(error, 'remedy', '') or ''} {again}".strip(),
            getattr(error, "request_id", None),
        )
        self.threads.set_rows((), empty="not available")
        self.transcript.show([card])
        self._has_failed = True
        if self._early:
            self.prompt.load_draft("\n\n".join([*self._early, self.prompt.draft]).rstrip())
            self._early.clear()

    async def prepare_to_end(self) -> None:
        """Keep drafts, finish deletions, let go of the server; bounded, so that the end comes."""
        if self._is_ending:
            return
        self._is_ending = True
        desk = self.desk
        if desk is None:
            key = self.startup.thread_id or (NEW_THREAD if self.startup.new else None)
            self.drafts.join(key, behind=_joined([*self._early, self.prompt.draft]))
        else:
            text = _joined([desk.current.dequeue_all(), *self._early, self.prompt.draft])
            if self._is_draft_here:
                self.drafts.save(self.draft_key, text)
            else:
                self.drafts.join(self.draft_key, behind=text)
            self.note_open_thread()
        self.desk = None
        if desk is not None:
            await _in_time(self._let_go(desk))
        await _in_time(self.files.finish())

    async def _let_go(self, desk: Desk) -> None:
        await desk.close()
        await desk.client.aclose()

    # Layout

    def on_resize(self, event: events.Resize) -> None:
        """Another size may mean another layout."""
        self._lay_out(event.size)

    def on_screen_resume(self) -> None:
        """The size may have changed while something else was in front."""
        self._lay_out(self.app.size)

    def _lay_out(self, size: Size) -> None:
        """Set the classes that `main.tcss` knows; several may hold at once, unlike with Textual's breakpoints."""
        self.set_class(size.width < 100, "-narrow")
        self.set_class(size.width >= 170, "-broad")
        self.set_class(size.height < 12, "-tiny")
        self.set_class(size.height < 20, "-short")
        self.set_class(size.height >= 30, "-roomy")
        self.show_state()

    # While it runs

    def _tick(self) -> None:
        desk = self.desk
        if desk is not None and desk.current.is_busy:
            self.transcript.tick()
            self.show_state()

    def _scrolled(self) -> None:
        if self.transcript.has_focus:
            # what was marked may be out of sight now
            self.show_state()
        desk = self.desk
        if desk is not None and desk.current.has_more and self.transcript.scroll_offset.y < _NEAR_TOP:
            self.spawn(desk.read_older(desk.current), "older")

    def on_transcript_follow_changed(self, event: Transcript.FollowChanged) -> None:
        """The end came into view, or left it."""
        event.stop()
        self.show_state()

    def on_transcript_marked(self, event: Transcript.Marked) -> None:
        """The footer says what enter does."""
        event.stop()
        self.show_state()

    def on_transcript_link_chosen(self, event: Transcript.LinkChosen) -> None:
        """Links are never opened unasked: the address is copied."""
        event.stop()
        self.app.copy_to_clipboard(event.href)
        self.remark(f"The link's address is copied: {event.href[:200]}")

    def on_status_line_end_clicked(self, event: StatusLine.EndClicked) -> None:
        """Go to the end."""
        event.stop()
        self.transcript.scroll_to_tail()

    def on_footer_bar_clicked(self, event: FooterBar.Clicked) -> None:
        """A click on a key does what the key does."""
        event.stop()
        self.call_later(self.run_action, event.item.action)

    def on_descendant_focus(self) -> None:
        """The footer's keys depend on who has the focus."""
        self.show_state()

    def on_key(self, event: events.Key) -> None:
        """Typing anywhere goes to the prompt, but for the letters of a card that is marked."""
        if self.focused is self.prompt or not (event.is_printable and event.character):
            return
        event.stop()
        if self.take_key(event.character):
            return
        self.set_focus(self.prompt)
        self.prompt.add_text(event.character)

    def on_paste(self, event: events.Paste) -> None:
        """So does a paste."""
        if self.focused is not self.prompt:
            event.stop()
            self.set_focus(self.prompt)
            self.prompt.add_text(event.text)

    def action_scroll_to_end(self) -> None:
        """Go to the end and follow it."""
        self.transcript.scroll_to_tail()

    def action_scroll_to_top(self) -> None:
        """Go to the beginning."""
        self.transcript.scroll_to_head()

    def action_page_up(self) -> None:
        """Scroll up."""
        self.transcript.scroll_page(-1)

    def action_page_down(self) -> None:
        """Scroll down."""
        self.transcript.scroll_page(1)

    def action_toggle_details(self) -> None:
        """Fold or unfold all panels."""
        self.transcript.toggle_all(StepEntry)

    def action_toggle_thoughts(self) -> None:
        """Fold or unfold what the models thought."""
        self.transcript.toggle_all(ReasoningEntry)


def _joined(parts: Iterable[str]) -> str:
    """Texts with an empty line between them."""
    return "\n\n".join(part for part in parts if part.strip())


async def _in_time(work: Awaitable[None]) -> None:
    try:
        async with asyncio.timeout(_END_S):
            await work
    except TimeoutError:
        log.warning("the end was cut short after %s s", _END_S)
