"""Searching all threads in a sheet, and finding in the open one."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.tui.screens.dialogs.rename import RenameScreen
from aimltui.tui.screens.dialogs.search import ThreadSearch
from aimltui.wire.search import SearchHit, SearchHits
from aimltui.wire.threads import TITLE
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import Code, End, Hold, Say
from tests.support.screen import Seat, seat

LONG = "\n\n".join(f"Paragraph {number} on whales." for number in range(40))


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


async def answer(here: Seat, *script: object) -> None:
    here.server.scripts = [list(script)]  # type: ignore[list-item]
    await here.write("Tell me of Whales.")
    await here.idle()


async def test_words_are_found_in_the_open_thread_marked_and_walked(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path, size=(80, 24)) as here:
        await answer(here, Code(("x = 'whales'\n",), "whales\n"), Say((LONG,)), End())
        await here.pilot.press("ctrl+f", *"whales")
        assert "43 of 43" in here.shown()
        assert "Paragraph 39 on whales." in here.shown()
        await here.pilot.press("enter")
        assert "1 of 43" in here.shown()
        assert "Tell me of Whales." in here.shown()
        await here.pilot.press("down")
        assert "2 of 43" in here.shown()
        assert "x = 'whales'" in here.shown(), "the panel opens"
        await here.pilot.press(*" o")
        assert "no match" in here.shown()
        await here.pilot.press("escape", *"next")
        assert here.screen.prompt.draft == "next"
        assert "no match" not in here.shown()
        await here.pilot.press("ctrl+f")
        await here.until(lambda: "whales o" in here.shown())


@pytest.mark.parametrize(
    ("words", "before", "after"), [("whale", "1 of 1", "1 of 2"), ("spout", "no match", "1 match")]
)
async def test_the_count_grows_while_the_answer_arrives(
    server: FakeTransport, tmp_path: Path, words: str, before: str, after: str
) -> None:
    async with seat(server, tmp_path, size=(80, 24)) as here:
        server.scripts = [
            (Say(("One whale.",)), Hold(), Say(("Another whale with a spout.",)), Hold(), End())
        ]
        await here.write("Tell me.")
        await here.until(server.held.is_set)
        await here.pilot.press("ctrl+f", *words)
        await here.until(lambda: before in here.shown())
        server.let_go()
        await here.until(lambda: after in here.shown())
        server.let_go()
        await here.idle()


async def test_the_sheet_finds_titles_and_what_was_said_and_goes_there(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await answer(here, Say((LONG,)), End())
        first = here.workspace.current.thread_id or ""
        said = server.messages[first][-1].id
        await here.pilot.press("ctrl+n")
        await answer(here, Say(("Nothing.",)), End())
        text = "Paragraph 7 on whales."
        hit = SearchHit(thread_id=first, message_id=said, role="assistant", text=text, marks=[(15, 21)])
        found = SearchHits(data=[hit], is_complete=False, notes=["has: takes only file"])
        server._search = lambda params: found  # type: ignore[attr-defined]

        await here.pilot.press("ctrl+s", *"whales")
        await here.until(lambda: "Paragraph 7 on whales." in here.shown())
        assert "older ones are still being indexed · has: takes only file" in here.shown()
        titles = len(here.screen.workspace.threads.rows(0.0)) if here.screen.workspace else 0
        await here.pilot.press(*["down"] * titles, "enter")
        await here.until(lambda: "1 of 41" in here.shown() or "2 of 41" in here.shown())
        assert here.workspace.current.thread_id == first
        assert "Paragraph 0 on whales." in here.shown()
        await here.until(lambda: here.screen.focused is here.screen.find_bar().box)
        # the bar learns its width with the next layout
        await here.until(lambda: "Other match" in here.shown())
        await here.pilot.resize_terminal(40, 20)
        box = here.screen.find_bar().box
        await here.until(lambda: "Other match" not in here.shown() and box.size.width >= 16)
        assert "of 41" in here.shown()
        here.screen.set_focus(here.screen.prompt)
        await here.pilot.press("escape")
        assert "of 41" not in here.shown(), "escape ends it from everywhere"


async def test_a_server_without_search_is_said_and_what_is_loaded_is_searched(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await here.pilot.press("ctrl+s")
        await here.until(lambda: "No threads yet." in here.shown())
        assert "nothing for" not in here.shown()
        assert "Rename" not in here.shown(), "a key that acts on a row"
        await here.pilot.press("escape")
        await answer(here, Say(("Here is the narwhal.",)), End())
        await here.pilot.press("ctrl+s", *"narwhal")
        await here.until(lambda: "this server has no search" in here.shown())
        assert "Here is the narwhal." in here.shown().split("this server has no search")[1]
        # the keys of the thread list act on the thread of the row, Delete only where there is nothing to edit
        await here.pilot.press("ctrl+f", "ctrl+u")
        await here.until(lambda: "Pinned" in here.shown())
        await here.pilot.press("ctrl+r")
        await here.until(lambda: isinstance(here.app.screen, RenameScreen))
        await here.pilot.press("ctrl+a", "ctrl+k", *"Sea", "enter")
        await here.until(lambda: isinstance(here.app.screen, ThreadSearch) and "Sea" in here.shown())
        await here.pilot.press("x", "home", "delete")
        assert "Sea" in here.shown()
        await here.pilot.press("delete")
        await here.until(lambda: here.rows() == {})
        await here.pilot.press("ctrl+u")
        await here.until(lambda: "Sea" in here.rows())
        await here.pilot.press("ctrl+s")
        await here.until(lambda: here.app.screen is here.screen)
        assert not isinstance(here.app.screen, ThreadSearch)
        await here.until(lambda: here.screen.focused is here.screen.threads)


async def test_a_long_title_is_cut_where_its_time_begins(server: FakeTransport, tmp_path: Path) -> None:
    server.say("Tell me", None, **{TITLE: "narwhal " * 20})
    async with seat(server, tmp_path, size=(80, 24)) as here:
        await here.pilot.press("ctrl+s")
        await here.until(lambda: "narwhal" in here.shown() and isinstance(here.app.screen, ThreadSearch))
        time = next(row.time for row in here.rows().values())
        (row,) = (line for line in here.shown().splitlines() if "narwhal" in line and "Enter" not in line)
        assert "… " in row
        assert row.rstrip().endswith(time)


async def test_a_row_that_was_chosen_opens_although_a_newer_search_took_it_away(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await answer(here, Say((LONG,)), End())
        first = here.workspace.current.thread_id or ""
        await here.pilot.press("ctrl+n")
        await answer(here, Say(("Nothing.",)), End())
        said = server.messages[first][-1].id
        found = [SearchHit(thread_id=first, message_id=said, role="assistant", text="Paragraph 7 on whales.")]
        server._search = lambda params: SearchHits(data=found)  # type: ignore[attr-defined]
        await here.pilot.press("ctrl+s", *"whales")
        await here.until(lambda: "Paragraph 7 on whales." in here.shown())
        sheet = here.app.screen
        assert isinstance(sheet, ThreadSearch)
        sheet.pick_list.move(99)
        row = sheet.pick_list.cursor_row
        assert row is not None
        assert "Paragraph 7" in row.label
        found = []
        sheet.search_box.value = "qqq"
        await here.until(lambda: sheet.pick_list.cursor_row is None)
        sheet.picked(row)
        await here.until(lambda: here.workspace.current.thread_id == first)
