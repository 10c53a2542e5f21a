"""SaveScreen: asks where to save a file, and asks again before it replaces another one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.state.dead_time import DeadTime, KeyTimes
from aimltui.tui.storage.saving import FileIsThere, SaveError
from aimltui.tui.widgets.line_input import LineInput

Writer = Callable[[Path, bool], Awaitable[None]]
"""Writes to a path; True allows it to replace a file. Raises `SaveError`."""


class SaveScreen(Sheet[Path | None]):
    """Asks for a path and writes the file. The result is the path, or None.

    Args:
        title: The title, with the file's name.
        path: The suggested path.
        write: Writes the file.
    """

    IS_QUESTION = True

    def __init__(self, title: str, path: str, write: Writer) -> None:
        super().__init__(title, (FooterItem("enter", "Save", "submit"), CLOSE))
        self._box = LineInput(path, compact=True, select_on_focus=False)
        self._box.cursor_blink = False
        self._problem = Static("", classes="sheet-problem")
        self._write = write
        self._may_replace = ""
        self._is_writing = False
        self._seen: DeadTime | None = None
        """Whether the question if a file may be replaced has been seen."""

    def body(self) -> Sequence[Widget]:
        """The box for the path, and what went wrong."""
        self._problem.display = False
        return self._box, self._problem

    def action_submit(self) -> None:
        """Write the file."""
        asks_to_replace = self._may_replace == self._box.value.strip() != ""
        if asks_to_replace and self._seen is not None and not self._seen.is_alive:
            return
        if not self._is_writing:
            self._is_writing = True
            self.run_worker(self._save(self._box.value.strip()), exit_on_error=False)

    async def _save(self, text: str) -> None:
        try:
            path = _path(text)
            await self._write(path, text == self._may_replace)
        except FileIsThere as error:
            self._may_replace = text
            self._ask_to_replace()
            self._say(f"{error} Press enter again to replace it, or change the name.")
        except SaveError as error:
            self._say(str(error))
        else:
            self.dismiss(path)
        finally:
            self._is_writing = False

    def _ask_to_replace(self) -> None:
        """Take no second Enter that comes right after the first."""
        key_times = getattr(self.app, "key_times", None)
        if isinstance(key_times, KeyTimes):
            self._seen = DeadTime(key_times)
            self._seen.show()

    def _say(self, sentence: str) -> None:
        self._problem.update(Content(clean_line(sentence)))
        self._problem.display = True

    def on_input_changed(self, event: Input.Changed) -> None:
        """Forget the permission to replace a file when the path changes."""
        event.stop()
        if event.value.strip() != self._may_replace:
            self._may_replace = ""
            self._problem.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write the file."""
        event.stop()
        self.action_submit()


def _path(text: str) -> Path:
    """The typed text as a path."""
    if not text:
        raise SaveError("A file name is missing.")
    try:
        return Path(text).expanduser().absolute()
    except RuntimeError as error:
        raise SaveError(f"There is no home directory for {clean_line(text)}.") from error
