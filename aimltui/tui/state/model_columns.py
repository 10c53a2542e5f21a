"""The columns of the model picker: which of them fit, and their texts. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import ELLIPSIS, cut, fit
from aimltui.tui.state.model_words import UNKNOWN, ModelRow, dollars_in_words, tokens_in_words

ABILITIES = (
    ("tools", "tools", "T"),
    ("vision", "vision", "V"),
    ("reasoning", "reason", "R"),
    ("streaming", "stream", "S"),
    ("files", "files", "F"),
)
"""The ability, its heading in a wide list, its letter in a narrow one."""
LEGEND = "T tools  V vision  R reasoning  S streaming  F files"
MARGIN = 4
"""Cells for the marks before a model's id."""
_GAP = 2
_CONTEXT = 7
_IN, _OUT = 7, 6
_PRICE = _IN + 3 + _OUT
_UNIT = " per 1M"
_NAME = 28
_LABEL_MOST = 38
_ID_MOST = 60
_DOT = "•"
_NOT = "·"

Abilities = Literal["words", "letters", "none"]


@dataclass(frozen=True, slots=True)
class Columns:
    """The widths of a list's columns; a column that does not fit has none."""

    width: int
    label: int
    name: int = 0
    context: int = 0
    abilities: Abilities = "none"
    price: int = 0

    def head(self) -> str:
        """The line of headings."""
        parts = [" " * MARGIN + "model".ljust(self.label)]
        if self.context:
            parts.append("context".rjust(self.context))
        if self.name:
            parts.append("name".ljust(self.name))
        if self.abilities == "words":
            parts.append(" ".join(word for _, word, _ in ABILITIES))
        elif self.abilities == "letters":
            parts.append("TVRSF")
        if self.price:
            parts.append(f"{'$ in':>{_IN}} / out{_UNIT if self.abilities == 'words' else ''}")
        return (" " * _GAP).join(parts)

    def cells(self, row: ModelRow) -> str:
        """The text behind a model's id."""
        parts: list[str] = []
        if self.context:
            known = tokens_in_words(row.context) if row.context is not None else UNKNOWN
            parts.append(known.rjust(self.context))
        if self.name:
            name = row.name if row.name != row.id else ""
            parts.append(fit(clean_line(name), self.name))
        if self.abilities == "words":
            parts.append(_in_words(row))
        elif self.abilities == "letters":
            parts.append(_in_letters(row))
        if self.price:
            parts.append(_price(row))
        return "".join(" " * _GAP + part for part in parts)


_Choice = tuple[int, int, Abilities, int]
Facts = frozenset[str]
"""Of `name`, `context`, `abilities` and `price`: what is known of at least one model."""
ALL_FACTS: Facts = frozenset({"name", "context", "abilities", "price"})


def facts_in(rows: Iterable[ModelRow]) -> Facts:
    """What is known of at least one of these models; there is no column for what nobody knows."""
    found: set[str] = set()
    for row in rows:
        known = {
            "name": row.name not in ("", row.id),
            "context": row.context is not None,
            "abilities": row.abilities is not None,
            "price": row.prompt is not None or row.completion is not None,
        }
        found |= {fact for fact, is_known in known.items() if is_known}
        if found == ALL_FACTS:
            break
    return frozenset(found)


def columns_for(width: int, longest: int, facts: Facts = ALL_FACTS) -> Columns:
    """The columns that fit.

    Args:
        width: Cells of the list.
        longest: Cells of the longest id; up to a limit, it gets its room before the columns.
        facts: What there may be a column for.
    """
    room = width - MARGIN
    label = max(12, min(longest, _LABEL_MOST))
    words = sum(len(word) for _, word, _ in ABILITIES) + len(ABILITIES) - 1
    letters = len(ABILITIES)
    tries: tuple[_Choice, ...] = (
        (_NAME, _CONTEXT, "words", _PRICE),
        (0, _CONTEXT, "words", _PRICE),
        (0, _CONTEXT, "letters", _PRICE),
        (0, _CONTEXT, "letters", 0),
        (0, _CONTEXT, "none", 0),
        (0, 0, "none", 0),
    )
    for choice in tries:
        name, context, abilities, price = _known(choice, facts)
        ability = {"words": words, "letters": letters, "none": 0}[abilities]
        used = sum(part + _GAP for part in (name, context, ability, price) if part)
        # the heading of the last column is wider than the column
        used += 3 + len(_UNIT) - _OUT if price and abilities == "words" else 0
        if room - used >= label:
            break
    left = max(1, room - used)
    # the columns follow the ids at once; cells that are left are for the names, then they stay empty
    label = min(left, max(12, min(longest, _ID_MOST)))
    if name:
        name += min(left - label, 20)
    return Columns(width, label, name, context, abilities, price)


def _known(choice: _Choice, facts: Facts) -> _Choice:
    """The columns of a choice for which something is known."""
    name, context, abilities, price = choice
    return (
        name if "name" in facts else 0,
        context if "context" in facts else 0,
        abilities if "abilities" in facts else "none",
        price if "price" in facts else 0,
    )


def cut_id(model_id: str, width: int) -> str:
    """An id in at most `width` cells; a longer one is cut after one of its parts."""
    if len(model_id) <= width:
        return cut(model_id, width)
    kept = model_id[: max(0, width - 1)]
    end = max(kept.rfind(sign) for sign in "-/_:.")
    if end > width // 2:
        kept = kept[:end]
    return cut(kept, max(0, width - 1)).removesuffix(ELLIPSIS) + ELLIPSIS


def abilities_in_words(row: ModelRow) -> str:
    """The abilities that are known: `tools, vision, streaming`."""
    return ", ".join(ability for ability, _, _ in ABILITIES if row.abilities and ability in row.abilities)


def _in_words(row: ModelRow) -> str:
    if row.abilities is None:
        return UNKNOWN.center(5) + " " * (sum(len(word) for _, word, _ in ABILITIES) + len(ABILITIES) - 6)
    return " ".join(
        (_DOT if ability in row.abilities else " ").center(len(word)) for ability, word, _ in ABILITIES
    )


def _in_letters(row: ModelRow) -> str:
    if row.abilities is None:
        return UNKNOWN.center(len(ABILITIES))
    return "".join(letter if ability in row.abilities else _NOT for ability, _, letter in ABILITIES)


def _price(row: ModelRow) -> str:
    if row.prompt is None and row.completion is None:
        return f"{UNKNOWN:>{_IN}}".ljust(_PRICE)
    if row.prompt == 0 and row.completion == 0:
        return f"{'free':>{_IN}}".ljust(_PRICE)
    into, out = dollars_in_words(row.prompt), dollars_in_words(row.completion)
    return f"{into:>{_IN}} / {out:<{_OUT}}"
