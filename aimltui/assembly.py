"""Puts an engine together from flags, settings and the environment, for the programs without a screen."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui import paths
from aimltui.config import Settings, load_settings
from aimltui.connection import AIMLAPI_BASE_URL, OPENAI_BASE_URL, Connection, find_connection, read_key
from aimltui.errors import AimltuiError, ConfigError

if TYPE_CHECKING:
    from aimltui.engine.engine import Engine
    from aimltui.engine.models.registry import ModelRegistry

DEMO_MODEL = "demo"
DEFAULT_MODELS = {AIMLAPI_BASE_URL: "openai/gpt-mini-latest", OPENAI_BASE_URL: "gpt-4.1-mini"}
"""The model where nobody chose one."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where models come from, and where threads are kept."""

    data_dir: Path
    connection: Connection | None
    """None: the demo."""
    model: str
    """For those who choose none; empty if there is nothing to choose by itself."""
    sandbox: str = "auto"
    """Where a model's Python runs; see `config.InterpreterSettings`."""


def add_engine_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say which models and which data: the same ones as the screen's."""
    add = parser.add_argument
    add("--data-dir", metavar="DIR", type=Path, help="where threads are kept; the same as the screen's")
    add("--config", metavar="FILE", type=Path, help="the configuration file")
    add("--base-url", metavar="URL", help="any OpenAI-compatible endpoint, such as http://localhost:11434/v1")
    add("--api-key-env", metavar="NAME", help="the environment variable that holds the endpoint's key")
    add("--demo", action="store_true", help="offline: a scripted model answers, nothing is contacted")


def find_source(options: argparse.Namespace) -> Source:
    """What the flags, the environment and the configuration file come to.

    Raises:
        ConfigError: Nothing says where models come from, or something in it is wrong.
    """
    flags = {"connection.base_url": options.base_url, "connection.api_key_env": options.api_key_env}
    config_file = options.config or paths.config_file()
    settings = load_settings(config_file, must_exist=options.config is not None, flags=flags)
    data_dir = options.data_dir.expanduser().absolute() if options.data_dir else paths.data_dir()
    if options.demo:
        return Source(data_dir, None, DEMO_MODEL, settings.interpreter.sandbox)
    connection = find_connection(settings)
    if connection is None:
        raise ConfigError(
            "Nothing says where models come from. Set AIMLAPI_API_KEY or OPENAI_API_KEY in the environment, "
            "name a server with --base-url URL, or look around with --demo."
        )
    read_key(connection)  # a variable that is named and not set is said before anything begins
    model = default_model(settings, connection)
    return Source(data_dir, connection, model, settings.interpreter.sandbox)


def model_registry(source: Source) -> ModelRegistry:
    """The chat models of a source."""
    from aimltui.engine.models.endpoint import Endpoint
    from aimltui.engine.models.registry import ModelRegistry
    from aimltui.engine.models.secret import Secret

    if source.connection is None:
        return ModelRegistry(endpoint=None, demo=True)
    key = read_key(source.connection)
    endpoint = Endpoint(source.connection.name, source.connection.base_url, Secret(key) if key else None)
    return ModelRegistry(
        endpoint=endpoint, default_model=source.model or None, cache_dir=source.data_dir / "catalogue"
    )


@asynccontextmanager
async def open_engine(source: Source, override: str | None = None) -> AsyncIterator[Engine]:
    """The engine of a source; closed at the end, and its runs with it.

    Args:
        source: Models and data.
        override: A model that answers in the place of every other one.

    Raises:
        AimltuiError: The store cannot be used.
    """
    from aimltui.engine.engine import Engine
    from aimltui.engine.errors import StoreError
    from aimltui.engine.models.one_model import OneModel
    from aimltui.engine.options import EngineOptions
    from aimltui.engine.tools.builtin import builtin

    registry = model_registry(source)
    models = registry if override is None else OneModel(registry, override)
    try:
        engine_options = EngineOptions(data_dir=source.data_dir, interpreter=source.sandbox)
        engine = await Engine.open(engine_options, models, builtin(engine_options).tools)
    except StoreError as error:
        raise AimltuiError(error.message) from error
    try:
        yield engine
    finally:
        await engine.aclose()


def default_model(settings: Settings, connection: Connection) -> str:
    """The model where nobody chose one; empty: the first of the endpoint's list."""
    return settings.connection.model or DEFAULT_MODELS.get(connection.base_url, "")
