"""Questions that must not be answered by accident, such as whether code may run without a sandbox.

They may appear while the user is typing. So they take no keys at first (see `state.dead_time`), letters do nothing, and
no answer is selected until the user moves to one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.dataclass import dataclass
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import TALL, Sheet

_SCROLL: Final = FooterItem("pgdn", "Scroll", "page(1)")
ALLOW, KEEP_OFF = "allow", "off"


@dataclass(frozen=True, slots=True)
class Option:
    """A possible answer."""

    id: str
    label: str
    about: str = ""


class OptionLine(Static):
    """The line of an answer; a click selects it."""

    ALLOW_SELECT: ClassVar[bool] = False

    @dataclass
    class Clicked(Message):
        """The user clicked a line."""

        line: OptionLine

    def __init__(self, option: Option) -> None:
        super().__init__(classes="question-option")
        self.option = option
        self.show_chosen(chosen=False)

    def show_chosen(self, *, chosen: bool) -> None:
        """Show whether the line is selected."""
        self.set_class(chosen, "-chosen")
        mark = "> " if chosen else "  "
        muted = "" if chosen else "$text-muted"
        self.update(Content.assemble(mark, (self.option.label, "bold"), (f"  {self.option.about}", muted)))

    def on_click(self, event: events.Click) -> None:
        """Pass the click on to the question."""
        event.stop()
        self.post_message(self.Clicked(self))


class QuestionSheet(Sheet[str | None]):
    """Asks a question with several answers. The result is the id of one, or None.

    Args:
        title: The question.
        text: Paragraphs about it.
        options: The answers; none is selected at first.
        leave: A few words for what escape does.
    """

    IS_QUESTION = True
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
    ) -> None:
        keys = (
            FooterItem("↑↓", "Choose", "choose(1)"),
            FooterItem("enter", "Confirm", "take"),
            _SCROLL,
            FooterItem("esc", leave, "cancel"),
        )
        super().__init__(title, keys)
        self._text = tuple(text)
        self._lines = [OptionLine(option) for option in options]
        self._chosen = -1

    @property
    def chosen_id(self) -> str | None:
        """The id of the selected answer; None while no answer is selected."""
        return self._lines[self._chosen].option.id if self._chosen >= 0 else None

    def on_resize(self, event: events.Resize) -> None:
        """Show what fits into the new size."""
        self.call_after_refresh(self._show_keys)

    def fit(self, size: Size) -> None:
        """Limit the part that scrolls, so that the answers are always in view."""
        super().fit(size)
        around = self.frame_lines(size.height) + len(self._lines) + (2 if size.height >= TALL else 0)
        self.query_one(self.BODY).styles.max_height = max(1, size.height - around)

    def _show_keys(self) -> None:
        """Show the key that scrolls only where there is more text than room."""
        can_scroll = self.query_one(self.BODY).max_scroll_y > 0
        self.show_keys([key for key in self._keys if can_scroll or key != _SCROLL])

    def body(self) -> Sequence[Widget]:
        """The part that scrolls, and the answers."""
        about = VerticalScroll(*self.contents(), classes="question-body", can_focus=False)
        about.display = bool(self._text)
        return about, Vertical(*self._lines, classes="question-options")

    def contents(self) -> Sequence[Widget]:
        """The widgets in the part that scrolls."""
        return [Static(Content(text), classes="sheet-text") for text in self._text]

    def on_key(self, event: events.Key) -> None:
        """Do nothing: letters are no answer."""
        event.stop()
        event.prevent_default()

    def on_option_line_clicked(self, event: OptionLine.Clicked) -> None:
        """Select the clicked answer; a second click confirms it."""
        event.stop()
        place = self._lines.index(event.line)
        if place == self._chosen:
            self.action_take()
        else:
            self._choose(place)

    def on_click(self, event: events.Click) -> None:
        """Do nothing: a click beside the panel is no answer."""

    def action_choose(self, by: int) -> None:
        """Select the next answer, or the one before."""
        if self._chosen < 0:
            self._choose(0 if by > 0 else len(self._lines) - 1)
        else:
            self._choose(min(len(self._lines) - 1, max(0, self._chosen + by)))

    def action_take(self) -> None:
        """Return the selected answer, if one is selected."""
        if self.chosen_id is not None:
            self.dismiss(self.chosen_id)

    def action_page(self, by: int) -> None:
        """Scroll by a page."""
        part = self.query_one(self.BODY)
        part.scroll_relative(y=by * max(1, part.size.height - 1), animate=False)

    def _choose(self, place: int) -> None:
        self._chosen = place
        for number, line in enumerate(self._lines):
            line.show_chosen(chosen=number == place)


class AgreeQuestion(QuestionSheet):
    """Asks whether code may run at all without a sandbox. The result is `ALLOW`, `KEEP_OFF` or None.

    Args:
        reason: Why there is no sandbox.
        is_allowed: Whether it is allowed now.
    """

    IS_WIDE = True

    def __init__(self, reason: str, *, is_allowed: bool = False) -> None:
        allow = "Allow it, and ask me each time" if not is_allowed else "Keep asking me each time"
        off = "Keep it off" if not is_allowed else "Switch it off"
        super().__init__(
            "The code interpreter has no sandbox on this machine",
            [
                reason,
                "\nCode that a model writes would run with your rights. It could read, change or delete all your files, "
                "read keys and passwords, and send them over the network. A model makes mistakes, and a web page or a "
                "file that it reads can make it write code that harms you.",
                "\nIf you allow it, you see every piece of code first, and nothing runs until you approve it on the card "
                "above the prompt. Allow this only if you will read each piece of code.",
            ],
            [
                Option(KEEP_OFF, off, "the model learns that it cannot run code"),
                Option(ALLOW, allow, "you can change this in the palette"),
            ],
            leave="Leave it as it is",
        )
