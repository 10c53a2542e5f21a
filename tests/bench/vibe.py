"""Mistral Vibe as a side of the streaming benchmark: its settings, its processes, and what it has drawn.

It is a program in Rust with a server in Python beside it; CPU is that of both. It writes only the cells that changed, so
that a stamp may never stand in its output as a whole: what it wrote is drawn again afterwards.
"""

from __future__ import annotations

from pathlib import Path

import pyte

from tests.bench import stamped
from tests.bench.measure import Meter

NAME = "vibe"
READY = b"information"
"""Of its greeting; it writes no spaces."""
BACKGROUND_S = 6.0
"""Seconds after which its server is loaded."""
_CONFIG = """
active_model = "fast"
enable_telemetry = false
enable_update_checks = false

[[providers]]
name = "bench"
api_base = "{url}"
api_key_env_var = "VIBE_BENCH_KEY"

[[models]]
name = "test/fast"
provider = "bench"
alias = "fast"
"""


def command(python: str, home: Path, url: str) -> tuple[list[str], dict[str, str]]:
    """What starts it with a model of the scripted server and nothing of the user's, and its environment."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(_CONFIG.format(url=url))
    empty = home / "empty"
    empty.mkdir(exist_ok=True)
    env = {"HOME": str(empty), "VIBE_HOME": str(home), "VIBE_BENCH_KEY": "none"}
    return [str(Path(python).with_name("vibe")), "--trust", "--workdir", str(empty)], env


def sightings(meter: Meter) -> dict[bytes, float]:
    """When each stamp stood on the screen first."""
    screen = pyte.Screen(meter.screen.columns, meter.screen.lines)
    stream = pyte.ByteStream(screen)
    seen: dict[bytes, float] = {}
    start = 0
    for when, end in meter.arrivals:
        stream.feed(meter.unsupported_left_out(start, end))
        start = end
        for row in screen.dirty:
            cells = screen.buffer[row]
            line = "".join(cells[column].data for column in range(screen.columns)).encode()
            for match in stamped.STAMP.finditer(line):
                seen.setdefault(match[1], when)
        screen.dirty.clear()
    return seen
