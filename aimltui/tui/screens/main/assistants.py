"""The main screen's part for assistants: the list, the form of one, the trash.

The screens are imported when they are opened: the first frame does not need them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from aimltui.client.errors import TransportError
from aimltui.common.sanitize import clean_line
from aimltui.tui.screens.main.view import ScreenPart

if TYPE_CHECKING:
    from aimltui.tui.controllers.assistant_keeper import AssistantKeeper
    from aimltui.tui.screens.assistants.manager import AssistantsScreen
    from aimltui.tui.state.assistant_form import AssistantForm
    from aimltui.tui.state.assistant_rows import AssistantRow
    from aimltui.wire.assistants import Assistant

T = TypeVar("T")
_GROUP = "assistants"
_EMPTY, _COPY, _FILE = "empty", "copy", "file"


class AssistantsPart(ScreenPart):
    """Shows the assistants, and does with them what the user asks for."""

    @property
    def _keeper(self) -> AssistantKeeper:
        from aimltui.tui.controllers.assistant_keeper import AssistantKeeper

        workspace = self.workspace
        assert workspace is not None
        return AssistantKeeper(workspace.client, workspace.assistants, self.startup.trash_days, self.clock)

    async def _try_to(self, work: Awaitable[T], what: str) -> T | None:
        """Do something; a failure is shown behind a few words that say what was not done."""
        from aimltui.tui.controllers.run_plan import NotSent
        from aimltui.wire.errors import APIError

        try:
            return await work
        except (APIError, TransportError, NotSent) as error:
            self.show_notice(f"{what}. {error}", is_warning=True)
            return None

    # The list

    def action_pick_assistant(self, name: str = "") -> None:
        """Use the assistant of this name in the open thread; without one, show them: choose, make, change or delete one."""
        from aimltui.tui.screens.assistants.manager import AssistantsScreen

        if self.waits_for_start(f"pick_assistant({name!r})") or self.workspace is None:
            return
        known = self.workspace.assistants.names.items()
        found = [key for key, its_name in known if name and its_name.casefold() == name.casefold()]
        if found:
            act = self.workspace.selections.choose_assistant(self.workspace.current, found[0])
            self.spawn(act, "choice")
            return
        current = self.workspace.assistants.id_of(self.workspace.current) or ""
        sheet = AssistantsScreen(lambda row, what: self._act(sheet, row, what), current=current)
        sheet.search_box.value = name
        self.app.push_screen(sheet)
        self.spawn(self._open_list(sheet), _GROUP)

    async def _open_list(self, sheet: AssistantsScreen) -> None:
        workspace = self.workspace
        assert workspace is not None
        await self._try_to(
            workspace.models.ensure_default_assistant(workspace.current), "The assistant was not created"
        )
        await self._try_to(workspace.assistants.read(), "The assistants could not be read")
        await workspace.assistant_files.refresh()
        await self._keeper.purge()
        self._show_rows(sheet)

    def _show_rows(self, sheet: AssistantsScreen, at: str = "") -> None:
        from aimltui.tui.state.assistant_rows import rows_of

        workspace = self.workspace
        if workspace is None or not sheet.is_attached:
            return
        assistants = workspace.assistants
        own = assistants.default
        rows = rows_of(
            assistants.saved,
            assistants.trashed,
            own_id=own.id if own is not None else None,
            own_model=workspace.models.default_model or (own.model if own is not None else ""),
            now=self.clock(),
            days=self.startup.trash_days,
        )
        sheet.set_rows(rows, at=at)

    def _act(self, sheet: AssistantsScreen, row: AssistantRow | None, what: str) -> None:
        from aimltui.tui.screens.main.assistant_host import import_file

        match what:
            case "new":
                self._choose_beginning(sheet, row)
            case "import":
                import_file(self, lambda saved: self._saved(sheet, saved))
            case "undo":
                self.spawn(self._undo(sheet), _GROUP)
            case "use" if row is not None:
                self.spawn(self._use_row(row), _GROUP)
            case "edit" if row is not None:
                self.spawn(self._edit_row(sheet, row), _GROUP)
            case "export" if row is not None:
                self._export_row(row)
            case "restore" if row is not None:
                self.spawn(self._restore_assistant(sheet, row), _GROUP)
            case "delete" if row is not None:
                self._delete_row(sheet, row)

    async def _use_row(self, row: AssistantRow) -> None:
        """Let an assistant answer in the open thread; a ready-made one is made first."""
        from aimltui.tui.state.assistant_templates import template

        workspace = self.workspace
        assert workspace is not None
        conversation, assistant_id = workspace.current, row.id
        if row.kind == "ready-made":
            found = template(row.id)
            made = await self._try_to(self._create(found.form), "It was not made") if found else None
            if made is None:
                return
            assistant_id = made.id
        await workspace.selections.choose_assistant(conversation, assistant_id)

    async def _create(self, form: AssistantForm) -> Assistant:
        """Make an assistant; without a model it gets that of the open thread."""
        workspace = self.workspace
        assert workspace is not None
        model = form.model
        if not model:
            model = await workspace.models.need_model(workspace.current)
            form = replace(form, connection=workspace.models.connection_of(workspace.current) or "")
        return await self._keeper.create(form, model)

    def _export_row(self, row: AssistantRow) -> None:
        """Write an assistant to a file."""
        from aimltui.interchange.assistant_toml import file_name, to_toml
        from aimltui.tui.screens.dialogs.save import SaveScreen
        from aimltui.tui.storage import saving

        found = self.workspace.assistants.find(row.id) if self.workspace is not None else None
        if found is None:
            return

        async def write(place: Path, may_replace: bool) -> None:
            await asyncio.to_thread(saving.write, place, to_toml(found).encode(), replace=may_replace)

        def saved(place: Path | None) -> None:
            if place is not None:
                self.show_notice(f"Exported as {saving.short_path(place)}.")

        path = saving.free_path(saving.default_directory(), file_name(found))
        self.app.push_screen(SaveScreen(f"Export {row.name} as TOML", str(path), write), saved)

    # Options of runs

    def action_run_options(self, text: str = "") -> None:
        """Set what is different in the next run or in this thread; a text is more instructions for the next run."""
        from aimltui.tui.screens.assistants.run_options import Chosen, RunOptionsScreen
        from aimltui.tui.screens.main.assistant_host import edit_outside

        workspace = self.workspace
        if self.waits_for_start(f"run_options({text!r})") or workspace is None:
            return
        conversation = workspace.current
        options = conversation.options
        if text.strip():
            options.next = replace(options.next, additional=text.strip())
            self.drafts.note_options(conversation)
            self.show_state()
            return

        def chosen(choice: Chosen | None) -> None:
            if choice is not None and choice.scope == "next":
                options.next = choice.options
                self.drafts.note_options(conversation)
            elif choice is not None:
                self.spawn(workspace.selections.choose_options(conversation, choice.options), "choice")
            self.show_state()

        screen = RunOptionsScreen(
            options.next,
            options.thread,
            assistant=workspace.assistants.name_of(conversation),
            pick_model=self.open_model_picker,
            edit_outside=partial(edit_outside, self),
        )
        self.app.push_screen(screen, chosen)

    # The trash

    def _delete_row(self, sheet: AssistantsScreen, row: AssistantRow) -> None:
        if row.is_own:
            self.show_notice(f"{row.name} is the program's own assistant: it can be changed, not deleted.")
        elif row.kind == "trash" or self.startup.trash_days == 0:
            self._ask_to_delete_assistant(sheet, row)
        else:
            self.spawn(self._trash(sheet, row), _GROUP)

    async def _trash(self, sheet: AssistantsScreen, row: AssistantRow) -> None:
        async def work() -> bool:
            await self._keeper.put_in_trash(row.id)
            return True

        if await self._try_to(work(), f"{row.name} was not deleted"):
            self._show_rows(sheet)
            self.show_notice(
                f"Moved {row.name} to the trash. Undo: ctrl+u. Threads that have it still get its answers "
                f"for {self.startup.trash_days} days."
            )

    def _ask_to_delete_assistant(self, sheet: AssistantsScreen, row: AssistantRow) -> None:
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        async def work() -> None:
            await self._try_to(self._keeper.delete(row.id), f"{row.name} was not deleted")
            self._show_rows(sheet)

        def answered(answer: str | None) -> None:
            if answer == YES:
                self.spawn(work(), _GROUP)

        text = "It cannot be restored. Its threads stay; to continue one, choose another assistant there."
        self.app.push_screen(
            ConfirmScreen(f"Delete {row.name} for good?", text, "Delete for good", "Keep"), answered
        )

    async def _restore_assistant(self, sheet: AssistantsScreen, row: AssistantRow) -> None:
        await self._try_to(self._keeper.restore(row.id), f"{row.name} was not restored")
        self._show_rows(sheet, row.id)

    async def _undo(self, sheet: AssistantsScreen) -> None:
        found = await self._try_to(self._keeper.undo(), "Nothing was restored")
        self._show_rows(sheet, found.id if found is not None else "")

    # The form

    def _choose_beginning(self, sheet: AssistantsScreen, row: AssistantRow | None) -> None:
        """Let the user begin with an empty form, a copy, a ready-made assistant, or a file."""
        from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen
        from aimltui.tui.state.assistant_form import AssistantForm, copy_of, form_of
        from aimltui.tui.state.assistant_templates import TEMPLATES, template

        workspace = self.workspace
        assert workspace is not None
        known = workspace.assistants.find(row.id) if row is not None else None
        rows = [ChoiceRow(_EMPTY, "Empty")]
        if known is not None:
            rows.append(ChoiceRow(_COPY, f"A copy of {clean_line(known.name or known.id)}"))
        rows += [ChoiceRow(one.id, one.form.name, one.form.description) for one in TEMPLATES]
        rows.append(ChoiceRow(_FILE, "A TOML file…", "imports it"))

        def chosen(choice: str | None) -> None:
            if choice is None:
                return
            if choice == _FILE:
                self._act(sheet, None, "import")
                return
            found = template(choice)
            form = found.form if found is not None else AssistantForm()
            if choice == _COPY and known is not None:
                form = copy_of(form_of(known), list(workspace.assistants.names.values()))
            key = f"new-{choice if known is None or choice != _COPY else f'copy-{known.id}'}"
            self.spawn(self._open_form(sheet, form, None, key), _GROUP)

        screen = ChoiceScreen("New assistant: begin with", rows, verb="Begin", describes=True)
        self.app.push_screen(screen, chosen)

    async def _edit_row(self, sheet: AssistantsScreen, row: AssistantRow) -> None:
        from aimltui.tui.state.assistant_form import form_of
        from aimltui.tui.state.assistant_templates import template

        workspace = self.workspace
        assert workspace is not None
        if row.kind == "ready-made":
            found = template(row.id)
            if found is not None:
                await self._open_form(sheet, found.form, None, f"new-{found.id}")
            return
        opened = await self._try_to(workspace.client.assistants.get(row.id), f"{row.name} cannot be read")
        if opened is not None:
            await self._open_form(sheet, form_of(opened), opened, opened.id)

    async def _open_form(
        self, sheet: AssistantsScreen, form: AssistantForm, opened: Assistant | None, key: str
    ) -> None:
        """Open the form.

        Args:
            sheet: The list behind it.
            form: Its values.
            opened: The assistant as it is saved; None for a new one.
            key: The name under which its draft is saved.
        """
        from aimltui.tui.screens.assistants.editor import AssistantEditor
        from aimltui.tui.screens.main.assistant_host import FormHost
        from aimltui.tui.state.assistant_form import form_from_draft
        from aimltui.wire.assistants import version_of

        workspace = self.workspace
        assert workspace is not None
        key = f"assistant-{key}"
        draft = form_from_draft(await self.file_worker.read(partial(self.startup.drafts.open, key)))
        is_own = opened is not None and workspace.assistants.is_default(opened.id)
        make = self._create if opened is None else partial(self._change, opened)
        host = FormHost(self, make, key, lambda saved: self._saved(sheet, saved), is_new=opened is None)
        editor = AssistantEditor(
            form,
            await host.of(form, is_own=is_own),
            draft=draft,
            version=version_of(opened) if opened is not None else "",
            default_model=(workspace.models.default_model or "") if is_own else "",
        )
        self.app.push_screen(editor)

    async def _change(self, opened: Assistant, form: AssistantForm) -> Assistant:
        return await self._keeper.change(form, opened)

    def _saved(self, sheet: AssistantsScreen, saved: Assistant) -> None:
        if self.workspace is not None:
            self.workspace.assistants_changed()
        self.show_state()
        self._show_rows(sheet, saved.id)
