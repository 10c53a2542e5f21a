"""Flags that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_engine_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say which models and which data: the same ones as the screen's."""
    add = parser.add_argument
    add("--data-dir", metavar="DIR", type=Path, help="where threads are kept; the same as the screen's")
    add("--config", metavar="FILE", type=Path, help="the configuration file")
    add("--connection", metavar="NAME", help="a connection of the configuration file")
    add("--base-url", metavar="URL", help="any OpenAI-compatible endpoint, such as http://localhost:11434/v1")
    add("--api-key-env", metavar="NAME", help="the environment variable that holds the endpoint's key")
    add("--demo", action="store_true", help="offline: a scripted model answers, nothing is contacted")
