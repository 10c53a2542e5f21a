#!/usr/bin/env bash
# Textual 8.2.8: a widget whose width is `auto` grows with its text, and Static.update() lays out again by itself. But in
# a handler that updates the widget, awaits the mounting of another one, and updates it again, the second text is cut at
# the width of the first one, for good. One would expect the last text to count, as update() promises a layout: the
# layout for the mounted widget measures the first text and remembers its width, and the second call asks for no new
# measure, because the first call's wish for a layout is still waiting for the handler to end.
# Seen on 2026-12-01, Linux, Python 3.11:
#     without the mount: 17 of 17 cells, 'step 2 of 2: done'
#     with the mount: 6 of 17 cells, 'step 2'
# Our workaround: aimltui/tui/screens/current_size.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'textual==8.2.8'

expected="without the mount: 17 of 17 cells, 'step 2 of 2: done'
with the mount: 6 of 17 cells, 'step 2'"
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import asyncio

from textual.app import App, ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Static

LAST = "step 2 of 2: done"


class Job(Static):
    DEFAULT_CSS = "Job { width: auto; }"
    ended = False

    async def work(self, mounts: bool) -> None:
        self.update("step 1")
        if mounts:
            await self.app.query_one(Vertical).mount(Static("a line of the log"))
        # some work, during which the screen is laid out
        await asyncio.sleep(0.3)
        self.update(LAST)
        self.ended = True


class Jobs(App[None]):
    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Job("waiting")
            yield Vertical()


async def main(name: str, mounts: bool) -> None:
    async with Jobs().run_test(size=(60, 4)) as pilot:
        await pilot.pause(0.5)
        job = pilot.app.query_one(Job)
        job.call_later(job.work, mounts)
        async with asyncio.timeout(60):
            while not job.ended:
                await asyncio.sleep(0.05)
        for _ in range(10):
            await pilot.pause(0.05)
        shown = job.render_line(0).text
        print(f"{name}: {job.size.width} of {len(LAST)} cells, {shown!r}")


asyncio.run(main("without the mount", False))
asyncio.run(main("with the mount", True))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
