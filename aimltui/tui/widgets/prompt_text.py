"""PromptText: the text of a text area in which short tokens stand for large pastes."""

from __future__ import annotations

from textual.widgets import TextArea

from aimltui.tui.state.pastes import COLLAPSE_ABOVE, PasteStore, clean_input


class PromptText:
    """Reads and changes the text.

    Args:
        area: Shows it.
    """

    def __init__(self, area: TextArea) -> None:
        self._area = area
        self._pastes = PasteStore()

    @property
    def whole(self) -> str:
        """The text with every large paste."""
        return self._pastes.expand(self._area.text)

    @property
    def selected(self) -> str:
        """The selected part of it."""
        return self._pastes.expand(self._area.selected_text)

    def load(self, text: str) -> None:
        """Replace the text; undo does not bring the old one back."""
        self._pastes.clear()
        self._area.load_text(self._pastes.collapse(clean_input(text)))
        self._area.move_cursor(self._area.document.end)

    def exchange(self, text: str) -> None:
        """Replace the text; undo brings the old one back."""
        area = self._area
        area.history.checkpoint()
        fresh = self._pastes.collapse(clean_input(text))
        area.replace(fresh, (0, 0), area.document.end, maintain_selection_offset=False)
        area.history.checkpoint()
        area.move_cursor(area.document.end)

    def insert(self, text: str) -> None:
        """Insert text at the cursor, in place of the selection."""
        self._put(self._pastes.collapse(clean_input(text)))

    def insert_paste(self, text: str) -> None:
        """Insert a pasted text; if its token is in the text already, replace the token by it."""
        self._area.history.checkpoint()
        text = clean_input(text)
        token = self._pastes.token_of(text, self._area.text)
        if token is not None and len(text) <= COLLAPSE_ABOVE:
            self._put_in_place(token, text)
        else:
            self._put(self._pastes.collapse(text, is_pasted=True))

    def _put(self, text: str) -> None:
        self._area.replace(text, *self._area.selection, maintain_selection_offset=False)
        self._area.scroll_cursor_visible()

    def _put_in_place(self, token: str, text: str) -> None:
        for row, line in enumerate(self._area.document.lines):
            if (column := line.find(token)) >= 0:
                end = (row, column + len(token))
                self._area.replace(text, (row, column), end, maintain_selection_offset=False)
                self._area.scroll_cursor_visible()
                return

    def delete_token(self, *, before: bool) -> bool:
        """Delete the token before or after the cursor; return whether there is one."""
        row, column = self._area.cursor_location
        if not self._area.selection.is_empty:
            return False
        span = self._pastes.token_at(self._area.document.get_line(row), column, before=before)
        if span is None:
            return False
        self._area.delete((row, span[0]), (row, span[1]), maintain_selection_offset=False)
        return True

    def delete_backslash(self) -> bool:
        """Delete a backslash before the cursor, with which Enter inserts a newline; return whether there is one."""
        row, column = self._area.cursor_location
        before = self._area.document.get_line(row)[:column]
        # a double backslash stands for one backslash, with which Enter sends
        if not self._area.selection.is_empty or not before.endswith("\\") or before.endswith("\\\\"):
            return False
        self._area.delete((row, column - 1), (row, column), maintain_selection_offset=False)
        return True
