"""SideDocument: a cited passage beside the thread, on wide terminals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.formatting.cells import whole_parts
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.state.entries import Source
from aimltui.tui.state.passages import PassageText, left_out
from aimltui.tui.widgets.footer import FooterBar

if TYPE_CHECKING:
    from aimltui.tui.widgets.document_pane import DocumentPane

WIDE = 160
"""The columns of a terminal from which on thread and document stand side by side."""


class _Title(Widget):
    """A line of parts; those that do not fit are left out."""

    def __init__(self) -> None:
        super().__init__(classes="side-title")
        self.text = ""

    def render(self) -> Content:
        """Return the line."""
        return Content(whole_parts(self.text, self.size.width))


class SideDocument(Vertical):
    """Shows a passage in its file beside the thread. It has no letter keys: letters go to the prompt.

    Args:
        id: The widget's id.
    """

    DEFAULT_CSS = """
    SideDocument {
        display: none;
        width: 1fr;
        max-width: 108;
        height: 1fr;
        border-left: vkey $surface-lighten-1;
        & .side-title {
            height: 1;
            margin-bottom: 1;
            padding: 0 2;
            background: $surface;
            text-style: bold;
        }
        & .side-note { height: auto; max-height: 4; padding: 0 2 1 2; color: $text-muted; }
        & FooterBar { padding: 0 1; background: $background; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._title = _Title()
        self._note = Static("", classes="side-note")
        self._pane: DocumentPane | None = None
        """The passage; None before the first one."""
        self._place: tuple[str | None, Source] | None = None
        """The thread and what it cites."""

    def _make_parts(self) -> DocumentPane:
        """Put title, note, text and keys in, for the first passage: most starts show none."""
        from aimltui.tui.widgets.document_pane import DocumentPane

        pane = DocumentPane(PassageText(()))
        keys = FooterBar((FooterItem("esc", "Close the document", "stop"),))
        self.mount(self._title, self._note, pane, keys)
        return pane

    @property
    def is_shown(self) -> bool:
        """Whether it is open and the terminal is wide enough."""
        return self._place is not None and self.display and self.app.size.width >= WIDE

    def follows(self, source: Source) -> bool:
        """Return whether a passage that is opened belongs here: one that stands here already is shown larger."""
        return self.is_shown and self._place is not None and self._place[1] != source

    def show(
        self, thread_id: str | None, source: Source, title: str, text: PassageText, note: str = ""
    ) -> None:
        """Show a passage.

        Args:
            thread_id: The thread that cites it; with another one it closes.
            source: The passage.
            title: The file, the place in it and the score.
            text: The passage in its surroundings.
            note: What is missing, as a sentence.
        """
        self._place = thread_id, source
        if self._pane is None:
            self._pane = self._make_parts()
        self._title.text = title
        self._title.refresh()
        note = note or left_out(text)
        self._note.update(Content(note))
        self._note.display = bool(note)
        self._pane.show(text)
        self.fit()

    def fit(self, thread_id: str | None = None) -> None:
        """Hide it where the terminal is too narrow, and close it if another thread is open."""
        if self._place is not None and thread_id is not None and self._place[0] != thread_id:
            self._place = None
        self.display = self._place is not None and self.app.size.width >= WIDE

    def close(self) -> bool:
        """Close it; return whether it was shown."""
        was_shown = self.is_shown
        if was_shown:
            self._place = None
            self.fit()
        return was_shown
