"""What `aimltui functions` and `aimltui mcp` share: flags, settings, arguments and results."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any, NamedTuple

from aimltui.bootstrap.source import data_dir_of
from aimltui.common.errors import ConfigError
from aimltui.common.sanitize import clean
from aimltui.config import paths
from aimltui.config.settings import Settings, load_settings
from aimltui.local_tools.host import BadArguments, read_arguments
from aimltui.local_tools.types import CallResult


class Places(NamedTuple):
    """Where a command reads and writes."""

    config_file: Path
    settings: Settings
    state_dir: Path


def add_place_flags(*parsers: argparse.ArgumentParser) -> None:
    """Add the flags for the configuration file and the data directory."""
    for one in parsers:
        one.add_argument("--config", metavar="FILE", type=Path, help="the configuration file")
        one.add_argument("--data-dir", metavar="DIR", type=Path, help="the data directory")


def places_of(options: argparse.Namespace) -> Places:
    """Read the settings that the flags name.

    Raises:
        ConfigError: They cannot be read.
    """
    config_file = options.config or paths.config_file()
    settings = load_settings(config_file, must_exist=options.config is not None)
    state_dir = data_dir_of(options) / "state" if options.data_dir else paths.state_dir()
    return Places(config_file, settings, state_dir)


def arguments_in(text: str) -> dict[str, Any]:
    """The arguments of a call, given as `--json`.

    Raises:
        ConfigError: They are no JSON object.
    """
    try:
        return read_arguments(text)
    except BadArguments as error:
        raise ConfigError(f'--json: {error} Write it like this: --json \'{{"city": "Oslo"}}\'') from error


def print_result(result: CallResult) -> int:
    """Print what a call returned; returns the exit status."""
    print(clean(result.text), file=sys.stdout if result.is_ok else sys.stderr, flush=True)
    return 0 if result.is_ok else 1
