"""Where a chunk is in its file, and the words by which it is found."""

from __future__ import annotations

import time

import pytest

from aimltui.engine.extraction.chunks import Chunk
from aimltui.engine.extraction.contexts import with_context
from aimltui.engine.extraction.headings import Headings
from aimltui.engine.extraction.words import extra_words

MARKDOWN = """# Manual

Words.

## Set up

```sh
# not a heading
```

### On a Mac

More words.

## Use

The end.
"""
RST = """
Manual
======

Set up
------
Words.

Use
---
The end.
"""
CODE = '''#!/usr/bin/env python
"""Parses commands."""

class Parser:
    """Parses."""

    def parse(self) -> None:
        pass

def main() -> None:
    pass  # the end
'''


@pytest.mark.parametrize(
    ("text", "name", "words", "path"),
    [
        ("# A\n\n```ls``` lists.\n\n## B\n\nsteps\n", "a.txt", "steps", "A › B"),
        ("# A\n\n```md\n```python\n# no\n```\n\n## B\n\nsteps\n", "a.txt", "steps", "A › B"),
        ("# A\n\n```md\n```python\n# no\n```\n", "a.txt", "# no", "A"),
        (MARKDOWN, "a.md", "Words.", "Manual"),
        (MARKDOWN, "a.md", "More words", "Manual › Set up › On a Mac"),
        (MARKDOWN, "a.md", "The end", "Manual › Use"),
        (RST, "a.rst", "Words.", "Manual › Set up"),
        (RST, "a.txt", "The end", "Manual › Use"),
        (CODE, "a.py", "pass", "class Parser › def parse"),
        (CODE, "a.py", "the end", "def main"),
        (CODE, "a.py", "#!", ""),
        ("export default class Shop {\n  open() {}\n}", "a.ts", "open", "class Shop"),
        ("no heading", "a.txt", "no", ""),
    ],
)
def test_a_place_has_the_path_of_its_headings(text: str, name: str, words: str, path: str) -> None:
    assert Headings(text, name).at(text.index(words)) == path


def test_a_context_names_file_title_headings_and_page_but_no_lines() -> None:
    chunks = [Chunk(CODE[:120], 0, "lines 1–7"), Chunk(CODE[120:], 0, "page 3")]
    first, second = with_context(chunks, CODE, "a.py")
    assert first.context == "a.py › Parses commands."
    assert second.context == "a.py › Parses commands. › class Parser › def parse › page 3"
    [known] = with_context([Chunk(MARKDOWN, 0, "Chapter 1 › lines 1–9")], MARKDOWN, "a.md")
    assert known.context == "a.md › Chapter 1"
    assert (first.text, second.text) == (CODE[:120], CODE[120:])


@pytest.mark.parametrize(
    ("text", "wanted", "unwanted"),
    [
        ("全文検索する", {"全文", "文検", "検索", "る"}, {"全文検索する"}),
        ("서울은 크다", {"서울", "울은", "은"}, {"은크"}),
        ("Python入門 2024年", {"Python", "2024", "入門"}, set()),
        ("ﾌﾞｯｸ ＡＢＣ", {"ブッ", "ABC"}, set()),
        ("call getVectorStore or HTTPServer", {"get", "vector", "store", "http", "server"}, {"call"}),
        ("plain words in one_name", set(), {"plain", "one"}),
    ],
)
def test_words_that_an_index_does_not_see_are_added(text: str, wanted: set[str], unwanted: set[str]) -> None:
    found = set(extra_words(text).split())
    assert wanted <= found
    assert not unwanted & found


@pytest.mark.parametrize(
    "text",
    [
        "#" * 50_000,
        "a\n" * 50_000,
        " " * 50_000 + "class",
        "```\n" * 9_000,
        "aB" * 50_000,
        "# " * 50_000,
        "=\n" * 50_000,
        "1" * 50_000 + "é",
        "é" * 50_000,
        "１" * 50_000,
        "入門" * 50_000,
        "入a" * 50_000,
    ],
)
def test_hostile_texts_take_no_time(text: str) -> None:
    start = time.process_time()
    for name in ("a.py", "a.md"):
        Headings(text, name)
    extra_words(text)
    assert time.process_time() - start < 5


def test_a_long_line_with_a_heading_is_read_at_once() -> None:
    began = time.process_time()
    assert Headings("# Part" + " " * 60_000 + "one ##\n\nText.\n", "a.md").at(60_020).startswith("Part")
    assert time.process_time() - began < 2.0


def test_a_program_that_begins_with_many_blank_lines_is_read_at_once() -> None:
    began = time.process_time()
    assert Headings("\n" * 60 + "x = 1\n", "a.py").title == ""
    assert Headings("# A\n" + "\n" * 60 + '"""Sails."""\n', "a.py").title == "Sails."
    assert time.process_time() - began < 2.0
