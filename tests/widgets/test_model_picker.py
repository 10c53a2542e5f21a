"""The model picker: sections, search, columns, typed ids, favourites, several connections, and what goes wrong."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest
from textual.app import App
from textual.widgets import Static

from aimltui.tui.controllers.file_worker import FileWorker
from aimltui.tui.controllers.settings_writer import MarkKeeper
from aimltui.tui.screens.dialogs.model_picker import ModelChoice, ModelPicker, ModelRow, SourceRow
from aimltui.tui.state.model_offer import ModelOffer
from aimltui.tui.state.model_words import dollars_in_words, tokens_in_words
from aimltui.tui.storage.model_marks import ModelMarks
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.model_list import ModelList
from tests.bench.bench_models import FRAME_S, measure
from tests.bench.measure import median
from tests.support.builders import PATIENCE_S

NOW = 1_800_000_000.0
FULL = ModelRow(
    "gpt-4o",
    "GPT-4o",
    "OpenAI",
    128_000,
    connection="AI/ML API",
    created=5,
    output_limit=16_384,
    aliases=("openai/gpt-4o",),
    abilities=frozenset({"tools", "vision", "streaming"}),
    prompt=2.5e-6,
    completion=10e-6,
    cached=1.25e-6,
    description="Sees and hears.",
)
ROWS = (
    ModelRow("gpt-4-turbo", "", "OpenAI", 128_000, connection="AI/ML API", created=3),
    ModelRow("gpt-4o-mini", "GPT-4o mini", "OpenAI", 128_000, connection="AI/ML API", created=4),
    FULL,
    ModelRow("claude-sonnet-4.5", "[/]\x1b[31m", "Anthropic", 200_000, connection="AI/ML API"),
)
SOURCE = SourceRow("AI/ML API", "cache", int(NOW) - 3 * 3600, count=4)
OFFER = ModelOffer(ROWS, (SOURCE,))


class PickerApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.asked = 0
        self.choices: list[ModelChoice] = []
        self.results: list[str | None] = []

    def ask(self) -> None:
        self.asked += 1

    async def open(self, offer: ModelOffer = OFFER, **kwargs: object) -> ModelPicker:
        kwargs = {"connections": ("AI/ML API",), "clock": lambda: NOW, **kwargs}
        picker = ModelPicker(self.ask, self.choices.append, offer=offer, **kwargs)  # type: ignore[arg-type]
        await self.push_screen(picker, self.results.append)
        return picker


def lines(picker: ModelPicker) -> list[str]:
    widget = picker.query_one(ModelList)
    found = [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]
    while found and not found[-1]:
        found.pop()
    return found


def shown(picker: ModelPicker) -> list[str]:
    """The lines, what stands in their columns left off."""
    return [re.split(r"  +", line.strip().replace("✓  ", "✓ "))[0] for line in lines(picker) if line]


def words(picker: ModelPicker, selector: str) -> str:
    line = picker.query_one(selector, Static)
    return str(line.content) if line.display else ""


async def test_models_stand_by_vendor_the_newest_first_in_columns_with_the_current_one_marked() -> None:
    app = PickerApp()
    async with app.run_test(size=(120, 30)) as pilot:
        picker = await app.open(current=("AI/ML API", "gpt-4o"))
        await pilot.pause()
        assert [line.split() for line in lines(picker)] == [
            ["Anthropic"],
            ["claude-sonnet-4.5", "200k", "–", "–"],
            [],
            ["OpenAI"],
            ["✓", "gpt-4o", "128k", "•", "•", "•", "$2.50", "/", "$10"],
            ["gpt-4o-mini", "128k", "–", "–"],
            ["gpt-4-turbo", "128k", "–", "–"],
        ]
        head = words(picker, ".models-head")
        assert head.split() == [
            "model",
            "context",
            "tools",
            "vision",
            "reason",
            "stream",
            "files",
            "$",
            "in",
            "/",
            "out",
            "per",
            "1M",
        ]
        assert head.index("context") + 7 == lines(picker)[1].index("200k") + 4
        assert head.index(" / ") == lines(picker)[4].index(" / ")
        assert words(picker, ".models-state") == "AI/ML API: 4 models, asked 3 h ago"
        assert words(picker, ".models-detail").split("\n") == [
            "GPT-4o  OpenAI · AI/ML API",
            "128,000 tokens · answers up to 16,384 · $2.50 in, $10 out, $1.25 cached per 1M",
            "Sees and hears.",
        ]
        await pilot.press("enter")
        assert app.choices == [ModelChoice("gpt-4o", "AI/ML API", "thread")]
        assert app.asked == 0


async def test_narrow_screens_lose_columns_from_the_right_and_no_word_is_cut() -> None:
    app = PickerApp()
    async with app.run_test(size=(80, 24)) as pilot:
        picker = await app.open(ModelOffer((FULL, ModelRow("a" * 20 + "/" + "b" * 30))))
        heads = []
        for width in (80, 60, 44, 30):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            await pilot.pause()
            heads.append(" ".join(words(picker, ".models-head").split()))
        assert heads == ["model context TVRSF $ in / out", "model context", "model", "model"]
        row = next(line for line in lines(picker) if "aaa" in line)
        assert row.strip() == "a" * 20 + "…"


async def test_ctrl_s_makes_it_the_assistants_default() -> None:
    app = PickerApp()
    async with app.run_test(size=(120, 30)) as pilot:
        picker = await app.open(assistant="Analyst")
        await pilot.pause()
        assert "Make it Analyst's default" in str(picker.query_one(FooterBar).render())
        await pilot.press(*"g4o", "ctrl+s")
        assert app.choices == [ModelChoice("gpt-4o", "AI/ML API", "assistant")]


async def test_a_few_letters_find_the_model_by_id_vendor_name_alias_or_ability() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        for typed, found in (
            ("g4o", "gpt-4o"),
            ("anth", "claude-sonnet-4.5"),
            ("openai/gpt-4o", "gpt-4o"),
            ("vision", "gpt-4o"),
            ("gpt tools", "gpt-4o"),
        ):
            await app.open()
            await pilot.press(*("space" if letter == " " else letter for letter in typed), "enter")
            assert app.choices[-1].id == found, typed


async def test_a_typed_id_is_always_accepted_as_the_last_row() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        picker = await app.open()
        await pilot.press(*"foo/bar")
        await pilot.pause()
        assert shown(picker) == ["nothing for “foo/bar” among 4 models", "use “foo/bar” as typed"]
        await pilot.press("enter")
        assert app.choices == [ModelChoice("foo/bar", "AI/ML API")]
        picker = await app.open()
        await pilot.press(*"gpt-4o")
        assert shown(picker) == ["gpt-4o", "gpt-4o-mini", "gpt-4-turbo"]


TWO = ModelOffer(
    (*ROWS, ModelRow("gpt-4o", "", "Local", 8_192, connection="Ollama"), ModelRow("demo", "Demo")),
    (
        SOURCE,
        SourceRow("Ollama", "live", int(NOW) - 30, count=1),
        SourceRow("Work", "none", problem="No route."),
    ),
)


async def test_several_connections_stand_side_by_side_and_a_failing_one_is_named() -> None:
    app = PickerApp()
    async with app.run_test(size=(120, 34)) as pilot:
        names = ("Ollama", "AI/ML API", "Work")
        picker = await app.open(TWO, current=("Ollama", "gpt-4o"), connections=names)
        await pilot.pause()
        found = shown(picker)
        assert found[0] == "AI/ML API · Anthropic"
        assert found[-4:] == ["Ollama · Local", "✓ gpt-4o", "Others", "demo"]
        assert found.count("✓ gpt-4o") == 1
        assert words(picker, ".sheet-problem") == "Work: No route."
        assert words(picker, ".models-state").startswith(
            "AI/ML API: 4 models, asked 3 h ago   Ollama: 1 model, asked now"
        )
        await pilot.resize_terminal(50, 24)
        async with asyncio.timeout(PATIENCE_S):
            while words(picker, ".models-state") != "5 models from 2 connections":
                await pilot.pause()
        await pilot.resize_terminal(120, 34)
        await pilot.press("enter")
        assert app.choices == [ModelChoice("gpt-4o", "Ollama")]
        picker = await app.open(TWO, connections=names)
        await pilot.press(*"gpt-4o")
        assert shown(picker)[-1] == "use “gpt-4o” as typed at Work"
        await pilot.press("up", "enter")
        assert app.choices[-1].connection == "AI/ML API"
        picker = await app.open(TWO, connections=names)
        await pilot.press(*"new/one", "down", "enter")
        assert app.choices[-1] == ModelChoice("new/one", "AI/ML API")


async def test_recent_ones_and_favourites_stand_first_and_ctrl_f_toggles(tmp_path: Path) -> None:
    marks = ModelMarks(tmp_path / "state" / "models.json")
    marks.note_use(("AI/ML API", "gpt-4-turbo"))
    marks.note_use(("Gone", "typed/once"))
    problems: list[str] = []
    worker = FileWorker(problems.append)
    app = PickerApp()
    async with app.run_test(size=(120, 34)) as pilot:
        picker = await app.open(marks=MarkKeeper(marks, worker))
        await pilot.pause()
        assert shown(picker)[:4] == ["Recent", "typed/once", "gpt-4-turbo", "Anthropic"]
        await pilot.press("down", "down", "ctrl+f")
        await pilot.pause()
        row = picker.query_one(ModelList).cursor_row
        assert row is not None
        assert row.id.startswith("Anthropic")
        assert shown(picker)[3:7] == ["Favourites", "★ claude-sonnet-4.5", "Anthropic", "★ claude-sonnet-4.5"]
        await pilot.press("ctrl+f")
        assert "Favourites" not in shown(picker)
        await pilot.press(*"turbo", "ctrl+f")
        assert shown(picker)[0] == "★ gpt-4-turbo"
        await worker.finish()
    assert problems == []
    again = ModelMarks(tmp_path / "state" / "models.json")
    again.load()
    assert again.favourites == (("AI/ML API", "gpt-4-turbo"),)


async def test_a_new_list_moves_neither_the_cursor_nor_what_is_in_view() -> None:
    rows = tuple(ModelRow(f"model-{number:03}", vendor="V", created=900 - number) for number in range(300))
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        picker = await app.open(ModelOffer(rows))
        await pilot.press(*["pagedown"] * 4, *["up"] * 3)
        await pilot.pause()
        before, widget = lines(picker), picker.query_one(ModelList)
        row = widget.cursor_row
        newer = tuple(ModelRow(f"newer-{number}", vendor="V", created=999) for number in range(7))
        picker.show_offer(ModelOffer((*rows, *newer)))
        await pilot.pause()
        assert widget.cursor_row == row
        assert lines(picker) == before
        height = widget.size.height
        await pilot.press(*"model-299")
        await pilot.pause()
        assert widget.size.height == height


async def test_waiting_failing_and_refreshing_are_said_in_words() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        picker = await app.open(ModelOffer(), is_asked=True)
        await pilot.pause()
        assert words(picker, ".models-state") == "asking for the models…"
        picker.show_offer(ModelOffer(problem="The endpoint has no list (404)."))
        await pilot.pause()
        assert words(picker, ".sheet-problem") == "The endpoint has no list (404)."
        await pilot.press(*"my-model")
        await pilot.pause()
        assert shown(picker)[-1] == "use “my-model” as typed"
        await pilot.press("ctrl+r")
        assert app.asked == 1
        picker.show_offer(OFFER)
        await pilot.press(*["backspace"] * 8)
        await pilot.pause()
        assert "gpt-4o-mini" in shown(picker)
        assert words(picker, ".sheet-problem") == ""
        picker.note_asking()
        assert words(picker, ".models-state").endswith("asked 3 h ago   asking…")
        picker.show_offer(ModelOffer(problem="Now it is down."))
        await pilot.pause()
        assert words(picker, ".sheet-problem") == "Now it is down."
        assert shown(picker)[0] == "Anthropic"
        picker.show_offer(ModelOffer())
        await pilot.pause()
        assert words(picker, ".sheet-problem") == ""
        assert shown(picker) == ["The endpoint lists no models. Type a model's id."]


async def test_why_there_is_no_list_is_said_whole() -> None:
    app = PickerApp()
    async with app.run_test(size=(80, 24)) as pilot:
        picker = await app.open(
            ModelOffer(
                problem="The name no-such-host.invalid could not be found: no network, or a mistyped base URL."
            )
        )
        await pilot.pause()
        assert picker.query_one(".sheet-problem", Static).region.height == 2


async def test_a_shipped_list_says_that_it_is_one() -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        picker = await app.open(
            ModelOffer(ROWS, (SourceRow("AI/ML API", "snapshot", 1_787_270_400, count=259),))
        )
        await pilot.pause()
        assert words(picker, ".models-state") == "AI/ML API: 259 models, list of 2026-08, not asked yet"


@pytest.mark.parametrize("key", ["escape", "ctrl+l"])
async def test_it_closes_without_a_choice(key: str) -> None:
    app = PickerApp()
    async with app.run_test(size=(100, 30)) as pilot:
        await app.open()
        await pilot.press("x", key)
        assert (app.results, app.choices) == ([None], [])


async def test_a_click_takes_a_model_and_one_beside_the_panel_closes() -> None:
    app = PickerApp()
    async with app.run_test(size=(160, 30)) as pilot:
        picker = await app.open()
        await pilot.pause()
        await pilot.click(ModelList, offset=(5, 0))
        assert app.choices == []
        await pilot.click(ModelList, offset=(5, 1))
        assert app.choices[0].id == "claude-sonnet-4.5"
        picker = await app.open()
        await pilot.pause()
        await pilot.click(picker, offset=(2, 28))
        assert app.results[-1] is None


@pytest.mark.parametrize("size", [(20, 5), (10, 3), (300, 100)])
async def test_no_size_breaks_it_and_the_search_stays_usable(size: tuple[int, int]) -> None:
    app = PickerApp()
    async with app.run_test(size=size) as pilot:
        await app.open()
        await pilot.press(*"g4o", "down", "pagedown", "pageup", "ctrl+f", "up", "enter")
        assert app.choices


async def test_a_thousand_models_are_filtered_and_painted_within_a_frame() -> None:
    """The bound leaves room for a slow machine; see `tests/bench/bench_models.py` for the figure."""
    found = await measure(1000, rounds=3)
    assert max(median(seconds) for seconds in found.values()) < 3 * FRAME_S


@pytest.mark.parametrize(
    ("tokens", "text"),
    [(128_000, "128k"), (131_072, "128k"), (1_048_576, "1M"), (1_500_000, "1.5M"), (512, "512")],
)
def test_token_counts_are_short(tokens: int, text: str) -> None:
    assert tokens_in_words(tokens) == text


@pytest.mark.parametrize(
    ("price", "text"),
    [(None, "–"), (0.0, "$0"), (0.25e-6, "$0.25"), (0.4e-6, "$0.40"), (2e-6, "$2"), (12.5e-6, "$12.50"),
     (0.0375e-6, "$0.0375"), (600e-6, "$600"), (1e-11, "<$0.001")],
)  # fmt: skip
def test_prices_are_for_a_million_tokens_and_an_unknown_one_is_a_dash(price: float | None, text: str) -> None:
    assert dollars_in_words(price) == text


def test_an_unknown_model_is_never_free_and_a_free_one_says_so() -> None:
    from aimltui.tui.state.model_columns import columns_for

    columns = columns_for(120, 20)
    assert columns.cells(ModelRow("a")).strip().split() == ["–", "–", "–"]
    assert columns.cells(ModelRow("a", prompt=0.0, completion=0.0)).strip().endswith("free")
    assert columns.cells(ModelRow("a", prompt=1e-6)).strip().endswith("$1 / –")


async def test_in_a_narrow_list_the_letters_are_told_in_words_below_it_and_nothing_is_cut() -> None:
    app = PickerApp()
    async with app.run_test(size=(80, 24)) as pilot:
        picker = await app.open(current=("AI/ML API", "gpt-4o"))
        await pilot.pause()
        assert "TV·S·" in next(line for line in lines(picker) if "gpt-4o " in line)
        _, facts, told = words(picker, ".models-detail").split("\n")
        assert not facts.endswith("…")
        assert told == "tools, vision, streaming. Sees and hears."


async def test_what_was_learned_of_a_model_is_told_instead_of_its_makers_words() -> None:
    row = ModelRow("odd", description="Best of all.", learned=("It takes no system role.",))
    app = PickerApp()
    async with app.run_test(size=(120, 30)) as pilot:
        picker = await app.open(ModelOffer((row,)))
        await pilot.pause()
        assert words(picker, ".models-detail").split("\n")[2] == "It takes no system role."


async def test_a_long_id_stands_below_the_list_as_a_whole() -> None:
    name = "vendor-international/" + "extremely-long-name-" * 4 + "128k"
    app = PickerApp()
    async with app.run_test(size=(80, 24)) as pilot:
        picker = await app.open(ModelOffer((ModelRow(name, connection="AI/ML API"),), (SOURCE,)))
        await pilot.pause()
        told = words(picker, ".models-detail").split("\n")
        assert "".join(told[:2]) == name
        assert told[2:] == ["No details available."]


async def test_however_long_the_problems_are_the_keys_stay_in_view() -> None:
    host = "a-very-long-host-name.of.some.company.example.com:8443"
    offer = ModelOffer(
        tuple(ModelRow(f"vendor-{n}/model", connection="AI/ML API") for n in range(20)),
        (
            SOURCE,
            SourceRow(
                "日本語の接続", "none", None, problem=f"The name {host} could not be found: no network."
            ),
            SourceRow("Third", "none", None, problem="Nothing answers at 127.0.0.1:9."),
        ),
    )
    app = PickerApp()
    async with app.run_test(size=(80, 24)) as pilot:
        picker = await app.open(offer)
        await pilot.pause()
        assert picker.query_one(".sheet-problem", Static).region.height == 4
        assert picker.query_one(FooterBar).region.bottom <= 24
