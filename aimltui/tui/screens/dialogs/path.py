"""PathScreen: asks for a file of this machine, and does something with it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.line_input import LineInput

Use = Callable[[Path], Awaitable[str]]
"""Uses a file; returns why not, as a sentence, or an empty text."""


class PathScreen(Sheet[None]):
    """Asks for a path until it can be used.

    Args:
        title: The title.
        verb: What enter does.
        use: Uses the file.
        about: A sentence in the empty box.
    """

    IS_QUESTION = True

    def __init__(self, title: str, verb: str, use: Use, *, about: str = "path of a file") -> None:
        super().__init__(title, (FooterItem("enter", verb, "submit"), CLOSE))
        self._box = LineInput(placeholder=about, compact=True, select_on_focus=False)
        self._box.cursor_blink = False
        self._problem = Static("", classes="sheet-problem", markup=False)
        self._use = use
        self._is_busy = False

    def body(self) -> Sequence[Widget]:
        """The box for the path, and what is wrong with it."""
        self._problem.display = False
        return self._box, self._problem

    def action_submit(self) -> None:
        """Use the file."""
        if not self._is_busy:
            self._is_busy = True
            self.run_worker(self._try(self._box.value.strip()), exit_on_error=False)

    async def _try(self, text: str) -> None:
        try:
            problem = await self._use_typed(text)
        finally:
            self._is_busy = False
        if problem:
            self._problem.update(Content(clean_line(problem)))
            self._problem.display = True
        else:
            self.dismiss(None)

    async def _use_typed(self, text: str) -> str:
        # a terminal quotes the path of a file that is dropped on it
        text = text.removeprefix("file://").strip("'\"")
        if not text:
            return "Write the path of a file."
        try:
            path = await asyncio.to_thread(lambda: Path(text).expanduser().absolute())
        except RuntimeError:
            return f"There is no home directory for {text}."
        # `Path.is_file` raises some errors
        is_file = await asyncio.to_thread(os.path.isfile, path)
        return await self._use(path) if is_file else f"There is no file {path}."

    def on_input_changed(self, event: Input.Changed) -> None:
        """Forget what was wrong with the path before."""
        event.stop()
        self._problem.display = False

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Use the file."""
        event.stop()
        self.action_submit()
