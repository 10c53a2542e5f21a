"""Text and pages: lines, headings, and what is not one."""

from __future__ import annotations

import time

from tests.support.documents import place, read

MARKDOWN = """\
Before

# Guide #

words of the guide

```sh
# not a heading
```

## Install

step
Underlined
==========

> quote
---

last
"""


def test_headings_of_markdown_are_places() -> None:
    document = read("a.md", MARKDOWN)
    assert place(document, "Before") == "line 1"
    assert place(document, "words of") == "Guide › line 5"
    assert place(document, "# not a heading") == "Guide › line 8"
    assert place(document, "step") == "Guide › Install › line 13"


def test_an_underlined_line_is_a_heading_after_an_empty_one() -> None:
    document = read("a.md", "Title\n=====\n\ntext\n\nPart\n----\n\nmore\n")
    assert place(document, "text") == "Title › line 4"
    assert place(document, "more") == "Title › Part › line 9"


def test_headings_of_restructured_text_are_places() -> None:
    source = (
        "=====\nGuide\n=====\n\nintro\n\nInstall\n-------\n\nsteps\n\nDeep\n~~~~\n\nwell\n\nUse\n---\n\nrun\n"
    )
    document = read("a.rst", source)
    assert place(document, "intro") == "Guide › line 5"
    assert place(document, "steps") == "Guide › Install › line 10"
    assert place(document, "well") == "Guide › Install › Deep › line 15"
    assert place(document, "run") == "Guide › Use › line 20"


def test_headings_of_latex_are_places() -> None:
    document = read(
        "a.tex", "\\section{Ships}\nsail\n\\subsection*{Ropes}\nknots\n\\section[s]{Tea}\ndrink\n"
    )
    assert place(document, "knots") == "Ships › Ropes › line 4"
    assert place(document, "drink") == "Tea › line 6"


def test_line_ends_of_other_systems_are_counted() -> None:
    for end in ("\n", "\r\n", "\r"):
        document = read("a.md", end.join(["# One", "", "text", "", "## Two", "more"]))
        assert place(document, "more") == "One › Two › line 6"


def test_headings_of_a_page_are_places_and_a_row_is_a_line() -> None:
    rows = "<tr><th>tea</th><th>coffee</th></tr><tr><td><p>3</p></td><td>4</td></tr>"
    document = read("a.html", f"<h1>Prices</h1><table>{rows}</table><h2>Notes</h2><p>none")
    assert [line.split() for line in document.text.split("\n") if line] == [
        ["Prices"], ["tea", "coffee"], ["3", "4"], ["Notes"], ["none"],
    ]  # fmt: skip
    assert place(document, "4") == "Prices"
    assert place(document, "none") == "Prices › Notes"


def test_a_page_is_recognised_whatever_its_name() -> None:
    assert read("a.xls", "<!DOCTYPE html>\n<html><body><p>words").text == "words"
    assert read("a.doc", "<html xmlns='x'><p>words").text == "words"


def test_source_code_keeps_its_indentation_and_its_lines() -> None:
    source = "def sail():\n    if wind:\n        go()\n\n\n\ndef rest():\n    pass\n"
    document = read("a.py", source)
    assert "\n    if wind:\n        go()" in document.text
    assert place(document, "def rest", "pass") == "lines 7–8"


def test_deep_nesting_is_read() -> None:
    depth = 30_000
    assert read("a.html", "<div>" * depth + "deep" + "</div>" * depth).text == "deep"


def test_a_heading_of_thousands_of_blanks_is_read_at_once() -> None:
    began = time.process_time()
    document = read("a.md", "# Part" + " " * 60_000 + "one ##\n\nwords\n")
    assert place(document, "words") == "Part › line 3"
    assert time.process_time() - began < 2.0


def test_hashes_that_close_a_heading_are_no_part_of_it() -> None:
    document = read("a.md", "# C# ##  \n\nwords\n\n# ##\n\nmore\n")
    assert [place(document, word) for word in ("words", "more")] == ["C# › line 3", "## › line 7"]


def test_code_between_backticks_on_a_line_hides_no_heading_behind_it() -> None:
    document = read("a.md", "# Guide\n\n```ls``` lists files.\n\n## Use\n\nsteps\n")
    assert place(document, "steps") == "Guide › Use › line 7"


def test_a_block_of_code_ends_with_its_mark_alone() -> None:
    document = read("a.md", "# Guide\n\n```md\n```python\n# inside\n```\n\n## Use\n\nsteps\n")
    assert place(document, "# inside") == "Guide › line 5"
    assert place(document, "steps") == "Guide › Use › line 10"
