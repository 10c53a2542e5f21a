"""The items of a transcript and their heights."""

from __future__ import annotations

from dataclasses import replace

from aimltui.tui.state.entries import MessageEntry
from aimltui.tui.widgets.transcript.items import ItemList
from tests.unit.tui.widgets.transcript.builders import context, palette

TABLE = "| a | b |\n|---|---|\n" + "| 1 | 2 |\n" * 20


def test_other_colours_leave_the_heights_of_what_was_drawn() -> None:
    items, here = ItemList(), context()
    items.load([MessageEntry(id="m1", role="assistant", author="A", text=TABLE)])
    items.set_context(here)
    estimated = items.heights.total
    items.draw(items.items[0])
    drawn = items.heights.total
    assert drawn != estimated
    items.set_context(replace(here, palette=palette("textual-light"), now=9.0))
    assert items.items[0].canvas is None
    assert items.heights.total == drawn
    items.set_context(replace(here, width=40))
    assert items.heights.total != drawn, "another width folds the text in another way"
