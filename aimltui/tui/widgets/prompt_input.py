"""The field for messages: it grows with its text and sends on Enter, never on a paste."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import ClassVar, Final, Protocol

from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea
from textual.widgets.text_area import Selection

from aimltui.common.dataclass import dataclass
from aimltui.tui.commands.derived import command
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.attached_files import AttachedFile, addressee_of, parted, with_files
from aimltui.tui.storage.local_files import LocalFile, files_in, may_hold_paths
from aimltui.tui.widgets.line_input import AREA_BINDINGS, KeysInOrder, WholeCharacters
from aimltui.tui.widgets.prompt_text import PromptText
from aimltui.tui.widgets.transcript.selection import word_at

SEND_KEYS = frozenset(command("send").keys)
NEWLINE_KEYS = frozenset(command("newline").keys)
QUIT_KEYS = frozenset(command("quit_empty").keys)
UP_KEYS = frozenset(command("edit_queued").keys)

# keys that move the transcript: always, or only while the prompt is empty
_NEVER_HERE = frozenset({"cursor_page_up", "cursor_page_down"})
_NOT_WHEN_EMPTY = frozenset({"cursor_line_start", "cursor_line_end"})
# without a selection ctrl+c goes to the screen, which clears the prompt or quits
_NEED_A_SELECTION = frozenset({"copy", "cut"})


_LOOK_S: Final = 2.0
"""Seconds for finding out whether a pasted text consists of paths; a network drive may not answer."""
_REMOVE_KEY: Final = "backspace"


class Completions(Protocol):
    """A list over the prompt, which takes some of its keys while it is open."""

    def take_key(self, key: str) -> bool:
        """Do what a key does in the list; False if it is for the prompt."""
        ...


@dataclass
class PromptMessage(Message):
    """A message that a `PromptInput` posts."""

    prompt: PromptInput

    @property
    def control(self) -> PromptInput:
        """The prompt that posted it."""
        return self.prompt


class PromptInput(KeysInOrder, WholeCharacters, TextArea):
    """A text area of one row that grows to 40 % of the screen.

    The text stays until the screen calls `accept`. Every change posts `TextArea.Changed`; read `draft`
    then, as the text may hold tokens for large pastes.

    Args:
        placeholder: Shown in the empty prompt.
        id: The widget's id.
    """

    BINDINGS: ClassVar[list[BindingType]] = AREA_BINDINGS
    DEFAULT_CSS = """
    PromptInput {
        height: auto;
        min-height: 1;
        max-height: 40vh;
        padding: 0 1;
        border: none;
        border-left: outer $border-blurred;
        background: $surface;
        scrollbar-size-vertical: 1;
        &:focus { border: none; border-left: outer $accent; }
        & .text-area--placeholder { color: $text-muted; }
        & .text-area--cursor-line { background: transparent; }
    }
    """

    @dataclass
    class Submitted(PromptMessage):
        """The user sends this text, which stays in the prompt until `accept` is called."""

        text: str
        files: tuple[AttachedFile, ...] = ()
        to: Addressee | None = None

        @property
        def draft(self) -> str:
            """The text with its files and its addressee."""
            return with_files(self.text, self.files, self.to)

    @dataclass
    class FilesChanged(PromptMessage):
        """The list of attached files, or the assistant that the message is addressed to, has changed."""

    @dataclass
    class FilesPasted(PromptMessage):
        """What was pasted, or dropped on the terminal, consists of the paths of these files."""

        files: list[LocalFile]
        text: str
        """What was pasted."""

    @dataclass
    class FilesWanted(PromptMessage):
        """Backspace was pressed before the first character: the user turns to the chips."""

    @dataclass
    class UpAtTop(PromptMessage):
        """Up was pressed in the empty prompt, or before the first character."""

    @dataclass
    class DownAtEnd(PromptMessage):
        """Down was pressed in the last line of an earlier message that was put into the prompt."""

    @dataclass
    class Copied(PromptMessage):
        """The user copies this part of the prompt."""

        text: str

    @dataclass
    class Selected(PromptMessage):
        """The mouse selected this part of the prompt; it stays selected."""

        text: str

    @dataclass
    class QuitRequested(PromptMessage):
        """The quit key was pressed in the empty prompt."""

    def __init__(self, placeholder: str = "", *, id: str | None = None) -> None:
        super().__init__(
            id=id,
            compact=False,
            highlight_cursor_line=False,
            placeholder=Content(placeholder),
            tab_behavior="focus",
        )
        # a blink would repaint the line twice a second, also over a slow connection
        self.cursor_blink = False
        self._content = PromptText(self)
        self._sent = ""
        self._sent_files: tuple[AttachedFile, ...] = ()
        self._owes_newline = False
        self.files: tuple[AttachedFile, ...] = ()
        """The attached files; `set_files` changes them."""
        self.to: Addressee | None = None
        """The assistant that the message is addressed to; `address` changes it."""
        self.completions: list[Completions] = []
        self._recalled = ""
        """An earlier message that up has put here; up and down go on from it until it is changed."""

    @property
    def draft(self) -> str:
        """The whole text, large pastes, the attached files and the addressee included."""
        return with_files(self._content.whole, self.files, self.to)

    def set_files(self, files: Sequence[AttachedFile]) -> None:
        """Replace the attached files."""
        self._set_chips(files, self.to)

    def address(self, to: Addressee | None) -> None:
        """Address the message to an assistant; None is the thread's."""
        self._set_chips(self.files, to)

    def _set_chips(self, files: Sequence[AttachedFile], to: Addressee | None) -> None:
        if (tuple(files), to) != (self.files, self.to):
            self.files, self.to = tuple(files), to
            self.post_message(self.FilesChanged(self))

    @property
    def is_empty(self) -> bool:
        """Whether the prompt has no text, not even spaces."""
        return not self.text

    def load_draft(self, text: str) -> None:
        """Replace text and files by a saved draft, as when another thread opens; undo does not bring them back."""
        to = addressee_of(text)
        text, files = parted(text)
        self._load_text(text)
        self._set_chips(files, to)

    def exchange_draft(self, text: str) -> None:
        """Replace text and files; undo (ctrl+z) brings the old text back."""
        to = addressee_of(text)
        text, files = parted(text)
        self._content.exchange(text)
        self._set_chips(files, to)

    def _load_text(self, text: str) -> None:
        self._content.load(text)
        self._owes_newline = False

    def accept(self, *, with_files: bool = True) -> None:
        """Remove the sent message from the prompt; what was added after it in the meantime stays.

        Args:
            with_files: Whether its files and its addressee were sent, too.
        """
        sent, self._sent = self._sent, ""
        text = self._content.whole
        self._load_text(text[len(sent) :] if sent and text.startswith(sent) else "")
        if with_files:
            gone, self._sent_files = {file.source for file in self._sent_files}, ()
            self._set_chips([file for file in self.files if file.source not in gone], None)

    def clear_undoable(self) -> bool:
        """Empty the prompt so that undo (ctrl+z) brings the text back.

        Returns:
            Whether there was any text.
        """
        if self.is_empty:
            return False
        self.history.checkpoint()
        self.clear()
        self.history.checkpoint()
        return True

    def add_text(self, text: str) -> None:
        """Insert text at the cursor: a message from the queue, a key pressed elsewhere."""
        self._content.insert(text)

    def type_ahead(self, event: events.Key | events.Paste) -> None:
        """Take what was typed for the prompt while a question stood before it. Enter starts a line and sends nothing."""
        text = event.text if isinstance(event, events.Paste) else event.is_printable and event.character
        if text:
            self.add_text("\n" * self._owes_newline + text)
            self._owes_newline = False
        elif isinstance(event, events.Key) and event.key == "backspace":
            self.action_delete_left()
        elif isinstance(event, events.Key) and event.key in SEND_KEYS | NEWLINE_KEYS:
            self._owes_newline = not self.is_empty

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave actions to the screen that do not concern the prompt in its current state."""
        if action in _NEVER_HERE or (action in _NOT_WHEN_EMPTY and self.is_empty):
            return False
        if action in _NEED_A_SELECTION and self.selection.is_empty:
            return False
        return super().check_action(action, parameters)

    def render_line(self, y: int) -> Strip:
        """Paint a line; where there is no room for text, Textual cannot fold the placeholder."""
        return super().render_line(y) if self.content_size.width > 0 else Strip.blank(self.size.width)

    async def _on_key(self, event: events.Key) -> None:
        key = event.key
        if any(completions.take_key(key) for completions in self.completions):
            pass
        elif key == _REMOVE_KEY and (self.files or self.to) and self.selection == Selection.cursor((0, 0)):
            self.post_message(self.FilesWanted(self))
        elif key in NEWLINE_KEYS or (key in SEND_KEYS and self._content.delete_backslash()):
            self._content.insert("\n")
        elif key in SEND_KEYS:
            self.submit()
        elif key in QUIT_KEYS and self.is_empty:
            self.post_message(self.QuitRequested(self))
        elif key in UP_KEYS and (
            self.selection == Selection.cursor((0, 0)) or (self.is_recalled and self.cursor_at_first_line)
        ):
            self.post_message(self.UpAtTop(self))
        elif key == "down" and self.is_recalled and self.cursor_at_last_line:
            self.post_message(self.DownAtEnd(self))
        else:
            return
        event.stop()
        event.prevent_default()

    async def _on_paste(self, event: events.Paste) -> None:
        """Insert a pasted text; paths of files are posted instead. Keys that come meanwhile wait for it."""
        event.stop()
        event.prevent_default()
        if files := await _files_in(event.text):
            self.post_message(self.FilesPasted(self, files, event.text))
        else:
            self._content.insert_paste(event.text)
        self.focus()

    async def _on_mouse_up(self, event: events.MouseUp) -> None:
        """Post the text that was selected by dragging; Textual's handler runs after this one."""
        if self._selecting:
            self._tell_selected()

    def on_click(self, event: events.Click) -> None:
        """Select a word on a double click, and a paragraph on a triple click."""
        if event.chain < 2:
            return
        event.prevent_default()
        row, column = self.get_target_document_location(event)
        line = self.document.get_line(row)
        start, end = word_at(line, column) if event.chain == 2 else (0, len(line))
        self.selection = Selection((row, start), (row, end))
        self._tell_selected()

    def _tell_selected(self) -> None:
        if not self.selection.is_empty:
            self.post_message(self.Selected(self, self._content.selected))

    def action_copy(self) -> None:
        """Post the selection and remove it, so that the same key clears or quits the next time."""
        self.post_message(self.Copied(self, self._content.selected))
        self.move_cursor(self.cursor_location)

    def action_delete_left(self) -> None:
        """Delete to the left; the token of a large paste is deleted completely."""
        if not self._content.delete_token(before=True):
            super().action_delete_left()

    def action_delete_right(self) -> None:
        """Delete to the right; the token of a large paste is deleted completely."""
        if not self._content.delete_token(before=False):
            super().action_delete_right()

    @property
    def is_recalled(self) -> bool:
        """Whether the prompt holds an earlier message as it was."""
        return bool(self._recalled) and self.text == self._recalled

    def recall(self, text: str) -> None:
        """Put an earlier message into the prompt; empty for none."""
        self._load_text(text)
        self._recalled = self.text

    def submit(self) -> None:
        """Send what is in the prompt, as the send key does."""
        text = self._content.whole
        if self._sent and text.startswith(self._sent):
            # Enter was pressed twice: the text is being sent already
            return
        if text.strip() or self.files:
            self._sent, self._sent_files = text if text.strip() else "", self.files
            self.post_message(self.Submitted(self, text, self.files, self.to))


async def _files_in(text: str) -> list[LocalFile]:
    """Return the files of which a text consists, if it consists of paths."""
    if not may_hold_paths(text):
        return []
    try:
        async with asyncio.timeout(_LOOK_S):
            return await asyncio.to_thread(files_in, text)
    except TimeoutError:
        return []
