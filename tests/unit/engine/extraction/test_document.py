"""Where the passages of a document stand."""

from __future__ import annotations

import random
import threading

import pytest

from aimltui.engine.extraction import document as documents
from aimltui.engine.extraction.document import LINE, PAGE, ROW, SLIDE, Document, Writer
from aimltui.engine.extraction.limits import budget


def writer() -> Writer:
    return Writer(budget(20, threading.Event()))


def place(document: Document, first: str, last: str = "") -> str:
    """The place of the passage from one text to another."""
    last = last or first
    return document.place(document.text.index(first), document.text.index(last) + len(last))


def test_a_passage_names_its_page_or_its_pages() -> None:
    target = writer()
    for number in (1, 2, 3):
        target.at(PAGE, number)
        target.write(f"words of page {number}\n\n")
    document = target.document()
    assert place(document, "of page 2") == "page 2"
    assert place(document, "words of page 1", "page 2") == "pages 1–2"
    assert document.place(0, len(document.text)) == "pages 1–3"


def test_a_passage_on_several_pages_knows_where_each_begins() -> None:
    target = writer()
    for number in (1, 2, 3):
        target.at(PAGE, number)
        target.write(f"page {number}\n")
    document = target.document()
    assert document.places(0, len(document.text)) == ((0, "page 1"), (7, "page 2"), (14, "page 3"))
    assert document.places(10, len(document.text)) == ((0, "page 2"), (4, "page 3"))
    assert document.places(7, 13) == ()
    assert Document("").places(0, 0) == ()


def test_lines_and_rows_are_not_told_apart_within_a_passage() -> None:
    target = writer()
    target.at(ROW, 1, "S")
    target.write("a\n\n\nb\n")
    document = target.document()
    assert document.places(0, len(document.text)) == ()


def test_a_passage_names_the_headings_above_it() -> None:
    target = writer()
    for level, title in ((1, "One"), (2, "Deep \n down"), (1, "Two")):
        target.heading(level, title)
        target.write(f"text under {title.split()[0]}\n")
    document = target.document()
    assert place(document, "under One") == "One"
    assert place(document, "under Deep") == "One › Deep down"
    assert place(document, "under Two") == "Two"


def test_a_heading_within_pages_leaves_the_page() -> None:
    target = writer()
    target.at(SLIDE, 4)
    target.heading(1, "Plan")
    target.write("ships")
    assert place(target.document(), "ships") == "Plan › slide 4"


def test_a_sheets_rows_are_counted_over_empty_ones() -> None:
    target = writer()
    target.at(ROW, 2, "Prices")
    target.write("tea\n\n\n\n\ncoffee\nmilk\n")
    document = target.document()
    assert place(document, "tea") == "sheet Prices, row 2"
    assert place(document, "coffee") == "sheet Prices, row 7"
    assert place(document, "tea", "milk") == "sheet Prices, rows 2–8"


def test_lines_are_those_of_the_file_whatever_was_tidied_away() -> None:
    chance = random.Random(3)
    lines = [chance.choice(["", "", "short", "x" * 5_000, "a\u2028b\x0cc", " " * 40]) for _ in range(400)]
    lines = [f"{line}<{number}>" if line.strip() else line for number, line in enumerate(lines, 1)]
    target = writer()
    target.at(LINE, 1)
    target.write("\r\n".join(lines))
    document = target.document()
    for number, line in enumerate(lines, 1):
        if line.strip():
            assert place(document, f"<{number}>") == f"line {number}"


def test_a_heading_in_a_text_of_lines_goes_on_counting() -> None:
    target = writer()
    target.at(LINE, 1)
    target.write("zero\none\n")
    target.heading(1, "Three")
    target.write("# Three\nfour\n")
    assert place(target.document(), "four") == "Three › line 4"


def test_a_long_heading_is_cut() -> None:
    target = writer()
    target.heading(1, "word " * 100)
    target.write("text")
    assert len(place(target.document(), "text")) == 80


def test_no_escape_sequence_reaches_a_place() -> None:
    target = writer()
    target.at(ROW, 1, "\x1b]0;x\x07Prices\u202e")
    target.heading(1, "\x1b[31mRed\x9b1m \x00ships")
    target.write("text")
    assert place(target.document(), "text") == "Red ships › sheet Prices, row 1"


def test_a_text_without_places_has_none() -> None:
    target = writer()
    target.write("words")
    assert place(target.document(), "words") == ""
    assert Document("").place(0, 0) == ""


def test_beyond_the_most_marks_a_passage_has_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_MARKS", 5)
    target = writer()
    target.at(LINE, 1)
    target.write("\n\n\n".join(f"<{number}>" for number in range(9)))
    document = target.document()
    assert [place(document, f"<{number}>") for number in range(9)] == [
        "line 1", "line 4", "line 7", "line 10", "", "", "", "", "",
    ]  # fmt: skip
