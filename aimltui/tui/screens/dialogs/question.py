"""Questions that must not be answered by accident: about code that nothing keeps in.

They appear while somebody may be typing. So they hear no key for a moment, letters mean nothing to them, and nothing is
chosen until the user has moved to it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from aimltui.tui.commands.derived import FooterItem
from aimltui.tui.screens.dialogs.sheet import TALL, Sheet

DEAD_S = 0.3
"""Seconds for which a question hears no key; a key that comes meanwhile begins them anew."""

RUN, SKIP, STOP = "run", "skip", "stop"
ALLOW, KEEP_OFF = "allow", "off"

_TAB = 4


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers."""

    id: str
    label: str
    about: str


class OptionLine(Static):
    """An answer; a click chooses it."""

    ALLOW_SELECT: ClassVar[bool] = False

    @dataclass
    class Clicked(Message):
        """The user clicked it."""

        line: OptionLine

    def __init__(self, option: Option) -> None:
        super().__init__(classes="question-option")
        self.option = option
        self.show_chosen(chosen=False)

    def show_chosen(self, *, chosen: bool) -> None:
        """Show whether enter would take it."""
        self.set_class(chosen, "-chosen")
        mark = "> " if chosen else "  "
        muted = "" if chosen else "$text-muted"
        self.update(Content.assemble(mark, (self.option.label, "bold"), (f"  {self.option.about}", muted)))

    def on_click(self, event: events.Click) -> None:
        """Tell the question."""
        event.stop()
        self.post_message(self.Clicked(self))


class QuestionSheet(Sheet[str | None]):
    """Some lines and answers to choose from; the result is the id of one, or None.

    Args:
        title: The question.
        text: What has to be known, in sentences.
        options: The answers; none is chosen at first.
        leave: What escape means, in a few words.
        clock: Seconds that never go back.
    """

    BODY: ClassVar[str] = ".question-body"
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", show=False, priority=True),
        Binding("down", "choose(1)", show=False, priority=True),
        Binding("enter", "take", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
        Binding("escape", "cancel", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        text: Sequence[str],
        options: Sequence[Option],
        *,
        leave: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        keys = (
            FooterItem("↑↓", "Choose", "choose(1)"),
            FooterItem("enter", "Take it", "take"),
            FooterItem("pgdn", "Scroll", "page(1)"),
            FooterItem("esc", leave, "cancel"),
        )
        super().__init__(title, keys)
        self._text = tuple(text)
        self._lines = [OptionLine(option) for option in options]
        self._chosen = -1
        self._clock = clock
        self._dead_until = float("inf")

    def on_resize(self, event: events.Resize) -> None:
        """The answers are always in view; what is asked about scrolls."""
        around = len(self._lines) + 2 + (4 if event.size.height >= TALL else 0)
        self.query_one(self.BODY).styles.max_height = max(1, event.size.height - around)

    def body(self) -> Sequence[Widget]:
        """What is asked about, and the answers."""
        return (
            VerticalScroll(*self.contents(), classes="question-body", can_focus=False),
            Vertical(*self._lines, classes="question-options"),
        )

    def contents(self) -> Sequence[Widget]:
        """What stands in the part that scrolls."""
        return [Static(Content(text), classes="sheet-text") for text in self._text]

    def on_mount(self) -> None:
        """Begin to listen a little later."""
        self._dead_until = self._clock() + DEAD_S

    @property
    def is_dead(self) -> bool:
        """Whether keys mean nothing yet."""
        return self._clock() < self._dead_until

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """No key does anything while it may have been meant for something else."""
        if self.is_dead and action in ("choose", "take", "page", "cancel"):
            return False
        return super().check_action(action, parameters)

    def on_key(self, event: events.Key) -> None:
        """Whoever goes on typing has not seen the question."""
        event.stop()
        event.prevent_default()
        if self.is_dead:
            self._dead_until = self._clock() + DEAD_S

    def on_option_line_clicked(self, event: OptionLine.Clicked) -> None:
        """A click chooses; the second one takes."""
        event.stop()
        if self.is_dead:
            return
        place = self._lines.index(event.line)
        if place == self._chosen:
            self.action_take()
        else:
            self._choose(place)

    def on_click(self, event: events.Click) -> None:
        """A click beside it is no answer."""

    def action_choose(self, by: int) -> None:
        """Go to the next answer."""
        if self._chosen < 0:
            self._choose(0 if by > 0 else len(self._lines) - 1)
        else:
            self._choose(min(len(self._lines) - 1, max(0, self._chosen + by)))

    def action_take(self) -> None:
        """Take the chosen answer, if one is chosen."""
        if self._chosen >= 0:
            self.dismiss(self._lines[self._chosen].option.id)

    def action_page(self, by: int) -> None:
        """Scroll what is asked about."""
        part = self.query_one(self.BODY)
        part.scroll_relative(y=by * max(1, part.size.height - 1), animate=False)

    def _choose(self, place: int) -> None:
        self._chosen = place
        for number, line in enumerate(self._lines):
            line.show_chosen(chosen=number == place)


class CodeQuestion(QuestionSheet):
    """May this piece of code be run? The result is `RUN`, `SKIP`, `STOP`, or None for escape.

    Args:
        code: All of it.
        thread_title: Where it was written; empty for the open thread.
        expires_at: The second in which the run that waits is over; None for what the user runs again.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        code: str,
        thread_title: str = "",
        *,
        expires_at: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        lines = code.count("\n") + (not code.endswith("\n"))
        counted = f"{lines} lines" if lines != 1 else "1 line"
        where = f" In the thread “{thread_title}”." if thread_title else ""
        # the run's time goes on while it waits, so the user has to know how long it does
        until = time.strftime("%H:%M", time.localtime(expires_at)) if expires_at is not None else ""
        waits = f" The run waits for your word until {until}." if until else ""
        super().__init__(
            "Run this code on your machine, without a sandbox?",
            [
                f"The model wrote {counted}. They would run with your rights: your files, your network.{where}{waits}"
            ],
            [
                Option(RUN, "Run it once", "the next piece is asked for again"),
                Option(SKIP, "Not this time", "the model is told that you refused, and goes on"),
                Option(STOP, "Stop the run", "nothing is run, and the answer ends here"),
            ],
            leave="Not this time",
            clock=clock,
        )
        self._code = code
        self.is_settled = False
        """True once nobody waits for the answer."""

    def contents(self) -> Sequence[Widget]:
        """The code, to its last character."""
        return [
            *super().contents(),
            Static(Content(visible(self._code.rstrip("\n"))), classes="question-code"),
        ]

    def on_screen_resume(self) -> None:
        """Whatever was in front of it is gone; so may be the one who asked."""
        if self.is_settled:
            self.dismiss(None)


class AgreeQuestion(QuestionSheet):
    """May code be run at all where no sandbox holds? The result is `ALLOW`, `KEEP_OFF` or None.

    Args:
        reason: Why there is no sandbox.
        is_allowed: Whether it may at present.
        clock: Seconds that never go back.
    """

    def __init__(
        self, reason: str, *, is_allowed: bool = False, clock: Callable[[], float] = time.monotonic
    ) -> None:
        allow = "Allow it, and ask me each time" if not is_allowed else "Go on asking me each time"
        off = "Keep it off" if not is_allowed else "Switch it off"
        super().__init__(
            "The code interpreter has no sandbox on this machine",
            [
                reason,
                "\nCode that a model writes would run as you do. It could read, change or delete every file of yours, "
                "read keys and passwords, and send them over the network. It can be wrong without meaning harm, and a web "
                "page or a file that the model reads can make it write what somebody else wants.",
                "\nIf you allow it, you are shown every piece of code before it is run, and nothing runs without your "
                "word. Allow it only if you can read Python and will.",
            ],
            [
                Option(KEEP_OFF, off, "the model is told that it cannot run code"),
                Option(ALLOW, allow, "can be changed in the palette"),
            ],
            leave="Leave it as it is",
            clock=clock,
        )


def visible(code: str) -> str:
    """Code as it is, with every character that would not be seen written out: nothing may hide from who reads it."""
    lines = code.expandtabs(_TAB).split("\n")
    return "\n".join("".join(c if c.isprintable() else _written(c) for c in line) for line in lines)


def _written(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
