"""CallCard: the card above the prompt that asks the user about function calls, and about code without a sandbox."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from aimltui.common.dataclass import dataclass
from aimltui.formatting.cells import cut
from aimltui.tui.state.call_card import (
    Answer,
    Line,
    Role,
    answers_for,
    body_lines,
    list_lines,
    title_of,
    wrap,
)
from aimltui.tui.state.dead_time import DeadTime
from aimltui.tui.widgets.waking import begin_dead_time

if TYPE_CHECKING:
    from aimltui.tui.state.pending_calls import PendingCall

_STYLES: dict[Role, str] = {
    "plain": "$foreground",
    "muted": "$text-muted",
    "name": "bold $foreground",
    "key": "$text-primary",
    "text": "$text-success",
    "number": "$text-warning",
    "warning": "$text-warning",
    "chosen": "bold $foreground",
    "code": "$foreground",
}
_CODE_ROLES: dict[str, Role] = {
    "keyword": "key",
    "string": "text",
    "number": "number",
    "comment": "muted",
    "error": "warning",
}
"""The roles of what `Highlighter` names."""
_CHOSEN = "$block-cursor-foreground on $block-cursor-background"
_FEWEST, _MOST = 6, 22
"""Lines of the card, with low and with high screens."""
_LOW = 20
"""Lines of a screen with no room for hints."""
_GAP = 3


class CallCard(Widget, can_focus=True):
    """Shows what would run and the answers. It never takes the focus by itself, and no answer is selected at first.

    Its keys do nothing before it has had the focus for a moment in which no key came; see `state.dead_time`. A letter or
    an arrow key selects an answer, enter gives it. Every other character goes to the prompt.
    """

    DEFAULT_CSS = """
    CallCard {
        height: auto;
        margin: 0 1 1 1;
        padding: 0 1;
        border-left: outer $warning;
        background: $panel;
        color: $foreground;
        display: none;
    }
    CallCard:focus { border-left: outer $primary; }
    """
    ALLOW_SELECT: ClassVar[bool] = False

    @dataclass
    class Answered(Message):
        """The user gave an answer."""

        call: PendingCall
        answer: str

    @dataclass
    class ViewRequested(Message):
        """The user wants to see all of a call."""

        call: PendingCall

    class Left(Message):
        """The user wants to go back to the prompt."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._calls: Sequence[PendingCall] = ()
        self._shown: PendingCall | None = None
        self._place = -1
        self._seconds_left: float | None = None
        self._dead_time: DeadTime | None = None
        self._buttons: list[tuple[int, int, int, int]] = []
        """Line, first cell, last cell and place of each answer as painted."""

    @property
    def shown_call(self) -> PendingCall | None:
        """The call that the answers are for."""
        return self._shown

    @property
    def chosen(self) -> Answer | None:
        """The selected answer."""
        return self._answers[self._place] if 0 <= self._place < len(self._answers) else None

    @property
    def is_alive(self) -> bool:
        """Whether a key or a click acts."""
        return self.is_focused and self._dead_time is not None and self._dead_time.is_alive

    @property
    def is_focused(self) -> bool:
        """Whether the keys come here; unlike `has_focus` it is so from the very start."""
        return self.is_attached and self.screen.focused is self

    def show(self, calls: Sequence[PendingCall], seconds_left: float | None) -> None:
        """Show the calls of a run; without any that needs a decision the card is hidden.

        Args:
            calls: All calls of the run.
            seconds_left: The time until the run expires.
        """
        waiting = [call for call in calls if call.state == "asked"]
        before, self._calls, self._seconds_left = self._shown, tuple(calls), seconds_left
        if before not in waiting:
            self._shown = waiting[0] if waiting else None
        if self._shown is not before:
            # what was chosen was chosen for another call
            self._begin_again()
        self.display = self._shown is not None
        if self.display:
            # asked for once a second: a layout of the whole screen for a card that is hidden would be wasted
            self.refresh(layout=True)

    def _begin_again(self) -> None:
        """Select nothing, and take no keys for a moment."""
        self._place = -1
        if self.is_focused and self._shown is not None:
            self._dead_time = begin_dead_time(self, self._dead_time, self._show_life)
        elif self._dead_time is not None:
            self._dead_time.hide()

    def _show_life(self, left_s: float) -> None:
        """Paint again when the keys begin to act."""
        self.refresh(layout=True)

    @property
    def _waiting(self) -> list[PendingCall]:
        return [call for call in self._calls if call.state == "asked"]

    @property
    def _answers(self) -> tuple[Answer, ...]:
        return answers_for(self._shown, self._waiting) if self._shown is not None else ()

    # Painting

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The number of lines at this width."""
        return len(self._paint(width))

    def render(self) -> Content:
        """The lines."""
        return Content("\n").join(self._paint(self.content_size.width))

    def _paint(self, width: int) -> list[Content]:
        call = self._shown
        if call is None:
            return []
        most = max(_FEWEST, min(_MOST, self.app.size.height * 9 // 20))
        is_low = self.app.size.height < _LOW
        head = [title_of(self._calls, self._seconds_left), *list_lines(self._calls, call)[:5]]
        foot = self._answer_lines(width)
        hint = [] if is_low and not self.is_focused else [self._hint()]
        room = max(1 if is_low else 2, most - len(head) - len(foot) - len(hint))
        body = [part for line in highlighted(tuple(body_lines(call))) for part in wrap(line, width)]
        if len(body) > room:
            hidden = len(body) - max(1, room - 1)
            more: Line = ((f"  … {hidden} more lines: v shows everything", "warning"),)
            body = [*body[: max(1, room - 1)], *([more] if room > 1 else [])]
        elif len(body) + 2 <= room:
            # where there is room, what would run stands apart from the list and from the answers
            empty: Line = (("", "plain"),)
            body = [*([empty] if len(head) > 1 else []), *body, empty]
        lines = [line_content(line, width) for line in (*head, *body)]
        self._buttons = [(row + len(lines), *rest) for row, *rest in self._buttons]  # type: ignore[misc]
        return [*lines, *foot, *(Content.styled(cut(text, width), "$text-muted") for text in hint)]

    def _answer_lines(self, width: int) -> list[Content]:
        """The answers, as many in a line as fit."""
        lines: list[Content] = [Content("")]
        self._buttons = []
        for place, answer in enumerate(self._answers):
            size = len(answer.label) + 2
            start = lines[-1].cell_length
            if start and start + _GAP + size > width:
                lines.append(Content(""))
                start = 0
            gap = _GAP if start else 0
            is_chosen = place == self._place
            style = _CHOSEN if is_chosen else "$foreground" if self.is_alive else "$text-muted"
            key_style = _CHOSEN if is_chosen else "bold $text-primary" if self.is_alive else "$text-muted"
            lines[-1] = Content.assemble(
                lines[-1], " " * gap, (answer.key, key_style), (f" {answer.label}", style)
            )
            self._buttons.append((len(lines) - 1, start + gap, start + gap + size, place))
        return lines

    def _hint(self) -> str:
        if not self.is_focused:
            return "tab Answer here · what you type stays in the prompt"
        if not self.is_alive:
            return "keys work after half a second without a key"
        move = " · n Next call" if len(self._waiting) > 1 else ""
        if self.chosen is not None:
            return f"enter {self.chosen.label} · esc Back to the prompt"
        return f"a letter selects, then enter · v Show all{move} · esc Back to the prompt"

    # Keys

    def on_focus(self) -> None:
        """Take no keys for a moment."""
        self._begin_again()

    def on_blur(self) -> None:
        """Take no keys, and forget what was selected."""
        self._place = -1
        if self._dead_time is not None:
            self._dead_time.hide()
        self.refresh(layout=True)

    def on_key(self, event: events.Key) -> None:
        """Select an answer or give it; characters that mean nothing here go to the prompt."""
        if event.key in ("tab", "shift+tab"):
            return
        if event.key == "escape":
            event.stop()
            event.prevent_default()
            self.post_message(self.Left())
        elif not self.is_alive:
            if not event.is_printable:
                event.stop()
                event.prevent_default()
        elif self._take(event):
            event.stop()
            event.prevent_default()
            self.refresh(layout=True)

    def _take(self, event: events.Key) -> bool:
        """Do what a key means; False if it means nothing here."""
        answers = self._answers
        keys = [answer.key for answer in answers]
        if event.key in ("up", "left", "down", "right"):
            step = 1 if event.key in ("down", "right") else -1
            last = len(answers) - 1
            self._place = (
                max(0, min(last, self._place + step)) if self._place >= 0 else (0 if step > 0 else last)
            )
        elif event.key == "enter":
            self._give()
        elif event.character in keys:
            self._place = keys.index(event.character or "")
        elif event.key == "v" and self._shown is not None:
            self.post_message(self.ViewRequested(self._shown))
        elif event.key in ("n", "p") and len(self._waiting) > 1:
            self._step(1 if event.key == "n" else -1)
        else:
            return not event.is_printable
        return True

    def _give(self) -> None:
        chosen, call = self.chosen, self._shown
        if chosen is not None and call is not None:
            self._place = -1
            self.post_message(self.Answered(call, chosen.id))

    def _step(self, by: int) -> None:
        waiting = self._waiting
        if self._shown in waiting:
            self._shown = waiting[(waiting.index(self._shown) + by) % len(waiting)]
            self._place = -1

    def on_click(self, event: events.Click) -> None:
        """Select the clicked answer; a second click on it gives it."""
        event.stop()
        if not self.is_alive:
            return
        # the border and the padding take two cells
        x, y = event.x - 2, event.y
        for row, start, end, place in self._buttons:
            if row == y and start <= x < end:
                if place == self._place:
                    self._give()
                else:
                    self._place = place
                self.refresh(layout=True)
                return


@lru_cache(maxsize=4)
def highlighted(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """The lines, those of code in the colours of Python."""
    if not any(role == "code" for line in lines for _, role in line):
        return lines
    # the first card of a function needs no lexer
    from aimltui.tui.widgets.transcript.code import MAX_HIGHLIGHTED, Highlighter

    lexer = Highlighter("python")
    found: list[Line] = []
    for line in lines:
        is_code = line[0][1] == "code" and len(found) < MAX_HIGHLIGHTED
        pieces = lexer.line(line[0][0]) if is_code else []
        coloured: Line = tuple((text, _CODE_ROLES.get(kind, "code")) for text, kind in pieces)
        found.append(coloured or line)
    return tuple(found)


def line_content(line: Line, width: int) -> Content:
    """A line, cut to the width."""
    parts: list[tuple[str, str]] = []
    left = width
    for text, role in line:
        shown = cut(text, left) if left > 0 else ""
        parts.append((shown, _STYLES[role]))
        left -= Content(shown).cell_length
        if shown != text:
            # what is behind a cut would only add a second mark of it
            break
    return Content.assemble(*parts)
