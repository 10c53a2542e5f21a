"""Costs as text: reported, computed, partial or unknown. Pure."""

from __future__ import annotations

from typing import Literal

from aimltui.common.dataclass import dataclass
from aimltui.formatting.numbers import NO_BREAK_SPACE

Glyphs = Literal["unicode", "ascii"]


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one or more runs."""

    usd: float | None = None
    """US dollars; None if unknown, which is not zero."""
    is_computed: bool = False
    """True if part of it was computed from list prices."""
    is_partial: bool = False
    """True if part of it is unknown, so that the real cost is higher."""

    @property
    def is_known(self) -> bool:
        """Whether anything is known: that a cost is higher than zero says nothing."""
        return self.usd is not None and not (self.usd == 0 and self.is_partial)


def cost_text(cost: Cost, glyphs: Glyphs = "unicode") -> str:
    """Return a cost as text: `$0.0043`, `≈ $0.0043` from list prices, `over $0.0043` if partial, `–` if unknown."""
    if cost.usd is None or not cost.is_known:
        return "-" if glyphs == "ascii" else "–"
    if cost.usd == 0:
        return money_text(0)
    about = "over" if cost.is_partial else ("~" if glyphs == "ascii" else "≈") if cost.is_computed else ""
    return f"{about}{NO_BREAK_SPACE}{money_text(cost.usd)}" if about else money_text(cost.usd)


def money_text(dollars: float) -> str:
    """Return dollars with as many decimal places as are significant."""
    if dollars == 0:
        return "$0"
    size, sign = abs(dollars), "-" if dollars < 0 else ""
    places = 0 if size >= 10_000 else 2 if size >= 1 else 3 if size >= 0.1 else 4 if size >= 0.0001 else 6
    return f"{sign}${size:,.{places}f}"


def context_text(used: int | None, length: int | None) -> str:
    """Return how full the context window is: `ctx 3 %`; empty if unknown."""
    if not used or not length:
        return ""
    share = 100 * used / length
    number = "<1" if share < 1 else f"{share:.0f}"
    return f"ctx{NO_BREAK_SPACE}{number}{NO_BREAK_SPACE}%"
