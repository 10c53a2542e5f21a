"""Reads the endpoints of the connections with their keys, and knows the default models."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.common.urls import AIMLAPI_BASE_URL, OPENAI_BASE_URL
from aimltui.connections.discovery import Connection, KnownConnections
from aimltui.connections.key_store import KeyStore

if TYPE_CHECKING:
    from aimltui.engine.models.base import ModelError
    from aimltui.engine.models.endpoint.endpoint import Endpoint


DEFAULT_MODELS = {AIMLAPI_BASE_URL: "openai/gpt-mini-latest", OPENAI_BASE_URL: "gpt-4.1-mini"}
"""The default model by base URL."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The endpoints whose keys could be read, and the problems of the others."""

    usable: tuple[Endpoint, ...]
    troubles: Mapping[str, ModelError]
    """Problems by the name of the connection."""


def read_endpoints(known: KnownConnections, keys: KeyStore) -> Endpoints:
    """Read the endpoints of the connections to models. It blocks: keys are read in parallel."""
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
                "Or choose a model of another connection.",
            )
        else:
            usable.append(Endpoint(connection.name, connection.base_url, Secret(key) if key else None))
    return Endpoints(tuple(usable), troubles)


def model_of(connection: Connection) -> str:
    """Return the model of new threads; empty for the first model of the endpoint's list."""
    return connection.model or DEFAULT_MODELS.get(connection.base_url, "")
