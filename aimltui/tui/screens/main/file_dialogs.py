"""FileDialogs: the screens that show, save and open a file or a text, for several parts of the main screen."""

from __future__ import annotations

from pathlib import Path

from aimltui.tui.controllers.file_actions import FetchedFile, FetchError, FileActions
from aimltui.tui.screens.main.view import MainView
from aimltui.tui.storage import saving
from aimltui.tui.storage.saving import SaveError


class FileDialogs:
    """Shows, saves and opens.

    Args:
        screen: The main screen.
        actions: Writes the files.
    """

    def __init__(self, screen: MainView, actions: FileActions) -> None:
        self._screen = screen
        self._actions = actions

    def view_picture(self, file: FetchedFile) -> None:
        """Show a fetched picture."""
        from aimltui.tui.screens.dialogs.viewer import PictureViewer

        picture = file.picture
        assert picture is not None

        def then(what: str | None) -> None:
            self._after_view(what, file.name, file.content)

        title = f"{file.name} · {picture.width}×{picture.height}"
        content = file.content if self._screen.startup.pictures != "blocks" else None
        self._screen.app.push_screen(PictureViewer(title, picture, content), then)

    def view_text(self, title: str, text: str, name: str, content: bytes | None = None) -> None:
        """Show a text.

        Args:
            title: The title.
            text: The whole text.
            name: The name under which it is saved.
            content: The bytes, if it is a file that another program can open.
        """
        from aimltui.tui.screens.dialogs.viewer import TextViewer

        def then(what: str | None) -> None:
            self._after_view(what, name, text.encode("utf-8", "replace") if content is None else content)

        self._screen.app.push_screen(TextViewer(title, text, can_open=content is not None), then)

    def _after_view(self, what: str | None, name: str, content: bytes) -> None:
        if what == "save":
            self.save(name, content)
        elif what == "open":
            self.open(name, content)

    def save(self, name: str, content: bytes) -> None:
        """Ask where to save, and write the file."""
        from aimltui.tui.screens.dialogs.save import SaveScreen

        def saved(path: Path | None) -> None:
            if path is not None:
                self._screen.show_notice(f"Saved as {saving.short_path(path)}.")

        async def write(path: Path, may_replace: bool) -> None:
            await self._actions.save(path, content, may_replace)

        place = self._actions.suggested_path(name)
        self._screen.app.push_screen(SaveScreen(f"Save {saving.plain_name(name)}", place, write), saved)

    def open(self, name: str, content: bytes) -> None:
        """Open a file; where its kind may be a program, ask first."""
        from aimltui.tui.screens.dialogs.confirm import YES, ConfirmScreen

        try:
            # before the question: there may be no program to open it with
            saving.opener()
        except SaveError as error:
            self._screen.show_notice(str(error), is_warning=True)
            return
        if saving.is_document(name):
            self._screen.spawn(self._open_now(name, content), "open")
            return

        def answered(answer: str | None) -> None:
            if answer == YES:
                self._screen.spawn(self._open_now(name, content), "open")

        self._screen.app.push_screen(
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
            await self._actions.open(name, content, lambda copy: self._screen.hint(f"Opening {copy}…"))
        except SaveError as error:
            self._screen.show_notice(str(error), is_warning=True)

    async def fetch(self, file_id: str, *, as_picture: bool = False) -> FetchedFile | None:
        """Fetch a file; a failure is shown."""
        try:
            return await self._actions.fetch(file_id, as_picture=as_picture)
        except FetchError as error:
            self._screen.show_notice(str(error), is_warning=True)
            return None

    async def fetch_and_save(self, file_id: str) -> None:
        """Fetch a file, and ask where to save it."""
        file = await self.fetch(file_id)
        if file is not None:
            self.save(file.name, file.content)

    async def fetch_and_open(self, file_id: str) -> None:
        """Fetch a file, and open it in the system's program for it."""
        file = await self.fetch(file_id)
        if file is not None:
            self.open(file.name, file.content)
