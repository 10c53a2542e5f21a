"""Where models come from and where threads are stored, from flags, settings and the environment."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path

from aimltui.common.errors import ConfigError
from aimltui.config import paths
from aimltui.config.settings import Settings, load_settings
from aimltui.connections.discovery import Connection, find_connections
from aimltui.connections.endpoints import model_of
from aimltui.connections.key_store import KeyStore

DEMO_MODEL = "demo"


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
    keys: KeyStore | None = None
    """Where the connections' keys are; None: in the environment, if anywhere."""


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
    keys = KeyStore(config_file)
    keys.read(connection)  # a key that cannot be had is said before anything begins
    model = default_model(settings, connection)
    return Source(data_dir, connection, model, settings, known.others, keys)


def data_dir_of(options: argparse.Namespace) -> Path:
    """Where the flags say that threads are kept."""
    return options.data_dir.expanduser().absolute() if options.data_dir else paths.data_dir()


def default_model(settings: Settings, connection: Connection) -> str:
    """The model where nobody chose one; empty: the first of the endpoint's list."""
    levels = settings.connection_levels or (settings.connection,)
    said = [*(level.model for level in levels[:2]), connection.model]
    # the model in the file's [connection] goes with the endpoint there
    if not connection.is_own or not levels[-1].base_url:
        said += [level.model for level in levels[2:]]
    return next(filter(None, said), None) or model_of(connection)
