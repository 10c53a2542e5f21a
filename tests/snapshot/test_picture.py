"""Pictures as text: what is written is read back, and a difference is told so that one sees it."""

from __future__ import annotations

from tests.snapshot.picture import Picture, difference, read, written

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
