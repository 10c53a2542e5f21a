from __future__ import annotations

import pytest
from pygments import lex
from pygments.lexers import get_lexer_by_name

from aimltui.tui.widgets.transcript.code import Highlighter, closes, language_of

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
