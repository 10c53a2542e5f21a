"""What comes twice, a result or a resize, is handled once and does nothing to another screen."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from textual import events
from textual.geometry import Size
from textual.widgets import Input

from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.help import HelpScreen
from aimltui.tui.screens.dialogs.rename import RenameScreen
from aimltui.tui.screens.dialogs.sheet import SearchSheet
from aimltui.tui.widgets.footer import FooterBar
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


async def test_a_result_is_given_once_and_never_closes_the_screen_in_front(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        results: list[object] = []
        below = RenameScreen("Rename", "one")
        front = RenameScreen("Rename", "two")
        await here.app.push_screen(below, results.append)
        await here.app.push_screen(front, results.append)
        below.dismiss("from below")
        assert here.app.screen is front
        front.dismiss("first")
        front.dismiss("second")
        await here.until(lambda: here.app.screen is below)
        await here.until(lambda: results == ["first"])
        below.dismiss("last")
        await here.until(lambda: results == ["first", "last"])
        assert len(here.app.screen_stack) == 1


@pytest.mark.parametrize("has_sheet", [False, True])
async def test_two_resizes_that_wait_at_once_come_to_an_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_sheet: bool
) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        if has_sheet:
            await here.pilot.press("f1")
            await here.until(lambda: isinstance(here.app.screen, HelpScreen))
        screen = here.app.screen
        layouts: list[Size] = []
        refresh = screen._refresh_layout

        def counted(size: Size | None = None, scroll: bool = False) -> None:
            layouts.append(size or screen.outer_size)
            refresh(size, scroll)

        monkeypatch.setattr(screen, "_refresh_layout", counted)
        now = here.app.size
        for size in (Size(now.width + 20, now.height + 9), now):
            screen.post_message(events.Resize(size, size))
            screen.post_message(events.Show())
        for _ in range(30):
            await here.pilot.pause()
        settled = len(layouts)
        for _ in range(30):
            await here.pilot.pause()
        assert len(layouts) == settled
        assert screen.size == now


async def test_a_resize_that_reaches_a_panel_after_it_was_closed_changes_nothing(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        await here.pilot.press("ctrl+l")
        await here.until(lambda: isinstance(here.app.screen, SearchSheet))
        panel = here.app.screen
        assert isinstance(panel, SearchSheet)
        panel.dismiss()
        await here.until(lambda: not panel.query(FooterBar))
        await panel.on_event(events.Resize(Size(90, 30), Size(90, 30)))


async def test_a_panel_explains_itself_before_its_last_line_is_mounted(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        panel = RenameScreen("Rename", "one")
        panel.show_keys((FooterItem("enter", "Rename", "submit"),))
        # where tasks begin at once, all lines are there as soon as it is pushed
        asyncio.get_running_loop().set_task_factory(None)
        opening = here.app.push_screen(panel)
        assert not panel.query(FooterBar)
        panel.action_help()
        await opening
        await here.until(lambda: isinstance(here.app.screen, HelpScreen))
        assert [item.label for item in panel.query_one(FooterBar).items] == ["Rename"]


async def test_a_letter_that_was_read_before_the_search_box_had_the_focus_is_in_it(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        await here.pilot.press("ctrl+l")
        await here.until(lambda: isinstance(here.app.screen, SearchSheet))
        panel = here.app.screen
        assert isinstance(panel, SearchSheet)
        panel.set_focus(None)
        panel._forward_event(events.Key("x", "x"))
        panel.set_focus(panel.search_box)
        await here.until(lambda: panel.search_box.value == "x")
