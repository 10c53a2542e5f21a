"""`aimltui replay`: plays a recorded run on the screen, offline."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

from aimltui.common.disk import disk_reason
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.home import expanded

DESCRIPTION = (
    "Play a run that the run inspector (F4, s) has recorded, on the screen and at its own pace. Nothing is contacted, executed "
    "or saved. Pauses of more than five seconds are shortened."
)
_MOST_BYTES = 200_000_000


def add_replay_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `replay` to the result of `ArgumentParser.add_subparsers`; its default `run` is `replay`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "replay", help="play a recorded run on the screen", description=DESCRIPTION, allow_abbrev=False
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
    parser.add_argument("--speed", metavar="FACTOR", type=_factor, default=1.0, help="2 plays twice as fast")
    parser.add_argument("--theme", metavar="NAME", help="the name of a theme, or auto")
    parser.set_defaults(run=replay)
    return parser


def replay(options: argparse.Namespace) -> int:
    """Play the recording; returns the exit status.

    Raises:
        AimltuiError: It cannot be read, or there is no terminal.
    """
    from aimltui.bootstrap.replay import show_recording

    text = _read(expanded(options.file))
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError("aimltui replay needs an interactive terminal, but its input or output is not one.")
    with tempfile.TemporaryDirectory(prefix="aimltui-replay-") as folder:
        return show_recording(text, Path(folder), options.speed, options.theme)


def _read(file: Path) -> str:
    try:
        if file.stat().st_size > _MOST_BYTES:
            raise AimltuiError(f"“{file}” is too large for a recording, so it is not played.")
        return file.read_text("utf-8", "replace")
    except OSError as error:
        raise AimltuiError(f"The recording “{file}” cannot be read: {disk_reason(error)}.") from error


def _factor(text: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0.01 <= factor <= 1000:
        raise argparse.ArgumentTypeError("write a number from 0.01 to 1000")
    return factor
