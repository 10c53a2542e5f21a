"""FilesScreen: the files on the server by thread, assistant and vector store, with their states."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, SearchSheet
from aimltui.tui.state.file_rows import FileGroup, FileRow, is_changing, with_uploads
from aimltui.tui.state.fuzzy import rank
from aimltui.tui.storage.local_files import may_hold_paths
from aimltui.tui.widgets.pick_list import PickList, PickRow, spaced

_KEYS = (
    FooterItem("enter", "Actions", "pick"),
    FooterItem("del", "Delete", "act('delete')"),
    FooterItem("ctrl+r", "Index again", "act('again')"),
    CLOSE,
)
_ADD = "add-path"
_AGAIN_S = 1.0
"""Seconds after which the list is read again while files are being indexed."""
_ADD_KEY = FooterItem("enter", "Add", "pick")


class FilesScreen(SearchSheet):
    """Lists files with a search box. It stays open while the user acts on them.

    Args:
        act: Called with the file and what to do with it: `menu`, `delete`, `again`.
        add: Called with a path that the user wrote or pasted.
        refresh: Called when the list should be read again; the answer is a call of `set_groups`.
    """

    IS_WIDE = True
    SCROLLS = "PickList"
    EXTRA_LINES = 2
    ROW_ACTIONS = SearchSheet.ROW_ACTIONS | {"act('delete')", "act('again')"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("delete", "act('delete')", show=False, priority=True),
        Binding("ctrl+r", "act('again')", show=False, priority=True),
    ]

    def __init__(
        self,
        act: Callable[[FileRow, str], object],
        add: Callable[[str], object],
        refresh: Callable[[], object],
    ) -> None:
        super().__init__("Files", "search, or paste the path of a file to add", _KEYS)
        self._on_act = act
        self._on_add = add
        self._read_again = refresh
        self._groups: tuple[FileGroup, ...] | None = None
        self._uploads: dict[str, FileRow] = {}
        self._timer: Timer | None = None
        self._note = Static("", classes="sheet-text files-note", markup=False)

    @property
    def groups(self) -> tuple[FileGroup, ...]:
        """What is listed."""
        return self._groups or ()

    def body(self) -> Sequence[Widget]:
        """Search box, list, and what is known of the file under the cursor."""
        return *super().body(), self._note

    def on_mount(self) -> None:
        """Read the list."""
        self._read_again()

    def set_groups(self, groups: Sequence[FileGroup]) -> None:
        """Show these files; while some are being indexed, read the list again soon."""
        row = self.pick_list.cursor_row
        self._groups = tuple(groups)
        self.show_lines(at=row.id if row is not None else "")
        if self._timer is not None:
            self._timer.stop()
        if any(is_changing(row) for group in groups for row in group.rows):
            self._timer = self.set_timer(_AGAIN_S, self._read_again)

    def show_upload(self, path: str, row: FileRow | None) -> None:
        """Show a file that is being uploaded or recognised, in its place if it is listed; None when that is over."""
        self._uploads.pop(path, None)
        if row is not None:
            self._uploads[path] = row
        if self.is_attached:
            cursor = self.pick_list.cursor_row
            self.show_lines(at=cursor.id if cursor is not None else "")
            self._show_note(self.pick_list.cursor_row)

    def show_lines(self, at: str = "") -> None:
        """Fill the list for what was typed."""
        query = self.search_box.value.strip()
        if may_hold_paths(query):
            self.pick_list.set_lines([PickRow(_ADD, f"Add the file {query}", "enter")])
            self.show_keys((_ADD_KEY, CLOSE))
            return
        lines: list[PickRow | str] = []
        for group in with_uploads(self.groups, self._uploads.values()):
            found = [group.rows[index] for index in rank(query, [row.name for row in group.rows])]
            if found:
                lines.append(group.heading)
                lines += [
                    PickRow(row.key, row.name, row.about, is_wrong=row.status == "failed") for row in found
                ]
        remark = f"nothing for “{query}”" if query else "No files yet. Paste the path of one here."
        self.pick_list.set_lines(
            spaced(lines), query=query, remark="reading…" if self._groups is None else remark, at=at
        )
        is_empty = self._groups is not None and not lines and not query
        self.show_keys((CLOSE,) if is_empty else _KEYS)

    def picked(self, row: PickRow) -> None:
        """Offer what can be done with a file; the screen stays open."""
        if row.id == _ADD:
            path, self.search_box.value = self.search_box.value.strip(), ""
            self._on_add(path)
        elif (file := self._file(row.id)) is not None:
            self._on_act(file, "menu")

    def action_act(self, what: str) -> None:
        """Do something with the file under the cursor; in a search, the delete key edits the text."""
        if what == "delete" and self.search_box.value:
            self.search_box.action_delete_right()
            return
        row = self.pick_list.cursor_row
        file = self._file(row.id) if row is not None else None
        if file is not None:
            self._on_act(file, what)

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Say why the file under the cursor could not be indexed."""
        event.stop()
        self._show_note(event.row)

    def _show_note(self, row: PickRow | None) -> None:
        file = self._file(row.id) if row is not None else None
        is_changing = file is not None and any(file.key == one.key for one in self._uploads.values())
        problem = file.problem if file is not None and not is_changing else ""
        self._note.update(Content(problem))
        self._note.display = bool(problem)

    def _file(self, key: str) -> FileRow | None:
        return next((row for group in self.groups for row in group.rows if row.key == key), None)
