"""What the form of an assistant asks of the program: saving, models, files, the user's editor, drafts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aimltui.client.client import every
from aimltui.client.errors import TransportError, Unsupported
from aimltui.common.sanitize import clean_line
from aimltui.formatting.numbers import plural
from aimltui.tui.controllers.assistant_keeper import ChangedElsewhere
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.tui.external_editor import EditorFailed, edit
from aimltui.tui.screens.assistants.editor import EditorHost
from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen
from aimltui.tui.screens.dialogs.path import PathScreen
from aimltui.tui.state.assistant_form import CODE, SEARCH, AssistantForm
from aimltui.tui.state.attached_files import AttachedFile, Goal
from aimltui.wire.errors import APIError
from aimltui.wire.files import ListFiles
from aimltui.wire.vector_stores import CreateVectorStore, ListVectorStores

if TYPE_CHECKING:
    from aimltui.tui.screens.main.view import MainView
    from aimltui.wire.assistants import Assistant
    from aimltui.wire.models import ModelSettings

_NEW_STORE = "new-store:"
_UPLOAD: Final[dict[str, Goal]] = {"upload-code": "code_interpreter", "upload-search": "file_search"}
"""The rows for files of this machine, and what they are uploaded for."""
_MOST = 500
"""Files and vector stores that are offered."""


async def edit_outside(view: MainView, text: str) -> str | None:
    """Open instructions in the user's editor; returns None if that failed, which is shown."""
    try:
        return await edit(view.app, text, name="instructions.md")
    except EditorFailed as error:
        view.show_notice(str(error), is_warning=True)
        return None


def import_file(view: MainView, saved: Callable[[Assistant], object]) -> None:
    """Let the user name a TOML file, and make its assistant; one that has the same name stays as it is.

    Args:
        view: The main screen.
        saved: Called with the assistant.
    """
    from aimltui.interchange.assistant_toml import BadAssistantFile
    from aimltui.interchange.assistants import bring_in, read_file

    workspace = view.workspace
    assert workspace is not None

    async def use(path: Path) -> str:
        try:
            made = await bring_in(workspace.client, await asyncio.to_thread(read_file, path), None)
            await workspace.assistants.read()
        except (BadAssistantFile, APIError, TransportError) as error:
            return f"It was not imported. {error}"
        saved(made.assistant)
        lost = f"; unknown to this program, so left out: {', '.join(made.left_out)}" if made.left_out else ""
        view.show_notice(clean_line(f"{made.assistant.name or made.assistant.id} is imported{lost}."))
        return ""

    view.app.push_screen(PathScreen("Import an assistant", "Import", use, about="path of a TOML file"))


class FormHost:
    """Does it with the main screen's controllers.

    Args:
        view: The main screen.
        make: Saves the values, and returns the assistant.
        key: The name under which the draft is saved.
        saved: Called with the saved assistant.
        is_new: Whether the assistant does not exist yet.
    """

    def __init__(
        self,
        view: MainView,
        make: Callable[[AssistantForm], Awaitable[Assistant]],
        key: str,
        saved: Callable[[Assistant], object],
        *,
        is_new: bool,
    ) -> None:
        assert view.workspace is not None
        self._view = view
        self._workspace = view.workspace
        self._make = make
        self._key = key
        self._saved = saved
        self._is_new = is_new
        self._seen_elsewhere: Assistant | None = None

    async def of(self, form: AssistantForm, *, is_own: bool) -> EditorHost:
        """What the form needs.

        Args:
            form: The values that are shown first.
            is_own: Whether it is the program's own assistant, which has the tools beside the client anyway.
        """
        return EditorHost(
            save=self._save,
            keep_draft=self._keep_draft,
            pick_model=self._view.open_model_picker,
            pick_file=lambda now, chosen: self._view.spawn(self._pick_file(now, chosen), "assistant-files"),
            edit_outside=partial(edit_outside, self._view),
            settings_of=self._settings_of,
            names=await self._names(form),
            local_tools="" if is_own else self._local_tools(),
        )

    async def _save(self, form: AssistantForm) -> str:
        make = self._make
        if self._seen_elsewhere is not None:
            make = self._overwrite
        try:
            saved = await make(form)
        except ChangedElsewhere as changed:
            self._seen_elsewhere = changed.assistant
            return "It was changed elsewhere since you opened it. ctrl+s again saves yours over that; esc keeps the other."
        except (APIError, TransportError, NotSent) as error:
            return f"It was not saved. {error}"
        self._saved(saved)
        told = (
            "Enter lets it answer in this thread." if self._is_new else "It takes effect with the next run."
        )
        self._view.show_notice(f"{clean_line(saved.name or saved.id)} is saved. {told}")
        return ""

    async def _overwrite(self, form: AssistantForm) -> Assistant:
        from aimltui.tui.state.assistant_form import modify_params

        assert self._seen_elsewhere is not None
        changed = await self._workspace.client.assistants.modify(modify_params(form, self._seen_elsewhere))
        await self._workspace.assistants.read()
        return changed

    def _keep_draft(self, text: str) -> None:
        self._view.file_worker.write(partial(self._view.startup.drafts.save, self._key, text))

    def _settings_of(self, model: str, connection: str) -> ModelSettings | None:
        page = self._workspace.models.page
        name = connection or next(iter(self._workspace.models.connections()), None)
        rows = page.data if page is not None else ()
        found = next((one for one in rows if one.id == model and one.connection in (name, None)), None)
        return found.settings if found is not None else None

    def _local_tools(self) -> str:
        local = self._workspace.connected.local_tools
        if local is None:
            return ""
        names = [clean_line(tool.name) for tool in local.tools]
        more = f" and {len(names) - 4} more" if len(names) > 4 else ""
        told = ", ".join(names[:4]) + more
        return (
            f"{told}; you are asked before a call"
            if told
            else "those that you set up; you are asked before a call"
        )

    # Files

    async def _names(self, form: AssistantForm) -> dict[str, str]:
        client, names = self._workspace.client, dict[str, str]()
        for file_id in form.code_files:
            try:
                names[file_id] = (await client.files.get(file_id)).filename
            except (APIError, TransportError):
                names[file_id] = f"{file_id} (deleted)"
        for store_id in form.stores:
            try:
                store = await client.vector_stores.get(store_id)
                names[store_id] = f"{store.name or store.id} ({plural(store.file_counts.total, 'file')})"
            except (APIError, TransportError):
                names[store_id] = f"{store_id} (deleted)"
        return names

    async def _pick_file(self, form: AssistantForm, chosen: Callable[[str, str, str], None]) -> None:
        """Offer the files and vector stores of the server."""
        try:
            rows = await self._offered(form)
        except (APIError, TransportError) as error:
            self._view.show_notice(f"The files could not be read. {error}", is_warning=True)
            return
        labels = {row.id: row.label for row in rows}

        def picked(item_id: str | None) -> None:
            if not item_id:
                return
            if item_id in _UPLOAD:
                self._ask_for_file(_UPLOAD[item_id], chosen)
            elif item_id.startswith(_NEW_STORE):
                name = labels[item_id]
                self._view.spawn(
                    self._make_store(item_id.removeprefix(_NEW_STORE), name, chosen), "assistant-files"
                )
            else:
                chosen(SEARCH if item_id.startswith("vs") else CODE, item_id, labels[item_id])

        self._view.app.push_screen(
            ChoiceScreen("Add for all threads of this assistant", rows, verb="Add"), picked
        )

    async def _offered(self, form: AssistantForm) -> list[ChoiceRow]:
        client = self._workspace.client
        files = [one async for one in every(client.files.list, ListFiles(limit=_MOST, purpose="assistants"))]
        rows: list[ChoiceRow] = []
        try:
            async for store in every(client.vector_stores.list, ListVectorStores(limit=100)):
                if store.name and store.id not in form.stores and len(rows) < _MOST:
                    count = plural(store.file_counts.total, "file")
                    rows.append(ChoiceRow(store.id, store.name, f"vector store · {count}"))
        except Unsupported:
            rows = []
        rows += [
            ChoiceRow("upload-code", "Upload a file…", "for the code interpreter"),
            ChoiceRow("upload-search", "Upload a file…", "for file search, in a new vector store"),
        ]
        rows += [
            ChoiceRow(file.id, file.filename, "for the code interpreter")
            for file in files[:_MOST]
            if file.id not in form.code_files
        ]
        rows += [
            ChoiceRow(f"{_NEW_STORE}{file.id}", file.filename, "for file search, in a new vector store")
            for file in files[:_MOST]
        ]
        return rows

    def _ask_for_file(self, goal: Goal, chosen: Callable[[str, str, str], None]) -> None:
        """Let the user name a file of this machine, upload it, and add it."""

        async def use(path: Path) -> str:
            from aimltui.tui.controllers.file_uploads import UploadFailed, upload

            size = (await asyncio.to_thread(path.stat)).st_size
            file = AttachedFile(str(path), path.name, size, goal)
            try:
                (sent,) = await upload(self._workspace.client, [file], lambda _files, _percent: None)
            except UploadFailed as error:
                return error.detail
            assert sent.file_id is not None
            if goal == "code_interpreter":
                chosen(CODE, sent.file_id, path.name)
            else:
                await self._make_store(sent.file_id, path.name, chosen)
            return ""

        self._view.app.push_screen(PathScreen("Upload for this assistant", "Upload", use))

    async def _make_store(self, file_id: str, name: str, chosen: Callable[[str, str, str], None]) -> None:
        try:
            made = await self._workspace.client.vector_stores.create(
                CreateVectorStore(name=name[:200], file_ids=[file_id])
            )
        except (APIError, TransportError) as error:
            self._view.show_notice(f"The vector store was not created. {error}", is_warning=True)
            return
        chosen(SEARCH, made.id, f"{name} (1 file)")
