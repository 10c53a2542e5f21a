"""The lines at the top and bottom show whole things or none."""

from __future__ import annotations

import pytest
from textual.app import App, ComposeResult
from textual.widget import Widget

from aimltui.formatting.cells import cut, fit
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.header import HeaderBar

ITEMS = [
    FooterItem("esc", "Stop", "stop"),
    FooterItem("ctrl+n", "New", "new_thread"),
    FooterItem("f1", "Help", "help"),
]


class BarsApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def compose(self) -> ComposeResult:
        yield HeaderBar()
        yield FooterBar(ITEMS)

    def line(self, kind: type[Widget]) -> str:
        strips = self.query_one(kind).render_lines(self.query_one(kind).region.reset_offset)
        return strips[0].text

    def on_header_bar_model_clicked(self) -> None:
        self.seen.append("model")

    def on_header_bar_menu_clicked(self) -> None:
        self.seen.append("menu")

    def on_header_bar_title_clicked(self) -> None:
        self.seen.append("title")

    def on_footer_bar_clicked(self, event: FooterBar.Clicked) -> None:
        self.seen.append(event.item.action)


async def header_at(width: int, title: str = "Sales in the third quarter") -> str:
    app = BarsApp()
    async with app.run_test(size=(width, 5)) as pilot:
        header = app.query_one(HeaderBar)
        header.assistant, header.thread_title = "Data analyst", title
        header.model, header.endpoint = "anthropic/claude-sonnet-4.5", "AI/ML API"
        await pilot.pause()
        return app.line(HeaderBar)


@pytest.mark.parametrize(
    ("width", "expected"),
    [
        (
            100,
            f" ≡ Data analyst ▸ Sales in the third quarter{'anthropic/claude-sonnet-4.5 · AI/ML API ▾ ':>56}",
        ),
        (80, " ≡ Data analyst ▸ Sales in the third quarter      anthropic/claude-sonnet-4.5 ▾ "),
        (50, " ≡ Sales in the third…        claude-sonnet-4.5 ▾ "),
        (30, " ≡ Sales in…   claude-sonn… ▾ "),
        (20, " ≡ Sales in the…    "),
    ],
)
async def test_the_header_drops_parts_as_it_narrows(width: int, expected: str) -> None:
    line = await header_at(width)
    assert len(line) == width
    assert line == expected


async def test_the_header_is_plain_text_and_has_words_for_nothing() -> None:
    app = BarsApp()
    async with app.run_test(size=(80, 5)) as pilot:
        assert app.line(HeaderBar) == f" ≡ New thread{'choose a model ▾ ':>67}"
        app.query_one(HeaderBar).thread_title = "[/] [@click=app.quit]x[/]\x1b]0;t\x07\nnext"
        await pilot.pause()
        assert app.line(HeaderBar).startswith(" ≡ [/] [@click=app.quit]x[/] next ")


async def test_clicks_in_the_header_name_the_part() -> None:
    app = BarsApp()
    async with app.run_test(size=(80, 5)) as pilot:
        header = app.query_one(HeaderBar)
        header.assistant, header.model, header.endpoint = "Data analyst", "gpt-4o", "OpenAI"
        await pilot.pause()
        for column in (1, 8, 62, 78):
            await pilot.click(HeaderBar, offset=(column, 0))
        assert app.seen == ["menu", "title", "model", "model"]


@pytest.mark.parametrize(
    ("width", "expected"),
    [(40, "esc Stop  ctrl+n New  f1 Help"), (30, "esc Stop  ctrl+n New"), (12, "esc Stop"), (8, ""), (2, "")],
)
async def test_the_footer_drops_whole_items(width: int, expected: str) -> None:
    app = BarsApp()
    async with app.run_test(size=(width, 5)):
        assert app.line(FooterBar).strip() == expected


async def test_a_click_in_the_footer_names_the_action() -> None:
    app = BarsApp()
    async with app.run_test(size=(60, 5)) as pilot:
        for column in (2, 9, 12, 24, 50):
            await pilot.click(FooterBar, offset=(column, 0))
        assert app.seen == ["stop", "new_thread", "help"]
        app.query_one(FooterBar).set_items(ITEMS[2:])
        await pilot.pause()
        assert app.line(FooterBar).strip() == "f1 Help"


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("short", 10, "short"),
        ("two words here", 10, "two words…"),
        ("two words here", 9, "two word…"),
        ("one two three four", 12, "one two…"),
        ("unbreakable-long-word", 10, "unbreakab…"),
        ("word", 1, "…"),
        ("word", 0, ""),
        ("日本語テキスト", 7, "日本語…"),
        ("", 5, ""),
    ],
)
def test_texts_are_cut_at_words(text: str, width: int, expected: str) -> None:
    assert cut(text, width) == expected


def test_fitted_text_has_exactly_the_width() -> None:
    assert fit("ab", 4) == "ab  "
    assert fit("日本語", 4) == "日… "
    assert fit("x", 0) == ""
