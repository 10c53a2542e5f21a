"""What the program looks like in every state, in three sizes and both themes, as was agreed on.

After a change that is meant: `pytest -n 0 tests/snapshot --snapshot-update`, and look at the difference. To see pictures:
`python -m tests.snapshot.sheet FOLDER NAME`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from tests.snapshot.picture import PICTURES, Picture, Size, difference, read, written
from tests.snapshot.stories import STORIES
from tests.snapshot.story import Story, look
from tests.support.painting import paint_at_rest
from tests.support.screen import Seat
from tests.support.screen_classes import screen_classes


@pytest.fixture(autouse=True)
def utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


class Looker:
    """Compares each stop with its pictures, or takes them."""

    def __init__(self, is_update: bool) -> None:
        self.is_update = is_update
        self._agreed: dict[str, dict[tuple[Size, str], Picture]] = {}
        self.seen: dict[str, dict[tuple[Size, str], Picture]] = {}

    async def look(self, here: Seat, stop: str, size: Size, theme: str) -> None:
        """Look at a stop; it looks as was agreed."""
        if stop not in self._agreed:
            file = PICTURES / f"{stop}.txt"
            has_file = file.exists() and not self.is_update
            self._agreed[stop] = read(file.read_text(encoding="utf-8")) if has_file else {}
        wanted = self._agreed[stop].get((size, theme))
        now = await look(here, wanted)
        self.seen.setdefault(stop, {})[size, theme] = now
        if not self.is_update:
            assert now == wanted, f"{stop}, {size[0]}x{size[1]}, {theme}:\n{difference(wanted, now)}"

    def save(self) -> None:
        """Save the pictures that were taken."""
        PICTURES.mkdir(exist_ok=True)
        for stop, pictures in self.seen.items():
            (PICTURES / f"{stop}.txt").write_text(written(pictures), encoding="utf-8")


@pytest.mark.parametrize("story", STORIES, ids=[story.name for story in STORIES])
def test_story(
    story: Story, tmp_path: Path, snap_compare: Callable[..., bool], request: pytest.FixtureRequest
) -> None:
    """Each stop looks as its pictures in `pictures`, and the last one as the one that the plugin keeps as SVG."""
    server = story.server()
    app = story.app(server, tmp_path)
    paint_at_rest(app)
    looker = Looker(bool(request.config.getoption("update_snapshots")))
    faults: list[Exception] = []

    async def act(pilot: Pilot[None]) -> None:
        here = Seat(app, pilot, server)

        async def seen(stop: str, size: Size, theme: str) -> None:
            await looker.look(here, stop, size, theme)

        try:
            await story.walk(here, seen)
        except Exception as error:
            # the plugin would only tell that the last picture is another one
            faults.append(error)

    is_same = snap_compare(app, terminal_size=story.sizes[0], run_before=act)
    if faults:
        raise faults[0]
    if looker.is_update:
        looker.save()
    assert is_same


def test_no_picture_is_left_over(request: pytest.FixtureRequest) -> None:
    """In several processes the plugin does not look for them."""
    stops = {stop.name for story in STORIES for stop in story.stops}
    assert {file.name for file in PICTURES.iterdir()} == {f"{name}.txt" for name in stops}
    folder = request.path.parent / "__snapshots__" / request.path.stem
    assert {file.name for file in folder.iterdir()} == {f"test_story[{story.name}].svg" for story in STORIES}


def test_every_screen_has_a_picture() -> None:
    """A new screen needs a stop in `stories.py`."""
    shown = {stop.screen for story in STORIES for stop in story.stops}
    assert {name for name in screen_classes(Screen) - BASES if not name.endswith("Part")} == shown


BASES = {"Sheet", "SearchSheet", "SelectingScreen", "MainView", "Viewer"}
"""Classes that are shown only as one of their subclasses."""
