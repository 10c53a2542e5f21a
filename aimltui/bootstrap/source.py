"""Determines the source of models and the data directory from flags, settings and the environment."""

from __future__ import annotations

import argparse
from dataclasses import field
from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.common.home import expanded
from aimltui.config import paths
from aimltui.config.settings import Settings, load_settings
from aimltui.connections.discovery import Connection, find_connections
from aimltui.connections.endpoints import model_of
from aimltui.connections.key_store import KeyStore

DEMO_MODEL = "demo"


@dataclass(frozen=True, slots=True)
class Source:
    """The source of models, and the directory of threads."""

    data_dir: Path
    connection: Connection | None
    """None: the demo."""
    model: str
    """The default model; empty for the first model of the endpoint's list."""
    settings: Settings = field(default_factory=Settings)
    others: tuple[Connection, ...] = ()
    """The connections other than the default one."""
    keys: KeyStore | None = None
    """The store of the connections' keys; None for the default configuration file's."""


def find_source(options: argparse.Namespace) -> Source:
    """Return the source for flags, environment and configuration file.

    Raises:
        ConfigError: No source of models is set, or a setting is not valid.
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
            "No source of models is set up. Start aimltui and connect there, set AIMLAPI_API_KEY or OPENAI_API_KEY in the "
            "environment, name a server with --base-url URL, or look around with --demo."
        )
    if connection.kind == "assistants":
        raise ConfigError(
            f"“{connection.name}” is a server of the Assistants API, but this command needs chat models. Name a "
            "connection with --connection NAME, or an endpoint with --base-url URL."
        )
    keys = KeyStore(config_file)
    keys.read(connection)  # a missing key is reported before anything starts
    model = default_model(settings, connection)
    return Source(data_dir, connection, model, settings, known.others, keys)


def data_dir_of(options: argparse.Namespace) -> Path:
    """Return the data directory that the flags name, else the default one."""
    return expanded(options.data_dir).absolute() if options.data_dir else paths.data_dir()


def default_model(settings: Settings, connection: Connection) -> str:
    """Return the default model; empty for the first model of the endpoint's list."""
    levels = settings.connection_levels or (settings.connection,)
    said = [*(level.model for level in levels[:2]), connection.model]
    # The model in the file's [connection] belongs to the endpoint there.
    if not connection.is_own or not levels[-1].base_url:
        said += [level.model for level in levels[2:]]
    return next(filter(None, said), None) or model_of(connection)
