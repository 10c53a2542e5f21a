"""Marks that cite passages: found however they are cut into deltas, in one form, unknown ones dropped."""

from __future__ import annotations

import pytest

from aimltui.engine.tools.file_search.marks import MarkFinder, without_marks

KNOWN = {(0, 0), (0, 1), (2, 10)}


def found(text: str, size: int) -> list[tuple[str, tuple[int, int] | None]]:
    finder = MarkFinder(KNOWN)
    spans = [span for start in range(0, len(text), size) for span in finder.feed(text[start : start + size])]
    merged: list[tuple[str, tuple[int, int] | None]] = []
    for span in [*spans, *finder.finish()]:
        if merged and span.key is None and merged[-1][1] is None:
            merged[-1] = (merged[-1][0] + span.text, None)
        else:
            merged.append((span.text, span.key))
    return merged


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("So【0:0†source】.", [("So", None), ("【0:0†source】", (0, 0)), (".", None)]),
        ("So【0:1†a file.pdf】", [("So", None), ("【0:1†source】", (0, 1))]),
        ("【2:10】x", [("【2:10†source】", (2, 10)), ("x", None)]),
        ("【0:0, 0:1】", [("【0:0†source】", (0, 0)), ("【0:1†source】", (0, 1))]),
        ("[0:0†source] y", [("【0:0†source】", (0, 0)), (" y", None)]),
        ("Gone【7:7†source】!", [("Gone!", None)]),
        ("【重要】 and [1] and a[0:2]", [("【重要】 and [1] and a[0:2]", None)]),
        ("open 【0:0†sour", [("open 【0:0†sour", None)]),
        ("【【0:0†source】", [("【", None), ("【0:0†source】", (0, 0))]),
    ],
)
def test_marks_are_found_whatever_the_deltas(
    text: str, expected: list[tuple[str, tuple[int, int] | None]], size: int
) -> None:
    assert found(text, size) == expected


def test_a_bracket_that_never_closes_is_not_held_for_ever() -> None:
    finder = MarkFinder(KNOWN)
    assert "".join(span.text for span in finder.feed("【0:0†" + "x" * 300)) == "【0:0†" + "x" * 300


def test_marks_are_removed_and_other_brackets_stay() -> None:
    assert without_marks("a【0:0†source】b【注意】") == "ab【注意】"


@pytest.mark.timeout(60)
def test_a_long_text_of_brackets_is_read_in_one_pass() -> None:
    """An answer that does not stream comes as one piece; each bracket used to copy the rest of it."""
    text = "[ " * 1_000_000
    finder = MarkFinder(())
    assert "".join(span.text for span in [*finder.feed(text), *finder.finish()]) == text
