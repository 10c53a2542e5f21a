"""The main screen's part for other drafts of the open thread: another window's, or one from before."""

from __future__ import annotations

import time

from aimltui.common.sanitize import clean_line
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.state.attached_files import in_words
from aimltui.tui.storage.drafts import OtherDraft

_WORDS = 38
"""Characters of a draft's first words in the list."""


class DraftsPart(ScreenPart):
    """Handles the choice between drafts."""

    def action_show_drafts(self) -> None:
        """Show the other drafts of the open thread."""
        if not self.waits_for_start("show_drafts"):
            self.spawn(self._show_drafts(), "drafts")

    async def _show_drafts(self) -> None:
        from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen
        from aimltui.tui.state.thread_list import first_words

        others = await self.drafts.others()
        if not others:
            self.hint("There is no other draft of this thread.")
            return

        def chosen(place: str | None) -> None:
            if place is not None:
                self.spawn(self._exchange(others[int(place)].name), "drafts")

        rows = [
            ChoiceRow(str(place), first_words(clean_line(in_words(other.text)), _WORDS), _about(other))
            for place, other in enumerate(others)
        ]
        self.app.push_screen(ChoiceScreen("Other drafts of this thread", rows, verb="Edit"), chosen)

    async def _exchange(self, name: str) -> None:
        if not await self.drafts.exchange(name):
            self.hint("Another window has taken this draft.")


def _about(other: OtherDraft) -> str:
    if other.is_elsewhere:
        return "in another window"
    moment = time.localtime(other.saved_at)
    return f"saved {moment.tm_mday} {time.strftime('%b %H:%M', moment)}"
