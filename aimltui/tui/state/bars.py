"""What fits into the header and the footer. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rich.cells import cell_len

from aimltui.common.dataclass import dataclass
from aimltui.formatting.cells import cut
from aimltui.tui.commands.command import FooterItem

GAP = 2
"""Cells between two items of a line."""

_LEAST_TITLE = 10
_LEAST_MODEL = 12
_LEAST_ASSISTANT = 12

Item = TypeVar("Item", bound=FooterItem)


@dataclass(frozen=True, slots=True)
class HeaderTexts:
    """The texts of the header as they are shown; empty ones are left out."""

    assistant: str
    title: str
    model: str
    endpoint: str


def fit_header(
    texts: HeaderTexts, width: int, *, left_extra: int, separator: int, right_extra: int
) -> HeaderTexts:
    """Shorten the header's texts to a width: the endpoint goes, the model's vendor, long names are cut, then the assistant
    goes, the model.

    Args:
        texts: The whole texts.
        width: Cells in all.
        left_extra: Cells of signs on the left that always stand there.
        separator: Cells between assistant and title, and between model and endpoint.
        right_extra: Cells of signs on the right where there is a model.
    """

    def left(assistant: str, title: str) -> int:
        return left_extra + cell_len(assistant) + cell_len(title) + (separator if assistant and title else 0)

    def right(model: str, endpoint: str) -> int:
        used = cell_len(model) + cell_len(endpoint) + (separator if model and endpoint else 0)
        return GAP + used + right_extra if used else 0

    short_title = cut(texts.title, max(_LEAST_TITLE, width // 3))
    name = _without_vendor(texts.model)
    model = cut(name, max(_LEAST_MODEL, width // 3))
    short_assistant = cut(texts.assistant, max(_LEAST_ASSISTANT, width // 4))
    choices = (
        (texts.assistant, texts.model, texts.endpoint),
        (short_assistant, texts.model, texts.endpoint),
        (texts.assistant, texts.model, ""),
        (short_assistant, texts.model, ""),
        (texts.assistant, name, ""),
        (short_assistant, name, ""),
        (texts.assistant, model, texts.endpoint),
        (short_assistant, model, texts.endpoint),
        (texts.assistant, model, ""),
        (short_assistant, model, ""),
        ("", name, ""),
        ("", model, ""),
        ("", cut(model, _LEAST_MODEL), ""),
    )
    for assistant, model, endpoint in choices:
        rest = width - right(model, endpoint)
        if left(assistant, short_title) <= rest:
            room = rest - left(assistant, "") - (separator if assistant and texts.title else 0)
            return HeaderTexts(assistant, cut(texts.title, room), model, endpoint)
    return HeaderTexts("", cut(texts.title, max(0, width - left_extra)), "", "")


def _without_vendor(model: str) -> str:
    """Return a model's id without the vendor before it, which says less than its end."""
    return model.rpartition("/")[2] or model


def fit_items(items: Sequence[Item], width: int, more: Item | None = None) -> list[Item]:
    """The first items that fit side by side, none cut; if the last one is the way back (esc), it stays and others go.

    Args:
        items: The items.
        width: The cells there are.
        more: Shows the others; it stands with those that fit where not all do.
    """
    fitting = _fitting(items, width)
    if more is None or len(fitting) == len(items):
        return fitting
    fewer = _fitting(items, width - _item_cells(more) - GAP)
    if len(fewer) < 2:
        return fitting
    has_back = fewer[-1].key == "esc"
    return [*fewer[:-1], more, fewer[-1]] if has_back else [*fewer, more]


def _fitting(items: Sequence[Item], width: int) -> list[Item]:
    back = [item for item in items[-1:] if item.key == "esc" and _item_cells(item) <= width]
    fitting: list[Item] = []
    used = sum(_item_cells(item) + GAP for item in back)
    for item in items[: len(items) - len(back)]:
        used += _item_cells(item) + (GAP if fitting else 0)
        if used > width:
            break
        fitting.append(item)
    return [*fitting, *back]


def _item_cells(item: FooterItem) -> int:
    return cell_len(item.key) + 1 + cell_len(item.label)
