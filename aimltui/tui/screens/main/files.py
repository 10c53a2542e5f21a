"""The main screen's part for the files screen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from aimltui.client.errors import TransportError
from aimltui.common.errors import AimltuiError
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.state.attached_files import AttachedFile, Goal, goal_of
from aimltui.tui.state.file_facts import is_picture_name
from aimltui.tui.storage import local_files
from aimltui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from aimltui.tui.controllers.file_directory import FileDirectory
    from aimltui.tui.screens.dialogs.choice import ChoiceRow
    from aimltui.tui.screens.dialogs.files import FilesScreen
    from aimltui.tui.startup import Embeddings, Recognition, RecognitionPlace
    from aimltui.tui.state.file_rows import FileRow, Holder
    from aimltui.wire.embeddings import EmbeddingPlace

T = TypeVar("T")
_GROUP = "files-screen"


class FilesPart(ScreenPart):
    """Shows the files of thread, assistant and vector stores, and does with them what the user asks for."""

    def action_show_files(self) -> None:
        """Show the files."""
        from aimltui.tui.screens.dialogs.files import FilesScreen

        if self.waits_for_start("show_files"):
            return
        sheet = FilesScreen(
            lambda row, what: self._act_on(sheet, row, what),
            lambda path: self.spawn(self._add_path(sheet, path), _GROUP),
            lambda: self.spawn(self._list_files(sheet), _GROUP),
        )
        self.app.push_screen(sheet)

    @property
    def _file_directory(self) -> FileDirectory:
        from aimltui.tui.controllers.file_directory import FileDirectory

        assert self.workspace is not None
        return FileDirectory(self.workspace.client, self.workspace.assistants)

    def _owners(self) -> dict[str, str | None]:
        """The ids of the open thread and of its assistant."""
        workspace = self.workspace
        assert workspace is not None
        return {
            "thread": workspace.current.thread_id,
            "assistant": workspace.assistants.id_of(workspace.current),
            "store": "",
        }

    async def _list_files(self, sheet: FilesScreen) -> None:
        owners = self._owners()
        groups = await self._tried(self._file_directory.read(owners["thread"], owners["assistant"]))
        if sheet.is_attached:
            sheet.set_groups(groups or ())

    async def _tried(self, work: Awaitable[T]) -> T | None:
        """Do something; a failure is shown."""
        from aimltui.wire.errors import APIError

        try:
            return await work
        except (APIError, TransportError, AimltuiError) as error:
            self.show_notice(str(error), is_warning=True)
            return None

    def _act_on(self, sheet: FilesScreen, row: FileRow, what: str) -> None:
        match what:
            case "menu":
                self._offer_actions(sheet, row)
            case "delete":
                self._ask_to_delete_file(sheet, row)
            case "recognise":
                self.spawn(self._ask_to_recognise(sheet, row), _GROUP)
            case "meaning" | "words":
                self.spawn(self._ask_about_meaning(sheet, row, what), _GROUP)
            case "view":
                self.spawn(self._view(row), _GROUP)
            case _ if what != "again" or (row.use is not None and row.use.store_id):
                self.spawn(self._change_file(sheet, row, what), _GROUP)

    def _offer_actions(self, sheet: FilesScreen, row: FileRow) -> None:
        from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen
        from aimltui.tui.state.file_rows import actions_for

        workspace = self.workspace
        assert workspace is not None
        recognition = workspace.connected.recognition
        place = recognition.place() if recognition is not None else None
        embeddings = workspace.connected.embeddings
        meaning = embeddings.place() if embeddings is not None else None
        actions = actions_for(
            row,
            sheet.groups,
            has_thread=workspace.current.thread_id is not None,
            assistant=workspace.assistants.name_of(workspace.current),
            recognises=place.connection if place is not None else "",
            means=meaning.connection if meaning is not None else "",
        )

        def chosen(action: str | None) -> None:
            if action:
                self._act_on(sheet, row, action)

        rows = [ChoiceRow(action.id, action.label) for action in actions]
        self.app.push_screen(ChoiceScreen(row.name, rows, verb="Do it"), chosen)

    async def _ask_to_recognise(self, sheet: FilesScreen, row: FileRow) -> None:
        """Ask whether a scanned document may be sent away, with the price; only then is it sent."""
        from aimltui.tui.controllers.recognised_files import question_about
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        workspace = self.workspace
        recognition = workspace.connected.recognition if workspace is not None else None
        place = recognition.place() if recognition is not None else None
        if recognition is None or place is None:
            return
        self.hint("Asking for the price…")
        price = await self._tried(recognition.price(place))
        self.end_hint()

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(self._recognise(sheet, row, recognition, place), _GROUP)

        title = f"Send {row.name} to {place.connection}?"
        text = question_about(row, place, price)
        self.app.push_screen(
            ConfirmScreen(title, text, "Send it, and search its text", "Keep it here"), answered
        )

    async def _recognise(
        self, sheet: FilesScreen, row: FileRow, recognition: Recognition, place: RecognitionPlace
    ) -> None:
        from aimltui.tui.controllers.recognised_files import recognise

        workspace = self.workspace
        assert workspace is not None
        sheet.show_upload(row.file_id, replace(row, status="recognising", problem=""))
        done = await self._tried(recognise(workspace.client, recognition, place, row))
        sheet.show_upload(row.file_id, None)
        if done is not None:
            self.show_notice(done)
            await self._list_files(sheet)

    async def _ask_about_meaning(self, sheet: FilesScreen, row: FileRow, what: str) -> None:
        """Ask whether a store's text may be sent away; to stop that needs no question."""
        from aimltui.tui.controllers.meaning_search import question_about, switch_off
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        workspace = self.workspace
        if workspace is None or row.use is None:
            return
        if what == "words":
            await self._tried(switch_off(workspace.client, row.use.store_id))
            await self._list_files(sheet)
            return
        embeddings = workspace.connected.embeddings
        place = embeddings.place() if embeddings is not None else None
        if embeddings is None or place is None:
            return
        price = await self._tried(embeddings.price(place))
        store_id = row.use.store_id

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(self._search_by_meaning(sheet, store_id, embeddings, place), _GROUP)

        title = f"Send the text of these files to {place.connection}?"
        text = question_about(place, price)
        self.app.push_screen(ConfirmScreen(title, text, "Send it", "Keep it here"), answered)

    async def _search_by_meaning(
        self, sheet: FilesScreen, store_id: str, embeddings: Embeddings, place: EmbeddingPlace
    ) -> None:
        from aimltui.tui.controllers.meaning_search import switch_on

        workspace = self.workspace
        assert workspace is not None

        async def work() -> str:
            # a model that does not answer is told now, not at the next search
            await embeddings.check(place)
            await switch_on(workspace.client, store_id, place)
            return f"The files are searched by meaning, too, as soon as {place.connection} has read them."

        if (done := await self._tried(work())) is not None:
            self.show_notice(done)
            await self._list_files(sheet)

    def _ask_to_delete_file(self, sheet: FilesScreen, row: FileRow) -> None:
        from aimltui.tui.controllers.file_directory import used_for
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        uses = used_for(sheet.groups, row.file_id)
        text = "Its bytes and its index are deleted; messages and answers that name it stay."
        if uses:
            text = f"It is used here: {uses}. {text}"

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(self._change_file(sheet, row, "delete"), _GROUP)

        self.app.push_screen(ConfirmScreen(f"Delete {row.name} for good?", text, "Delete", "Keep"), answered)

    async def _change_file(self, sheet: FilesScreen, row: FileRow, what: str) -> None:
        directory, owners = self._file_directory, self._owners()
        if what == "delete":
            await self._tried(directory.delete(row.file_id))
        elif what == "again":
            await self._tried(directory.index_again(row))
        elif what == "remove" and row.use is not None:
            await self._tried(directory.remove(row, owners[row.use.holder] or ""))
        else:
            await self._add_file(row.file_id, what)
        await self._list_files(sheet)

    async def _add_file(self, file_id: str, action: str) -> None:
        """Add a file to what an action such as `add:thread:file_search` names."""
        workspace = self.workspace
        assert workspace is not None
        _, holder, tool = action.split(":")
        if holder == "assistant" and self._owners()["assistant"] is None:
            await self._tried(workspace.models.ensure_default_assistant(workspace.current))
        owner = self._owners()[holder]
        kind: Holder = "thread" if holder == "thread" else "assistant"
        if owner:
            await self._tried(self._file_directory.add(file_id, kind, tool, owner))

    async def _view(self, row: FileRow) -> None:
        from aimltui.tui.screens.dialogs.viewer import TextViewer

        if is_picture_name(row.name):
            self.post_message(Transcript.FileChosen(self.transcript, row.file_id))
            return

        text = await self._tried(self._file_directory.text_of(row))
        if text is None:
            self.show_notice(f"{row.name} has no text that can be shown here.")
        else:
            self.app.push_screen(TextViewer(row.name, text, can_save=False))

    # Adding

    async def _add_path(self, sheet: FilesScreen, path: str) -> None:
        from aimltui.tui.screens.dialogs.choice import ChoiceScreen

        file = await asyncio.to_thread(local_files.file_at, path, Path("/"))
        if file is None:
            self.show_notice(f"There is no file at {path}, or it cannot be read.", is_warning=True)
            return
        attached = AttachedFile(str(file.path), file.path.name, file.size, goal_of(file.path.name))

        def chosen(place: str | None) -> None:
            if place == "message":
                sheet.dismiss(None)
                self.prompt.set_files([*self.prompt.files, attached])
            elif place:
                self.spawn(self._upload_to(sheet, attached, place), _GROUP)

        self.app.push_screen(
            ChoiceScreen(f"Where does {attached.name} go?", self._file_places(), verb="Add"), chosen
        )

    def _file_places(self) -> Sequence[ChoiceRow]:
        from aimltui.tui.screens.dialogs.choice import ChoiceRow
        from aimltui.tui.state.file_rows import TOOL_WORDS

        workspace = self.workspace
        assert workspace is not None
        holders = [("assistant", f"assistant {workspace.assistants.name_of(workspace.current)}")]
        if workspace.current.thread_id is not None:
            holders.insert(0, ("thread", "this thread"))
        rows = [
            ChoiceRow(f"add:{holder}:{tool}", f"{word.capitalize()} in {name}")
            for holder, name in holders
            for tool, word in TOOL_WORDS.items()
        ]
        return [*rows, ChoiceRow("message", "The next message")]

    async def _upload_to(self, sheet: FilesScreen, file: AttachedFile, place: str) -> None:
        from aimltui.tui.controllers.file_uploads import UploadFailed, upload
        from aimltui.tui.state.file_rows import FileRow

        workspace = self.workspace
        assert workspace is not None
        goal: Goal = "code_interpreter" if place.endswith("code_interpreter") else "file_search"
        row = FileRow(f"upload:{file.path}", file.name, file.size, status="uploading")

        def note(_: Sequence[AttachedFile], percent: int | None) -> None:
            if percent is not None:
                sheet.show_upload(file.path, replace(row, progress=f"{percent} %"))

        sheet.show_upload(file.path, row)
        try:
            (sent,) = await upload(workspace.client, [replace(file, goal=goal)], note)
        except UploadFailed as error:
            self.show_notice(error.detail, is_warning=True)
            return
        finally:
            sheet.show_upload(file.path, None)
        await self._add_file(sent.file_id, place)
        await self._list_files(sheet)
