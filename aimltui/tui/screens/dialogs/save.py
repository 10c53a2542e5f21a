"""Asks where something is to be saved. What is there already is replaced only after it was said."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.derived import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.storage.saving import FileIsThere, SaveError
from aimltui.tui.widgets.line_input import LineInput

Writer = Callable[[Path, bool], Awaitable[None]]
"""Writes to a path; with True a file that is there may go. Raises `SaveError`."""


class SaveScreen(Sheet[Path | None]):
    """The result is where it was saved, or None.

    Args:
        title: What is saved.
        path: Where it goes if the user just says yes.
        write: Does it.
    """

    def __init__(self, title: str, path: str, write: Writer) -> None:
        super().__init__(title, (FooterItem("enter", "Save", "submit"), CLOSE))
        self._box = LineInput(path, compact=True, select_on_focus=False)
        self._box.cursor_blink = False
        self._problem = Static("", classes="sheet-problem")
        self._write = write
        self._may_replace = ""
        self._is_writing = False

    def body(self) -> Sequence[Widget]:
        """The path."""
        self._problem.display = False
        return self._box, self._problem

    def action_submit(self) -> None:
        """Save it there."""
        if not self._is_writing:
            self._is_writing = True
            self.run_worker(self._save(self._box.value.strip()), exit_on_error=False)

    async def _save(self, text: str) -> None:
        try:
            path = _path(text)
            await self._write(path, text == self._may_replace)
        except FileIsThere as error:
            self._may_replace = text
            self._say(f"{error} Enter again replaces it; or change the name.")
        except SaveError as error:
            self._say(str(error))
        else:
            self.dismiss(path)
        finally:
            self._is_writing = False

    def _say(self, sentence: str) -> None:
        self._problem.update(Content(clean_line(sentence)))
        self._problem.display = True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another name, another question."""
        event.stop()
        if event.value.strip() != self._may_replace:
            self._may_replace = ""
            self._problem.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter saves."""
        event.stop()
        self.action_submit()


def _path(text: str) -> Path:
    """What was typed, as a path."""
    if not text:
        raise SaveError("A file name is missing.")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise SaveError(f"There is no home directory for {clean_line(text)}.") from error
