"""Finds the connections of a run and the key of each. A key is never sent to a host it does not belong to.

Explicit choices win over keys that happen to be in the environment: `--base-url`, then `AIMLTUI_BASE_URL`, then the
configuration file, and only then the first key found, with the endpoint of its provider.

Named connections of the configuration file exist beside that one. One connection is the default: the one that
`--connection` names, else the one from flags or variables, else the one that the file names (`default_connection`,
`[connection]`, its first named connection).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.common.urls import (
    AIMLAPI_BASE_URL,
    OPENAI_BASE_URL,
    checked_base_url,
    endpoint_name,
    is_aimlapi,
    same_origin,
)
from aimltui.config.connection_tables import ConnectionKind, NamedConnection, no_connection
from aimltui.config.settings import ConnectionSettings, Settings

AIMLAPI_KEY_VARIABLES = ("AIMLAPI_API_KEY", "AIML_API_KEY", "AIMLAPI_KEY")
OPENAI_KEY_VARIABLE = "OPENAI_API_KEY"
OPENAI_BASE_URL_VARIABLE = "OPENAI_BASE_URL"


@dataclass(frozen=True, slots=True)
class Connection:
    """An endpoint to connect to. It does not hold the key: `KeyStore.read` reads the key when it is needed."""

    name: str
    """The name on the screen."""
    base_url: str
    """The base URL without a slash at the end."""
    api_key_env: str | None
    """The environment variable that holds the key; None for an endpoint without one, such as a local server."""
    storage: Literal["keychain", "file"] | None = None
    """Where the program stores the key; None if it does not."""
    model: str | None = None
    """The model of new threads, if the connection names one."""
    kind: ConnectionKind = "models"
    source: Literal["named", "explicit", "table", "discovered"] = "explicit"
    """`named`: a table `[connections.NAME]`; `explicit`: flags or variables that name an endpoint; `table`: the file's
    `[connection]`; `discovered`: a key in the environment, without any of these."""

    @property
    def is_own(self) -> bool:
        """Whether it is a table `[connections.NAME]` of the configuration file."""
        return self.source == "named"

    @property
    def key_place(self) -> Literal["environment", "keychain", "file", "none"]:
        """Where its key is stored."""
        return "environment" if self.api_key_env is not None else self.storage or "none"


@dataclass(frozen=True, slots=True)
class KnownConnections:
    """The connections of this run of the program."""

    default: Connection | None
    others: tuple[Connection, ...] = ()

    @property
    def all(self) -> tuple[Connection, ...]:
        """All connections, the default one first."""
        return (self.default, *self.others) if self.default is not None else self.others


def find_connections(
    settings: Settings, environment: Mapping[str, str] | None = None, *, name: str | None = None
) -> KnownConnections:
    """Return the connections of this run.

    Args:
        settings: File, environment and flags.
        environment: The environment variables; `os.environ` if None.
        name: The default connection as given with `--connection`.

    Raises:
        ConfigError: As for `find_connection`, or no connection has this name.
    """
    environment = os.environ if environment is None else environment
    flags, variables, table = (*settings.connection_levels, *[ConnectionSettings()] * 3)[:3]
    own = [_own(item, str(settings.file)) for item in settings.connections]
    is_said, has_table = _names_endpoint(flags) or _names_endpoint(variables), _names_endpoint(table)
    if name is not None and _names_endpoint(flags):
        raise ConfigError(
            "--connection cannot be combined with --base-url or --api-key-env. Use one of them."
        )
    session: list[Connection] = []
    # A key in the environment makes a connection only if no other connection exists: the user did not choose it.
    if (is_said or has_table or not own) and (first := find_connection(settings, environment)) is not None:
        session.append(
            replace(first, source="explicit" if is_said else "table" if has_table else "discovered")
        )
    if is_said and has_table:
        alone = find_connection(replace(settings, connection_levels=(table,)), environment)
        if alone is not None and alone.base_url != session[0].base_url:
            session.append(replace(alone, source="table"))
    taken = {connection.name for connection in own}
    session = [
        replace(connection, name=f"{connection.name} (this session)")
        if connection.name in taken
        else connection
        for connection in session
    ]
    wanted = name or (None if is_said else settings.default_connection)
    everything = [*session, *own]
    if wanted is not None:
        default = next((connection for connection in everything if connection.name == wanted), None)
        if default is None:
            raise ConfigError(no_connection(wanted, [connection.name for connection in everything]))
    else:
        default = everything[0] if everything else None
    return KnownConnections(
        default, tuple(connection for connection in everything if connection is not default)
    )


def find_connection(settings: Settings, environment: Mapping[str, str] | None = None) -> Connection | None:
    """Return the connection from flags, variables, `[connection]` or a key in the environment; None without any of these.

    Raises:
        ConfigError: A URL is not valid, or a key is named without the endpoint it belongs to.
    """
    environment = os.environ if environment is None else environment
    chosen = next((level.base_url for level in settings.connection_levels if level.base_url), None)
    if chosen is None:
        return _discover(_chosen_key(settings.connection_levels, None), environment)
    base_url = checked_base_url(chosen)
    named_key = _chosen_key(settings.connection_levels, base_url)
    return Connection(endpoint_name(base_url), base_url, named_key or key_for(base_url, environment))


def read_key(connection: Connection, environment: Mapping[str, str] | None = None) -> str | None:
    """Return the key from the connection's environment variable, without space around it; None if it has no variable.

    Raises:
        ConfigError: The variable is not set, or its value cannot be a key.
    """
    environment = os.environ if environment is None else environment
    if connection.api_key_env is None:
        return None
    key = environment.get(connection.api_key_env, "").strip()
    if not key:
        raise ConfigError(
            f"The environment variable {connection.api_key_env} is not set; it must hold the key "
            f"for {connection.name} ({connection.base_url}). Set it with: export {connection.api_key_env}=…"
        )
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise ConfigError(
            f"The environment variable {connection.api_key_env} has characters that no key has "
            "(spaces, line ends, or letters outside ASCII). Copy the key again."
        )
    return key


def key_for(base_url: str, environment: Mapping[str, str]) -> str | None:
    """Return the variable whose key belongs to this endpoint; None if there is none, and then no key is sent."""
    if is_aimlapi(base_url):
        for variable in AIMLAPI_KEY_VARIABLES:
            if environment.get(variable, "").strip():
                return variable
    home = environment.get(OPENAI_BASE_URL_VARIABLE, "").strip() or OPENAI_BASE_URL
    if environment.get(OPENAI_KEY_VARIABLE, "").strip() and same_origin(home, base_url):
        return OPENAI_KEY_VARIABLE
    return None


def _names_endpoint(level: ConnectionSettings) -> bool:
    return level.base_url is not None or level.api_key_env is not None


def _own(item: NamedConnection, file: str) -> Connection:
    try:
        base_url = checked_base_url(item.base_url)
    except ConfigError as error:
        raise ConfigError(f"{file}: connections.{item.name}: {error}") from error
    return Connection(item.name, base_url, item.api_key_env, item.key_place, item.model, item.kind, "named")


def _chosen_key(levels: tuple[ConnectionSettings, ...], base_url: str | None) -> str | None:
    """Return the variable that the first source names, unless that source names another endpoint than the chosen one."""
    endpoint_is_set = False
    for level in levels:
        endpoint_is_set = endpoint_is_set or level.base_url is not None
        if level.api_key_env is None:
            continue
        if not endpoint_is_set or same_origin(level.base_url, base_url):
            return level.api_key_env
    return None


def _discover(named_key: str | None, environment: Mapping[str, str]) -> Connection | None:
    openai_base_url = environment.get(OPENAI_BASE_URL_VARIABLE, "").strip() or OPENAI_BASE_URL
    homes = dict.fromkeys(AIMLAPI_KEY_VARIABLES, AIMLAPI_BASE_URL) | {OPENAI_KEY_VARIABLE: openai_base_url}
    if named_key is not None and named_key not in homes:
        raise ConfigError(
            f"{named_key} is named as the key's variable, but no endpoint is set for it. "
            "Add --base-url URL, or base_url under [connection] in the configuration file."
        )
    for variable in [named_key] if named_key else homes:
        if named_key or environment.get(variable, "").strip():
            base_url = checked_base_url(homes[variable])
            return Connection(endpoint_name(base_url), base_url, variable)
    return None
