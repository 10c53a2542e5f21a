"""The main screen's part for quitting while an answer is being written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

from aimltui.common.sanitize import clean_line
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup

if TYPE_CHECKING:
    from aimltui.tui.controllers.conversation import Conversation

_KEEP, _LOSE, _STAY = "keep", "lose", "stay"
_STOP_S = 3.0
"""Seconds that the runs have to stop before the program ends without waiting for them."""
_LOOK_S = 0.2
"""Seconds between two looks whether all answers are finished."""


class QuittingPart(ScreenPart):
    """Asks before an answer is cut off by quitting."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._is_asking = False
        self._look: Timer | None = None
        self._deadline: Timer | None = None

    def may_quit(self) -> bool:
        """Whether no answer would be cut off; else the user is asked, and the program ends by `App.quit_now`."""
        writing = self._writing()
        if writing and not self._is_asking:
            self._ask_to_quit(writing)
        return not writing and not self._asks_about_temporary()

    def _asks_about_temporary(self) -> bool:
        """Ask before threads are lost that are not saved; False if there are none."""
        from aimltui.tui.screens.dialogs.question import Option, QuestionSheet

        lost = self.workspace.threads.temporary if self.workspace is not None else []
        if not lost or self._is_asking:
            return self._is_asking
        self._is_asking = True

        def answered(answer: str | None) -> None:
            self._is_asking = False
            if not self.app.is_running:
                return
            if answer == _LOSE:
                self.call_later(self.app.run_action, "app.quit_now")
            elif answer == _KEEP:
                self.spawn(self._keep_and_quit(lost), "quit")

        title = clean_line(self.workspace.threads.title(lost[0])) if self.workspace is not None else ""
        is_one = len(lost) == 1
        named = f"The temporary thread “{title}” is" if is_one else f"{len(lost)} temporary threads are"
        options = (
            Option(
                _KEEP,
                "Keep and quit",
                "saved as an ordinary thread" if is_one else "saved as ordinary threads",
            ),
            Option(_LOSE, "Quit", "what was said there is gone"),
            Option(_STAY, "Stay"),
        )
        text = f"{named} not saved."
        self.app.push_screen(QuestionSheet("Quit now?", (text,), options, leave="Stay"), answered)
        return True

    async def _keep_and_quit(self, threads: list[str]) -> None:
        from aimltui.client.errors import TransportError
        from aimltui.tui.controllers.keeping import keep
        from aimltui.wire.errors import APIError

        assert self.workspace is not None
        opened = None
        kept: dict[str, str] = {}
        try:
            for thread_id in threads:
                # with a thread its branches are saved
                saved = await keep(self.workspace.client, thread_id) if thread_id not in kept else {}
                kept |= saved
                for one, new in saved.items():
                    self.workspace.threads.drop(one)
                    if self.workspace.current.thread_id == one:
                        self.drafts.leave()
                        opened = new
                    self.drafts.hand_on(one, new)
        except (APIError, TransportError) as error:
            self.show_notice(f"The thread was not saved, so the program goes on. {error}", is_warning=True)
            if opened is not None:
                # the thread on the screen is deleted
                self.go_to(opened)
        else:
            self._quit_now()

    def _writing(self) -> list[Conversation]:
        return self.workspace.conversations.writing if self.workspace is not None else []

    def _ask_to_quit(self, writing: list[Conversation]) -> None:
        from aimltui.tui.screens.dialogs.quit import LATER, STOP, QuitQuestion

        assert self.workspace is not None
        self._is_asking = True
        titles = [self.workspace.threads.title(conversation.thread_id) for conversation in writing]
        waiting = sum(len(conversation.queue) for conversation in writing)
        question = QuitQuestion(titles, waiting)

        def look() -> None:
            if not self._writing() and self.app.is_running:
                question.settle()

        # a question about answers that are finished would only be in the way
        looking = self.set_interval(_LOOK_S, look)

        def answered(answer: str | None) -> None:
            looking.stop()
            self._is_asking = False
            if not self.app.is_running:
                # ended from outside, and the widgets are gone
                return
            if answer == STOP:
                self._stop_and_quit()
            elif answer == LATER:
                self._quit_when_finished()
            else:
                self._stay()

        self.app.push_screen(question, answered)

    def _stop_and_quit(self) -> None:
        for conversation in self._writing():
            assert self.workspace is not None
            self.workspace.stop(conversation)
        self._quit_when_finished()
        self._deadline = self.set_timer(_STOP_S, self._quit_or_ask)

    def _quit_when_finished(self) -> None:
        self._stay()
        self.quits_when_finished = True
        self._look = self.set_interval(_LOOK_S, self._quit_if_finished)
        self.show_state()

    def _quit_if_finished(self) -> None:
        if not self._writing() and not self._is_asking:
            self._quit_or_ask()

    def _quit_or_ask(self) -> None:
        self._stay()
        if not self._asks_about_temporary():
            self._quit_now()

    def _quit_now(self) -> None:
        self._stay()
        # behind the messages that bring text back to the prompt
        self.call_later(self.app.run_action, "app.quit_now")

    def _stay(self) -> None:
        self.quits_when_finished = False
        for timer in (self._look, self._deadline):
            if timer is not None:
                timer.stop()
        self._look = self._deadline = None
        self.show_state()
