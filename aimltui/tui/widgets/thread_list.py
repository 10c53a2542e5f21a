"""The list of threads beside the transcript: one widget with one line for each thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal

from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from aimltui.common.dataclass import dataclass
from aimltui.tui.commands.derived import bindings
from aimltui.tui.state.thread_lines import Mark, ThreadLines, ThreadRow
from aimltui.tui.widgets.thread_rows import HEAD_LINES, SIGNS, ThreadPainter

__all__ = ["Mark", "ThreadList", "ThreadRow"]


class ThreadList(ScrollView, can_focus=True):
    """Threads under headings, with a cursor and a search by typing.

    The cursor belongs to a thread and not to a position: it stays on its thread when rows are added, removed or moved.

    Args:
        glyphs: The set of glyphs.
        id: The widget's id.
    """

    DEFAULT_CSS = """
    ThreadList {
        background: $surface;
        color: $foreground;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        scrollbar-background: $surface;
        scrollbar-background-hover: $surface;
        & > .thread-list--muted { color: $text-muted; }
        & > .thread-list--current { color: $primary; text-style: bold; }
        & > .thread-list--cursor { background: $block-cursor-background; color: $block-cursor-foreground; }
        & > .thread-list--match { color: $accent; text-style: bold; }
        & > .thread-list--running { color: $text-success; }
        & > .thread-list--needs-you { color: $text-warning; text-style: bold; }
        & > .thread-list--failed { color: $text-error; text-style: bold; }
        & > .thread-list--unread { color: $accent; text-style: bold; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "thread-list--muted",
        "thread-list--current",
        "thread-list--cursor",
        "thread-list--match",
        "thread-list--running",
        "thread-list--needs-you",
        "thread-list--failed",
        "thread-list--unread",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "jump(0)", show=False),
        Binding("end", "jump(-1)", show=False),
        Binding("enter", "select", show=False),
        Binding("escape", "leave", show=False),
        *bindings("list"),
    ]
    ALLOW_SELECT = False

    @dataclass
    class Selected(Message):
        """The user opens a thread."""

        thread_id: str

    @dataclass
    class RenameRequested(Message):
        """The user wants to rename the thread under the cursor."""

        thread_id: str

    @dataclass
    class DeleteRequested(Message):
        """The user wants to delete the thread under the cursor."""

        thread_id: str

    @dataclass
    class PinRequested(Message):
        """The user wants to pin or unpin the thread under the cursor."""

        thread_id: str

    class UndoDeleteRequested(Message):
        """The user wants to restore the last deleted thread."""

    class Left(Message):
        """The user leaves the list; the focus should return to the prompt."""

    def __init__(self, *, glyphs: Literal["unicode", "ascii"] = "unicode", id: str | None = None) -> None:
        super().__init__(id=id)
        self._painter = ThreadPainter(SIGNS[glyphs], self._style)
        self._list = ThreadLines()
        self._current: str | None = None
        self._message = "loading threads…"

    def set_glyphs(self, glyphs: Literal["unicode", "ascii"]) -> None:
        """Draw with another set of glyphs."""
        self._painter = ThreadPainter(SIGNS[glyphs], self._style)
        self.refresh()

    def set_rows(self, rows: Sequence[ThreadRow], *, empty: str = "No threads yet.") -> None:
        """Show these threads.

        Args:
            rows: All threads in order, those of a group together.
            empty: Shown if there are none.
        """
        self._message = empty
        before = self._list.line_of(self._list.cursor)
        self._list.set_rows(rows)
        after = self._list.line_of(self._list.cursor)
        self._lines_changed()
        is_read = self.has_focus or self.scroll_y > 0
        if is_read and before is not None and after is not None and after != before:
            # the cursor's thread also stays at the same row of the screen; a list that is not read stays at its top
            self.scroll_to(y=self.scroll_y + after - before, animate=False)

    def set_current(self, thread_id: str | None) -> None:
        """Mark the open thread; the cursor goes there unless the list has the focus."""
        # called with every frame of a stream: without a change it neither repaints nor scrolls
        is_news = thread_id != self._current
        self._current = thread_id
        is_elsewhere = is_news or self._list.cursor != thread_id
        if is_elsewhere and not self.has_focus and self._list.put_cursor(thread_id):
            self._show_cursor()
        elif is_news:
            self.refresh()

    @property
    def cursor_thread(self) -> str | None:
        """The thread under the cursor."""
        return self._list.cursor

    @property
    def search_text(self) -> str:
        """The search text."""
        return self._list.query

    def on_key(self, event: events.Key) -> None:
        """Add a typed letter to the search."""
        if event.key == "backspace" and self.search_text:
            self._search(self.search_text[:-1])
        elif event.is_printable and event.character and len(self.search_text) < 100:
            self._search(self.search_text + event.character)
        else:
            return
        event.stop()
        event.prevent_default()

    def on_blur(self) -> None:
        """End the search and return the cursor to the open thread."""
        self._search("")
        self._list.put_cursor(self._current)

    def action_move(self, step: int) -> None:
        """Move the cursor by threads."""
        self._list.move(step)
        self._show_cursor()

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self.action_move(direction * max(1, self.size.height - HEAD_LINES - 1))

    def action_jump(self, place: int) -> None:
        """Move the cursor to the first (0) or the last (-1) thread."""
        self._list.jump(place)
        self._show_cursor()

    def action_select(self) -> None:
        """Open the thread under the cursor."""
        if self._list.cursor is not None:
            self.post_message(self.Selected(self._list.cursor))

    def action_leave(self) -> None:
        """End the search; without one, leave the list."""
        if self.search_text:
            self._search("")
        else:
            self.post_message(self.Left())

    def action_rename_thread(self) -> None:
        """Request a new title for the thread under the cursor."""
        if self._list.cursor is not None:
            self.post_message(self.RenameRequested(self._list.cursor))

    def action_delete_thread(self) -> None:
        """Request the deletion of the thread under the cursor; in a search, delete its last letter."""
        if self.search_text:
            self._search(self.search_text[:-1])
        elif self._list.cursor is not None:
            self.post_message(self.DeleteRequested(self._list.cursor))

    def action_pin_thread(self) -> None:
        """Request to pin or unpin the thread under the cursor."""
        if self._list.cursor is not None:
            self.post_message(self.PinRequested(self._list.cursor))

    def action_undo_delete(self) -> None:
        """Request to restore the last deleted thread; in a search, delete its text."""
        if self.search_text:
            self._search("")
            return
        self.post_message(self.UndoDeleteRequested())

    def on_click(self, event: events.Click) -> None:
        """Open the thread under the mouse."""
        line = self._line_at(event.y)
        if line is not None and isinstance(row := self._list.lines[line], ThreadRow):
            self._list.put_cursor(row.id)
            self.action_select()
            self.refresh()

    def _line_at(self, y: int) -> int | None:
        line = y - HEAD_LINES + self.scroll_offset.y
        return line if y >= HEAD_LINES and line < len(self._list.lines) else None

    def _search(self, query: str) -> None:
        if query != self.search_text:
            self._list.search(query)
            self._lines_changed()
            self._show_cursor()

    def _lines_changed(self) -> None:
        self.virtual_size = Size(0, len(self._list.lines) + HEAD_LINES)
        self.refresh()

    def _show_cursor(self) -> None:
        line = self._list.line_of(self._list.cursor)
        if line is not None:
            # the head covers the first lines; the line above the cursor is shown too, as it may be a heading
            self.scroll_to_region(Region(0, max(0, line - 1), 1, HEAD_LINES + 2), animate=False, force=True)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return one line of the widget."""
        width, base, painter = self.scrollable_content_region.width, self.rich_style, self._painter
        if y == 0:
            count = self._list.count
            return painter.head(self.search_text, base, width, has_focus=self.has_focus, count=count)
        if y == HEAD_LINES and not self._list.lines:
            text = f"nothing for “{self.search_text}”" if self.search_text else self._message
            return painter.text(text, base, width)
        line = self._line_at(y)
        item = self._list.lines[line] if line is not None else ""
        if isinstance(item, str):
            return painter.text(item, base, width)
        return painter.thread(
            item,
            base,
            width,
            query=self.search_text,
            is_current=item.id == self._current,
            is_cursor=self.has_focus and item.id == self._list.cursor,
        )

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"thread-list--{name}", partial=True)
