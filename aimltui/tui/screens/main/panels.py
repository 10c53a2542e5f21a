"""The main screen's part for what stands in panels: code to copy, save and run again; files and pictures."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Final

from aimltui.client.errors import TransportError
from aimltui.common.sanitize import clean
from aimltui.formatting.numbers import plural
from aimltui.tui.commands.derived import command
from aimltui.tui.screens.main.view import MainView
from aimltui.tui.state.entries import StepEntry, ToolCallEntry
from aimltui.tui.state.file_facts import Repeat, is_picture_name
from aimltui.tui.state.terminal_output import settled
from aimltui.tui.storage import saving
from aimltui.tui.storage.saving import SaveError
from aimltui.tui.widgets.transcript import Transcript

_AGAIN: Final = "again"
"""The group of workers that run code again."""
_MAX_TEXT: Final = 20_000_000
"""Bytes of a file that is shown as text."""


class PanelsPart(MainView):
    """Handles what is marked in the transcript."""

    # What is seen

    def on_transcript_files_wanted(self, event: Transcript.FilesWanted) -> None:
        """Learn more of files that came into view."""
        event.stop()
        self.spawn(self._learn(event.wanted), "files")

    async def _learn(self, wanted: dict[str, bool]) -> None:
        if self.desk is not None:
            self.transcript.learn(files=await self.desk.files.learn(wanted.items()))

    def on_transcript_output_chosen(self, event: Transcript.OutputChosen) -> None:
        """Show all of an output."""
        event.stop()
        self._view_text("output", event.text, "output.txt")

    def on_transcript_file_chosen(self, event: Transcript.FileChosen) -> None:
        """Look at a file."""
        event.stop()
        if not event.file_id:
            self.remark(
                "The server names no file for this link; perhaps the code did not make it.", is_warning=True
            )
            return
        self.spawn(self._view_file(event.file_id), "file")

    async def _view_file(self, file_id: str) -> None:
        from aimltui.tui.screens.dialogs.viewer import PictureViewer

        name, content = await self._fetch(file_id)
        if content is None or self.desk is None:
            return
        draws = self.transcript.draws_pictures and is_picture_name(name)
        fact = (await self.desk.files.learn([(file_id, draws)]))[file_id]
        if draws and fact.picture is not None:
            title = f"{name} · {fact.picture.width}×{fact.picture.height}"

            def then(what: str | None) -> None:
                self._after_view(what, name, content)

            self.app.push_screen(PictureViewer(title, fact.picture), then)
            return
        text = _as_text(content)
        if text is None:
            self.remark(
                f"{name} is neither text nor a picture that can be shown here. s saves it, o opens it."
            )
        else:
            self._view_text(name, text, name, content)

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

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A panel's keys are letters: they are typed into the prompt unless they mean something here."""
        if action == "panel":
            return command(str(parameters[0])).is_available(self.command_state())
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

    async def _fetch(self, file_id: str) -> tuple[str, bytes | None]:
        """A file's name and bytes; without bytes if they cannot be had, which is said."""
        from aimltui.wire.errors import APIError

        desk = self.desk
        if desk is None:
            return "", None
        fact = (await desk.files.learn([(file_id, False)]))[file_id]
        try:
            return fact.name, await desk.files.content(file_id)
        except (APIError, TransportError) as error:
            self.remark(f"{fact.name} could not be fetched. {error}", is_warning=True)
            return fact.name, None

    async def _fetch_and_save(self, file_id: str) -> None:
        name, content = await self._fetch(file_id)
        if content is not None:
            self._save(name, content)

    async def _fetch_and_open(self, file_id: str) -> None:
        name, content = await self._fetch(file_id)
        if content is not None:
            self._open(name, content)

    def _save(self, name: str, content: bytes) -> None:
        from aimltui.tui.screens.dialogs.save import SaveScreen

        async def write(path: Path, may_replace: bool) -> None:
            await asyncio.to_thread(saving.write, path, content, replace=may_replace)

        def saved(path: Path | None) -> None:
            if path is not None:
                self.remark(f"Saved as {saving.short_path(path)}.")

        place = saving.free_path(saving.default_directory(), name)
        title = f"Save {saving.plain_name(name)}"
        self.app.push_screen(SaveScreen(title, saving.short_path(place), write), saved)

    def _open(self, name: str, content: bytes) -> None:
        from aimltui.tui.screens.dialogs.confirm import ConfirmScreen

        try:
            # before anything is asked: there may be nothing to open it with
            saving.opener()
        except SaveError as error:
            self.remark(str(error), is_warning=True)
            return
        if saving.is_document(name):
            self.spawn(self._open_now(name, content), "open")
            return

        def answered(is_sure: bool | None) -> None:
            if is_sure:
                self.spawn(self._open_now(name, content), "open")

        self.app.push_screen(
            ConfirmScreen(
                f"Open {saving.plain_name(name)}?",
                "A model's code made this file, and a file of this kind may be a program: what opens it may run it, "
                "outside of the sandbox, with all your rights.",
                "Open it",
            ),
            answered,
        )

    async def _open_now(self, name: str, content: bytes) -> None:
        try:
            program = saving.opener()
            path = await asyncio.to_thread(saving.put_aside, name, content)
            self.hint(f"opening {path.name}")
            await saving.open_file(program, path)
        except SaveError as error:
            self.remark(str(error), is_warning=True)

    # Running again

    def _ask_to_run(self, call: ToolCallEntry) -> None:
        from aimltui.tui.screens.dialogs.confirm import ConfirmScreen

        lines = plural(call.input.strip("\n").count("\n") + 1, "line")

        def answered(is_sure: bool | None) -> None:
            if is_sure:
                self.spawn(self._run_again(call), _AGAIN)

        self.app.push_screen(
            ConfirmScreen(
                "Run this code again?",
                f"{lines} of Python will run in this thread's interpreter, with the variables and files that are there "
                "now; both may change. The output is shown in the panel until the program ends; the model is not "
                "told.",
                "Run again",
            ),
            answered,
        )

    async def _run_again(self, call: ToolCallEntry) -> None:
        desk = self.desk
        if desk is None or desk.connected.run_code is None or desk.current.thread_id is None:
            return
        self.transcript.learn(repeats={call.id: Repeat(running=True)})
        self.transcript.unfold_call(call.id)
        started = monotonic()
        outcome = Repeat(text="It was stopped.", ok=False)
        try:
            ran = await desk.connected.run_code(desk.current.thread_id, call.input)
            outcome = Repeat(text=ran.text, ok=ran.ok, seconds=ran.seconds)
        finally:
            if not outcome.seconds:
                outcome = replace(outcome, seconds=monotonic() - started)
            if self.is_attached:
                self.transcript.learn(repeats={call.id: outcome})

    def before_stop(self) -> bool:
        """Stop code that the user runs again, before the model's run is stopped; False if none runs."""
        is_running = any(worker.group == _AGAIN and not worker.is_finished for worker in self.workers)
        if is_running:
            self.workers.cancel_group(self, _AGAIN)
        return is_running


def _as_text(content: bytes) -> str | None:
    """A file's text; None if it has none that could be read."""
    if len(content) > _MAX_TEXT or b"\x00" in content[:4096]:
        return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
