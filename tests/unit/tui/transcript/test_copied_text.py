"""What `/copy` copies."""

from __future__ import annotations

import pytest

from aimltui.tui.state.entries import MessageEntry
from aimltui.tui.widgets.transcript.copied_text import text_to_copy

CODE = "See:\n\n```python\nx = 1\n\nif x:\n    y = 2\n```\n\n1. and\n   ~~~~sh\n   ls\n   ```\n   ~~~~\n"
TABLES = "| a | b |\n|:-:|---|\n| **x** `y` | 1 \\| 2 |\n| [z](https://z.test) |\n\n> | c |\n> |---|\n> | $x^2$ |\n"
ENTRIES = (
    MessageEntry("m1", "user", "You", "First?"),
    MessageEntry("m2", "assistant", "Ada", "One."),
    MessageEntry("m3", "user", "You", "Code?"),
    MessageEntry("m4", "assistant", "Ada", CODE),
)
PYTHON, SHELL = "x = 1\n\nif x:\n    y = 2", "ls\n```"


@pytest.mark.parametrize(
    ("what", "copied"),
    [
        ("", CODE),
        ("1", CODE),
        ("2", "One."),
        ("3", ""),
        ("0", ""),
        ("code", f"{PYTHON}\n\n{SHELL}"),
        ("code 2", SHELL),
        ("CODE 1", PYTHON),
        ("code 3", ""),
        ("the last one", None),
        ("all", f"**You**\n\nFirst?\n\n**Ada**\n\nOne.\n\n**You**\n\nCode?\n\n**Ada**\n\n{CODE}"),
    ],
)
def test_the_words_after_copy_choose_what_is_copied(what: str, copied: str | None) -> None:
    assert text_to_copy(ENTRIES, what) == copied


@pytest.mark.parametrize(
    ("what", "copied"),
    [
        ("table", "a\tb\nx y\t1 | 2\nz\t\n\nc\nx²"),
        ("table 2", "c\nx²"),
        ("tables csv", "a,b\nx y,1 | 2\nz,\n\nc\nx²"),
        ("Table 1 Markdown", "| a | b |\n| :-: | --- |\n| **x** `y` | 1 \\| 2 |\n| [z](https://z.test) |  |"),
        ("table 3", ""),
        ("table csv 1", None),
        ("table 1 2", None),
        ("code", ""),
    ],
)
def test_a_table_is_copied_as_a_reader_sees_it_or_as_it_was_written(what: str, copied: str | None) -> None:
    assert text_to_copy((*ENTRIES, MessageEntry("m5", "assistant", "Ada", TABLES)), what) == copied


def test_in_an_empty_thread_there_is_nothing_to_copy() -> None:
    assert [text_to_copy((), what) for what in ("", "1", "code", "all")] == [""] * 4
