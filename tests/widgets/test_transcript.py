from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset, Region
from textual.pilot import Pilot
from textual.selection import SELECT_ALL, Selection

from aimltui.tui.line_filters import SafeLineFilter
from aimltui.tui.pictures.kitty import PLACEHOLDER
from aimltui.tui.pictures.terminal import TerminalPictures
from aimltui.tui.state.entries import (
    Added,
    Appended,
    Attachment,
    Citation,
    Entry,
    GuideEntry,
    GuideOption,
    MessageEntry,
    NoticeEntry,
    Removed,
    Replaced,
    RunEntry,
    StepEntry,
    ToolCallEntry,
    ToolCallOutput,
)
from aimltui.tui.state.file_facts import FileFact
from aimltui.tui.widgets.transcript import Transcript
from aimltui.tui.widgets.transcript.renderers.message import hidden_lines
from aimltui.tui.widgets.transcript.viewport import LEAP
from tests.support.builders import PATIENCE_S
from tests.support.pictures import plot, thumbnail


class Bare(App[None]):
    """A transcript and nothing else; notes what it says."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.said: list[object] = []
        self.wanted: list[dict[str, bool]] = []
        self._filter = SafeLineFilter()

    def compose(self) -> ComposeResult:
        yield Transcript(clock=lambda: self.now)

    def get_line_filters(self):  # type: ignore[no-untyped-def]
        return [*super().get_line_filters(), self._filter]

    def on_transcript_follow_changed(self, event: Transcript.FollowChanged) -> None:
        self.said.append((event.following, event.new_lines))

    def on_transcript_link_chosen(self, event: Transcript.LinkChosen) -> None:
        self.said.append(event.href)

    def on_transcript_choice_chosen(self, event: Transcript.ChoiceChosen) -> None:
        self.said.append((event.entry_id, event.choice_id))

    def on_transcript_files_wanted(self, event: Transcript.FilesWanted) -> None:
        self.wanted.append(event.wanted)

    def on_transcript_file_chosen(self, event: Transcript.FileChosen) -> None:
        self.said.append(event.file_id)

    def on_transcript_block_chosen(self, event: Transcript.BlockChosen) -> None:
        self.said.append(event.block.text)

    def on_transcript_output_chosen(self, event: Transcript.OutputChosen) -> None:
        self.said.append(len(event.text))


class Scene:
    """A running app with a transcript, and eyes."""

    def __init__(self, app: Bare, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot
        self.transcript = app.query_one(Transcript)

    async def painted(self) -> list[str]:
        """Return what stands on the screen, after what is due is painted."""
        await self.pilot.pause()
        width, height = self.app.size
        compositor = self.app.screen._compositor
        strips = compositor.render_strips()
        assert len(strips) == height
        return [strip.crop(0, width - 1).text.rstrip() for strip in strips]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await self.pilot.pause()

    async def find(self, text: str) -> tuple[int, int]:
        """Return the column and row at which a text stands."""
        for y, line in enumerate(await self.painted()):
            if text in line:
                return line.index(text), y
        raise AssertionError(f"{text!r} is not on the screen")

    async def drag(self, start: tuple[int, int], end: tuple[int, int]) -> str | None:
        await self.pilot.mouse_down(offset=start)
        await self.pilot.hover(offset=end)
        await self.pilot.mouse_up(offset=end)
        await self.pilot.pause()
        return self.app.screen.get_selected_text()


@asynccontextmanager
async def scene(
    *entries: Entry, size: tuple[int, int] = (60, 12), at_end: bool = True
) -> AsyncIterator[Scene]:
    app = Bare()
    async with app.run_test(size=size) as pilot:
        found = Scene(app, pilot)
        found.transcript.show(list(entries), at_end=at_end)
        await pilot.pause()
        yield found


def message(number: int, text: str = "", *, streaming: bool = False) -> MessageEntry:
    # many paragraphs of the user would be folded
    role = "user" if number % 2 == 0 and text.count("\n\n") < 20 else "assistant"
    return MessageEntry(
        f"m{number}", role, f"Author {number}", text or f"text of {number}", streaming=streaming
    )  # type: ignore[arg-type]


def numbered(count: int, prefix: str = "line") -> str:
    return "\n\n".join(f"{prefix} {n}" for n in range(count))


async def test_an_opened_thread_shows_its_end_and_follows_it() -> None:
    async with scene(*(message(n) for n in range(50))) as on:
        assert "text of 49" in (await on.painted())[-1]
        on.transcript.apply([Added(50, NoticeEntry("n", "something new"))])
        assert "something new" in (await on.painted())[-1]
        assert on.transcript.following


async def test_a_thread_can_be_opened_at_its_start_without_calling_its_rest_new() -> None:
    async with scene(*(message(n) for n in range(50)), at_end=False) as on:
        assert (await on.painted())[0].endswith("Author 0")
        assert (on.transcript.following, on.transcript.new_lines) == (False, 0)


async def test_the_line_at_the_top_stays_while_text_streams_in_below() -> None:
    async with scene(message(0, numbered(40)), message(1, streaming=True)) as on:
        on.transcript.scroll_page(-1)
        before = await on.painted()
        on.transcript.apply([Appended("m1", "\n\n" + numbered(30, "streamed"))])
        assert await on.painted() == before
        assert not on.transcript.following
        assert on.transcript.new_lines == 60
        assert on.app.said[-1] == (False, 60)


async def test_a_window_that_follows_an_answer_stands_still_for_several_lines_at_a_time() -> None:
    async with scene(message(0, numbered(40)), message(1, "Begin", streaming=True)) as on:
        moves = []
        for number in range(24):
            before = on.transcript.scroll_offset.y
            on.transcript.apply([Appended("m1", f"\n\nnew {number}")])
            moves.append(on.transcript.scroll_offset.y - before)
            below = [line for line in (await on.painted())[-LEAP:] if line]
            assert below[-1].endswith(f"new {number}")
            assert on.transcript.following
        # each paragraph is two rows
        assert moves == [0, LEAP] * 12 or moves == [LEAP, 0] * 12
        assert on.transcript.scroll_offset.y > on.transcript._viewport.limit
        on.transcript.apply([Replaced(message(1, "Begin"))])
        assert on.transcript.scroll_offset.y == on.transcript._viewport.limit


async def test_where_the_window_stands_does_not_depend_on_the_pieces_of_an_answer() -> None:
    text = (
        "One\n\n"
        + numbered(9)
        + "\n\n- a\n- b\n\n```\ncode\n\nmore\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\nend"
    )
    stood: list[dict[str, int]] = []
    for size in (1, 7, 40):
        async with scene(message(0, numbered(40)), message(1, streaming=True)) as on:
            found = {}
            for place in range(0, len(text), size):
                on.transcript.apply([Appended("m1", text[place : place + size])])
                found[text[: place + size]] = on.transcript.scroll_offset.y
            stood.append(found)
    for found in stood[1:]:
        assert {text: stood[0][text] for text in found} == found


async def test_scrolling_up_from_the_free_rows_below_an_answer_holds_the_text() -> None:
    async with scene(message(0, numbered(40)), message(1, "Begin", streaming=True)) as on:
        view = on.transcript
        while (view._viewport.limit + 1) % LEAP:
            view.apply([Appended("m1", "\nnew row  ")])
        end = view._viewport.limit
        assert view.scroll_offset.y == end + 1
        view.scroll_relative(y=1, animate=False)
        assert (view.following, view.scroll_offset.y) == (True, end + 1)
        view.scroll_relative(y=-1, animate=False)
        assert (view.following, view.scroll_offset.y) == (False, end - 1)
        held = await on.painted()
        view.apply([Appended("m1", "\n\n" + numbered(9, "later"))])
        assert await on.painted() == held
        view.scroll_to_tail()
        assert [line for line in await on.painted() if line][-1].endswith("later 8")


async def test_no_row_is_hidden_for_free_rows_where_the_text_fits() -> None:
    async with scene(message(0, numbered(40)), message(1, "Begin", streaming=True)) as on:
        on.transcript.apply([Appended("m1", "\n\nnew")])
        on.transcript.apply([Removed("m0")])
        assert on.transcript.scroll_offset.y == 0
        assert "Author 1" in (await on.painted())[0]


async def test_lines_that_were_seen_are_no_longer_new() -> None:
    async with scene(message(0, numbered(40)), message(1, streaming=True)) as on:
        on.transcript.scroll_page(-1)
        on.transcript.apply([Appended("m1", "\n\n" + numbered(30, "streamed"))])
        on.transcript.scroll_page(1)
        on.transcript.scroll_page(1)
        await on.painted()
        assert 0 < on.transcript.new_lines < 60


async def test_the_line_at_the_top_stays_when_a_panel_above_it_folds() -> None:
    lines = "\n".join(f"row {n}" for n in range(30))
    call = ToolCallEntry("c", "code_interpreter", input=lines)
    running = StepEntry("s", "r", 1, "in_progress", (call,))
    async with scene(running, message(1, numbered(40))) as on:
        on.transcript.scroll_page(-1)
        before = await on.painted()
        on.transcript.apply([Replaced(StepEntry("s", "r", 1, "completed", (call,), 1.0))])
        assert await on.painted() == before
        on.transcript.apply([Removed("s")])
        assert await on.painted() == before


async def test_scrolling_back_near_the_end_follows_again_and_so_does_the_end_key() -> None:
    async with scene(message(0, numbered(40))) as on:
        on.transcript.focus()
        await on.pilot.press("pageup")
        assert not on.transcript.following
        await on.pilot.press("pagedown")
        assert on.transcript.following
        await on.pilot.press("home")
        assert (await on.painted())[0].endswith("Author 0")
        assert not on.transcript.following
        await on.pilot.press("end")
        assert on.transcript.following
        assert "line 39" in (await on.painted())[-1]


async def test_one_row_up_lets_go_of_the_tail() -> None:
    async with scene(message(0, numbered(40)), message(1, "one  \ntwo", streaming=True)) as on:
        on.transcript.focus()
        await on.pilot.press("up")
        before = await on.painted()
        on.transcript.apply([Appended("m1", "\n\nmore")])
        assert await on.painted() == before
        assert on.transcript.new_lines == 2


async def test_a_resize_keeps_the_text_at_the_top_even_while_streaming() -> None:
    words = "\n\n".join(f"p{n} " + "word " * 30 for n in range(40))
    async with scene(message(0, words), message(1, streaming=True), size=(80, 12)) as on:
        on.transcript.scroll_to_head()
        for _ in range(6):
            on.transcript.scroll_page(1)
        _, y = await on.find(" p")
        marker = (await on.painted())[y].split()[1]
        on.transcript.scroll_to(y=on.transcript.scroll_offset.y + y)
        assert marker in (await on.painted())[0]
        for width in (40, 100, 33, 80):
            on.transcript.apply([Appended("m1", "streamed text ")])
            await on.pilot.resize_terminal(width, 14)
            assert marker in (await on.painted())[0]


async def test_following_goes_on_through_a_resize() -> None:
    async with scene(message(0, "word " * 400), message(1, numbered(9))) as on:
        for size in ((30, 20), (100, 8), (20, 5), (300, 100)):
            await on.pilot.resize_terminal(*size)
            shown = [line for line in await on.painted() if line.strip()]
            assert "line 8" in shown[-1]


async def test_scrolling_up_through_messages_never_drawn_moves_by_what_was_asked() -> None:
    texts = [("word " * random.Random(n).randrange(1, 200)) + f"\n\nend {n}" for n in range(300)]
    async with scene(*(message(n, text) for n, text in enumerate(texts))) as on:
        for _ in range(60):
            before = await on.painted()
            on.transcript.scroll_to(y=on.transcript.scroll_offset.y - 5)
            after = await on.painted()
            assert after[5:] == before[:-5]


async def test_a_drag_copies_text_without_bars_and_folds() -> None:
    text = (
        "A paragraph longer than the window is wide, so that it is folded at least once.\n\n- item **one**\n"
    )
    async with scene(message(1, text)) as on:
        start, end = await on.find("A paragraph"), await on.find("one")
        found = await on.drag(start, (end[0] + 2, end[1]))
        assert found == text.replace("**", "").strip()


async def test_a_drag_that_starts_on_the_bar_and_ends_in_free_space_copies_whole_lines() -> None:
    async with scene(message(1, "first\n\nsecond")) as on:
        _, y = await on.find("first")
        assert await on.drag((0, y), (50, 11)) == "first\n\nsecond"
        assert await on.drag((0, 0), (55, y)) == "Author 1\nfirst"


@pytest.mark.parametrize(
    ("width", "code"),
    [
        (60, "all:\n\techo\tone\n\t\tcc -o a\ta.c"),
        (16, "\tx\ta long line with\ttabs and folds\tin it"),
        (60, "日本\tx\n\t日本\ty"),
    ],
)
async def test_a_drag_over_code_copies_tabs_as_tabs(width: int, code: str) -> None:
    async with scene(message(1, f"before\n\n```make\n{code}\n```\n"), size=(width, 20)) as on:
        _, y = await on.find("before")
        assert await on.drag((0, y), (width - 2, 18)) == f"before\n\n{code}"


async def test_tabs_in_code_are_painted_up_to_the_next_stop() -> None:
    async with scene(message(1, "```make\n\ta\tb\n日本\tc\nxxxx\td\n```\n")) as on:
        shown = "\n".join(await on.painted())
        assert "    a   b" in shown
        assert "日本    c" in shown
        assert "xxxx    d" in shown
        assert "\ufdd0" not in shown


async def test_a_drag_over_several_entries_copies_all_of_them() -> None:
    async with scene(message(0, "question"), message(1, "answer `code`"), NoticeEntry("n", "a notice")) as on:
        assert await on.drag((0, 0), (50, 10)) == "Author 0\nquestion\n\nAuthor 1\nanswer code\n\na notice"


async def test_a_drag_in_wide_characters_copies_those_under_the_pointer() -> None:
    async with scene(message(1, "中文字符测试")) as on:
        x, y = await on.find("中文")
        assert await on.drag((x + 2, y), (x + 2 + 5, y)) == "文字符"


async def test_a_selection_survives_streaming_and_scrolling() -> None:
    async with scene(message(0, numbered(10)), message(1, streaming=True)) as on:
        x, y = await on.find("line 7")
        assert await on.drag((x, y), (x + 5, y)) == "line 7"
        on.transcript.apply([Appended("m1", "\n\n" + numbered(30, "streamed"))])
        await on.pilot.resize_terminal(40, 20)
        await on.pilot.pause()
        assert on.app.screen.get_selected_text() == "line 7"


async def test_selecting_everything_copies_also_what_was_never_drawn() -> None:
    async with scene(*(message(n) for n in range(300))) as on:
        on.app.screen.selections = {on.transcript: SELECT_ALL}
        copied = on.app.screen.get_selected_text()
        assert copied is not None
        for number in (0, 150, 299):
            assert f"text of {number}" in copied.split("\n")


async def test_selected_cells_are_marked() -> None:
    async with scene(message(1, "some text")) as on:
        plain = on.app.screen._compositor.render_strips()
        x, y = await on.find("some text")
        await on.drag((x, y), (x + 3, y))
        marked = on.app.screen._compositor.render_strips()
        assert marked[y].text == plain[y].text
        assert [segment.text for segment in marked[y] if segment.style != plain[y]._segments[-1].style]
        assert any(segment.text == "some" for segment in marked[y])


async def test_a_double_click_selects_a_word_and_a_triple_click_a_line() -> None:
    async with scene(message(1, "some longer text")) as on:
        x, y = await on.find("longer")
        await on.pilot.click(offset=(x + 1, y), times=2)
        assert on.app.screen.get_selected_text() == "longer"
        await on.pilot.click(offset=(x + 1, y), times=3)
        assert on.app.screen.get_selected_text() == "some longer text"


async def test_a_click_on_a_link_says_so_and_opens_nothing() -> None:
    async with scene(message(1, "see [here](https://a.example/x) and [there](vscode://x)")) as on:
        await on.pilot.click(offset=await on.find("here"))
        await on.pilot.click(offset=await on.find("there"))
        await on.pilot.pause()
        assert on.app.said == ["https://a.example/x"]


STEP = StepEntry(
    "s",
    "r",
    1,
    "completed",
    (ToolCallEntry("c", "code_interpreter", input="print(1)", outputs=(ToolCallOutput("logs", "1"),)),),
    2.0,
)


async def test_a_click_on_the_sign_of_a_cut_line_shows_the_whole_block_or_output() -> None:
    logs = "\n".join(["short", "x" * 90])
    call = ToolCallEntry("c", "code_interpreter", input="y = 1", outputs=(ToolCallOutput("logs", logs),))
    code = "```python\n" + "z" * 90 + "\n```"
    async with scene(replace(STEP, calls=(call,)), message(1, code), size=(60, 24)) as on:
        on.transcript.wraps = False
        on.transcript.toggle_all(StepEntry)
        for letter in "xz":
            (line,) = [line for line in await on.painted() if letter * 20 in line]
            await on.pilot.click(offset=(line.index("›"), (await on.find(letter * 20))[1]))
        await on.until(lambda: len(on.app.said) == 2)
        assert on.app.said == [len(logs), "z" * 90]
        on.transcript.wraps = True
        assert not any("›" in line for line in await on.painted())


async def test_a_click_on_a_panel_unfolds_it_where_it_stands() -> None:
    async with scene(message(0, numbered(20)), STEP, message(1)) as on:
        place = await on.find("code interpreter")
        await on.pilot.click(offset=place)
        assert await on.find("code interpreter") == place
        assert (await on.painted())[place[1] + 1].endswith("print(1)") or "print(1)" in (await on.painted())[
            place[1] + 1
        ]
        await on.pilot.click(offset=place)
        assert not any("print(1)" in line for line in await on.painted())


async def test_details_unfold_and_fold_all_panels() -> None:
    async with scene(STEP, message(1)) as on:
        on.transcript.toggle_all(StepEntry)
        assert any("print(1)" in line for line in await on.painted())
        on.transcript.apply([Added(2, StepEntry("s2", "r", 2, "completed", STEP.calls))])
        assert sum("print(1)" in line for line in await on.painted()) == 2
        on.transcript.toggle_all(StepEntry)
        assert not any("print(1)" in line for line in await on.painted())


async def test_choices_are_chosen_by_keys_and_by_a_click() -> None:
    guide = GuideEntry("g", "Welcome.", (GuideOption("a", "First"), GuideOption("b", "Second")))
    async with scene(guide) as on:
        on.transcript.focus()
        await on.pilot.press("enter")
        await on.pilot.press("down", "down", "enter", "up", "enter")
        await on.pilot.click(offset=await on.find("Second"))
        await on.pilot.pause()
        assert on.app.said == [("g", "b"), ("g", "a"), ("g", "b")]


async def test_a_change_of_theme_changes_every_colour() -> None:
    async with scene(message(1, "text `code`\n\n```python\nx = 1\n```")) as on:

        def backgrounds() -> set[object]:
            strips = on.app.screen._compositor.render_strips()
            return {
                segment.style.bgcolor for strip in strips for segment in strip.crop(0, 59) if segment.style
            }

        await on.pilot.pause()
        dark = backgrounds()
        text = await on.painted()
        on.app.theme = "textual-light"
        await on.until(lambda: not (backgrounds() & dark))
        assert await on.painted() == text
        light = backgrounds()
        on.transcript.display = False
        await on.pilot.pause()
        on.app.theme = "textual-dark"
        await on.pilot.pause()
        on.transcript.display = True
        await on.until(lambda: len(backgrounds()) > 1 and not (backgrounds() & light))


async def test_ticks_count_the_seconds_of_an_active_run() -> None:
    async with scene(message(0), RunEntry("r", "r", "in_progress", started_at=1000.0)) as on:
        assert any("running 0:00" in line for line in await on.painted())
        on.app.now = 1007.0
        on.transcript.tick()
        assert any("running 0:07" in line for line in await on.painted())


async def test_what_is_read_live_is_what_a_reopened_thread_shows() -> None:
    text = "# Title\n\n- a\n- b\n\n```python\nx = '''\ny'''\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    async with scene(size=(60, 30)) as on:
        on.transcript.apply([Added(0, message(1, " ", streaming=True))])
        for start in range(0, len(text), 3):
            on.transcript.apply([Appended("m1", text[start : start + 3])])
        done = MessageEntry("m1", "assistant", "Author 1", " " + text)
        on.transcript.apply([Replaced(done)])
        live = await on.painted()
        on.transcript.show([done])
        assert await on.painted() == live


async def test_entries_put_in_between_appear_in_their_place() -> None:
    async with scene(message(0), message(1)) as on:
        on.transcript.apply([Added(1, STEP), Added(2, NoticeEntry("n", "between"))])
        text = "\n".join(await on.painted())
        order = [text.index(part) for part in ("text of 0", "code interpreter", "between", "text of 1")]
        assert order == sorted(order)
        on.transcript.apply([Removed("n"), Removed("not there"), Appended("not there", "x")])
        assert "between" not in "\n".join(await on.painted())


async def test_only_the_changed_lines_are_painted() -> None:
    async with scene(message(0, "above"), message(1, "start ", streaming=True), size=(60, 20)) as on:
        await on.painted()
        regions: list[object] = []
        paint = on.transcript.refresh

        def noting(*changed, **options):  # type: ignore[no-untyped-def]
            regions.extend(changed or ["everything"])
            return paint(*changed, **options)

        on.transcript.refresh = noting  # type: ignore[method-assign]
        on.transcript.apply([Appended("m1", "of text")])
        assert [region.y for region in regions] == [4]  # type: ignore[attr-defined]
        assert "start of text" in (await on.painted())[4]


async def test_a_change_of_height_costs_no_layout() -> None:
    async with scene(message(0), message(1, "x", streaming=True)) as on:
        await on.painted()
        laid_out = []
        layout = on.app.screen._refresh_layout
        on.app.screen._refresh_layout = lambda *a, **k: laid_out.append(1) or layout(*a, **k)  # type: ignore[method-assign, func-returns-value, assignment]
        for number in range(20):
            on.transcript.apply([Appended("m1", f"\n\nline {number}")])
            await on.painted()
        assert laid_out == []


async def test_hostile_text_neither_breaks_nor_reaches_the_terminal() -> None:
    numbers = random.Random(3)
    parts = [
        "[/]",
        "[@click=app.quit]x[/]",
        "\x1b]0;P\x07",
        "\x1b[2J",
        "\x9b1m",
        "\u202e",
        "`",
        "*",
        "|",
        "\n",
        "- ",
        "中",
        "\ud800",
    ]
    async with scene(message(1, "x", streaming=True), size=(40, 20)) as on:
        for _ in range(200):
            on.transcript.apply([Appended("m1", "".join(numbers.choices(parts, k=5)))])
        await on.pilot.pause()
        strips = on.app.screen._compositor.render_strips()
        assert not set("\x1b\x9b\u202e\x07\ud800") & set("".join(strip.text for strip in strips))
        assert all(strip.cell_length == 40 for strip in strips)


async def test_every_line_is_as_wide_as_the_window_at_odd_sizes() -> None:
    from tests.unit.tui.widgets.transcript.builders import VARIED

    async with scene(message(0, VARIED), STEP, message(1, VARIED)) as on:
        for size in ((20, 5), (1, 1), (300, 100), (7, 3), (80, 24)):
            await on.pilot.resize_terminal(*size)
            await on.pilot.pause()
            for strip in on.app.screen._compositor.render_strips():
                assert sum(segment.cell_length for segment in strip) == size[0]


async def test_a_random_life_never_fails_and_always_shows_the_tail_it_follows() -> None:
    numbers = random.Random(5)
    async with scene(*(message(n, numbered(numbers.randrange(1, 9))) for n in range(30))) as on:
        ids = [f"m{n}" for n in range(30)]
        for step in range(300):
            match numbers.randrange(7):
                case 0:
                    place = numbers.randrange(len(ids) + 1)
                    ids.insert(place, f"x{step}")
                    on.transcript.apply(
                        [Added(place, MessageEntry(f"x{step}", "user", "You", "new", streaming=True))]
                    )
                case 1 if len(ids) > 3:
                    on.transcript.apply([Removed(ids.pop(numbers.randrange(len(ids))))])
                case 2:
                    on.transcript.apply([Appended(numbers.choice(ids), "\n\nmore **text**")])
                case 3:
                    on.transcript.scroll_page(numbers.choice((-1, 1)))
                case 4:
                    on.transcript.scroll_to_tail()
                case 5 if step % 10 == 0:
                    await on.pilot.resize_terminal(numbers.randrange(20, 90), numbers.randrange(4, 30))
                case _:
                    on.transcript.apply(
                        [Replaced(MessageEntry(numbers.choice(ids), "user", "You", numbered(3)))]
                    )
            await on.pilot.pause()
            view = on.transcript
            total, y = view._item_list.heights.total, view.scroll_offset.y
            assert view.virtual_size.height == max(total, y + view.size.height if y else 0)
            assert [item.entry.id for item in view._item_list.items] == ids
            for item in view._item_list.items:
                if item.canvas is not None:
                    assert view._item_list.heights[item.index] == item.gap + len(item.rows)
            end = max(0, total - view.size.height)
            if view.following:
                assert end <= y < (end + LEAP if end else 1)
            else:
                assert y < end
            assert on.app.screen.get_selected_text() is None


async def test_every_row_that_looks_different_is_painted_again() -> None:
    numbers = random.Random(7)
    async with scene(*(message(n, numbered(numbers.randrange(1, 9))) for n in range(12))) as on:
        view, ids = on.transcript, [f"m{n}" for n in range(12)]
        view.apply([Added(12, RunEntry("r", "r", "in_progress", started_at=1000))])

        def rows() -> list[str]:
            return [strip.text for strip in view.render_lines(view.size.region)]

        for step in range(150):
            before = rows()
            view._exchange_repaint_regions()
            match numbers.randrange(6):
                case 0:
                    place = numbers.randrange(len(ids) + 1)
                    ids.insert(place, f"x{step}")
                    view.apply([Added(place, MessageEntry(f"x{step}", "user", "You", "new", streaming=True))])
                case 1 if len(ids) > 3:
                    view.apply([Removed(ids.pop(numbers.randrange(len(ids))))])
                case 2 | 3:
                    view.apply([Appended(ids[-1], "\n\nmore **text**")])
                case 4:
                    view.scroll_to(y=view.scroll_offset.y + numbers.randrange(-5, 9))
                case _:
                    view.apply([Replaced(MessageEntry(numbers.choice(ids), "user", "You", numbered(3)))])
            painted = {y for region in view._exchange_repaint_regions() for y in region.line_range}
            changed = {y for y, (old, new) in enumerate(zip(before, rows(), strict=True)) if old != new}
            assert changed <= painted, (step, sorted(changed - painted))


async def test_a_stale_selection_is_no_harm() -> None:
    async with scene(message(0), message(1)) as on:
        on.app.screen.selections = {on.transcript: Selection(Offset(3, 10**9), Offset(9, 10**15))}
        await on.painted()
        on.app.screen.get_selected_text()
        on.transcript.show([])
        await on.painted()
        assert not on.app.screen.selections


def running(code: str, logs: str = "", status: str = "in_progress", error: str = "") -> StepEntry:
    outputs = (ToolCallOutput("logs", logs),) if logs else ()
    return StepEntry("s", "r", 1, status, (ToolCallEntry("c", "code_interpreter", "", code, outputs, error),))


RUN = RunEntry("r:run", "r", "in_progress")


async def test_a_step_that_has_ended_stays_open_until_the_answer_goes_on() -> None:
    async with scene(running("print(1)", "1"), RUN) as on:
        on.transcript.apply([Replaced(running("print(1)", "1", "completed"))])
        assert any("print(1)" in line for line in await on.painted())
        on.transcript.apply([Added(1, message(1, "so", streaming=True))])
        assert not any("print(1)" in line for line in await on.painted())
        assert await on.find("code interpreter")


async def test_the_end_of_the_run_folds_it_too_but_not_what_the_user_opened() -> None:
    async with scene(running("print(1)"), RUN) as on:
        on.transcript.apply([Replaced(running("print(1)", "1", "completed"))])
        on.transcript.apply([Replaced(RunEntry("r:run", "r", "completed"))])
        assert not any("print(1)" in line for line in await on.painted())
    async with scene(running("print(1)"), RUN) as on:
        place = await on.find("code interpreter")
        await on.pilot.click(offset=place)
        await on.pilot.click(offset=place)
        on.transcript.apply([Replaced(running("print(1)", "1", "completed")), Added(1, message(1, "so"))])
        assert any("print(1)" in line for line in await on.painted())


async def test_code_that_raises_unfolds_its_panel_by_itself() -> None:
    trace = "Traceback (most recent call last):\nZeroDivisionError: division by zero"
    async with scene(running("1/0", trace, "completed", "ZeroDivisionError"), message(1, "No.")) as on:
        shown = await on.painted()
        assert any("ZeroDivisionError: division" in line for line in shown)
        assert "✗" in shown[(await on.find("code interpreter"))[1]]


async def test_the_line_that_is_read_stays_while_a_panel_above_runs_ends_and_folds() -> None:
    lines = [f"row {n}" for n in range(12)]
    async with scene(message(0, numbered(40)), running(""), RUN, message(2, numbered(40))) as on:
        on.transcript.scroll_page(-1)
        before = await on.painted()
        for count in range(1, 13):
            on.transcript.apply([Replaced(running("\n".join(lines[:count])))])
        on.transcript.apply([Replaced(running("\n".join(lines), "out\n" * 30))])
        on.transcript.apply([Replaced(running("\n".join(lines), "out\n" * 30, "completed"))])
        assert await on.painted() == before


async def test_a_delta_of_a_running_step_draws_that_step_alone() -> None:
    entries = [message(n, numbered(5)) for n in range(200)]
    async with scene(*entries, running("a = 1"), RUN) as on:
        await on.painted()
        item_list = on.transcript._item_list
        kept = {item.entry.id: item.canvas for item in item_list.items}
        on.transcript.apply([Replaced(running("a = 1\nb = 2"))])
        changed = [item.entry.id for item in item_list.items if item.canvas is not kept[item.entry.id]]
        assert changed == ["s"]


async def test_what_is_known_of_files_is_asked_once_and_comes_without_a_jump() -> None:
    chip = MessageEntry(
        "m9", "assistant", "A", "Here.", attachments=(Attachment("file-1", "file-1", is_made=True),)
    )
    async with scene(chip, message(1, numbered(40))) as on:
        on.transcript.scroll_to_head()
        assert any("file-1" in line for line in await on.painted())
        await on.until(lambda: on.app.wanted == [{"file-1": False}])
        on.transcript.scroll_to(y=4)
        before = await on.painted()
        on.transcript.learn(files={"file-1": FileFact("revenue.csv", 48_123)})
        assert await on.painted() == before
        on.transcript.scroll_to_head()
        assert any("revenue.csv 48 KB  enter view · s save · o open" in line for line in await on.painted())
        assert len(on.app.wanted) == 1


async def test_keys_mark_panels_and_files_and_enter_chooses_them() -> None:
    logs = "\n".join(f"{n}" for n in range(500))
    link = "sandbox:/mnt/data/a.csv"
    answer = MessageEntry(
        "m1", "assistant", "A", f"[a]({link}) [b](sandbox:/mnt/data/b)",
        citations=(Citation(4, 4 + len(link), 0, "file-1", "file_path", "file-1"),),
        attachments=(Attachment("file-1", "a.csv", 12, is_made=True),),
    )  # fmt: skip
    async with scene(running("x", logs, "completed"), answer) as on:
        on.transcript.focus()
        await on.pilot.press("up")
        assert on.transcript.block is not None
        assert on.transcript.block.file_id == "file-1"
        await on.pilot.press("enter", "up", "up")
        assert on.transcript.block is not None
        assert on.transcript.block.call is not None
        await on.pilot.press("enter")
        for _ in range(80):
            if on.transcript.mark and on.transcript.mark[1].kind == "view":
                break
            await on.pilot.press("down")
        await on.pilot.press("enter")
        on.transcript.scroll_to_tail()
        place = await on.find("a b")
        await on.pilot.click(offset=place)
        await on.pilot.click(offset=(place[0] + 2, place[1]))
        await on.pilot.pause()
        told = [said for said in on.app.said if not isinstance(said, tuple)]
        assert told == ["file-1", len(logs), "file-1", ""]


async def test_a_file_whose_name_is_that_of_a_picture_is_drawn_once_its_name_is_known() -> None:
    file = Attachment("file-1", "file-1", is_made=True)
    async with scene(MessageEntry("m1", "assistant", "A", "Here.", attachments=(file,))) as on:
        await on.until(lambda: on.app.wanted == [{"file-1": False}])
        on.transcript.learn(files={"file-1": FileFact("plot.png", 900)})
        await on.until(lambda: on.app.wanted[1:] == [{"file-1": True}])
        on.transcript.learn(files={"file-1": FileFact("plot.png", 900, thumbnail(plot(160, 90)))})
        assert sum("▀" in line for line in await on.painted()) == 8


async def test_pictures_are_drawn_where_there_are_colours_and_named_everywhere() -> None:
    shown = MessageEntry(
        "m1", "assistant", "A", "", attachments=(Attachment("file-1", "p", is_picture=True, is_made=True),)
    )
    fact = FileFact("plot.png", 900, thumbnail(plot(160, 90)))
    async with scene(shown) as on:
        await on.until(lambda: on.app.wanted == [{"file-1": True}])
        on.transcript.learn(files={"file-1": fact})
        lines = await on.painted()
        assert sum("▀" in line for line in lines) == 8
        assert any("plot.png 160×90 900 B" in line for line in lines)
        on.transcript.pictures = "off"
        lines = await on.painted()
        assert not any("▀" in line for line in lines)
        assert any("plot.png 160×90 900 B  enter view" in line for line in lines)
        on.app.add_class("-plain")
        on.transcript.pictures = "auto"
        lines = await on.painted()
        assert not any("▀" in line or "enter view" in line for line in lines)


async def test_text_stands_for_a_picture_where_the_terminal_draws_it_there() -> None:
    file = Attachment("file-1", "p", is_picture=True, is_made=True)
    picture = FileFact("plot.png", 900, thumbnail(plot(320, 180)))
    written: list[str] = []
    terminal = TerminalPictures(written.append, lambda: None, lambda: True, first=0x123400)
    async with scene(MessageEntry("m1", "assistant", "A", "", attachments=(file,))) as on:
        on.transcript.learn(files={"file-1": picture})
        assert any("▀" in line for line in await on.painted())
        on.app.terminal_pictures = terminal  # type: ignore[attr-defined]
        terminal.ask()
        for answer in ("\x1bP>|kitty(0.40.0)\x1b\\", "\x1b[6;20;10t", "\x1b[?62c", "\x1b_Gi=31;OK\x1b\\"):
            terminal.take(answer)
        written.clear()
        on.transcript.pictures = "blocks"
        assert any("▀" in line for line in await on.painted())
        assert written == []
        on.transcript.pictures = "auto"
        lines = await on.painted()
        rows = [line for line in lines if PLACEHOLDER in line]
        assert [line.count(PLACEHOLDER) for line in rows] == [28] * 8
        assert [text[:40] for text in written] == ["\x1b_Ga=T,q=2,f=100,t=d,i=1192961,c=28,r=8,"]
        on.transcript.focus()
        on.transcript.marking.mark_message("m1")
        await on.pilot.pause()
        strips = on.transcript.render_lines(Region(0, 0, 60, 12))
        styles = {str(part.style) for strip in strips for part in strip if part.text.startswith(PLACEHOLDER)}
        assert len(styles) == 1, "the colour is the picture's number also where the block is marked"
        assert styles.pop().startswith("#123401 on ")


async def test_a_message_that_fits_into_a_window_is_not_folded() -> None:
    assert hidden_lines(message(0, "line\n" * 40)) == 0
    assert hidden_lines(message(0, "line\n" * 41)) == 21


async def test_a_long_message_of_the_user_is_folded_and_its_whole_text_is_shown_and_copied() -> None:
    log = "\n".join(f"entry {n}" for n in range(600))
    async with scene(message(0, log), message(1, "short"), size=(80, 40)) as on:
        shown = "\n".join(await on.painted())
        assert "entry 19" in shown
        assert "entry 20" not in shown
        x, y = await on.find("580 more lines")
        await on.pilot.click(on.transcript, offset=(x + 2, y))
        await on.pilot.pause()
        assert on.app.said == [len(log)]
        on.transcript.focus()
        on.transcript.marking.mark_message("m0")
        assert on.transcript.block is not None
        assert on.transcript.block.text == log
