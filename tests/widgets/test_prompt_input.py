"""The prompt sends on enter and only then, and never loses what was written."""

from __future__ import annotations

from time import process_time
from typing import ClassVar

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.widgets import Static

from aimltui.tui.state.pastes import COLLAPSE_ABOVE
from aimltui.tui.widgets.line_input import MOST_CHARACTERS, LineInput
from aimltui.tui.widgets.prompt_input import PromptInput


class PromptApp(App[None]):
    BINDINGS: ClassVar = [
        Binding("pageup,pagedown,home,end", "moved"),
        Binding("ctrl+c", "interrupted"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[str] = []
        self.seen: list[str] = []

    def compose(self) -> ComposeResult:
        yield Static("transcript")
        yield PromptInput("Message Data analyst…   enter send · ctrl+j new line")

    @property
    def prompt(self) -> PromptInput:
        return self.query_one(PromptInput)

    def on_mount(self) -> None:
        self.prompt.focus()

    def on_prompt_input_submitted(self, event: PromptInput.Submitted) -> None:
        self.sent.append(event.text)

    def on_prompt_input_up_at_top(self) -> None:
        self.seen.append("up")

    def on_prompt_input_quit_requested(self) -> None:
        self.seen.append("quit")

    def on_prompt_input_copied(self, event: PromptInput.Copied) -> None:
        self.seen.append(f"copied {event.text}")

    def action_moved(self) -> None:
        self.seen.append("moved")

    def action_interrupted(self) -> None:
        self.seen.append("interrupted")


async def test_what_is_typed_between_enter_and_its_acceptance_stays() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press(*"hello", "enter", *"wo")
        app.prompt.accept()
        await pilot.press(*"rld")
        assert app.prompt.draft == "world"
        app.prompt.accept()
        assert app.prompt.draft == ""


async def test_enter_submits_and_the_text_stays_until_it_is_accepted() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press(*"hello", "enter")
        assert app.sent == ["hello"]
        assert app.prompt.draft == "hello"
        app.prompt.accept()
        assert app.prompt.is_empty
        await pilot.press("enter", "space", "enter")
        assert app.sent == ["hello"]


async def test_enter_pressed_twice_sends_once() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press(*"hello", "enter", "enter")
        assert app.sent == ["hello"]
        app.prompt.accept()
        await pilot.press(*"hello", "enter")
        assert app.sent == ["hello", "hello"]


@pytest.mark.parametrize("keys", [("ctrl+j",), ("shift+enter",), ("alt+enter",), ("backslash", "enter")])
async def test_every_newline_key_makes_a_new_line(keys: tuple[str, ...]) -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("a", *keys, "b")
        assert app.sent == []
        assert app.prompt.draft == "a\nb"
        await pilot.press("enter")
        assert app.sent == ["a\nb"]


async def test_a_doubled_backslash_sends_and_one_in_the_middle_is_left_alone() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("a", "backslash", "backslash", "enter")
        assert app.sent == ["a\\\\"]
        app.prompt.load_draft("a\\b")
        await pilot.press("enter")
        assert app.sent[-1] == "a\\b"


async def test_a_paste_never_sends_and_is_cleaned() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("x")
        app.prompt.post_message(events.Paste("one\r\ntwo\rthree\n\x1b[31mred\x1b[0m\x07\x9b1m\ttab\ud800"))
        await pilot.pause()
        assert app.sent == []
        assert app.prompt.draft == "xone\ntwo\nthree\nred\ttab\ufffd"


async def test_a_large_paste_is_a_token_that_is_sent_as_its_text() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        one = "line of text\n" * 3_000
        two = "y" * (COLLAPSE_ABOVE + 1)
        await pilot.press("a", "space")
        app.prompt.post_message(events.Paste(one))
        await pilot.pause()
        await pilot.press("space", "b", "space")
        app.prompt.post_message(events.Paste(two))
        await pilot.pause()
        assert app.prompt.text == "a [Pasted #1 · 3,000 lines] b [Pasted #2 · 20,001 characters]"
        assert app.prompt.draft == f"a {one} b {two}"
        await pilot.press("enter")
        assert app.sent == [f"a {one} b {two}"]


async def test_a_paste_of_many_lines_is_a_token_until_it_is_pasted_again() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        log = "\n".join(f"entry {n}" for n in range(30))
        await pilot.press("a", "space")
        app.prompt.post_message(events.Paste(log))
        await pilot.pause()
        assert app.prompt.text == "a [Pasted #1 · 30 lines]"
        assert app.prompt.draft == f"a {log}"
        app.prompt.post_message(events.Paste(log))
        await pilot.pause()
        assert app.prompt.text == f"a {log}"
        # what is typed, or comes back as a draft, can be edited
        app.prompt.load_draft(log)
        assert app.prompt.text == log


async def test_the_prompt_and_line_fields_delete_whole_characters_and_know_the_keys_of_shells() -> None:
    family = "\U0001f468\u200d\U0001f469\u200d\U0001f467"

    class Fields(PromptApp):
        def compose(self) -> ComposeResult:
            yield from super().compose()
            yield LineInput(select_on_focus=False)

    app = Fields()
    async with app.run_test() as pilot:
        line = app.query_one(LineInput)

        def now() -> str:
            return app.prompt.text if app.focused is app.prompt else line.value

        for field in (app.prompt, line):
            field.focus()
            if isinstance(field, PromptInput):
                field.load_draft(f"one two {family}")
            else:
                field.value = f"one two {family}"
                field.cursor_position = len(field.value)
            await pilot.press("left", "x")
            assert now() == f"one two x{family}"
            await pilot.press("delete", "backspace", "backspace")
            assert now() == "one two"
            await pilot.press("alt+b", "a")
            assert now() == "one atwo"
            await pilot.press("alt+left", "alt+left", "b")
            assert now() == "bone atwo"
            await pilot.press("ctrl+a", "alt+d")
            assert now().strip() == "atwo"
            await pilot.press("ctrl+a", "alt+f", "ctrl+e", "ctrl+w")
            assert now().strip() == ""
            await pilot.press("ctrl+u")
            assert now() == ""


async def test_backspace_and_delete_take_a_token_as_a_whole_and_undo_brings_it_back() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        big = "z" * 30_000
        app.prompt.post_message(events.Paste(big))
        await pilot.pause()
        await pilot.press("backspace")
        assert app.prompt.is_empty
        await pilot.press("ctrl+z")
        assert app.prompt.draft == big
        await pilot.press("home", "delete")
        assert app.prompt.is_empty


async def test_a_megabyte_is_pasted_without_a_noticeable_stop() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        text = ("word " * 20 + "\n") * 10_000
        start = process_time()
        app.prompt.post_message(events.Paste(text))
        await pilot.pause()
        taken = process_time() - start
        assert app.prompt.draft == text
        assert taken < 0.5


async def test_a_draft_comes_back_with_its_large_pastes_and_nothing_to_undo() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press(*"old")
        app.prompt.load_draft("x" * 50_000)
        assert app.prompt.text.startswith("[Pasted #1")
        assert app.prompt.draft == "x" * 50_000
        await pilot.press("ctrl+z")
        assert app.prompt.draft == "x" * 50_000


async def test_a_cleared_prompt_comes_back_by_undo() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press(*"two words")
        assert app.prompt.clear_undoable()
        assert app.prompt.is_empty
        assert not app.prompt.clear_undoable()
        await pilot.press("ctrl+z")
        assert app.prompt.draft == "two words"


async def test_the_prompt_grows_to_forty_percent_of_the_screen() -> None:
    app = PromptApp()
    async with app.run_test(size=(80, 30)) as pilot:
        assert app.prompt.size.height == 1
        await pilot.press("a", "ctrl+j", "b", "ctrl+j", "c")
        await pilot.pause()
        assert app.prompt.size.height == 3
        app.prompt.load_draft("x\n" * 100)
        await pilot.pause()
        assert app.prompt.size.height == 12
        app.prompt.accept()
        await pilot.pause()
        assert app.prompt.size.height == 1
        app.prompt.load_draft("long " * 40)
        await pilot.pause()
        assert app.prompt.size.height == 3


async def test_keys_of_the_empty_prompt_go_where_they_are_of_use() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("up", "ctrl+d", "home", "end", "pageup")
        assert app.seen == ["up", "quit", "moved", "moved", "moved"]
        app.seen.clear()
        await pilot.press("a", "b", "home", "c", "end", "d", "ctrl+d", "pagedown")
        assert app.prompt.draft == "cabd"
        assert app.seen == ["moved"]
        await pilot.press("up", "ctrl+j", "up")
        assert app.seen == ["moved"], "there was something to move over"
        await pilot.press("up")
        assert app.seen == ["moved", "up"]


async def test_ctrl_c_is_the_screens_unless_something_is_selected() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        await pilot.press("a", "ctrl+c")
        assert app.seen == ["interrupted"]
        await pilot.press("shift+left", "ctrl+c")
        assert app.seen == ["interrupted", "copied a"]
        await pilot.press("ctrl+c")
        assert app.seen[2:] == ["interrupted"], (
            "the selection is let go of, so that the key can clear and quit"
        )


async def test_the_cursor_does_not_blink() -> None:
    app = PromptApp()
    async with app.run_test():
        assert not app.prompt.cursor_blink


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (300, 100)])
async def test_no_size_breaks_it(size: tuple[int, int]) -> None:
    app = PromptApp()
    async with app.run_test(size=size) as pilot:
        app.prompt.load_draft("some [b]markup[/] \n[/] " * 20)
        await pilot.press("x", "enter")
        assert app.sent


def at_once(app: App[None], *keys: str) -> None:
    """As they come while the program is busy, or from a terminal that hands on several at a time."""
    for key in keys:
        app.post_message(events.Key(key, key if len(key) == 1 else None))


async def test_keys_that_come_at_once_are_taken_in_their_order() -> None:
    app = PromptApp()
    async with app.run_test() as pilot:
        at_once(app, *"abx", "backspace", "d", "left", "c", "home", *"> ", "end", "e", "pageup", "f")
        await pilot.pause()
        assert app.prompt.draft == "> abcdef"
        assert app.seen == ["moved"]


async def test_a_search_box_takes_them_so_too() -> None:
    class Search(App[None]):
        def compose(self) -> ComposeResult:
            yield LineInput(select_on_focus=False)

    app = Search()
    async with app.run_test() as pilot:
        at_once(app, *"abx", "backspace", "d", "left", "c", "home", ">")
        await pilot.pause()
        assert app.query_one(LineInput).value == ">abcd"


async def test_a_line_takes_a_pasted_text_as_one_line_and_says_where_its_end_is() -> None:
    class Search(App[None]):
        def compose(self) -> ComposeResult:
            yield LineInput(select_on_focus=False)

    app = Search()
    async with app.run_test() as pilot:
        line = app.query_one(LineInput)

        async def paste(text: str) -> None:
            app.post_message(events.Paste(text))
            await pilot.pause()

        def told() -> list[str]:
            return [notification.message for notification in app._notifications]

        await paste("\none\ntwo\x1b[31m\x1b]2;title\x07\n")
        assert line.value == "one two"
        await paste("x" * 120_000)
        assert line.value == "one two"
        assert told() == [
            "Nothing was put in: this line takes 10,000 characters, and 120,007 would stand in it."
        ]
        await paste("x" * (MOST_CHARACTERS - 7))
        for letter in "ab":
            await pilot.press(letter)
            assert len(line.value) == MOST_CHARACTERS
        # told once for each time that it is full
        assert len(told()) == 2
        await pilot.press("backspace", "a", "b")
        assert line.value.endswith("xa")
        assert len(told()) == 3
        # what was too long from the start can only become shorter
        line.max_length = 100
        await pilot.press("b", "backspace")
        assert len(line.value) == MOST_CHARACTERS - 1
        await pilot.press("ctrl+u", "c")
        assert line.value == "c"
