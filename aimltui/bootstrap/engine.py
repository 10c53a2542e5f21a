"""Puts an engine together from flags, settings and the environment, for the programs without a screen."""

from __future__ import annotations

import argparse
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.urls import AIMLAPI_BASE_URL, OPENAI_BASE_URL
from aimltui.config import paths
from aimltui.config.settings import Settings, load_settings
from aimltui.connections.discovery import Connection, KnownConnections, find_connections
from aimltui.connections.key_store import Keys

if TYPE_CHECKING:
    from aimltui.engine.approval import Approve
    from aimltui.engine.engine import Engine
    from aimltui.engine.models.base import ModelError
    from aimltui.engine.models.compat.lesson_store import Lessons
    from aimltui.engine.models.endpoint.endpoint import Endpoint
    from aimltui.engine.models.registry import ModelRegistry
    from aimltui.engine.options import EngineOptions
    from aimltui.engine.tools.builtin import Builtin

DEMO_MODEL = "demo"
LEARNED = "learned-of-models.json"
"""In the directory of the threads."""
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
    settings: Settings = field(default_factory=Settings)
    others: tuple[Connection, ...] = ()
    """Connections beside the default one."""
    keys: Keys | None = None
    """Where the connections' keys are; None: in the environment, if anywhere."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The connections' endpoints with their keys, as far as these could be had."""

    usable: tuple[Endpoint, ...]
    troubles: Mapping[str, ModelError]
    """By the connection's name."""


def add_engine_flags(parser: argparse.ArgumentParser) -> None:
    """The flags that say which models and which data: the same ones as the screen's."""
    add = parser.add_argument
    add("--data-dir", metavar="DIR", type=Path, help="where threads are kept; the same as the screen's")
    add("--config", metavar="FILE", type=Path, help="the configuration file")
    add("--connection", metavar="NAME", help="a connection of the configuration file")
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
    data_dir = data_dir_of(options)
    if options.demo:
        return Source(data_dir, None, DEMO_MODEL, settings)
    known = find_connections(settings, name=options.connection)
    connection = known.default
    if connection is None:
        raise ConfigError(
            "Nothing says where models come from. Start aimltui and connect there, set AIMLAPI_API_KEY or "
            "OPENAI_API_KEY in the environment, name a server with --base-url URL, or look around with --demo."
        )
    if connection.kind == "assistants":
        raise ConfigError(
            f"“{connection.name}” is a server of assistants; here a connection to models is needed. Name one with "
            "--connection NAME or --base-url URL."
        )
    keys = Keys(config_file)
    keys.read(connection)  # a key that cannot be had is said before anything begins
    model = default_model(settings, connection)
    return Source(data_dir, connection, model, settings, known.others, keys)


def data_dir_of(options: argparse.Namespace) -> Path:
    """Where the flags say that threads are kept."""
    return options.data_dir.expanduser().absolute() if options.data_dir else paths.data_dir()


def lessons_of(data_dir: Path) -> Lessons:
    """What refusals have taught about models, as it is kept beside the threads."""
    from aimltui.engine.models.compat.lesson_store import Lessons

    return Lessons(data_dir / LEARNED)


def empty_registry(source: Source, lessons: Lessons, *, is_demo: bool) -> ModelRegistry:
    """The chat models of a source, as yet without its endpoints."""
    from aimltui.engine.models.registry import ModelRegistry

    return ModelRegistry(
        None,
        demo=is_demo,
        default_model=source.model or None,
        lessons=lessons,
        cache_dir=source.data_dir / "catalogue",
    )


def model_registry(source: Source, lessons: Lessons) -> ModelRegistry:
    """The chat models of a source. It blocks while keys are read.

    Args:
        source: Where they come from.
        lessons: What refusals have taught.
    """
    registry = empty_registry(source, lessons, is_demo=source.connection is None)
    if source.connection is not None:
        known = KnownConnections(source.connection, source.others)
        found = read_endpoints(known, source.keys or Keys(paths.config_file()))
        registry.set_endpoints(found.usable, source.connection.name, found.troubles)
    return registry


def read_endpoints(known: KnownConnections, keys: Keys) -> Endpoints:
    """The endpoints of connections to models. It blocks: keys are read, those of different places at once."""
    from aimltui.engine.models.base import ModelError
    from aimltui.engine.models.endpoint.endpoint import Endpoint
    from aimltui.engine.models.endpoint.secret import Secret

    usable: list[Endpoint] = []
    troubles: dict[str, ModelError] = {}
    wanted = [connection for connection in known.all if connection.kind == "models"]

    def read(connection: Connection) -> str | ConfigError | None:
        try:
            return keys.read(connection)
        except ConfigError as error:
            return error

    with ThreadPoolExecutor(max(1, len(wanted)), "keys") as pool:
        found = list(pool.map(read, wanted))
    for connection, key in zip(wanted, found, strict=True):
        if isinstance(key, ConfigError):
            troubles[connection.name] = ModelError(
                f"The connection “{connection.name}” cannot be used: {key}",
                "Or choose a model of another one.",
            )
        else:
            usable.append(Endpoint(connection.name, connection.base_url, Secret(key) if key else None))
    return Endpoints(tuple(usable), troubles)


def engine_options_of(source: Source, lessons: Lessons, approve: Approve | None = None) -> EngineOptions:
    """What the engine of a source is made with.

    Args:
        source: Settings and data.
        lessons: What refusals have taught.
        approve: Asks about code where no sandbox holds; None refuses it.
    """
    from aimltui.engine.accounting.budget import Limits
    from aimltui.engine.options import EngineOptions

    interpreter = source.settings.interpreter
    return EngineOptions(
        data_dir=source.data_dir,
        interpreter=interpreter.sandbox,
        unconfined=interpreter.unconfined,
        approve=approve,
        lessons=lessons,
        limits=Limits(**asdict(source.settings.budget)),
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
    async with open_engine_and_tools(source, override) as (engine, _):
        yield engine


@asynccontextmanager
async def open_engine_and_tools(
    source: Source, override: str | None = None
) -> AsyncIterator[tuple[Engine, Builtin]]:
    """`open_engine`, with the tools that can be asked whether they work on this machine."""
    from aimltui.engine.engine import Engine
    from aimltui.engine.errors import StoreError
    from aimltui.engine.models.override import OneModel
    from aimltui.engine.tools.builtin import builtin

    lessons = lessons_of(source.data_dir)
    registry = model_registry(source, lessons)
    models = registry if override is None else OneModel(registry, override)
    try:
        engine_options = engine_options_of(source, lessons)
        own = builtin(engine_options)
        engine = await Engine.open(engine_options, models, own.tools)
    except StoreError as error:
        raise AimltuiError(error.message) from error
    try:
        yield engine, own
    finally:
        await engine.aclose()


def default_model(settings: Settings, connection: Connection) -> str:
    """The model where nobody chose one; empty: the first of the endpoint's list."""
    levels = settings.connection_levels or (settings.connection,)
    said = [*(level.model for level in levels[:2]), connection.model]
    # the model in the file's [connection] goes with the endpoint there
    if not connection.is_own or not levels[-1].base_url:
        said += [level.model for level in levels[2:]]
    return next(filter(None, said), None) or model_of(connection)


def model_of(connection: Connection) -> str:
    """The model of new threads as the connection itself says it; empty: the first of its list."""
    return connection.model or DEFAULT_MODELS.get(connection.base_url, "")
