"""The flags of the full-screen program."""

from __future__ import annotations

import argparse
from pathlib import Path

from aimltui.config import paths


def add_screen_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of the full-screen program; they are stable from version to version."""
    add = parser.add_argument
    add(
        "--demo",
        action="store_true",
        help="try the demo: offline, a scripted model answers, nothing is contacted",
    )
    add(
        "--data-dir",
        metavar="DIR",
        type=Path,
        help=f"the data directory (default: {_short(paths.data_dir())})".replace("%", "%%"),
    )
    add(
        "--config",
        metavar="FILE",
        type=Path,
        help=f"the configuration file (default: {_short(paths.config_file())})".replace("%", "%%"),
    )
    add("--connection", metavar="NAME", help="a connection of the configuration file")
    add("--base-url", metavar="URL", help="any OpenAI-compatible endpoint, such as http://localhost:11434/v1")
    add("--api-key-env", metavar="NAME", help="the environment variable that holds the endpoint's key")
    add(
        "--assistants-url",
        metavar="URL",
        help="use a server of the Assistants API instead of the built-in engine",
    )
    add("--model", metavar="ID", help="the model of new threads")
    add("--thread", metavar="ID", help="open this thread")
    add("--new", action="store_true", help="open a new thread instead of the last one")
    add(
        "--plain",
        action="store_true",
        help="no colours, no borders, no motion; for a screen reader, aimltui chat is better",
    )
    add("--theme", metavar="NAME", help="the name of a theme, or auto: dark or light like the terminal")


def _short(path: Path) -> str:
    """Return a path with ~ for the home directory."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)
