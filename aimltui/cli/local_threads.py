"""Opens the engine of this machine for commands that use no model."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.bootstrap.engine import open_engine
from aimltui.bootstrap.source import DEMO_MODEL, Source, data_dir_of
from aimltui.config import paths
from aimltui.config.settings import load_settings

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient


def add_place(parser: argparse.ArgumentParser) -> None:
    """Add the flags for the data directory and the configuration file."""
    parser.add_argument(
        "--data-dir",
        metavar="DIR",
        type=Path,
        help="the data directory; by default the one of the full-screen program",
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="the configuration file")


def local_source(options: argparse.Namespace) -> Source:
    """Return the data directory and the settings of the flags, without connections: no model is used, so no key is needed.

    Raises:
        ConfigError: The configuration file cannot be used.
    """
    settings = load_settings(options.config or paths.config_file(), must_exist=options.config is not None)
    return Source(data_dir_of(options), None, DEMO_MODEL, settings)


@asynccontextmanager
async def local_client(
    options: argparse.Namespace, *, creates: bool = False
) -> AsyncIterator[AssistantsClient]:
    """Open the engine of this machine and yield a client of it.

    Args:
        options: The flags.
        creates: Whether a data directory is made if there is none; without, an empty store is read instead.

    Raises:
        AimltuiError: The database or the settings cannot be used.
    """
    from aimltui.client.client import AssistantsClient
    from aimltui.client.embedded import EmbeddedTransport

    async with open_engine(local_source(options), creates=creates) as engine:
        yield AssistantsClient(EmbeddedTransport(engine))
