"""A line that quotes a message shows its words, not the marks of its Markdown."""

from __future__ import annotations

import re
import time

import pytest

from aimltui.formatting.plain_markdown import plain_markdown
from aimltui.formatting.quoting import LENGTH, quote

ANSWER = """## Revenue

It **grew** by *7 %* with `a**b`, see [the **report**](https://example.com/kettle).

| Month | Change |
|---|--:|
| July | **9** |

```python
# a comment
total = a ** b
```

- [x] done with **kettles**
"""


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("## Revenue", "Revenue"),
        ("It **grew** by *7 %*", "It grew by 7 %"),
        ("**a *b* c** and ***both***", "a b c and both"),
        ("`a**b` and ``a`b``", "a**b and a`b"),
        ("2*3*4, file_name_x, a * b * c", "2*3*4, file_name_x, a * b * c"),
        ("| A | B |\n|---|--:|\n| 1 | **2** |", "A · B\n1 · 2"),
        ("- [x] done\n* star\n> quoted\n1. first", "done\nstar\nquoted\n1. first"),
        ("---\nafter", "after"),
        ("```py\n# x = a**b\n```\n**b**", "# x = a**b\nb"),
        ("[link](http://a.b/c_(d)) ![pic](x.png) <https://x.y>", "link pic https://x.y"),
        (r"a \* b \_c\_", "a * b _c_"),
        ("**unfinished and `code", "**unfinished and `code"),
        ("~~gone~~ 5 ~ 6", "gone 5 ~ 6"),
    ],
)
def test_what_a_reader_sees_of_markdown(markdown: str, plain: str) -> None:
    assert plain_markdown(markdown) == plain


@pytest.mark.parametrize(
    ("word", "around"),
    [
        ("grew", "Revenue It grew by 7 % with a**b, see the report. Month · Change July · 9"),
        ("kettles", "total = a ** b done with kettles"),
        ("total", "# a comment total = a ** b done"),
        ("example", "[the **report**](https://example.com/kettle)"),
    ],
)
def test_a_quote_has_the_words_that_a_reader_sees_and_marks_the_one_that_was_searched(
    word: str, around: str
) -> None:
    shown, marks = quote(ANSWER, re.compile(word, re.I), is_markdown=True)
    assert around in shown
    assert [shown[first:end] for first, end in marks] == [word]


def test_a_place_in_a_long_block_of_code_is_quoted_as_it_is() -> None:
    text = "Look:\n```\n" + "x = **kwargs\n" * 200 + "needle = __all__\n" + "y = 1\n" * 500 + "```\n"
    shown, marks = quote(text, re.compile("needle"), is_markdown=True)
    assert "**kwargs needle = __all__ y = 1" in shown
    assert shown.startswith("… ")
    assert [shown[first:end] for first, end in marks] == ["needle"]


def test_what_is_no_markdown_is_quoted_as_it_is() -> None:
    shown, _ = quote("def f(**kwargs): # **bold**", re.compile("bold"), is_markdown=False)
    assert shown == "def f(**kwargs): # **bold**"


@pytest.mark.parametrize("mark", ["*", "`", "[", "| ", "-", "_a", "  ", "> "])
def test_a_text_of_nothing_but_marks_is_quoted_as_quickly_as_any(mark: str) -> None:
    shown, _ = quote(mark * 50_000 + " needle", re.compile("needle"), is_markdown=True)
    assert len(shown) <= LENGTH + 3


@pytest.mark.parametrize(
    ("line", "plain"),
    [
        ("-" + " " * 40_000 + "x", " " * 39_999 + "x"),
        ("---" + " \t" * 20_000, ""),
        (" \t" * 20_000 + "|-|", ""),
    ],
    ids=["dash", "rule", "table"],
)
def test_a_line_with_thousands_of_blanks_is_read_at_once(line: str, plain: str) -> None:
    began = time.process_time()
    assert plain_markdown(line).strip() == plain.strip()
    assert time.process_time() - began < 2.0
