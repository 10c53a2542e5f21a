"""The widgets that most starts do not show are mounted when they are used first, each at its place."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import pytest

from aimltui.tui.state.attached_files import AttachedFile
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat

IN_ROOM = ["header", "transcript", "find", "call", "status", "files", "prompt", "mentions", "slashes"]
IN_BODY = ["threads", "room", "beside", "runs"]
LATE = {"find_bar", "card", "attached", "mentions", "slashes", "side_document", "run_pane"}


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


def mounted(here: Seat) -> set[str]:
    """The names of those that were used."""
    return {name for name in LATE if getattr(here.screen, name).mounted is not None}


def ids(here: Seat, selector: str) -> list[str | None]:
    return [child.id for child in here.screen.query_one(selector).children]


async def test_a_start_with_an_answer_mounts_none_of_them(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        await here.write("How?")
        await here.pilot.press("enter")
        await here.until(lambda: "RunEntry" in here.kinds())
        await here.idle()
        assert mounted(here) == set()


async def test_each_comes_with_its_first_use_alone(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        await here.pilot.press("ctrl+f")
        await here.until(lambda: here.app.focused is here.screen.find_bar().box)
        assert mounted(here) == {"find_bar"}
        await here.pilot.press("escape")
        here.screen.prompt.set_files([AttachedFile("/report.txt", "report.txt", 5, "file_search")])
        await here.until(lambda: "report.txt" in here.shown())
        assert mounted(here) == {"find_bar", "attached"}
        await here.pilot.press("slash")
        await here.until(lambda: here.screen.slashes.mounted is not None and here.screen.slashes().is_open)
        assert "mentions" not in mounted(here)


@pytest.mark.parametrize(
    "order", [sorted(LATE), sorted(LATE, reverse=True), *list(permutations(sorted(LATE)))[1::1700]]
)
async def test_their_places_do_not_depend_on_which_is_used_first(order: list[str], tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path, size=(200, 60)) as here:
        for name in order:
            getattr(here.screen, name)()
            await here.pilot.pause()
        assert ids(here, "#room") == IN_ROOM
        assert ids(here, "#body") == IN_BODY
        side = here.screen.transcript.styles.margin.left
        assert side > 0
        below = [widget for widget in here.screen.room.children if widget.id in {"find", "files", "prompt"}]
        assert {(widget.styles.margin.left, widget.styles.margin.right) for widget in below} == {(side, side)}
        assert here.screen.card().styles.margin.left == side + 1
        assert not any(getattr(here.screen, name)().display for name in LATE)
