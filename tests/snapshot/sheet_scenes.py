"""Scenes of the contact sheet that the tests do not take: panels whose parts other scenes judge already."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tests.snapshot.scenes import FINISHED, REPORTS, SEVERAL, Scene, ask
from tests.support.screen import Seat

_Act = Callable[[Seat], Awaitable[None]]


def panel(action: str, *keys: str, shows: str) -> _Act:
    """Ask, carry out an action of the main screen, press keys, and wait for a text."""

    async def act(here: Seat) -> None:
        await ask(here)
        await here.screen.run_action(action)
        await here.until(lambda: here.app.screen is not here.screen)
        for key in keys:
            await here.alive()
            await here.pilot.press(key)
        await here.until(lambda: shows in here.shown())

    return act


def _scene(name: str, act: _Act) -> Scene:
    return Scene(name, act, scripts=(FINISHED,), reports=REPORTS, options={"connections": SEVERAL})


SHEET_SCENES: tuple[Scene, ...] = (
    _scene("file-list", panel("show_files", shows="revenue.png")),
    _scene("file-actions", panel("show_files", "enter", shows="for good")),
    _scene("file-delete", panel("show_files", "delete", shows="for good?")),
    _scene("trash", panel("show_trash", shows="Trash")),
    _scene("history", panel("search_history", shows="before")),
    _scene("tools", panel("switch_tools", shows="tools")),
    _scene("web", panel("switch_web", shows="web")),
    _scene("theme", panel("pick_theme", shows="Theme")),
    _scene("new-assistant", panel("pick_assistant", "ctrl+n", shows="begin with")),
    _scene("assistant-import", panel("pick_assistant", "ctrl+o", shows="path of")),
    _scene("run-again", panel("inspect_runs", "r", shows="Run again")),
    _scene("compact", panel("compact", shows="Use it")),
    _scene("setting-value", panel("show_settings", *"per run", "enter", shows="limit")),
    _scene("setting-key", panel("show_settings", *"keys.help", "enter", shows="Press the new key")),
    _scene("panel-help", panel("show_settings", "f1", shows="Close this help")),
)
