"""The main screen's part for the run inspector."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.tui.screens.main.view import ScreenPart

if TYPE_CHECKING:
    from aimltui.tui.controllers.run_inspector import RunInspector
    from aimltui.tui.screens.inspector.again import Settings
    from aimltui.tui.screens.inspector.view import RunView
    from aimltui.tui.state.inspection import Inspection
    from aimltui.tui.state.inspector_pages import Page
    from aimltui.tui.widgets.status_line import StatusLine


class InspectingPart(ScreenPart):
    """Opens the run inspector, and does what is chosen there."""

    def action_inspect_runs(self) -> None:
        """Show the runs of the open thread."""
        if self.waits_for_start("inspect_runs"):
            return
        from aimltui.tui.screens.inspector.inspector import InspectorScreen
        from aimltui.tui.screens.inspector.pane import WIDE

        thread_id, pane = self._open_thread(), self.run_pane
        if thread_id is None:
            self.show_notice("There is no run in this thread yet. Send a message first.")
        elif self.app.size.width >= WIDE and not (pane.mounted is not None and pane.mounted.is_shown):
            if (beside := self.side_document.mounted) is not None:
                beside.close()
            pane().open(self._run_view)
            self.show_state()
        else:
            view = self._run_view(thread_id)
            self.app.push_screen(InspectorScreen(view, self._record_run, self._ask_again))

    def action_inspect_context(self) -> None:
        """Show what takes how much of the model's context in the open thread."""
        if self.waits_for_start("inspect_context"):
            return
        from aimltui.tui.screens.inspector.inspector import InspectorScreen

        thread_id = self._open_thread()
        if thread_id is None:
            self.show_notice("Nothing was sent to a model in this thread yet. Send a message first.")
        else:
            view = self._run_view(thread_id, "context")
            self.app.push_screen(InspectorScreen(view, self._record_run, self._ask_again))

    def on_status_line_context_clicked(self, event: StatusLine.ContextClicked) -> None:
        """Show what fills the context whose share was clicked."""
        event.stop()
        self.action_inspect_context()

    def _run_view(self, thread_id: str, page: Page = "timeline") -> RunView:
        from aimltui.tui.screens.inspector.view import RunView

        inspector = self._inspector()
        assert inspector is not None
        return RunView(
            inspector, thread_id, is_ascii=self.startup.glyphs == "ascii", page=page, clock=self.clock
        )

    def _inspector(self) -> RunInspector | None:
        from aimltui.tui.controllers.run_inspector import RunInspector

        return RunInspector(self.workspace.connected.client) if self.workspace is not None else None

    def _open_thread(self) -> str | None:
        return self.workspace.current.thread_id if self.workspace is not None else None

    def _record_run(self, of: Inspection) -> None:
        self.spawn(self._record(of), "inspect")

    async def _record(self, of: Inspection) -> None:
        from aimltui.tui.state import recordings
        from aimltui.tui.storage import saving
        from aimltui.tui.storage.saving import SaveError
        from aimltui.wire.errors import APIError

        inspector = self._inspector()
        assert inspector is not None
        path = saving.free_path(Path.cwd(), f"aimltui-{of.run.id}.jsonl")
        try:
            messages = await inspector.messages_before(of.run)
            text = await asyncio.to_thread(recordings.written, of, messages)
            await asyncio.to_thread(saving.write, path, text.encode())
        except (APIError, TransportError, SaveError) as error:
            self.show_notice(f"The run was not recorded. {error}", is_warning=True)
            return
        self.show_notice(f"Recorded as {path}. To play it: aimltui replay {path.name}")

    def _ask_again(self, of: Inspection) -> None:
        from aimltui.tui.screens.inspector.again import AgainScreen

        def chosen(settings: Settings | None) -> None:
            if settings is not None:
                self.spawn(self._run_again(of, settings), "inspect")

        self.app.push_screen(AgainScreen(of.run), chosen)

    async def _run_again(self, of: Inspection, settings: Settings) -> None:
        from aimltui.tui.screens.inspector.inspector import InspectorScreen
        from aimltui.wire.errors import APIError

        inspector, workspace = self._inspector(), self.workspace
        assert inspector is not None
        assert workspace is not None
        try:
            thread_id = await inspector.retry(
                of.run,
                settings.instructions,
                settings.model,
                settings.temperature,
                workspace.branches.copy,
            )
        except (APIError, TransportError) as error:
            self.show_notice(f"The run was not started. {error.message}", is_warning=True)
            return
        if isinstance(self.app.screen, InspectorScreen):
            self.app.screen.dismiss()
        self.go_to(thread_id)
