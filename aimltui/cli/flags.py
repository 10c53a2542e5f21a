"""Flags that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any


def add_actions(parser: argparse.ArgumentParser) -> Any:
    """Add subparsers for the actions of a command, which alone lists them; return what adds one."""

    def list_them(_options: argparse.Namespace) -> int:
        parser.print_help()
        return 0

    parser.set_defaults(run=list_them)
    return parser.add_subparsers(metavar="ACTION")


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the flag for a command that writes JSON instead of lines."""
    parser.add_argument("--json", action="store_true", help="write JSON")


def add_engine_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags for connection and data directory, as the full-screen program has them."""
    add = parser.add_argument
    add(
        "--data-dir",
        metavar="DIR",
        type=Path,
        help="the data directory; by default the one of the full-screen program",
    )
    add("--config", metavar="FILE", type=Path, help="the configuration file")
    add("--connection", metavar="NAME", help="a connection of the configuration file")
    add("--base-url", metavar="URL", help="any OpenAI-compatible endpoint, such as http://localhost:11434/v1")
    add("--api-key-env", metavar="NAME", help="the environment variable that holds the endpoint's key")
    add("--demo", action="store_true", help="work offline: a scripted model answers, nothing is contacted")
