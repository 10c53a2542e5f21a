"""Brings conversations in: a path, what is in it, and what came of it. Nothing is written before the second enter."""

from __future__ import annotations

import asyncio
import os
import shlex
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import unquote, urlsplit

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from aimltui.common.sanitize import clean
from aimltui.interchange.types import InterchangeError
from aimltui.tui.commands.derived import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.line_input import LineInput

if TYPE_CHECKING:
    from aimltui.interchange.report import Report
    from aimltui.interchange.survey import Survey
    from aimltui.interchange.types import Interchange

_ABOUT: Final = (
    "A file, a folder or a zip archive in which another program saved conversations: ChatGPT, Claude, Open WebUI, "
    "LibreChat, Chatbox, LM Studio, Jan, oterm, llm, gptme, aichat, codex, Claude Code, opencode, OpenAI's API. "
    "First you see what is in it."
)
_LOOK = FooterItem("enter", "Look", "submit")
_IMPORT = FooterItem("enter", "Import", "submit")
_STOP = FooterItem("esc", "Stop", "cancel")
_DONE = FooterItem("enter", "Done", "submit")
_EVERY_S = 0.1
"""Seconds between two counts that are shown."""


class ImportScreen(Sheet[bool | None]):
    """The result is True if something was imported.

    Args:
        interchange: Does it.
        path: What is looked at first; empty to ask for it.
    """

    IS_WIDE = True
    SCROLLS = ".import-body"
    MOST_LINES = 24
    EXTRA_LINES = 1
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "scroll(-1)", show=False, priority=True),
        Binding("down", "scroll(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
    ]

    def __init__(self, interchange: Interchange, path: str = "") -> None:
        super().__init__("Import conversations", (_LOOK, CLOSE))
        self._interchange = interchange
        self._box = LineInput(
            path, placeholder="path of a file, a folder or a zip archive", compact=True, select_on_focus=False
        )
        self._box.cursor_blink = False
        self._text = Static("", classes="import-text", markup=False)
        self._problem = Static("", classes="sheet-problem", markup=False)
        self._body = VerticalScroll(self._text, classes="import-body", can_focus=False)
        self._work: Worker[None] | None = None
        self._seen: list[Path] | None = None
        """What was looked at; the next enter imports it."""
        self._is_done = False
        self._is_any = False
        self._told_at = 0.0

    def body(self) -> Sequence[Widget]:
        """The path, then the text."""
        self._problem.display = False
        return self._box, self._problem, self._body

    def on_mount(self) -> None:
        """Look at the path at once if it is known."""
        self._show(_ABOUT)
        if self._box.value:
            self.call_after_refresh(self.action_submit)

    @property
    def _is_busy(self) -> bool:
        return self._work is not None and not self._work.is_finished

    def action_submit(self) -> None:
        """Look; import what was looked at; close when that is done."""
        if self._is_busy:
            return
        if self._is_done:
            self.dismiss(self._is_any)
        elif self._seen is not None:
            self._work = self.run_worker(self._import(self._seen), exit_on_error=False)
        else:
            self._look()

    def action_cancel(self) -> None:
        """Stop what is going on, or close."""
        if self._is_busy and self._work is not None:
            self._work.cancel()
        else:
            self.dismiss(self._is_any)

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self._body.scroll_relative(y=lines, animate=False)

    def action_page(self, direction: int) -> None:
        """Scroll by a screenful."""
        self._body.scroll_relative(y=direction * max(1, self._body.size.height - 1), animate=False)

    def _look(self) -> None:
        paths = typed_paths(self._box.value)
        missing = next((path for path in paths if not os.path.exists(path)), None)
        if not paths:
            self._complain("A path is missing.")
        elif missing is not None:
            self._complain(f"There is no file or folder {missing}.")
        else:
            self._work = self.run_worker(self._survey(paths), exit_on_error=False)

    async def _survey(self, paths: list[Path]) -> None:
        self._offer(_STOP)
        self._show("Reading …")
        try:
            survey = await self._interchange.survey(paths, self._count_survey)
        except InterchangeError as error:
            self._show(_ABOUT)
            self._complain(str(error))
            self._offer(_LOOK, CLOSE)
            return
        except asyncio.CancelledError:
            self._show("Stopped. Nothing was imported.")
            self._offer(_LOOK, CLOSE)
            raise
        lines = self._interchange.survey_lines(survey)
        if survey.is_empty:
            self._show("\n".join(["It contains no conversation in a known format.", *lines]))
            self._offer(_LOOK, CLOSE)
            return
        self._seen = paths
        self._show("\n".join(["Enter imports this; nothing has been written yet.", "", *lines]))
        self._offer(_IMPORT, CLOSE)

    async def _import(self, paths: list[Path]) -> None:
        self._offer(_STOP)
        self._show("Importing …")
        try:
            report = await self._interchange.run(paths, self._count_report)
        except InterchangeError as error:
            self._complain(str(error))
            self._offer(_IMPORT, CLOSE)
            return
        except BaseException:
            self._show(
                f"{clean(str(self._text.content))}\nStopped. What was imported is complete; Enter imports the rest."
            )
            self._offer(_IMPORT, CLOSE)
            raise
        self._is_done = True
        self._show("\n".join(self._interchange.report_lines(report)))
        self._offer(_DONE, CLOSE)

    def _count_survey(self, survey: Survey) -> None:
        if self._is_time():
            self._show(f"Reading … {survey.threads:,} conversations so far")

    def _count_report(self, report: Report) -> None:
        self._is_any = self._is_any or bool(report.thread_ids)
        if self._is_time():
            self._show(f"Importing … {report.done:,} threads so far\n{report.title}")

    def _is_time(self) -> bool:
        now = time.monotonic()
        if now - self._told_at < _EVERY_S:
            return False
        self._told_at = now
        return True

    def _show(self, text: str) -> None:
        self._text.update(Content(clean(text)))

    def _complain(self, sentence: str) -> None:
        self._problem.update(Content(clean(sentence)))
        self._problem.display = True

    def _offer(self, *items: FooterItem) -> None:
        self.show_keys(items)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Say what went wrong in this program itself."""
        if event.state is WorkerState.ERROR:
            self._complain(f"Something went wrong in this program: {event.worker.error}")
            self._offer(_LOOK, CLOSE)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another path, another look."""
        event.stop()
        self._problem.display = False
        if not self._is_busy and (self._seen is not None or self._is_done):
            self._seen, self._is_done = None, False
            self._show(_ABOUT)
            self._offer(_LOOK, CLOSE)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on."""
        event.stop()
        self.action_submit()


def typed_paths(text: str) -> list[Path]:
    """The paths that a user typed, pasted, or dropped on the terminal: quoted, escaped, or as `file:` addresses."""
    text = text.strip()
    if not text:
        return []
    # those of `Path` raise some errors, such as for a name that is too long
    plain = Path(os.path.expanduser(text))
    if os.path.exists(plain):
        return [plain.absolute()]
    try:
        words = shlex.split(text, posix=os.name == "posix")
    except ValueError:
        words = [text]
    return [_path(word) for word in words]


def _path(word: str) -> Path:
    if word.startswith("file://"):
        word = unquote(urlsplit(word).path)
    return Path(os.path.expanduser(word.strip("\"'"))).absolute()
