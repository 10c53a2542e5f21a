"""What is painted for a frame: the screen of the program against Textual's compositor, in one process.

    python -m tests.bench.bench_frame [frames]

A frame that scrolls repaints the whole transcript, one at the tail its last three lines; the third repaints the prompt,
too, as when its cursor blinks. Target: at most 0.5 times Textual's.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from textual._compositor import ChopsUpdate, Compositor
from textual.geometry import Region

from aimltui.tui.app import AimltuiApp
from aimltui.tui.compositor import DamageCompositor
from tests.bench.measure import milliseconds, table, verdict
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import End, Say
from tests.support.screen import Seat, startup_over

FRAMES = 100
TARGET = 0.5
TEXT = "\n\n".join(f"Paragraph {number} with some words, *some* of them **bold**." for number in range(60))


def frame(here: Seat, damage: Sequence[Region]) -> float:
    """Paint what is damaged; the CPU seconds."""
    compositor = here.screen._compositor
    begin = time.process_time()
    compositor._dirty_regions.update(damage)
    update = compositor.render_update(screen_stack=[])
    assert isinstance(update, ChopsUpdate)
    update.render_segments(here.app.console)
    return time.process_time() - begin


def fastest(here: Seat, damage: Sequence[Region], frames: int) -> tuple[float, float]:
    """The CPU seconds of Textual's compositor and of ours, taking turns."""
    seconds: dict[bool, list[float]] = {True: [], False: []}
    own = DamageCompositor.render_partial_update
    for number in range(2 * frames):
        is_own = number % 2 == 0
        DamageCompositor.render_partial_update = own if is_own else Compositor.render_partial_update  # type: ignore[method-assign]
        seconds[is_own].append(frame(here, damage))
    DamageCompositor.render_partial_update = own  # type: ignore[method-assign]
    return min(seconds[False]), min(seconds[True])


async def measure(frames: int) -> None:
    """Print the table."""
    server = FakeTransport()
    server.scripts = [[Say((TEXT,)), End()]]
    with tempfile.TemporaryDirectory() as folder:
        app = AimltuiApp(startup_over(server, Path(folder)))
        async with app.run_test(size=(120, 40)) as pilot:
            here = Seat(app, pilot, server)
            await here.until(lambda: here.screen.workspace is not None and here.entries)
            await here.write("Go")
            await here.idle()
            pane = here.screen.transcript.region
            tail = Region(pane.x, pane.bottom - 3, pane.width, 3)
            scenes = {
                "it scrolls": [pane],
                "its tail": [tail],
                "its tail and the prompt": [tail, here.screen.prompt.region],
            }
            found = {name: fastest(here, damage, frames) for name, damage in scenes.items()}
    rows = [[name, milliseconds(textual), milliseconds(own)] for name, (textual, own) in found.items()]
    print(table(["repainted", "Textual's compositor", "ours"], rows))
    worst = max(own / textual for textual, own in found.values())
    print(verdict("ours over Textual's", worst, TARGET, "x"))


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else FRAMES))
