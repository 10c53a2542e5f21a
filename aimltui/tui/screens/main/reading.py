"""The main screen's part for reading: scrolling, folding and links in the transcript."""

from __future__ import annotations

from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.state.entries import ReasoningEntry, StepEntry
from aimltui.tui.widgets.status_line import StatusLine
from aimltui.tui.widgets.transcript import Transcript

_NEAR_TOP = 30
"""Rows from the first one at which older messages are fetched."""


class ReadingPart(ScreenPart):
    """Handles the transcript as a text to read."""

    def transcript_scrolled(self) -> None:
        """Fetch older messages near the top; update the footer, since what was marked may be out of sight."""
        if self.transcript.has_focus:
            self.show_state()
        workspace = self.workspace
        if (
            workspace is not None
            and workspace.current.has_more
            and self.transcript.scroll_offset.y < _NEAR_TOP
        ):
            self.spawn(workspace.loader.read_older(workspace.current), "older")

    def on_transcript_follow_changed(self, event: Transcript.FollowChanged) -> None:
        """Show in the status line whether the end is in view."""
        event.stop()
        self.show_state()

    def on_status_line_end_clicked(self, event: StatusLine.EndClicked) -> None:
        """Go to the end."""
        event.stop()
        self.transcript.scroll_to_tail()

    def action_scroll_to_end(self) -> None:
        """Go to the end and follow it."""
        self.transcript.scroll_to_tail()

    def action_scroll_to_top(self) -> None:
        """Go to the beginning."""
        self.transcript.scroll_to_head()

    def action_page_up(self) -> None:
        """Scroll up."""
        self.transcript.scroll_page(-1)

    def action_page_down(self) -> None:
        """Scroll down."""
        self.transcript.scroll_page(1)

    def action_toggle_details(self) -> None:
        """Fold or unfold all panels."""
        self.transcript.toggle_all(StepEntry)

    def action_toggle_thoughts(self) -> None:
        """Fold or unfold the models' reasoning."""
        self.transcript.toggle_all(ReasoningEntry)
