"""Choice, rename, help, palette and the crash report."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.screen import ModalScreen

from aimltui.formatting.money import Cost
from aimltui.formatting.usage_table import UsageLine, UsageTable
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.commands.derived import COMMANDS, key_label
from aimltui.tui.screens.crash import CrashReport, crash_text
from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen
from aimltui.tui.screens.dialogs.help import HelpLines, HelpScreen, PageScreen, help_lines, page_lines
from aimltui.tui.screens.dialogs.help_pages import HELP_PAGES
from aimltui.tui.screens.dialogs.model_picker import ModelPicker, ModelRow, SourceRow
from aimltui.tui.screens.dialogs.palette import PaletteScreen
from aimltui.tui.screens.dialogs.rename import RenameScreen
from aimltui.tui.screens.dialogs.sheet import Sheet
from aimltui.tui.screens.dialogs.usage import UsageScreen
from aimltui.tui.state.model_offer import ModelOffer
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.pick_list import PickList
from tests.support.fake_transport import FakeTransport
from tests.support.screen import seat
from tests.support.screen_classes import screen_classes

HOSTILE = "[/] [@click=app.quit]x[/] \x1b]0;evil\x07 " + "long " * 30
HOSTILE_OFFER = ModelOffer(
    tuple(
        ModelRow(f"{n}{HOSTILE}", HOSTILE, HOSTILE, 5, HOSTILE, HOSTILE, aliases=(HOSTILE,))
        for n in range(50)
    ),
    (SourceRow(HOSTILE, HOSTILE, -5, HOSTILE, 3),),
)
THEMES = [ChoiceRow("dark", "Dark"), ChoiceRow("light", "Light"), ChoiceRow("nord", "Nord", "blue")]


class ModalApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.results: list[object] = []
        self.previews: list[str] = []

    async def open(self, screen: ModalScreen[Any]) -> None:
        await self.push_screen(screen, self.results.append)


def a_usage_screen() -> UsageScreen:
    """The usage report with as hostile a title as there is."""
    lines = tuple(
        UsageLine(str(n), HOSTILE, 10**9, 10**12, 10**12, 10**12, True, Cost(1e9), 10**9) for n in range(50)
    )
    screen = UsageScreen(
        lambda view: screen.set_table(UsageTable(view, lines, lines[0], lines[0], ("a budget", HOSTILE))),
        lambda table: None,
    )
    return screen


SCREENS: list[Callable[[], ModalScreen[Any]]] = [
    lambda: ChoiceScreen(HOSTILE, [ChoiceRow(str(n), HOSTILE, HOSTILE) for n in range(50)], current="3"),
    lambda: ChoiceScreen("Nothing", []),
    lambda: RenameScreen(HOSTILE, HOSTILE),
    lambda: HelpScreen(),
    lambda: PaletteScreen(frozenset({"thread"})),
    lambda: ModelPicker(lambda: None, lambda _: None, offer=HOSTILE_OFFER, current=(HOSTILE, HOSTILE)),
    lambda: a_usage_screen(),
]


@pytest.mark.parametrize("size", [(20, 5), (3, 1), (80, 24), (300, 100)])
@pytest.mark.parametrize("make", SCREENS)
async def test_every_modal_stands_any_size_and_text_and_closes_on_escape(
    make: Callable[[], ModalScreen[Any]], size: tuple[int, int]
) -> None:
    app = ModalApp()
    async with app.run_test(size=size) as pilot:
        screen = make()
        await app.open(screen)
        await pilot.press("down", "up", "x", "backspace")
        await pilot.resize_terminal(max(10, size[0] - 5), max(3, size[1] - 2))
        await pilot.pause()
        if size == (80, 24):
            bar = screen.query_one(FooterBar)
            assert bar.region.height == 1
            assert bar.region.bottom <= app.size.height
        await pilot.press("escape")
        assert app.results in ([None], [False])
        assert app.is_running


async def test_a_choice_previews_what_is_under_the_cursor() -> None:
    app = ModalApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(ChoiceScreen("Theme", THEMES, current="light", preview=app.previews.append))
        await pilot.press("down", "up", "up")
        await pilot.pause()
        assert app.previews == ["nord", "light", "dark"]
        await pilot.press("enter")
        assert app.results == ["dark"]


async def test_a_choice_can_be_searched() -> None:
    app = ModalApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(ChoiceScreen("Theme", THEMES))
        await pilot.press(*"nrd", "enter")
        assert app.results == ["nord"]
        await app.open(ChoiceScreen("Theme", THEMES))
        await pilot.press(*"zzz", "enter", "escape")
        assert app.results == ["nord", None]


async def test_renaming_replaces_cleans_and_refuses_nothing() -> None:
    app = ModalApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(RenameScreen("Rename", "Old title"))
        await pilot.press(*"  New", "enter")
        assert app.results == ["New"]
        await app.open(RenameScreen("Rename", "Old title"))
        await pilot.press("end", *"s", "enter")
        assert app.results[-1] == "Old titles"
        # an empty one gives the thread its first words again
        await app.open(RenameScreen("Rename", "Old title"))
        await pilot.press("backspace", "space", "enter")
        assert app.results[-1] == ""
        await app.open(RenameScreen("Rename", "Old title"))
        await pilot.press("escape")
        assert app.results[-1] is None


async def test_the_palette_finds_by_letters_and_explains() -> None:
    app = ModalApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = PaletteScreen(frozenset({"thread"}))
        await app.open(screen)
        await pilot.press(*"theme")
        await pilot.pause()
        line = screen.query_one(PickList).render_line(0).text
        assert line.split() == ["Choose", "the", "theme", "/theme"]
        assert str(screen.query_one(".palette-help").render()) == "Try the themes and keep one."
        await pilot.press("enter")
        assert app.results == ["theme"]
        await app.open(PaletteScreen(frozenset()))
        await pilot.press(*"rename", "enter", "escape")
        assert app.results[-1] is None


@pytest.mark.parametrize("width", [18, 40, 86])
def test_help_shows_every_command_with_its_keys(width: int) -> None:
    lines = [line.plain for line in help_lines(COMMANDS, width)]
    text = " ".join(" ".join(lines).split())
    assert all(len(line) <= max(width, 22) for line in lines)
    for item in COMMANDS:
        for key in item.keys:
            assert key_label(key).split("+")[-1] in text
        if width == 86:
            assert f"{item.title}. " in text


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_help_fills_the_height_there_is_and_follows_a_resize(size: tuple[int, int]) -> None:
    app = ModalApp()
    async with app.run_test(size=size) as pilot:
        screen = HelpScreen()
        await app.open(screen)
        for height in (size[1], 30):
            await pilot.resize_terminal(size[0], height)
            await pilot.pause()
            await pilot.pause()
            # the frame is wider on a high screen
            around = 10 if height >= 30 else 6
            assert screen.query_one(HelpLines).size.height == height - around


async def test_a_click_on_a_key_does_what_the_key_does() -> None:
    app = ModalApp()
    async with app.run_test(size=(80, 24)) as pilot:
        await app.open(ChoiceScreen("Theme", THEMES, current="light"))
        await pilot.pause()
        await pilot.click(FooterBar, offset=(3, 0))
        await pilot.pause()
        assert app.results == ["light"]


def failing(secret: str) -> None:
    local_secret = secret
    raise ValueError(f"refused: Bearer {secret} \x1b]52;c;evil\x07 [/bold]" + local_secret[:0])


def test_a_crash_report_has_no_locals_no_secrets_and_no_control_characters() -> None:
    secret = "correcthorsebatterystaple"
    try:
        try:
            failing(secret)
        except ValueError as error:
            raise RuntimeError("api_key = 'abcdef123456' while sending") from error
    except RuntimeError as error:
        text = crash_text(error, lambda text: text.replace(secret, "[redacted]"))
    assert "RuntimeError" in text
    assert "in failing" in text
    assert "saved" in text
    for leak in (secret, "abcdef123456", "\x1b", "\x07"):
        assert leak not in text


@pytest.mark.parametrize("key", ["sk-proj-abcdefghijkl", "key-0123456789ab", "Bearer abcdefghijkl.mn"])
def test_what_looks_like_a_key_is_taken_out(key: str) -> None:
    text = crash_text(ValueError(f"Incorrect API key provided: {key}."))
    assert key not in text
    assert "[redacted]" in text


def test_a_crash_report_stays_short_whatever_happened() -> None:
    def deeper(level: int) -> None:
        if level:
            deeper(level - 1)
        raise ValueError("x" * 100_000)

    try:
        deeper(200)
    except ValueError as error:
        text = crash_text(error)
    assert len(text) < 10_000


class CrashingApp(CrashReport, App[None]):
    def on_mount(self) -> None:
        token_in_a_local = "sk-locallocallocal"
        raise ValueError("boom [/] " + token_in_a_local[:0])


async def test_a_crashing_app_prints_our_report_and_ends_with_a_failure(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = CrashingApp()
    with pytest.raises(ValueError, match="boom"):
        async with app.run_test():
            pass
    printed = capsys.readouterr().err
    assert "crashed because of a bug" in printed
    assert "boom [/]" in printed
    assert "sk-local" not in printed
    assert app.return_code == 1
    assert sys.exc_info() == (None, None, None)


def sheets() -> set[str]:
    """The names of all panels that can be opened."""
    bases = {"SearchSheet", "QuestionSheet", "Viewer", "HelpScreen", "PageScreen"}
    return screen_classes(Sheet) - bases


def test_every_panel_has_a_help_page_in_plain_sentences() -> None:
    assert set(HELP_PAGES) == sheets()
    for name, page in HELP_PAGES.items():
        lines = [line.plain for line in page_lines(page, (FooterItem("esc", "Close", "cancel"),), 40)]
        assert len(page.text) > 40, name
        assert page.text.endswith((".", "\n")), name
        assert max(map(len, lines)) <= 40, name
        assert any(line.startswith("esc") and line.endswith("Close") for line in lines), name


async def test_f1_explains_the_panel_and_f1_closes_it_again() -> None:
    app = ModalApp()
    async with app.run_test(size=(80, 24)) as pilot:
        screen = ChoiceScreen("Theme", THEMES)
        await app.open(screen)
        await pilot.press("f1")
        assert isinstance(app.screen, PageScreen)
        shown = "\n".join(line.plain for line in app.screen.query_one(HelpLines).lines)
        assert "Type a few letters to search" in " ".join(shown.split())
        assert "enter" in shown
        await pilot.press("f1")
        assert app.screen is screen


def test_the_keys_of_the_part_with_the_focus_stand_first() -> None:
    lines = [line.plain for line in help_lines(COMMANDS, 60, "list")]
    assert lines[0] == "Here, in the thread list"
    assert lines[1].startswith("enter")
    assert sum("Rename the thread" in line for line in lines) == 1
    assert help_lines(COMMANDS, 60)[0].plain == "Writing"


async def test_a_list_without_a_row_offers_no_key_for_one(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        await here.pilot.press("ctrl+p")
        await here.until(lambda: "enter Run" in here.shown())
        await here.pilot.press(*"zzzqq")
        await here.until(lambda: "no command for" in here.shown() and "enter Run" not in here.shown())
        assert "esc Close" in here.shown()
        await here.pilot.press("ctrl+u")
        await here.until(lambda: "enter Run" in here.shown())
