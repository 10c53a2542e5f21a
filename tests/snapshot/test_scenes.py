"""What the scenes look like is what was agreed on. After a change that is meant: `pytest --snapshot-update`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from aimltui.tui.app import AimltuiApp
from tests.snapshot.scenes import Scene, Size, pictures
from tests.support.painting import follow, paint_at_rest
from tests.support.screen import Seat, startup_over

PICTURES = pictures()


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_no_picture_is_left_over(request: pytest.FixtureRequest) -> None:
    """In several processes the plugin does not look for them."""
    folder = request.path.parent / "__snapshots__" / request.path.stem
    assert {file.name for file in folder.iterdir()} == {
        f"{test_scene.__name__}[{picture[0]}].svg" for picture in PICTURES
    }


@pytest.mark.parametrize(
    ("name", "scene", "size", "theme"), PICTURES, ids=[picture[0] for picture in PICTURES]
)
def test_scene(
    name: str, scene: Scene, size: Size, theme: str, tmp_path: Path, snap_compare: Callable[..., bool]
) -> None:
    server = scene.server()
    app = AimltuiApp(startup_over(server, tmp_path, model=scene.model, theme=theme, **scene.options))
    paint_at_rest(app)

    async def act(pilot: Pilot[None]) -> None:
        follow(pilot)
        here = Seat(app, pilot, server)
        await here.until(
            lambda: (
                here.screen.workspace is not None
                and here.workspace.directory.is_loaded
                and here.entries
                and here.screen.start_queue.is_open
            )
        )
        here.screen.prompt.cursor_blink = False
        await scene.act(here)
        await pilot.pause()
        for box in app.screen.query("Input, TextArea"):
            assert isinstance(box, Input | TextArea)
            box.cursor_blink = False
        await pilot.pause()

    assert snap_compare(app, terminal_size=size, run_before=act)
