"""The threads of this machine, for commands that ask no model."""

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
    """The flags that say where threads are kept."""
    parser.add_argument(
        "--data-dir", metavar="DIR", type=Path, help="where threads are kept; the same as the screen's"
    )
    parser.add_argument("--config", metavar="FILE", type=Path, help="the configuration file")


@asynccontextmanager
async def local_client(options: argparse.Namespace) -> AsyncIterator[AssistantsClient]:
    """The engine of this machine. No model is asked, so no key is needed.

    Raises:
        AimltuiError: The store or the settings cannot be used.
    """
    from aimltui.client.client import AssistantsClient
    from aimltui.client.embedded import EmbeddedTransport

    settings = load_settings(options.config or paths.config_file(), must_exist=options.config is not None)
    source = Source(data_dir_of(options), None, DEMO_MODEL, settings)
    async with open_engine(source) as engine:
        yield AssistantsClient(EmbeddedTransport(engine))
