"""A second enter in a list that closes already does nothing to the screen below it."""

from __future__ import annotations

from pathlib import Path

from textual.widgets import Input

from aimltui.tui.screens.dialogs.sheet import SearchSheet
from tests.support.fake_transport import FakeTransport
from tests.support.screen import seat


async def test_two_enters_at_once_choose_once(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        await here.pilot.press("ctrl+l")
        await here.until(lambda: isinstance(here.app.screen, SearchSheet))
        sheet = here.app.screen
        assert isinstance(sheet, SearchSheet)
        await here.until(lambda: sheet.pick_list.cursor_row is not None)
        for _ in range(2):
            sheet.search_box.post_message(Input.Submitted(sheet.search_box, ""))
        await here.until(lambda: here.app.screen is here.app.screen_stack[0])
        await here.pilot.pause()
        assert len(here.app.screen_stack) == 1
