"""The real program with a probe in its event loop: how late does a task wake up that wants to every 5 ms?

    python -m tests.bench.probed_app FILE [aimltui's own flags]

At the end it writes a JSON list of pairs (when, seconds late) to the file. Only benchmarks use it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from aimltui import tui
from aimltui.bootstrap import screen as window
from aimltui.cli import main as cli

if __name__ == "__main__":
    # As `window.show` does, before anything of Textual is imported: it reads this once.
    os.environ.setdefault("TEXTUAL_FPS", window._BEATS)

from aimltui.tui import app

PERIOD_S = 0.005

lags: list[tuple[float, float]] = []


class ProbedApp(app.AimltuiApp):
    """The app, and its probe."""

    # a subclass's paths are looked for beside the subclass
    CSS_PATH = [Path(tui.__file__).parent / name for name in app.AimltuiApp.CSS_PATH]  # noqa: RUF012

    def on_ready(self) -> None:
        self.run_worker(self._probe(), group="probe", exit_on_error=False)

    async def _probe(self) -> None:
        while True:
            due = time.monotonic() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            now = time.monotonic()
            lags.append((now, now - due))


def main(file: Path, arguments: list[str]) -> int:
    """Run the program by its own front door."""
    app.AimltuiApp = ProbedApp  # type: ignore[misc]
    status = cli.main(arguments)
    file.write_text(json.dumps(lags))
    return status


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
