"""The texts of the status line over the prompt. Pure."""

from __future__ import annotations

from rich.cells import cell_len

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut, wrapped
from aimltui.formatting.money import Cost, Glyphs, cost_text
from aimltui.formatting.numbers import clock_text, short_count

Part = tuple[str, str]
"""A text and its style."""

_SIGNS: dict[Glyphs, tuple[str, str, str, str, str]] = {
    "unicode": ("●", "▼", "↑", "↓", " · "),
    "ascii": ("*", "v", "in ", "out ", " - "),
}
_GAP = 2
_MOST_ROWS = 4
_LEAST_WIDTH = 10


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the open thread, as far as the status line shows it."""

    hint: str = ""
    """A short message that comes before everything else."""
    title: str = ""
    """The thread's title, if the header has no room for it."""
    run: str = ""
    """The active run's status in a word; empty if there is none."""
    seconds: int | None = None
    """Seconds since the start of the run."""
    options: str = ""
    """What is different in the next run, or in the thread's runs, in words."""
    queued: int = 0
    """Messages in the queue."""
    is_away: bool = False
    """Whether the end of the transcript is out of view."""
    new_lines: int = 0
    """Lines that were added below the view."""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    """Dollars for all runs; None if unknown."""
    cost_is_computed: bool = False
    cost_is_partial: bool = False
    context: str = ""
    """The used share of the context window."""
    today: str = ""
    """Today's cost and budget."""
    has_text: bool = False
    """Whether there is text in the prompt, which has the key End to itself then."""


def segments(status: Status, glyphs: Glyphs) -> tuple[list[Part], list[str]]:
    """The parts on the left and those on the right, the most important first."""
    dot, below, into, out, separator = _SIGNS[glyphs]
    left: list[Part] = []
    if status.hint:
        left.append((status.hint, "$text-warning"))
    if status.is_away:
        end = "ctrl+End" if status.has_text else "End"
        new = f"{status.new_lines} new {'line' if status.new_lines == 1 else 'lines'} below"
        left.append((f"{below} {new if status.new_lines else 'more below'}{separator}{end}", "$text-accent"))
    if status.run:
        clock = "" if status.seconds is None else f" {clock_text(status.seconds)}"
        left.append((f"{dot} {status.run}{clock}", "$text-success"))
    if status.options:
        left.append((status.options, "$text-accent"))
    if status.queued:
        left.append(
            (
                f"{status.queued} queued · ↑ Edit"
                if glyphs == "unicode"
                else f"{status.queued} queued - up Edit",
                "$text-warning",
            )
        )
    if status.title:
        left.append((status.title, "bold"))
    used: list[str] = []
    if status.tokens_in or status.tokens_out:
        used.append(f"thread {into}{short_count(status.tokens_in)} {out}{short_count(status.tokens_out)}")
    cost = Cost(status.cost_usd, status.cost_is_computed, status.cost_is_partial)
    if cost.is_known:
        used.append(cost_text(cost, glyphs))
    used += [part for part in (status.context, status.today) if part]
    return left, used


def hint_rows(hint: str, width: int) -> list[str]:
    """Return the lines of a hint that is longer than one line; none for one that fits, or if there is no room at all.

    Args:
        hint: The hint.
        width: Cells of a line.
    """
    hint = clean_line(hint)
    if width < _LEAST_WIDTH or cell_len(hint) <= width:
        return []
    rows = wrapped(hint, width)
    return (
        rows
        if len(rows) <= _MOST_ROWS
        else [*rows[: _MOST_ROWS - 1], cut(" ".join(rows[_MOST_ROWS - 1 :]), width)]
    )


def fitting(
    left: list[Part], right: list[str], width: int, glyphs: Glyphs = "unicode"
) -> tuple[list[Part], str]:
    """The parts that fit into the width: those on the right are dropped first, from the end, then those on the left."""
    left, right = list(left), list(right)
    separator = _SIGNS[glyphs][-1]

    def needed() -> int:
        return sum(cell_len(text) for text, _ in left) + 3 * max(0, len(left) - 1)

    gap = _GAP if left else 0
    while right and needed() + gap + cell_len(separator.join(right)) > width:
        right.pop()
    while len(left) > 1 and needed() > width:
        left.pop()
    if needed() > width:
        left = [(cut(text, width), style) for text, style in left]
    return left, separator.join(right)
