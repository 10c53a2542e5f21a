"""The real program with a probe in its event loop: how late does a task wake up that wants to every 5 ms?

    python -m tests.bench.probed_app FILE [aimltui's own flags]

At the end it writes a JSON list of pairs (when, seconds late) to the file. Only benchmarks use it.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path

from aimltui import cli, tui
from aimltui.tui.app import AimltuiApp

PERIOD_S = 0.005


class ProbedApp(AimltuiApp):
    """The app, and its probe."""

    # a subclass's paths are looked for beside the subclass
    CSS_PATH = [Path(tui.__file__).parent / name for name in AimltuiApp.CSS_PATH]  # noqa: RUF012

    def __init__(self, startup: cli.Startup) -> None:
        super().__init__(startup)
        self.lags: list[tuple[float, float]] = []

    def on_ready(self) -> None:
        self.run_worker(self._probe(), group="probe", exit_on_error=False)

    async def _probe(self) -> None:
        while True:
            due = time.monotonic() + PERIOD_S
            await asyncio.sleep(PERIOD_S)
            now = time.monotonic()
            self.lags.append((now, now - due))


def main(file: Path, arguments: list[str]) -> None:
    """Run the program."""
    app = ProbedApp(cli._prepare(cli.parser().parse_args(arguments)))
    app.run()
    file.write_text(json.dumps(app.lags))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
