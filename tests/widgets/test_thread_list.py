"""The thread list: one line a thread, a cursor that keeps its thread, marks, search."""

from __future__ import annotations

from time import process_time

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from aimltui.tui.widgets.thread_list import ThreadList, ThreadRow

ROWS = [
    ThreadRow("p1", "Sales plot", "Pinned", "running"),
    ThreadRow("t1", "Contract questions", "Today", "needs_you"),
    ThreadRow("t2", "Corn flakes", "Today", "none", "3 w", "14:01"),
    ThreadRow("t3", "Unit [b]tests[/b] [/]", "Today", "failed"),
    ThreadRow("y1", "Thesis\x1b]0;evil\x07 outline", "Yesterday", "unread"),
]


class ListApp(App[None]):
    AUTO_FOCUS = None
    CSS = "ThreadList { width: 30; height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[object] = []

    def compose(self) -> ComposeResult:
        yield ThreadList()
        yield Input()

    @property
    def threads(self) -> ThreadList:
        return self.query_one(ThreadList)

    def shown(self) -> list[str]:
        height = self.threads.size.height
        return [self.threads.render_line(y).text.rstrip() for y in range(height)]

    def on_thread_list_selected(self, event: ThreadList.Selected) -> None:
        self.seen.append(("selected", event.thread_id))

    def on_thread_list_rename_requested(self, event: ThreadList.RenameRequested) -> None:
        self.seen.append(("rename", event.thread_id))

    def on_thread_list_delete_requested(self, event: ThreadList.DeleteRequested) -> None:
        self.seen.append(("delete", event.thread_id))

    def on_thread_list_pin_requested(self, event: ThreadList.PinRequested) -> None:
        self.seen.append(("pin", event.thread_id))

    def on_thread_list_undo_delete_requested(self) -> None:
        self.seen.append("undo")

    def on_thread_list_left(self) -> None:
        self.seen.append("left")


async def test_threads_stand_under_their_groups_with_their_marks() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)):
        app.threads.set_rows(ROWS)
        app.threads.set_current("t2")
        assert app.shown()[:14] == [
            " Threads                    5",
            "",
            " Pinned",
            " Sales plot                 ●",
            "",
            " Today",
            " Contract questions         ?",
            "▎Corn flakes              3 w",
            " Unit [b]tests[/b] [/]      !",
            "",
            " Yesterday",
            " Thesis outline             •",
            "",
            "",
        ]


async def test_a_long_title_ends_at_the_last_cell() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)):
        app.threads.set_rows([ThreadRow("a", "Compare the quarterly revenue of both regions", "Today")])
        assert app.shown()[3] == " Compare the quarterly reven…"


async def test_a_pinned_thread_has_its_sign_in_a_search_where_no_heading_says_it() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.threads.set_rows(
            [ThreadRow("a", "Corn", "Pinned", time="3 Jan"), ThreadRow("b", "Corner", "Today")]
        )
        app.threads.focus()
        await pilot.press(*"corn")
        assert [line.split() for line in app.shown()[2:4]] == [["Corn", "3", "Jan", "★"], ["Corner"]]


async def test_loading_and_empty_are_said_in_words() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)):
        assert app.shown()[2] == " loading threads…"
        app.threads.set_rows([], empty="No threads yet.")
        assert app.shown()[2] == " No threads yet."


async def test_the_cursor_moves_over_headings_and_enter_opens() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.threads.set_rows(ROWS)
        app.threads.set_current("p1")
        app.threads.focus()
        await pilot.press("down", "enter", "end", "enter", "down", "enter", "home", "enter", "up", "enter")
        assert app.seen == [("selected", id) for id in ("t1", "y1", "y1", "p1", "p1")]


async def test_the_lists_own_keys_name_the_thread_under_the_cursor() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.threads.set_rows(ROWS)
        app.threads.set_current("t2")
        app.threads.focus()
        await pilot.press("ctrl+r", "delete", "ctrl+d", "ctrl+f", "ctrl+u", "escape")
        assert app.seen == [
            ("rename", "t2"),
            ("delete", "t2"),
            ("pin", "t2"),
            "undo",
            "left",
        ]


async def test_in_a_search_delete_and_ctrl_u_delete_letters_and_no_thread() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.threads.set_rows(ROWS)
        app.threads.focus()
        await pilot.press(*"corn", "delete")
        assert app.threads.search_text == "cor"
        await pilot.press("ctrl+d")
        assert app.threads.search_text == "cor"
        await pilot.press("ctrl+u")
        assert app.threads.search_text == ""
        assert app.seen == []


async def test_a_list_that_is_not_read_stays_at_its_top_when_a_thread_comes() -> None:
    app = ListApp()
    many = [ThreadRow(f"t{number}", f"Thread {number}", "Today") for number in range(40)]
    async with app.run_test(size=(60, 15)) as pilot:
        app.threads.set_rows(many)
        app.threads.set_current("t3")
        await pilot.pause()
        app.threads.set_rows([ThreadRow("n", "New", "Today"), *many])
        await pilot.pause()
        assert app.shown()[2:4] == [" Today", " New"]


async def test_the_cursor_stays_with_its_thread_when_rows_change() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.threads.set_rows(ROWS)
        app.threads.set_current("t2")
        app.threads.focus()
        await pilot.pause()
        app.threads.set_rows([ThreadRow("n", "New", "Today"), ROWS[2], *ROWS[3:], ROWS[1]])
        assert app.threads.cursor_thread == "t2"
        app.threads.set_rows([ROWS[1], ROWS[3], ROWS[4]])
        assert app.threads.cursor_thread == "t3"
        app.threads.set_rows([])
        assert app.threads.cursor_thread is None
        await pilot.press("enter", "down", "ctrl+r", "delete")
        assert app.seen == []


async def test_typing_searches_and_escape_steps_back() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.threads.set_rows(ROWS)
        app.threads.focus()
        await pilot.pause()
        assert app.shown()[0] == " ⌕ type to search           5"
        await pilot.press(*"cntr")
        assert app.shown()[:3] == [" ⌕ cntr▏                    1", "", " Contract questions         ?"]
        await pilot.press("enter")
        assert app.seen == [("selected", "t1")]
        await pilot.press("x", "q")
        assert app.shown()[2] == " nothing for “cntrxq”"
        await pilot.press("backspace", "backspace")
        assert app.threads.cursor_thread == "t1"
        await pilot.press("escape")
        assert app.threads.search_text == ""
        assert app.seen == [("selected", "t1")]
        await pilot.press("s", "tab")
        assert app.threads.search_text == ""


async def test_a_click_opens_a_thread_and_not_a_heading() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 20)) as pilot:
        app.threads.set_rows(ROWS)
        await pilot.pause()
        await pilot.click(ThreadList, offset=(5, 5))
        assert app.seen == []
        await pilot.click(ThreadList, offset=(5, 7))
        assert app.seen == [("selected", "t2")]


async def test_ten_thousand_threads_are_no_trouble() -> None:
    app = ListApp()
    async with app.run_test(size=(60, 23)) as pilot:
        rows = [ThreadRow(f"id{number}", f"Thread number {number}", "Older") for number in range(10_000)]
        start = process_time()
        app.threads.set_rows(rows)
        app.threads.focus()
        await pilot.press("end", "pageup", "up")
        taken = process_time() - start
        assert app.threads.cursor_thread == f"id{9999 - 17 - 1}"
        assert any("Thread number 9981" in line for line in app.shown())
        await pilot.press(*"9876")
        assert app.threads.cursor_thread == "id9876"
        assert taken < 1.0


@pytest.mark.parametrize("size", [(20, 5), (5, 2), (300, 100)])
async def test_no_size_breaks_it(size: tuple[int, int]) -> None:
    app = ListApp()
    async with app.run_test(size=size) as pilot:
        app.threads.set_rows(ROWS)
        app.threads.focus()
        await pilot.press("down", "down", *"th", "escape", "end")
        await pilot.pause()
