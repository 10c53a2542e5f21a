from __future__ import annotations

import time

import pytest

from aimltui.tui.widgets.transcript.canvas import ClickTarget
from aimltui.tui.widgets.transcript.folding import cells
from tests.unit.tui.widgets.transcript.builders import VARIED, text_of, whole


def links(source: str) -> list[str]:
    return [target.value for row in whole(source).rows for _, _, target in row.targets]


def test_lists_show_nesting_numbers_and_tasks() -> None:
    rows = text_of(whole("3. three\n4. four\n   - under\n     - deeper\n- [ ] open\n- [x] done\n"))
    assert rows == ["3. three", "4. four", "   ◦ under", "     ▪ deeper", "[ ] open", "[x] done"]


def test_html_is_text_and_entities_are_read() -> None:
    assert text_of(whole("<b>x</b> &lt; &amp;")) == ["<b>x</b> < &"]


def test_a_group_of_a_regular_expression_is_shown_as_it_stands() -> None:
    assert text_of(whole(r"Run sed 's/\(a\)\(b\)/\2\1/' where \(x^2\) is.")) == [
        r"Run sed 's/\(a\)\(b\)/\2\1/' where x² is."
    ]


def test_a_hard_break_makes_a_line_and_a_soft_one_a_blank() -> None:
    assert text_of(whole("a  \nb\nc")) == ["a", "b c"]


def test_only_web_and_mail_links_can_be_chosen() -> None:
    source = "[a](https://a.example) [b](vscode://x) [c](mailto:x@y.example) [d](ftp://z.example) http://e.example."
    assert links(source) == ["https://a.example", "mailto:x@y.example", "http://e.example"]


def test_a_link_in_a_table_cell_is_where_its_text_stands() -> None:
    canvas = whole("| a | b |\n|---|---|\n| x | [go](https://a.example) |\n")
    row = canvas.rows[-1]
    ((start, end, target),) = row.targets
    assert target == ClickTarget("link", "https://a.example")
    assert row.text[start:end] == "go"


def test_a_marker_without_a_source_is_shown_as_unknown() -> None:
    assert text_of(whole("grew【4:0†source】 fast")) == ["grew[?] fast"]


@pytest.mark.parametrize("width", [5, 8, 12, 20, 40, 79, 100, 200])
def test_no_row_is_wider_than_the_pane(width: int) -> None:
    for row in whole(VARIED, width).rows:
        assert row.cells == cells(row.text)
        assert row.cells <= max(width, 12), row.text


def test_a_table_folds_its_cells_and_keeps_its_columns_in_line() -> None:
    canvas = whole(
        "| a | b |\n|---|---|\n| one | many words in this cell that must fold |\n| 中文 | x |\n", 30
    )
    bars = {row.text.index("│") for row in canvas.rows if "│" in row.text and "中" not in row.text}
    assert len(bars) == 1
    assert len(canvas.rows) == 6


def test_an_empty_line_stands_between_rows_of_which_one_has_several_lines() -> None:
    rows = text_of(whole("| a | b |\n|-|-|\n| 1 | x |\n| 2 | y |\n| 3 | many words here |\n| 4 | z |\n", 20))
    assert [row.replace("│", " ").split() for row in rows] == [
        ["a", "b"],
        ["────┼────────────"],
        ["1", "x"],
        ["2", "y"],
        [],
        ["3", "many", "words"],
        ["here"],
        [],
        ["4", "z"],
    ]


def test_a_table_too_narrow_for_columns_is_a_list() -> None:
    rows = text_of(whole("| name | value |\n|---|---|\n| alpha | 1 |\n", 10))
    assert any("name:" in row for row in rows)


def test_a_table_whose_words_would_be_broken_in_short_pieces_is_a_list() -> None:
    source = "| name | what it is | price |\n|-|-|-|\n| elephant | possibly | 1,234.50 |\n"
    assert "elephant │ possibly" in "\n".join(text_of(whole(source, 34)))
    assert "name: elephant" in "\n".join(text_of(whole(source, 29)))


def test_copying_gives_source_without_frames_and_folds() -> None:
    canvas = whole(VARIED, 30)
    copied = "\n".join(canvas.lines)
    assert not set("│▌─•◦") & set(copied)
    assert "| longer name | 22 | a note with several words that go on and on and on |" in canvas.lines
    assert "- two with code" in canvas.lines
    assert '    return f"{x}"  # comment' in canvas.lines
    assert "> - a" in canvas.lines


@pytest.mark.parametrize(
    "source",
    [
        "x" * 1_000_000,
        "*a_" * 20_000,
        "e" + "\u0301" * 100_000,
        "[" * 50_000,
        "> " * 20_000,
        "- " * 20_000,
        "`" * 100_000,
        "```\n" + "y" * 300_000,
        "```python\n" + "x = 1\n" * 30_000,
        "|a" * 5_000 + "\n" + "|-" * 5_000 + "\n" + "|b" * 5_000,
        "<" * 100_000,
        "![a](" * 10_000,
        "\n".join("> " * 20 + "x" for _ in range(2_000)),
        "https://" * 30_000,
    ],
    ids=lambda source: source[:12].encode("unicode_escape").decode(),
)
def test_no_text_holds_up_the_screen(source: str) -> None:
    start = time.process_time()
    whole(source)
    assert time.process_time() - start < 2.5
