"""The model picker: search, typed ids, words for waiting and failing, never in the way."""

from __future__ import annotations

from time import process_time

import pytest
from textual.app import App
from textual.widgets import Static

from aimltui.tui.screens.model_picker import ModelPicker, ModelRow
from aimltui.tui.state.model_rows import hint_of, tokens_in_words
from aimltui.tui.widgets.pick_list import PickList

ROWS = [
    ModelRow("gpt-4-turbo", "", "OpenAI", 128_000),
    ModelRow("gpt-4o-mini", "GPT-4o mini", "OpenAI", 128_000),
    ModelRow("gpt-4o", "GPT-4o", "OpenAI", 128_000, "vision"),
    ModelRow("claude-sonnet-4.5", "[/]\x1b[31m", "Anthropic", 200_000),
]


class PickerApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.results: list[str | None] = []

    def ask(self) -> None:
        self.asked += 1

    async def open(self, **kwargs: object) -> ModelPicker:
        picker = ModelPicker(self.ask, **kwargs)  # type: ignore[arg-type]
        await self.push_screen(picker, self.results.append)
        return picker


def shown(picker: ModelPicker) -> list[str]:
    widget = picker.query_one(PickList)
    lines = [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]
    return [" ".join(line.split()) for line in lines]


async def test_models_stand_under_their_vendors_with_the_current_one_marked() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        picker = await app.open(rows=ROWS, current="gpt-4o")
        await pilot.pause()
        assert shown(picker) == [
            "OpenAI",
            "gpt-4-turbo 128k",
            "gpt-4o-mini GPT-4o mini · 128k",
            "✓ gpt-4o GPT-4o · 128k · vision",
            "Anthropic",
            "claude-sonnet-4.5 [/] · 200k",
        ]
        assert app.asked == 0
        await pilot.press("enter")
        assert app.results == ["gpt-4o"]


async def test_a_few_letters_find_the_model() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open(rows=ROWS)
        await pilot.press(*"g4o", "enter")
        assert app.results == ["gpt-4o"]
        await app.open(rows=ROWS)
        await pilot.press(*"anth", "enter")
        assert app.results[-1] == "claude-sonnet-4.5"


async def test_a_typed_id_is_always_accepted_as_the_last_row() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        picker = await app.open(rows=ROWS)
        await pilot.press(*"foo/bar")
        await pilot.pause()
        assert shown(picker) == ["nothing for “foo/bar” among 4 models", "use “foo/bar” as typed"]
        await pilot.press("enter")
        assert app.results == ["foo/bar"]
        await app.open(rows=ROWS)
        await pilot.press(*"gpt-4o", "up", "down", "enter")
        assert app.results[-1] == "gpt-4o-mini"


async def test_the_cursor_moves_over_headings() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open(rows=ROWS, current="gpt-4o")
        await pilot.press("down", "down", "enter")
        assert app.results == ["claude-sonnet-4.5"]


def problem(picker: ModelPicker) -> str:
    line = picker.query_one(".sheet-problem", Static)
    return str(line.content) if line.display else ""


async def test_why_there_is_no_list_is_said_whole() -> None:
    app = PickerApp()
    async with app.run_test(size=(80, 24)) as pilot:
        picker = await app.open()
        picker.set_error(
            "The name no-such-host.invalid could not be found: no network, or a mistyped base URL."
        )
        await pilot.pause()
        assert picker.query_one(".sheet-problem", Static).region.height == 2


async def test_waiting_failing_and_refreshing_are_said_in_words() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        picker = await app.open()
        await pilot.pause()
        assert app.asked == 1
        assert shown(picker) == ["asking the endpoint for its models…"]
        picker.set_error("The endpoint has no list (404).")
        await pilot.pause()
        assert problem(picker) == "The endpoint has no list (404)."
        await pilot.press(*"my-model")
        await pilot.pause()
        assert shown(picker)[-1] == "use “my-model” as typed"
        await pilot.press("ctrl+r")
        assert app.asked == 2
        picker.set_rows(ROWS)
        await pilot.press(*["backspace"] * 8)
        await pilot.pause()
        assert "gpt-4o-mini GPT-4o mini · 128k" in shown(picker)
        picker.set_error("Now it is down.")
        await pilot.pause()
        assert problem(picker) == "Now it is down."
        assert shown(picker)[0] == "OpenAI"
        picker.set_rows([])
        await pilot.pause()
        assert problem(picker) == ""
        assert shown(picker) == ["The endpoint lists no models. Type a model's id."]


@pytest.mark.parametrize("key", ["escape", "ctrl+l"])
async def test_it_closes_without_a_choice(key: str) -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open(rows=ROWS)
        await pilot.press("x", key)
        assert app.results == [None]


async def test_a_click_takes_a_model_and_one_beside_the_panel_closes() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open(rows=ROWS)
        await pilot.pause()
        await pilot.click(PickList, offset=(5, 0))
        assert app.results == []
        await pilot.click(PickList, offset=(5, 2))
        assert app.results == ["gpt-4o-mini"]
        picker = await app.open(rows=ROWS)
        await pilot.pause()
        await pilot.click(picker, offset=(2, 25))
        assert app.results[-1] is None


async def test_a_thousand_models_answer_each_key_at_once() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        rows = [
            ModelRow(f"vendor{number % 7}/model-{number}-instruct", "", f"V{number % 7}")
            for number in range(1000)
        ]
        await app.open(rows=rows)
        await pilot.press("m")
        start = process_time()
        await pilot.press(*"odel 999")
        assert (process_time() - start) / 8 < 0.15
        await pilot.press("enter")
        assert app.results == ["vendor5/model-999-instruct"]


@pytest.mark.parametrize("size", [(20, 5), (10, 3), (300, 100)])
async def test_no_size_breaks_it_and_the_search_stays_usable(size: tuple[int, int]) -> None:
    app = PickerApp()
    async with app.run_test(size=size) as pilot:
        await app.open(rows=ROWS * 20)
        await pilot.press(*"g4o", "down", "pagedown", "pageup", "enter")
        assert app.results


@pytest.mark.parametrize(
    ("tokens", "words"),
    [(128_000, "128k"), (131_072, "128k"), (1_048_576, "1M"), (1_500_000, "1.5M"), (512, "512")],
)
def test_token_counts_are_short(tokens: int, words: str) -> None:
    assert tokens_in_words(tokens) == words


def test_a_hint_says_only_what_is_known() -> None:
    assert hint_of(ModelRow("a", "a")) == ""
    assert hint_of(ModelRow("a", "A", context=8_192, note="new")) == "A · 8k · new"
