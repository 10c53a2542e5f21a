"""Shows the dead time of a question or a card: what it looks like while its keys do nothing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from textual.widget import Widget

from aimltui.tui.state.dead_time import DeadTime, KeyTimes


def begin_dead_time(
    widget: Widget, dead_time: DeadTime | None, show: Callable[[float], None]
) -> DeadTime | None:
    """Begin the dead time of a widget that stands on the screen now.

    Args:
        widget: The question or card.
        dead_time: Its dead time before; None the first time.
        show: Shows whether keys act; takes the seconds until they do, and is called again when they may.

    Returns:
        Its dead time; None where the app does not note keys.
    """
    key_times = getattr(widget.app, "key_times", None)
    if not isinstance(key_times, KeyTimes):
        return dead_time
    dead_time = dead_time or DeadTime(key_times)
    dead_time.show()
    _show_life(widget, dead_time, show)
    return dead_time


def _show_life(widget: Widget, dead_time: DeadTime, show: Callable[[float], None]) -> None:
    left = dead_time.left_s if dead_time.is_shown else 0.0
    show(left)
    if left > 0:
        widget.set_timer(left, partial(_show_life, widget, dead_time, show))
