"""Selected text: the logical lines between two positions, as they are copied."""

from __future__ import annotations

from textual import events
from textual.geometry import Offset
from textual.selection import Selection
from textual.widget import Widget

from aimltui.common.sanitize import clean
from aimltui.tui.widgets.transcript.item import Item
from aimltui.tui.widgets.transcript.items import ItemList


def selected_text(item_list: ItemList, selection: Selection) -> str:
    """Return the text of a selection, without bars, frames and folds.

    Args:
        item_list: The items.
        selection: Its offsets are (character, number of the logical line).
    """
    if not item_list.items:
        return ""
    start = selection.start or Offset(0, 0)
    first = item_list.item_of_line(start.y)
    last = item_list.item_of_line(selection.end.y) if selection.end is not None else item_list.items[-1]
    assert first is not None
    assert last is not None
    parts: list[str] = []
    for item in item_list.items[first.index : last.index + 1]:
        lines = item.lines
        low, from_character = 0, 0
        if item is first and start.y >= item.key:
            low, from_character = start.y - item.key, start.x
        high, to_character = len(lines) - 1, None
        if item is last and selection.end is not None:
            high, to_character = selection.end.y - item.key, selection.end.x
        chosen = list(lines[low : high + 1])
        if chosen and to_character is not None and high < len(lines):
            chosen[-1] = chosen[-1][:to_character]
        if chosen:
            chosen[0] = chosen[0][from_character:]
        if parts and item.gap:
            parts.append("")
        parts += chosen
    return clean("\n".join(parts))


def word_at(text: str, place: int) -> tuple[int, int]:
    """Return the start and the end of the word at a position of a line."""
    if not text:
        return 0, 0
    place = max(0, min(place, len(text) - 1))

    def inside(character: str) -> bool:
        return character.isalnum() or character in "_-./:@%+~"

    if not inside(text[place]):
        return place, place + 1
    start = end = place
    while start > 0 and inside(text[start - 1]):
        start -= 1
    while end < len(text) and inside(text[end]):
        end += 1
    return start, end


def select_at(widget: Widget, item: Item, place: Offset, *, whole_line: bool) -> None:
    """Select the word at a place, or its line; the screen then does as after a drag.

    Args:
        widget: The transcript.
        item: The item at the place.
        place: The character, and the number of the logical line.
        whole_line: Whether to select the line.
    """
    line = item.lines[place.y - item.key]
    start, end = (0, len(line)) if whole_line else word_at(line, place.x)
    widget.screen.selections = {widget: Selection(Offset(start, place.y), Offset(end, place.y))}
    widget.screen.post_message(events.TextSelected())
