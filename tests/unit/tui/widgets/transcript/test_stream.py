from __future__ import annotations

import pytest

from aimltui.tui.widgets.transcript.canvas import Canvas
from aimltui.tui.widgets.transcript.stream import MAX_PLAIN, MAX_SOURCE, MarkdownStream
from tests.unit.tui.widgets.transcript.builders import VARIED, context, feed, seen, text_of, whole


@pytest.mark.parametrize("width", [80, 30])
def test_each_prefix_of_a_stream_looks_like_the_same_text_drawn_as_a_whole(width: int) -> None:
    growing = MarkdownStream(Canvas(context(width)))
    for end in range(1, len(VARIED) + 1):
        feed(growing, VARIED[end - 1])
        assert seen(growing.canvas) == seen(whole(VARIED[:end], width)), VARIED[max(0, end - 40) : end]


FORMULAS = r"""It costs $5, and $a_1 * b_2 * c$ is $E = mc^2$.
$$
x = \frac{-b}{2a}
- \sqrt{b}
= y
$$
After *it*: \(\alpha_i\) `$z$` and \[ \beta \] in a line.

1. one
   \[
   \sum_{i=1}^n i
   \]
2. two

So
\begin{align*}
p &= 1 \\
q &= \frac{1}{2}
\end{align*}
and \begin{pmatrix} u \\
v \end{pmatrix}, or
\begin{gather}
w = 3
\end{gather}Thus on.

\begin{pmatrix} 1 & 2 \end{pmatrix} \begin{pmatrix} m \\
n \end{pmatrix} = r

$\begin{aligned}
s &= 4
\end{aligned}$

> $$ open
"""


@pytest.mark.parametrize("width", [80, 20])
def test_a_stream_with_formulas_looks_at_each_moment_like_its_text_drawn_as_a_whole(width: int) -> None:
    growing = MarkdownStream(Canvas(context(width)))
    for end in range(1, len(FORMULAS) + 1):
        feed(growing, FORMULAS[end - 1])
        assert seen(growing.canvas) == seen(whole(FORMULAS[:end], width)), FORMULAS[max(0, end - 40) : end]
    shown = "\n".join(text_of(growing.canvas))
    for words in (
        "It costs $5, and",
        "mc²",
        "αᵢ",
        "$z$",
        "β in",
        "p = 1",
        "      1\n  q = ─\n      2",
        "and (u; v), or",
        "w = 3",
        "Thus on.",
        "(1, 2) (m; n) = r",
        "s = 4",
        "$$ open",
    ):
        assert words in shown


@pytest.mark.parametrize("size", [2, 7, 31, 250, 5000])
def test_the_size_of_the_pieces_changes_nothing(size: int) -> None:
    growing = MarkdownStream(Canvas(context()))
    for start in range(0, len(VARIED), size):
        feed(growing, VARIED[start : start + size])
    assert seen(growing.canvas) == seen(whole(VARIED))


def test_the_end_of_a_stream_leaves_what_a_reopened_message_shows() -> None:
    source = "See [later].\n\n" + VARIED + "\n[later]: https://c.example/\n"
    growing = MarkdownStream(Canvas(context()))
    for character in source:
        feed(growing, character)
    growing.finish()
    assert seen(growing.canvas) == seen(whole(source))
    assert any(
        target.value == "https://c.example/" for row in growing.canvas.rows for _, _, target in row.targets
    )


def test_a_finished_line_of_code_keeps_its_row() -> None:
    growing = MarkdownStream(Canvas(context()))
    feed(growing, "```python\na = 1\nb = 2\n")
    first = growing.canvas.rows[0]
    feed(growing, "c = 3\n")
    assert growing.canvas.rows[0] is first
    assert text_of(growing.canvas)[2] == " c = 3"


def test_a_finished_item_of_a_list_and_a_finished_row_of_a_table_keep_their_rows() -> None:
    listed = MarkdownStream(Canvas(context()))
    feed(listed, "1. one\n2. two\n3. th")
    first = listed.canvas.rows[0]
    feed(listed, "ree\n4. four\n")
    assert listed.canvas.rows[0] is first
    assert text_of(listed.canvas) == ["1. one", "2. two", "3. three", "4. four"]

    table = MarkdownStream(Canvas(context()))
    feed(table, "| a | b |\n|---|---|\n| 1 | 2 |\n| 3")
    head = table.canvas.rows[0]
    feed(table, " | 4 |\n")
    assert table.canvas.rows[0] is head
    assert text_of(table.canvas)[-1] == "3   │ 4"


def test_a_wider_cell_sets_the_whole_table_anew() -> None:
    table = MarkdownStream(Canvas(context()))
    feed(table, "| a | b |\n|---|---|\n| 1 | 2 |\n")
    feed(table, "| a longer cell | 4 |\n")
    assert text_of(table.canvas)[0] == "a             │ b"


def test_a_message_past_the_limit_says_how_much_is_not_shown() -> None:
    growing = MarkdownStream(Canvas(context()))
    feed(growing, "word " * ((MAX_SOURCE + MAX_PLAIN) // 5 + 1))
    feed(growing, "x" * 1000)
    hidden = len(growing.source) - MAX_SOURCE - MAX_PLAIN
    assert text_of(growing.canvas)[-1] == f"… {hidden:,} more characters · enter view all"


def test_a_paragraph_without_end_keeps_showing_its_last_words() -> None:
    growing = MarkdownStream(Canvas(context()))
    for number in range(4000):
        feed(growing, f"word{number} ")
        if number % 97 == 0:
            assert f"word{number}" in "".join(text_of(growing.canvas)[-2:])
