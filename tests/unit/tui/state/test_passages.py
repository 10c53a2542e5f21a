"""A passage in its file, with the cited words marked."""

from __future__ import annotations

import pytest

from aimltui.tui.state.passages import AROUND, PassageText, alone, located

WHOLE = "Title\n\nThe first part.\nIt ends here.\n\nThe second part says 12 months.\nAnd more.\n\nThe end."


def roles(text: PassageText | None) -> list[tuple[str, str]]:
    assert text is not None
    return [(span.role, span.text) for span in text.spans]


def test_the_quote_is_marked_in_the_passage_and_the_passage_in_the_file() -> None:
    found = located("The second part says 12 months.\nAnd more.", WHOLE, ["says 12 months."])
    assert roles(found) == [
        ("around", "Title\n\nThe first part.\nIt ends here.\n\n"),
        ("passage", "The second part "),
        ("quote", "says 12 months."),
        ("passage", "\nAnd more."),
        ("around", "\n\nThe end."),
    ]
    assert found is not None
    assert (found.before, found.after) == (0, 0)


@pytest.mark.parametrize(
    "passage",
    [
        "The first part. It ends here.",
        "  The first part.\n\n\nIt ends here.  ",
    ],
)
def test_a_passage_is_found_with_other_spaces(passage: str) -> None:
    assert ("passage", "The first part.\nIt ends here.") in roles(located(passage, WHOLE, []))


def test_several_quotes_are_marked_each_once_and_in_order() -> None:
    found = located(
        "The first part.\nIt ends here.", WHOLE, ["ends here", "first", "first part", "not there"]
    )
    assert [text for role, text in roles(found) if role == "quote"] == ["first", "ends here"]


def test_without_the_passage_the_quote_is_looked_for_in_the_file() -> None:
    assert [text for role, text in roles(located("", WHOLE, ["12 months"])) if role == "quote"] == [
        "12 months"
    ]
    assert located("Something else.", WHOLE, ["nothing like it"]) is None
    assert located("", WHOLE, []) is None


def test_only_the_surroundings_of_a_passage_are_shown() -> None:
    line = "x" * 99 + "\n"
    found = located("The needle.", line * 1_000 + "The needle.\n" + line * 1_000, [])
    assert found is not None
    assert found.before == 100_000 - AROUND
    assert found.after == 100_000 - AROUND + 1
    assert found.passage == "The needle."


def test_escape_sequences_of_a_file_are_not_shown() -> None:
    assert roles(alone("Red \x1b[31malert\tnow", ["alert"])) == [
        ("passage", "Red "),
        ("quote", "alert"),
        ("passage", "    now"),
    ]
    assert "\x1b" not in "".join(
        span.text for span in alone("Red \x1b[31malert\x07", ["\x1b[31malert"]).spans
    )
