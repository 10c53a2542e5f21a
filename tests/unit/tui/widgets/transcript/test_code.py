from __future__ import annotations

import pytest
from pygments import lex
from pygments.lexers import get_lexer_by_name
from rich.style import Style

from aimltui.tui.widgets.transcript.canvas import CUT
from aimltui.tui.widgets.transcript.code import Highlighter, closes, language_of
from aimltui.tui.widgets.transcript.strips import found_strip, located_strip, selected_strip
from tests.unit.tui.widgets.transcript.builders import context, text_of, whole

SOURCES = {
    "python": 'def f(x):\n    """doc\n    more"""\n    return f"{x!r:>3}" + \'y\'  # why\n',
    "javascript": "/* two\nlines */\nconst f = (x) => `a ${x}\n b`;\n",
    "html": "<p class='x'>\ntext <b>y</b>\n</p>\n",
    "bash": 'for x in 1 2; do\n  echo "$x"\ndone\n',
    "json": '{"a": [1, 2.5, "x"],\n "b": null}\n',
    "rust": "fn main() {\n    let x = 1; // y\n}\n",
}


@pytest.mark.parametrize("language", SOURCES)
def test_highlighting_line_by_line_loses_no_character(language: str) -> None:
    highlighter = Highlighter(language)
    for line in SOURCES[language].split("\n"):
        assert "".join(text for text, _ in highlighter.line(line)) == line


def test_a_string_over_several_lines_is_one_string() -> None:
    highlighter = Highlighter("python")
    kinds = [highlighter.line(line)[-1][1] for line in ('x = """a', "b", 'c"""', "y")]
    assert kinds == ["string", "string", "string", "text"]


def test_looking_at_an_unfinished_line_keeps_the_state_before_it() -> None:
    highlighter = Highlighter("python")
    highlighter.line('"""', keep=False)
    assert highlighter.line("x = 1")[-1] == ("1", "number")


def test_an_unknown_language_is_plain() -> None:
    assert Highlighter("no-such-language").line("a b") == [("a b", "text")]


def test_words_agree_with_pygments_itself() -> None:
    source = SOURCES["python"]
    whole = "".join(value for _, value in lex(source, get_lexer_by_name("python")))
    assert whole == source


def test_fences_close_only_with_their_own_mark() -> None:
    assert closes("```", "```")
    assert closes("  ````  ", "```")
    assert not closes("``", "```")
    assert not closes("~~~", "```")
    assert not closes("``` python", "```")
    assert not closes("    ```", "```")


def test_the_language_is_the_first_word_of_the_info() -> None:
    assert language_of(" Python title=x") == "python"
    assert language_of("{.rust}") == "rust"
    assert language_of("") == ""


_LONG = "total = sum(price * amount for price, amount in orders)"
_CUT = f"```python\n{_LONG}\nprint(total)\n```"


def test_a_long_line_of_code_is_folded_or_cut_as_the_setting_says() -> None:
    assert "".join(row.lstrip(" ↪") for row in text_of(whole(_CUT, 33))[1:3]) == _LONG
    canvas = whole(_CUT, 33, wraps=False)
    label, first, second = text_of(canvas)
    assert "copy" in label
    assert first == f" {_LONG[:28]}›"
    assert second == " print(total)"
    assert canvas.lines == [_LONG, "print(total)"]
    assert canvas.rows[1].targets == ((31, 32, CUT),)
    assert canvas.rows[1].code is not None
    assert canvas.rows[1].code.text == f"{_LONG}\nprint(total)"


def test_a_line_that_fits_is_not_cut() -> None:
    room = len(_LONG) + 4
    assert text_of(whole(_CUT, room, wraps=False))[1] == f" {_LONG}"
    assert text_of(whole(_CUT, room - 1, wraps=False))[1] == f" {_LONG[:-2]}›"


def test_a_selection_that_reaches_the_sign_of_a_cut_has_the_whole_line() -> None:
    row = whole(_CUT, 33, wraps=False).rows[1]
    offsets = [style.meta["offset"][0] for _, style, _ in located_strip(row, 7, True) if style]
    assert offsets[-2] == len(_LONG)
    marked = Style(bold=True)
    assert selected_strip(row, context(33), 33, (0, -1), marked).text.rstrip() == row.text
    painted = list(selected_strip(row, context(33), 33, (0, -1), marked))
    assert [style is not None and style.bold for text, style, _ in painted if text == "›"] == [True]


def test_the_sign_of_a_cut_shows_a_match_behind_it() -> None:
    row = whole(_CUT, 33, wraps=False).rows[1]
    found = Style(underline=True)
    for word, is_lit in (("price", False), ("orders", True)):
        at = _LONG.index(word)
        strip = found_strip(row, context(33), 33, [(at, at + len(word), found)])
        assert [bool(style and style.underline) for text, style, _ in strip if text == "›"] == [is_lit], word
