"""Counts, times and sizes as short text. Pure."""

from __future__ import annotations

from typing import Final

NO_BREAK_SPACE: Final = "\u00a0"
"""Between a number and its unit: a line is never broken there."""


def count_text(number: int) -> str:
    """Return a count with its thousands separated by commas: `12,000`."""
    return f"{number:,}"


def short_count(number: int) -> str:
    """Return a count shortened to four characters at most: `312`, `2.1k`, `48k`, `1.3M`."""
    if number < 1_000:
        return str(number)
    for limit, unit in ((1_000_000, "k"), (1_000_000_000, "M")):
        # From here on rounding would give `1000k`, which is `1.0M`.
        if number < limit - limit // 2_000:
            value = number / (limit / 1_000)
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    return f"{number / 1_000_000_000:.1f}G"


def clock_text(seconds: float) -> str:
    """Return seconds as a clock shows them: `0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def seconds_text(seconds: float) -> str:
    """Return a finished span of time: `3.2 s`, and from one minute on like `clock_text`."""
    if seconds < 60:
        return f"{max(0.0, seconds):.1f}{NO_BREAK_SPACE}s"
    return clock_text(seconds)


def bytes_text(size: int) -> str:
    """Return the size of a file: `312 B`, `2.1 KB`, `48 MB`."""
    if size < 1000:
        return f"{size} B"
    value, unit = size / 1000, "KB"
    for bigger in ("MB", "GB"):
        if value >= 999.5:
            value, unit = value / 1000, bigger
    return f"{value:.0f} {unit}" if value >= 9.95 else f"{value:.1f} {unit}"


def plural(number: int, word: str) -> str:
    """Return a count with its noun: `1 line`, `3 lines`."""
    return f"{count_text(number)} {word}{'' if number == 1 else 's'}"


def left_out_text(left_out: int, shortened: int) -> str:
    """Return what a model did not get of a thread: `3 messages left out, 2 shortened`; empty for nothing."""
    parts = [f"{plural(left_out, 'message')} left out"] if left_out else []
    parts += (
        [f"{shortened} shortened" if left_out else f"{plural(shortened, 'text')} shortened"]
        if shortened
        else []
    )
    return ", ".join(parts)
