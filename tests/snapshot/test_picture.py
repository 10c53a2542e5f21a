"""Pictures as text: what is written is read back, and a difference is told so that one sees it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from rich.style import Style
from textual.color import Color

from aimltui.tui.contrast import MIN_CONTRAST, contrast
from tests.snapshot.picture import PICTURES, Picture, difference, read, written

DIMMED = {"palette", "run-again"}
"""Stops with a dimmed page behind a panel, which is not for reading."""
SIZE = (6, 2)
DARK = Picture((("ab  ab", ((2, "white on black"), (4, "red on black"))), ("界 x  ", ((5, "none"),))))
LIGHT = Picture((("ab  ab", ((2, "black on white"), (4, "black on white"))), ("界 x  ", ((5, "none"),))))
OTHER = Picture((("ab  cd", ((6, "black on white"),)), ("界 x  ", ((5, "none"),))))


def joined(picture: Picture) -> list[tuple[str, list[str]]]:
    return [(text, list(picture.styles(row))) for row, text in enumerate(picture.text)]


def test_what_is_written_is_read_back_and_themes_with_the_same_text_share_it() -> None:
    pictures = {(SIZE, "dark"): DARK, (SIZE, "light"): LIGHT}
    file = written(pictures)
    assert {key: joined(picture) for key, picture in read(file).items()} == {
        key: joined(picture) for key, picture in pictures.items()
    }
    assert file.count("ab  ab") == 1
    # equal neighbours are one run again
    assert read(file)[SIZE, "light"].rows[0][1] == ((6, "black on white"),)


def test_themes_that_show_another_text_stand_apart() -> None:
    file = written({(SIZE, "dark"): DARK, (SIZE, "light"): OTHER})
    assert [line for line in file.split("\n") if line.startswith("6x2")] == ["6x2 dark", "6x2 light"]
    assert read(file)[SIZE, "light"] == OTHER


def test_a_difference_shows_both_lines_and_the_styles_that_differ() -> None:
    told = difference(DARK, OTHER)
    assert "- ab  ab\n+ ab  cd" in told
    told = difference(DARK, LIGHT)
    assert "~ ab  ab" in told
    assert "line 1, column 1: 'ab' is black on white, was white on black" in told
    assert "line 1, column 3: '  ab' is black on white, was red on black" in told


def test_text_on_every_picture_is_readable() -> None:
    """Every text has a contrast of 4.5:1."""
    low = [
        f"{file.stem} {size} {theme}: {text!r} is {style}"
        for file in sorted(PICTURES.iterdir())
        if file.stem not in DIMMED
        for (size, theme), picture in read(file.read_text(encoding="utf-8")).items()
        for text, style in _texts(picture)
        if not _is_readable(style)
    ]
    assert not low


def _texts(picture: Picture) -> Iterator[tuple[str, str]]:
    """Yield the texts with letters or digits, and their styles."""
    for line, runs in picture.rows:
        place = 0
        for length, style in runs:
            text, place = line[place : place + length], place + length
            if any(map(str.isalnum, text)):
                yield text, style


@cache
def _is_readable(name: str) -> bool:
    style = Style.parse(name)
    colors = [
        color for color in (style.color, style.bgcolor) if color is not None and color.triplet is not None
    ]
    # the terminal decides on the others
    return len(colors) < 2 or contrast(*map(Color.from_rich_color, colors)) >= MIN_CONTRAST
