"""The main screen's part for conversations of other programs: import and export."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.storage import saving
from aimltui.tui.storage.saving import SaveError

if TYPE_CHECKING:
    from aimltui.interchange.types import Interchange


class InterchangePart(ScreenPart):
    """Handles import and export."""

    def action_import_threads(self, path: str = "") -> None:
        """Look at what another program saved, and bring it in."""
        from aimltui.tui.screens.dialogs.importing import ImportScreen

        if self.waits_for_start(f"import_threads({path!r})"):
            return
        interchange = self._interchange()
        if interchange is None:
            return

        def closed(has_come: bool | None) -> None:
            self._set_importing(False)
            if has_come:
                self.spawn(self._read_threads(), "threads")

        self._set_importing(True)
        self.app.push_screen(ImportScreen(interchange, path), closed)

    def _set_importing(self, is_importing: bool) -> None:
        if self.workspace is not None:
            self.workspace.is_importing = is_importing

    async def _read_threads(self) -> None:
        from aimltui.client.errors import TransportError
        from aimltui.wire.errors import APIError

        workspace = self.workspace
        assert workspace is not None
        try:
            await workspace.directory.read(workspace.current.thread_id)
        except (APIError, TransportError) as error:
            self.show_notice(f"The list of threads could not be read. {error}", is_warning=True)

    def action_export_thread(self, path: str = "") -> None:
        """Write the open thread to a file."""
        from aimltui.tui.screens.dialogs.save import SaveScreen

        interchange, workspace = self._interchange(), self.workspace
        thread_id = workspace.current.thread_id if workspace is not None else None
        if interchange is None or workspace is None or thread_id is None:
            return

        def saved(place: Path | None) -> None:
            if place is not None:
                self.show_notice(f"Exported as {saving.short_path(place)}.")

        async def write(place: Path, may_replace: bool) -> None:
            await _export(interchange, thread_id, place, may_replace)

        title = workspace.threads.title(thread_id) or "thread"
        place = path or str(
            saving.free_path(saving.default_directory(), f"{title[:80].replace('/', '-')}.md")
        )
        self.app.push_screen(SaveScreen("Export as .md, .html, .json or .jsonl", place, write), saved)

    def _interchange(self) -> Interchange | None:
        if self.workspace is None:
            return None
        found = self.workspace.connected.interchange
        if found is None:
            self.show_notice("Conversations can be neither imported nor exported here.", is_warning=True)
        return found


async def _export(interchange: Interchange, thread_id: str, place: Path, may_replace: bool) -> None:
    """Write a thread.

    Raises:
        SaveError: It could not be written, or the ending is none of a known format.
    """
    from aimltui.interchange.types import SUFFIXES, InterchangeError

    form = SUFFIXES.get(place.suffix.lower())
    if form is None:
        raise SaveError(f"The file's ending chooses the format: {', '.join(SUFFIXES)}.")
    try:
        content = await interchange.export(thread_id, form)
    except InterchangeError as error:
        raise SaveError(str(error)) from error
    await asyncio.to_thread(saving.write, place, content, replace=may_replace)
