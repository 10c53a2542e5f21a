"""Paints the screen of a tested app when it has come to rest, not at each beat of the program in between.

Without a terminal nobody sees what is painted, and a key makes several paintings: a third of what such a test takes. So
there is one for each key and each pause, and another for each look at the screen. What is painted between them is the
matter of the tests with a real terminal.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import Any

from textual.app import App
from textual.pilot import Pilot
from textual.screen import Screen

_apps: weakref.WeakSet[App[Any]] = weakref.WeakSet()
_refresh = Screen._compositor_refresh


def _refresh_or_wait(screen: Screen[Any]) -> None:
    """Leave what changed to the next painting where the app is one that is painted at rest."""
    app = screen.app
    if app not in _apps or screen is not app.screen:
        _refresh(screen)
        return
    screen._dirty_widgets.clear()
    app._update_mouse_over(screen)


Screen._compositor_refresh = _refresh_or_wait  # type: ignore[method-assign]


def paint_at_rest(app: App[Any]) -> None:
    """Have an app painted by `follow`, and by nothing else; before it starts."""
    _apps.add(app)


def paint(app: App[Any]) -> None:
    """Paint what has changed since the last time; raises what a widget raises."""
    app.screen._compositor.render_update(screen_stack=app._background_screens)


def follow(pilot: Pilot[Any]) -> None:
    """Paint behind each key and each pause of a pilot."""
    app = pilot.app
    press_keys, pause = app._press_keys, pilot.pause

    async def press_and_paint(keys: Iterable[str]) -> None:
        for key in keys:
            await press_keys([key])
            paint(app)

    async def pause_and_paint(delay: float | None = None) -> None:
        await pause(delay)
        paint(app)

    app._press_keys = press_and_paint  # type: ignore[method-assign]
    pilot.pause = pause_and_paint  # type: ignore[method-assign]
