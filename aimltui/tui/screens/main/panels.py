"""The main screen's part for what the transcript shows of files: pictures, outputs, passages."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.common.sanitize import clean
from aimltui.tui.controllers.file_actions import FileActions
from aimltui.tui.screens.main.file_dialogs import FileDialogs
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.entries import Source
from aimltui.tui.state.passages import alone, located
from aimltui.tui.storage import saving
from aimltui.tui.widgets.transcript import Transcript


class PanelsPart(ScreenPart):
    """Shows files, outputs and passages that the user chooses in the transcript."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._actions = FileActions(lambda: self.workspace)
        self._dialogs = FileDialogs(self, self._actions)

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
        self._dialogs.view_text("output", event.text, "output.txt")

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

    def _view_page(self, source: Source) -> None:
        """Show a passage from the web; its page is opened in a browser only if the user presses `o`."""
        from aimltui.tui.screens.dialogs.passage import PassageViewer

        def then(what: str | None) -> None:
            if what == "open":
                self.spawn(self._open_page(source.url), "file")

        title = " · ".join(part for part in (source.url, clean(source.name)) if part)
        text = located(source.text, source.page, ()) or alone(source.text, ())
        note = (
            ""
            if source.text
            else "The model's provider read this page. Its text is not here; o opens the page."
        )
        self.app.push_screen(PassageViewer(title, text, note, can_save=False), then)

    async def _open_page(self, url: str) -> None:
        if not await saving.browsed(url):
            self.copy(url)
            self.show_notice(saving.NOT_BROWSED)

    async def _view_source(self, source: Source, quotes: Sequence[str]) -> None:
        from aimltui.tui.screens.dialogs.passage import PassageViewer
        from aimltui.tui.widgets.side_document import WIDE

        if source.url:
            self._view_page(source)
            return
        passage = await self._actions.read_passage(source, quotes)
        name = clean(source.name)
        if passage is None:
            self.show_notice(f"{name} is no longer here, so the passage cannot be shown.", is_warning=True)
            return

        score = f"score {source.score:.2f}" if source.score is not None else ""
        title = " · ".join(part for part in (name, source.place, score) if part)
        beside = self.side_document.mounted
        thread_id = self.workspace.current.thread_id if self.workspace is not None else None

        def show_beside() -> None:
            self.side_document().show(thread_id, source, title, passage.text, passage.note)

        if self.is_current and beside is not None and beside.follows(source):
            show_beside()
            return

        def then(what: str | None) -> None:
            if what == "beside":
                show_beside()
            elif what:
                act = self._dialogs.fetch_and_save if what == "save" else self._dialogs.fetch_and_open
                self.spawn(act(source.file_id), "file")

        # under the columns of a comparison nobody would see it
        can_stand_beside = self.is_current and self.app.size.width >= WIDE
        viewer = PassageViewer(title, passage.text, passage.note, can_stand_beside=can_stand_beside)
        self.app.push_screen(viewer, then)

    async def _view_file(self, file_id: str) -> None:
        file = await self._dialogs.fetch(file_id, as_picture=self.transcript.picture_use != "named")
        if file is None:
            return
        if file.picture is not None:
            self._dialogs.view_picture(file)
        elif file.text is not None:
            self._dialogs.view_text(file.name, file.text, file.name, file.content)
        else:
            self.show_notice(
                f"{file.name} is neither a text nor a picture that can be shown. s saves it, o opens it."
            )
