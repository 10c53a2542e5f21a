"""CompareScreen: the answers of several models to one message, in columns; one of them is chosen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.pictures.setting import PictureSetting
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.state.branch_marks import END_ID
from aimltui.tui.state.entries import Added, Change, Entry, ErrorEntry, MessageEntry, Replaced
from aimltui.tui.state.file_facts import FileFact
from aimltui.tui.widgets.transcript import Transcript
from aimltui.tui.widgets.transcript.glyphs import GlyphSet, glyph_set
from aimltui.tui.widgets.transcript.widget import TranscriptMessage

if TYPE_CHECKING:
    from aimltui.tui.controllers.comparison import Column, Comparison
    from aimltui.tui.controllers.conversation import Conversation

_KEEP = FooterItem("enter", "Keep this answer", "keep")
_OTHER = FooterItem("←→", "Other answer", "move(1)")
_STOP = FooterItem("esc", "Stop all", "cancel")
_NARROW = 100
"""Cells; on a narrower screen one answer is shown, and the others are tabs."""
_PROBLEM_ID = "local:no-branch"


class ColumnTitle(Static):
    """The model of a column; where one answer is shown, the tab of the answer."""

    class Clicked(Message):
        """The user clicked it."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, number: int) -> None:
        super().__init__("", classes="column-title", markup=False)
        self._number = number
        self._words = ""

    def show_words(self, words: str) -> None:
        """Show these words; painted only if they differ, as this is asked at every frame of a stream."""
        if words != self._words:
            self._words = words
            self.update(Content(words), layout=False)

    def on_click(self, event: events.Click) -> None:
        """Turn to the answer."""
        event.stop()
        self.post_message(self.Clicked(self._number))


class AnswerColumn(Transcript, can_focus=False):
    """The message and one of the answers to it, which scrolls by itself."""

    def show_column(self, column: Column) -> None:
        """Show all of it."""
        if column.problem:
            card = ErrorEntry(_PROBLEM_ID, "This model was not asked", column.problem, "")
            self.show([card])
        elif column.conversation is not None:
            self._show_all(column.conversation)

    def _show_all(self, conversation: Conversation) -> None:
        entries = conversation.view.entries
        shown = entries[_first(conversation, entries) :]
        self.show([_plain(entry) for entry in shown if entry.id != END_ID])

    def take(self, conversation: Conversation, changes: Sequence[Change] | None) -> None:
        """Show what has changed in the thread; what is before the message is not shown here."""
        if changes is None:
            self._show_all(conversation)
            return
        # a stream brings pieces at every frame, for which the whole entries need not be built
        adds = any(isinstance(change, Added) for change in changes)
        first = _first(conversation, conversation.view.entries) if adds else 0
        self.apply([one for change in changes if (one := _moved(change, first)) is not None])


def _moved(change: Change, first: int) -> Change | None:
    """Return a change as it is where entry number `first` is the first one; None if it is not shown."""
    match change:
        case Added(index, entry):
            is_shown = index >= first and entry.id != END_ID
            return Added(index - first, _plain(entry)) if is_shown else None
        case Replaced(entry):
            return Replaced(_plain(entry))
        case _:
            return change


def _plain(entry: Entry) -> Entry:
    """Return an entry without what can be chosen on the main screen alone."""
    if isinstance(entry, ErrorEntry):
        return replace(entry, actions=())
    return replace(entry, branch=None) if isinstance(entry, MessageEntry) else entry


def _first(conversation: Conversation, entries: Sequence[Entry]) -> int:
    """Return the place of the last message of the user."""
    question = conversation.view.facts.question()
    return next((at for at, entry in enumerate(entries) if question and entry.id == question.id), 0)


@dataclass(frozen=True)
class CompareHost:
    """What the screen needs from the program."""

    stop: Callable[[Conversation], object]
    """Stops the run of a conversation."""
    copy: Callable[[str], object]
    """Copies a text."""
    learn: Callable[[Sequence[tuple[str, bool]]], Awaitable[Mapping[str, FileFact]]]
    """Reads what is known of files, by id; with True their pictures, too."""
    pass_on: Callable[[Message], object]
    """Takes what the user chose in an answer: a link, a file, an output, code to copy."""


class CompareScreen(Sheet[str | None]):
    """Shows the answers while they are written. The result is the thread of the answer that the user keeps.

    Args:
        comparison: The answers.
        host: What it asks of the program.
        clock: Unix seconds.
        glyphs: The signs of the transcript.
        pictures: How pictures are drawn.
    """

    IS_PANE = True
    IS_QUESTION = True
    LETTERS_ACT = True
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,shift+tab", "move(-1)", show=False),
        Binding("right,tab", "move(1)", show=False),
        *(Binding(str(number), f"turn_to({number})", show=False) for number in range(1, 5)),
        Binding("up", "scroll_rows(-1)", show=False),
        Binding("down", "scroll_rows(1)", show=False),
        Binding("pageup", "scroll_page(-1)", show=False),
        Binding("pagedown", "scroll_page(1)", show=False),
        Binding("home", "head", show=False),
        Binding("end", "tail", show=False),
        Binding("enter", "keep", show=False),
    ]

    def __init__(
        self,
        comparison: Comparison,
        host: CompareHost,
        clock: Callable[[], float],
        *,
        glyphs: GlyphSet,
        pictures: PictureSetting = "auto",
    ) -> None:
        super().__init__(f"Compare: {comparison.question[:500]}", (_KEEP, _OTHER, _STOP))
        self._comparison = comparison
        self._host = host
        self._glyphs = glyph_set(glyphs)
        self._titles = [ColumnTitle(number) for number, _ in enumerate(comparison.columns, 1)]
        self._answers = [AnswerColumn(clock=clock, glyphs=glyphs) for _ in comparison.columns]
        for answer in self._answers:
            answer.pictures = pictures
        self._at = 0
        self._shown: set[Column] = set()

    def body(self) -> Sequence[Widget]:
        """The titles, and the answers below them."""
        return Horizontal(*self._titles, classes="column-titles"), Horizontal(
            *self._answers, classes="columns"
        )

    def on_mount(self) -> None:
        """Show what there is, and what comes."""
        self._comparison.changed = self.show_columns
        self.set_interval(1.0, self._tick)
        self.show_columns()

    def on_unmount(self) -> None:
        """Take no further changes."""
        self._comparison.changed = lambda: None

    def fit(self, size: Size) -> None:
        """Show one answer, or all side by side."""
        super().fit(size)
        self.set_class(size.width < _NARROW, "-narrow")
        self._show_state()

    def show_columns(self) -> None:
        """Show the new columns."""
        for column, answer in zip(self._comparison.columns, self._answers, strict=True):
            conversation = column.conversation
            if column in self._shown or not (conversation or column.problem):
                continue
            self._shown.add(column)
            answer.show_column(column)
            if conversation is not None:
                conversation.shown_beside = self._taker(conversation, answer)
                # what has not been drained yet is shown already, and would be appended once more
                conversation.buffer.add(None)
        self._show_state()

    def _taker(
        self, conversation: Conversation, answer: AnswerColumn
    ) -> Callable[[Sequence[Change] | None], None]:
        def take(changes: Sequence[Change] | None) -> None:
            if answer.is_attached:
                answer.take(conversation, changes)
                self._show_state()

        return take

    def _tick(self) -> None:
        if self._comparison.is_running:
            for answer in self._answers:
                answer.tick()
            self._show_state()

    def _show_state(self) -> None:
        for number, (title, answer) in enumerate(zip(self._titles, self._answers, strict=True)):
            is_active = number == self._at
            title.set_class(is_active, "-active")
            answer.set_class(is_active, "-active")
            column = self._comparison.columns[number]
            words = f"{number + 1} {self._sign(column)} {clean_line(column.answerer.name)}"
            title.show_words(words)
        last = _STOP if self._comparison.is_running and not self._comparison.is_stopped else CLOSE
        self.show_keys((_KEEP, _OTHER, last))

    def _sign(self, column: Column) -> str:
        signs, conversation = self._glyphs, column.conversation
        if conversation is None:
            return signs.failed if column.problem else signs.queued
        if conversation.is_busy:
            run = conversation.view.runs.active
            return signs.waiting if run is not None and run.status == "requires_action" else signs.active
        ends = {"completed": signs.done, "cancelled": signs.stopped, "incomplete": signs.incomplete}
        return ends.get(conversation.run.status, signs.failed) if conversation.run else signs.failed

    # Keys

    @property
    def _active(self) -> AnswerColumn:
        return self._answers[self._at]

    def action_move(self, step: int) -> None:
        """Turn to the next answer; after the last comes the first."""
        self.action_turn_to((self._at + step) % len(self._answers) + 1)

    def action_turn_to(self, number: int) -> None:
        """Turn to an answer by its number, from 1."""
        if number <= len(self._answers):
            self._at = number - 1
            self._show_state()

    def action_scroll_rows(self, direction: int) -> None:
        """Scroll the answer by a row."""
        self._active.scroll_to(y=self._active.scroll_offset.y + direction)

    def action_scroll_page(self, direction: int) -> None:
        """Scroll the answer by a window."""
        self._active.scroll_page(direction)

    def action_head(self) -> None:
        """Scroll to the message."""
        self._active.scroll_to_head()

    def action_tail(self) -> None:
        """Scroll to the end of the answer."""
        self._active.scroll_to_tail()

    def action_keep(self) -> None:
        """Go on with this answer; the others stay as branches of the conversation."""
        conversation = self._comparison.columns[self._at].conversation
        if conversation is not None and conversation.thread_id is not None:
            self.dismiss(conversation.thread_id)

    def action_cancel(self) -> None:
        """Stop what is being written; if nothing is, close."""
        comparison = self._comparison
        if not comparison.is_running or comparison.is_stopped:
            self.dismiss(None)
            return
        comparison.is_stopped = True
        for column in comparison.columns:
            if column.conversation is not None:
                self._host.stop(column.conversation)
        self._show_state()

    @on(Transcript.CopyChosen)
    @on(Transcript.LinkChosen)
    @on(Transcript.OutputChosen)
    @on(Transcript.FileChosen)
    @on(Transcript.SourceChosen)
    def choose(self, event: TranscriptMessage) -> None:
        """Do with what was clicked in an answer what the main screen does with it."""
        event.stop()
        self._host.pass_on(replace(event))

    def on_text_selected(self, event: events.TextSelected) -> None:
        """Copy what the mouse has selected."""
        if text := self.get_selected_text():
            self._host.copy(text)

    async def on_transcript_files_wanted(self, event: Transcript.FilesWanted) -> None:
        """Ask the server about files that came into view."""
        event.stop()
        event.transcript.learn(files=await self._host.learn(list(event.wanted.items())))

    def on_column_title_clicked(self, event: ColumnTitle.Clicked) -> None:
        """Turn to the answer whose title was clicked."""
        event.stop()
        self.action_turn_to(event.number)
