"""The main screen's part for what is marked in the transcript: code to copy, save and run again; files and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from aimltui.common.sanitize import clean
from aimltui.formatting.numbers import plural
from aimltui.tui.commands.derived import command
from aimltui.tui.controllers.file_actions import FetchedFile, FetchError, FileActions
from aimltui.tui.screens.main.view import MainView
from aimltui.tui.startup import Startup
from aimltui.tui.state.entries import Source, StepEntry, ToolCallEntry
from aimltui.tui.state.file_facts import Repeat
from aimltui.tui.state.terminal_output import settled
from aimltui.tui.storage import saving
from aimltui.tui.storage.saving import SaveError
from aimltui.tui.widgets.side_document import WIDE, SideDocument
from aimltui.tui.widgets.transcript import Transcript

_AGAIN: Final = "again"
"""The group of workers that run code again."""


class PanelsPart(MainView):
    """Handles panels of code and files in the transcript."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._actions = FileActions(lambda: self.workspace)

    # Looking at files

    def on_transcript_files_wanted(self, event: Transcript.FilesWanted) -> None:
        """Ask the server about files that came into view."""
        event.stop()
        self.spawn(self._learn(event.wanted), "files")

    async def _learn(self, wanted: dict[str, bool]) -> None:
        self.transcript.learn(files=await self._actions.learn(wanted))

    def on_transcript_output_chosen(self, event: Transcript.OutputChosen) -> None:
        """Show the whole output of a call."""
        event.stop()
        self._view_text("output", event.text, "output.txt")

    def on_transcript_file_chosen(self, event: Transcript.FileChosen) -> None:
        """Show a file."""
        event.stop()
        if not event.file_id:
            self.show_notice(
                "The server has no file for this link. Perhaps the code did not create it.", is_warning=True
            )
            return
        self.spawn(self._view_file(event.file_id), "file")

    def on_transcript_source_chosen(self, event: Transcript.SourceChosen) -> None:
        """Show the passage that an answer cites, or that a search found."""
        event.stop()
        self.spawn(self._view_source(event.source, event.quotes), "file")

    async def _view_source(self, source: Source, quotes: Sequence[str]) -> None:
        from aimltui.tui.screens.dialogs.passage import PassageViewer

        passage = await self._actions.read_passage(source, quotes)
        name = clean(source.name)
        if passage is None:
            self.show_notice(f"{name} is no longer here, so the passage cannot be shown.", is_warning=True)
            return

        score = f"score {source.score:.2f}" if source.score is not None else ""
        title = " · ".join(part for part in (name, source.place, score) if part)
        beside = self.query_one(SideDocument)
        thread_id = self.workspace.current.thread_id if self.workspace is not None else None
        show_beside = partial(beside.show, thread_id, source, title, passage.text, passage.note)
        if beside.follows(source):
            show_beside()
            return

        def then(what: str | None) -> None:
            if what == "beside":
                show_beside()
            elif what:
                act = self._fetch_and_save if what == "save" else self._fetch_and_open
                self.spawn(act(source.file_id), "file")

        is_wide = self.app.size.width >= WIDE
        viewer = PassageViewer(title, passage.text, passage.note, can_stand_beside=is_wide)
        self.app.push_screen(viewer, then)

    async def _view_file(self, file_id: str) -> None:
        file = await self._fetch(file_id, as_picture=self.transcript.draws_pictures)
        if file is None:
            return
        if file.picture is not None:
            self._view_picture(file)
        elif file.text is not None:
            self._view_text(file.name, file.text, file.name, file.content)
        else:
            self.show_notice(
                f"{file.name} is neither a text nor a picture that can be shown. s saves it, o opens it."
            )

    def _view_picture(self, file: FetchedFile) -> None:
        from aimltui.tui.screens.dialogs.viewer import PictureViewer

        picture = file.picture
        assert picture is not None

        def then(what: str | None) -> None:
            self._after_view(what, file.name, file.content)

        title = f"{file.name} · {picture.width}×{picture.height}"
        self.app.push_screen(PictureViewer(title, picture), then)

    def _view_text(self, title: str, text: str, name: str, content: bytes | None = None) -> None:
        from aimltui.tui.screens.dialogs.viewer import TextViewer

        def then(what: str | None) -> None:
            self._after_view(what, name, text.encode("utf-8", "replace") if content is None else content)

        self.app.push_screen(TextViewer(title, text, can_open=content is not None), then)

    def _after_view(self, what: str | None, name: str, content: bytes) -> None:
        if what == "save":
            self._save(name, content)
        elif what == "open":
            self._open(name, content)

    # Keys

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let a panel's letter keys act only where they mean something; elsewhere they are typed into the prompt."""
        if action == "panel":
            return self.letters.is_alive and command(str(parameters[0])).is_available(self.command_state())
        return super().check_action(action, parameters)

    def action_panel(self, what: str) -> None:
        """Do something with what is marked in the transcript."""
        call, file_id = self.transcript.marked_call, self.transcript.marked_file
        match what:
            case "copy_code" if call is not None:
                self.copy(clean(call.input).strip("\n"))
            case "copy_output" if call is not None:
                self._copy_output(call)
            case "save" if call is not None:
                self._save(self._code_name(), call.input.rstrip("\n").encode("utf-8", "replace") + b"\n")
            case "save" if file_id:
                self.spawn(self._fetch_and_save(file_id), "file")
            case "open_file" if file_id:
                self.spawn(self._fetch_and_open(file_id), "file")
            case "run_again" if call is not None:
                self._ask_to_run(call)
            case _:
                return

    def _copy_output(self, call: ToolCallEntry) -> None:
        text = clean(settled(call.logs)).strip("\n")
        if text:
            self.copy(text)
        else:
            self.hint("the code printed nothing")

    def _code_name(self) -> str:
        mark = self.transcript.mark
        number = mark[0].number if mark is not None and isinstance(mark[0], StepEntry) else 1
        return f"step-{number}.py"

    # Saving and opening

    async def _fetch(self, file_id: str, *, as_picture: bool = False) -> FetchedFile | None:
        """Fetch a file; a failure is shown."""
        try:
            return await self._actions.fetch(file_id, as_picture=as_picture)
        except FetchError as error:
            self.show_notice(str(error), is_warning=True)
            return None

    async def _fetch_and_save(self, file_id: str) -> None:
        file = await self._fetch(file_id)
        if file is not None:
            self._save(file.name, file.content)

    async def _fetch_and_open(self, file_id: str) -> None:
        file = await self._fetch(file_id)
        if file is not None:
            self._open(file.name, file.content)

    def _save(self, name: str, content: bytes) -> None:
        from aimltui.tui.screens.dialogs.save import SaveScreen

        def saved(path: Path | None) -> None:
            if path is not None:
                self.show_notice(f"Saved as {saving.short_path(path)}.")

        async def write(path: Path, may_replace: bool) -> None:
            await self._actions.save(path, content, may_replace)

        place = self._actions.suggested_path(name)
        self.app.push_screen(SaveScreen(f"Save {saving.plain_name(name)}", place, write), saved)

    def _open(self, name: str, content: bytes) -> None:
        """Open a file; where its kind may be a program, ask first."""
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        try:
            # before the question: there may be no program to open it with
            saving.opener()
        except SaveError as error:
            self.show_notice(str(error), is_warning=True)
            return
        if saving.is_document(name):
            self.spawn(self._open_now(name, content), "open")
            return

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(self._open_now(name, content), "open")

        self.app.push_screen(
            ConfirmScreen(
                f"Open {saving.plain_name(name)}?",
                "A model's code created this file, and a file of this kind may be a program. Opening it may run it "
                "outside of the sandbox, with all your rights.",
                "Open it",
            ),
            answered,
        )

    async def _open_now(self, name: str, content: bytes) -> None:
        try:
            await self._actions.open(name, content, lambda copy: self.hint(f"opening {copy}"))
        except SaveError as error:
            self.show_notice(str(error), is_warning=True)

    # Running again

    def _ask_to_run(self, call: ToolCallEntry) -> None:
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        lines = plural(call.input.strip("\n").count("\n") + 1, "line")

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(self._actions.run_again(call, partial(self._show_repeat, call.id)), _AGAIN)

        self.app.push_screen(
            ConfirmScreen(
                "Run this code again?",
                f"{lines} of Python will run in this thread's interpreter, and may change its variables and files. The "
                "panel shows the output until the program ends. The model does not see it.",
                "Run again",
            ),
            answered,
        )

    def _show_repeat(self, call_id: str, repeat: Repeat) -> None:
        if not self.is_attached:
            return
        self.transcript.learn(repeats={call_id: repeat})
        if repeat.running:
            self.transcript.unfold_call(call_id)

    def before_stop(self) -> bool:
        """Stop code that the user runs again, or close the document beside the thread; False if there is neither."""
        is_running = any(worker.group == _AGAIN and not worker.is_finished for worker in self.workers)
        if is_running:
            self.workers.cancel_group(self, _AGAIN)
            return True
        beside = self.query_one(SideDocument)
        had_focus = beside.has_focus_within
        is_closed = beside.close()
        if is_closed and had_focus:
            self.set_focus(self.prompt)
        return is_closed
