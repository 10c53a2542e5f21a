"""Rows of a list, cut to the room that there is."""

from __future__ import annotations

import pytest

from aimltui.tui.widgets.pick_list import PickRow, fitted


@pytest.mark.parametrize(
    ("row", "room", "shown"),
    [
        (PickRow("1", "The harvest was good.", "Thesis · 24 Nov", marks=()), 60, None),
        (
            PickRow("1", "The harvest was good.", "tool · Thesis outline · 24 Nov", marks=()),
            36,
            ("The harvest was…", "tool · Thesis…"),
        ),
        (PickRow("1", "a" * 30, "12.5 MB"), 20, ("a" * 10 + "…", "12.5 MB")),
    ],
)
def test_a_hit_has_at_least_half_of_its_row(row: PickRow, room: int, shown: tuple[str, str] | None) -> None:
    assert fitted(row, room) == (shown or (row.label, row.hint))
