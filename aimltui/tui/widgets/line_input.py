"""Fields for text: keys in the order in which they come, the keys of shells and Emacs, and whole characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import Input, TextArea
from textual.widgets.input import Selection

from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut
from aimltui.tui.state.characters import end_after, start_before

if TYPE_CHECKING:
    from textual.strip import Strip
    from textual.widget import Widget

    _Field = Widget
    _Area = TextArea
else:
    _Field = _Area = object


MOST_CHARACTERS: Final = 10_000
"""What a line takes unless it says less: Textual measures all of it several times at each key."""


class KeysInOrder(_Field):
    """Runs a field's own key bindings in the field. Stands before Textual's class among the bases.

    Textual inserts a letter at once, but passes a key such as backspace or left from parent to parent up to the app,
    which runs it later: letters typed in the meantime overtake it, and it deletes the wrong one. Remove this class when
    Textual runs a field's bindings in the field.
    """

    async def _on_key(self, event: events.Key) -> None:
        for binding in self._bindings.key_to_bindings.get(event.key, ()):
            if not binding.priority and await self.app.run_action(binding.action, self):
                event.stop()
                event.prevent_default()
                return


AREA_BINDINGS: Final[list[BindingType]] = [
    Binding("alt+left,alt+b", "cursor_word_left", "Word left", show=False),
    Binding("alt+right,alt+f", "cursor_word_right", "Word right", show=False),
    Binding("alt+d", "delete_word_right", "Delete word right", show=False),
]
"""Keys of shells and Emacs that Textual's `TextArea` lacks; a class with `WholeCharacters` has them among its own."""
_LINE_BINDINGS: Final[list[BindingType]] = [
    Binding("alt+left,alt+b", "cursor_left_word", "Word left", show=False),
    Binding("alt+right,alt+f", "cursor_right_word", "Word right", show=False),
    Binding("alt+d", "delete_right_word", "Delete word right", show=False),
    Binding("ctrl+backspace,alt+backspace", "delete_left_word", "Delete word left", show=False),
]


class WholeCharacters(_Area):
    """Moves over, and deletes, whole characters as a reader sees them. Stands before `TextArea` among the bases."""

    def get_cursor_left_location(self) -> tuple[int, int]:
        """Return where the cursor goes to the left."""
        row, column = self.cursor_location
        if column == 0:
            return super().get_cursor_left_location()
        return row, start_before(self.document.get_line(row), column)

    def get_cursor_right_location(self) -> tuple[int, int]:
        """Return where the cursor goes to the right."""
        row, column = self.cursor_location
        line = self.document.get_line(row)
        if column >= len(line):
            return super().get_cursor_right_location()
        return row, end_after(line, column)


class AreaInput(KeysInOrder, WholeCharacters, TextArea):
    """Textual's `TextArea` with keys in order, the keys of shells, and whole characters."""

    BINDINGS: ClassVar[list[BindingType]] = AREA_BINDINGS


class LineInput(KeysInOrder, Input):
    """Textual's `Input` with keys in order, the keys of shells, whole characters, and an end to what it takes."""

    BINDINGS: ClassVar[list[BindingType]] = _LINE_BINDINGS
    _is_told_of_limit = False

    def replace(self, text: str, start: int, end: int) -> None:
        """Put a text in the place of a part, which is always possible with a shorter one.

        What is too long stays out, and the user is told once.
        """
        limit = self.max_length or MOST_CHARACTERS
        start, end = sorted((max(0, start), min(len(self.value), end)))
        size = len(self.value) - (end - start) + len(text)
        if size <= max(limit, len(self.value) - 1):
            self._is_told_of_limit = False
            self.value = f"{self.value[:start]}{text}{self.value[end:]}"
            self.cursor_position = start + len(text)
        elif not self._is_told_of_limit:
            self._is_told_of_limit = True
            self.app.notify(
                f"Nothing was put in: this line takes {limit:,} characters, and {size:,} would stand in it.",
                severity="warning",
                markup=False,
            )

    def _on_paste(self, event: events.Paste) -> None:
        """Insert the whole text as one line; Textual would drop all but its first line."""
        event.stop()
        event.prevent_default()
        self.replace(clean_line(event.text.strip()), *self.selection)

    def render_line(self, y: int) -> Strip:
        """Paint a line; Textual would break a placeholder that is too long, which then ends inside a word."""
        whole = self.placeholder
        self.set_reactive(Input.placeholder, cut(whole, self.scrollable_content_region.width))
        try:
            return super().render_line(y)
        finally:
            self.set_reactive(Input.placeholder, whole)

    def action_cursor_left(self, select: bool = False) -> None:
        """Go to the character before."""
        if self.selection.is_empty or select:
            start, end = self.selection
            place = start_before(self.value, end)
            self.selection = Selection(start if select else place, place)
        else:
            super().action_cursor_left(select)

    def action_cursor_right(self, select: bool = False) -> None:
        """Go to the character behind."""
        if (self.selection.is_empty or select) and not self.cursor_at_end:
            start, end = self.selection
            place = end_after(self.value, end)
            self.selection = Selection(start if select else place, place)
        else:
            super().action_cursor_right(select)

    def action_delete_left(self) -> None:
        """Delete the character before the cursor, or the selection."""
        if self.selection.is_empty:
            self.delete(start_before(self.value, self.cursor_position), self.cursor_position)
        else:
            self.delete_selection()

    def action_delete_right(self) -> None:
        """Delete the character behind the cursor, or the selection."""
        if self.selection.is_empty:
            self.delete(self.cursor_position, end_after(self.value, self.cursor_position))
        else:
            self.delete_selection()
