"""Passages: together they are the text, none is too long, and they overlap."""

from __future__ import annotations

import random

import pytest

from aimltui.engine.accounting.tokens import estimate
from aimltui.engine.extraction.chunks import split

PROSE = "\n".join(
    f"Sentence number {n} says something. Another one follows, and then a third." for n in range(900)
)


def joined(text: str, size: int, overlap: int) -> str:
    return "".join(chunk.text[chunk.overlap :] for chunk in split(text, size, overlap))


@pytest.mark.parametrize(("size", "overlap"), [(100, 0), (100, 50), (800, 400), (4096, 2048)])
@pytest.mark.parametrize(
    "text",
    [
        PROSE,
        "世界" * 5_000,
        "x" * 100_000,
        "  leading and trailing \n\n",
        "a" + " " * 50_000 + "b",
        "\n" * 10_000 + "end",
        "🙂" * 3_000,
        "one",
        " ",
    ],
    ids=["prose", "wide", "one word", "edges", "blanks", "breaks", "faces", "short", "nothing"],
)
def test_passages_are_together_the_whole_text(text: str, size: int, overlap: int) -> None:
    chunks = list(split(text, size, overlap))
    assert joined(text, size, overlap) == text
    assert all(chunk.text for chunk in chunks)
    assert chunks[0].overlap == 0


@pytest.mark.parametrize(("size", "overlap"), [(100, 0), (100, 50), (800, 400)])
def test_passages_have_about_the_size_and_the_overlap_that_were_asked_for(size: int, overlap: int) -> None:
    chunks = list(split(PROSE, size, overlap))
    assert len(chunks) > 5
    for chunk in chunks[:-1]:
        assert size * 0.6 <= estimate(chunk.text) <= size * 1.1
    for chunk in chunks[1:]:
        assert estimate(chunk.text[: chunk.overlap]) <= overlap * 1.1 + 1
        assert overlap == 0 or chunk.overlap > 0


def test_passages_end_with_lines_where_they_can() -> None:
    chunks = list(split(PROSE, 800, 400))
    assert all(chunk.text.endswith("\n") for chunk in chunks[:-1])


def test_an_empty_text_has_no_passages() -> None:
    assert list(split("", 800, 400)) == []


def test_any_text_in_any_size_comes_back_whole() -> None:
    chance = random.Random(7)
    for _ in range(150):
        text = "".join(chance.choice("ab .\n世🙂\t-é") * chance.choice((1, 1, 2, 9)) for _ in range(400))
        size = chance.randint(1, 60)
        overlap = chance.randint(0, size // 2)
        assert joined(text, size, overlap) == text
