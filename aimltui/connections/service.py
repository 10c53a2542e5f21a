"""The service behind the Connect screen: finds, tests, saves and removes connections while the program runs."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from aimltui.common.errors import ConfigError
from aimltui.common.patterns import pattern
from aimltui.common.urls import AIMLAPI_BASE_URL, OPENAI_BASE_URL, checked_base_url, endpoint_name, origin
from aimltui.config.connection_tables import (
    NamedConnection,
    checked_name,
    erase_connection,
    no_connection,
    write_connection,
    write_default_connection,
)
from aimltui.config.settings import load_settings
from aimltui.connections import local_servers as local
from aimltui.connections import probe
from aimltui.connections.discovery import (
    AIMLAPI_KEY_VARIABLES,
    OPENAI_BASE_URL_VARIABLE,
    OPENAI_KEY_VARIABLE,
    Connection,
    KnownConnections,
    find_connections,
    read_key,
)
from aimltui.connections.endpoints import Endpoints, model_of, read_endpoints
from aimltui.connections.key_store import KeyStorage, KeyStore
from aimltui.connections.pasted_key import clean_key
from aimltui.connections.types import (
    ConnectionDraft,
    ConnectionRow,
    EnvironmentKey,
    KeyPlace,
    LocalServer,
    Tested,
)

Apply = Callable[[Endpoints, str | None], None]
"""Switches the engine to endpoints and the name of the default one."""

_FROM_NEXT_START = "This server of the Assistants API is used after a restart, as the default connection or with --connection NAME."
_TAILS = ("/chat/completions", "/models", "/assistants")
_VARIABLE = pattern(r"[A-Za-z_][A-Za-z0-9_]*")


class ConnectionService:
    """The connections of the running program; see `Connections`.

    Args:
        file: The configuration file.
        known: The connections of this run.
        keys: The store of their keys.
        model: The current model of new threads.
        state_dir: The directory for data about servers of the Assistants API.
        apply: Switches the engine to changed endpoints.
        problems: Returns why connections listed no models at their last request, by name.
        environment: The environment variables; `os.environ` if None.
    """

    def __init__(
        self,
        file: Path,
        known: KnownConnections,
        keys: KeyStore,
        *,
        model: str,
        state_dir: Path,
        apply: Apply,
        problems: Callable[[], Mapping[str, str]] = dict,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._file = file
        self._known = known
        self._keys = keys
        self._model = model
        self._state_dir = state_dir
        self._apply = apply
        self._problems = problems
        self._environment = os.environ if environment is None else environment
        self._found = Endpoints((), {})
        self._live: str | None = None
        """The connection whose models answer if a run names none."""
        self._changing = asyncio.Lock()

    async def start(self) -> None:
        """Read the keys and switch the engine to the connections."""
        self._found = await asyncio.to_thread(read_endpoints, self._known, self._keys)
        self._apply_endpoints()

    def rows(self) -> Sequence[ConnectionRow]:
        """See `Connections.rows`."""
        return [self._row(connection) for connection in self._known.all]

    def environment_keys(self) -> Sequence[EnvironmentKey]:
        """See `Connections.environment_keys`."""
        openai = self._environment.get(OPENAI_BASE_URL_VARIABLE, "").strip() or OPENAI_BASE_URL
        homes = dict.fromkeys(AIMLAPI_KEY_VARIABLES, AIMLAPI_BASE_URL) | {OPENAI_KEY_VARIABLE: openai}
        found: dict[str, EnvironmentKey] = {}
        for variable, base_url in homes.items():
            key = self._environment.get(variable, "").strip()
            if key and key not in found:
                with contextlib.suppress(ConfigError):
                    home = checked_base_url(base_url)
                    found[key] = EnvironmentKey(variable, home, endpoint_name(home))
        return list(found.values())

    def key_places(self) -> Sequence[KeyPlace]:
        """See `Connections.key_places`."""
        return self._keys.places()

    async def find_local(self) -> Sequence[LocalServer]:
        """See `Connections.find_local`."""
        return await local.find_local()

    async def test(self, draft: ConnectionDraft) -> Tested:
        """See `Connections.test`."""
        from aimltui.engine.models.endpoint.endpoint import Endpoint
        from aimltui.engine.models.endpoint.secret import Secret

        try:
            base_url = _base_url(draft)
            key = await asyncio.to_thread(self._key_of, draft, base_url)
        except ConfigError as error:
            return Tested(False, str(error), can_be_saved=False)
        if draft.kind == "assistants":
            return await probe.try_assistants(base_url, key, self._state_dir)
        endpoint = Endpoint(draft.name or endpoint_name(base_url), base_url, Secret(key) if key else None)
        return await probe.try_models(endpoint)

    async def save(self, draft: ConnectionDraft, *, make_default: bool) -> str:
        """See `Connections.save`."""
        async with self._changing:
            name = await asyncio.to_thread(self._write, draft, make_default)
            await self._reload(name if make_default or self._known.default is None else None)
        return self._model

    async def remove(self, name: str) -> None:
        """See `Connections.remove`."""
        async with self._changing:
            connection = self._find(name)
            if not connection.is_own:
                raise ConfigError(
                    f"“{name}” cannot be removed here: {_origin_text(connection)}. Remove it there."
                )
            await asyncio.to_thread(erase_connection, self._file, name)
            trouble = await asyncio.to_thread(self._delete_key, connection)
            await self._reload(None)
        if trouble is not None:
            raise ConfigError(f"“{name}” is removed, but its key is not: {trouble}")

    async def make_default(self, name: str) -> str:
        """See `Connections.make_default`."""
        async with self._changing:
            connection = self._find(name)
            await asyncio.to_thread(self._save_found)
            wanted = None if connection.source in ("explicit", "table") else name
            await asyncio.to_thread(write_default_connection, self._file, wanted)
            await self._reload(name)
        return self._model

    def _find(self, name: str) -> Connection:
        for connection in self._known.all:
            if connection.name == name:
                return connection
        raise ConfigError(no_connection(name, [connection.name for connection in self._known.all]))

    def _row(self, connection: Connection) -> ConnectionRow:
        trouble = self._found.troubles.get(connection.name) or self._problems().get(connection.name)
        endpoint = next((one for one in self._found.usable if one.name == connection.name), None)
        key = endpoint.api_key.reveal() if endpoint is not None and endpoint.api_key else None
        problem = _FROM_NEXT_START if connection.kind == "assistants" else str(trouble or "")
        return ConnectionRow(
            connection.name,
            connection.base_url,
            connection.key_place,
            self._keys.hint(connection, key),
            connection == self._known.default,
            problem,
            connection.kind,
            connection.is_own,
        )

    async def _reload(self, default: str | None) -> None:
        """Read the configuration again, with this default connection, else the previous one."""
        before = self._known.default
        self._known = await asyncio.to_thread(self._read_known, default)
        self._found = await asyncio.to_thread(read_endpoints, self._known, self._keys)
        after = self._known.default
        if after is not None and (
            before is None or (after.name, after.base_url) != (before.name, before.base_url)
        ):
            self._model = model_of(after) if after.kind == "models" else self._model
        self._apply_endpoints()

    def _read_known(self, default: str | None) -> KnownConnections:
        own = find_connections(load_settings(self._file, environment={}), {}).all
        own = tuple(connection for connection in own if connection.is_own)
        taken = {connection.name for connection in own}
        session = [one for one in self._known.all if not one.is_own and one.name not in taken]
        everything = [*own, *session]
        names = [default, self._known.default.name if self._known.default is not None else None]
        for name in names:
            for connection in everything:
                if connection.name == name:
                    return _with_default(everything, connection)
        return _with_default(everything, everything[0] if everything else None)

    def _apply_endpoints(self) -> None:
        default = self._known.default
        if default is not None and default.kind == "models":
            self._live = default.name
        # A server of the Assistants API takes effect after a restart; until then the models do not change.
        names = {one.name for one in self._known.all if one.kind == "models"}
        self._apply(self._found, self._live if self._live in names else None)

    def _key_of(self, draft: ConnectionDraft, base_url: str) -> str | None:
        """Return the key of a draft, wherever it is stored."""
        if draft.key.strip():
            return clean_key(draft.key)
        if draft.key_place == "environment":
            return read_key(Connection(draft.name, base_url, _variable(draft)), self._environment)
        if draft.key_place == "none":
            return None
        stored = self._stored_key(draft.name.strip(), base_url)
        if stored is None:
            raise ConfigError(_no_stored_key(draft, base_url))
        return stored[1]

    def _stored_key(self, name: str, base_url: str) -> tuple[KeyStorage, str] | None:
        """Return where the key of a connection is stored and the key, if it belongs to this address."""
        old = next((one for one in self._known.all if one.name == name and one.is_own), None)
        if old is None or old.storage is None or origin(old.base_url) != origin(base_url):
            return None
        key = self._keys.find(old.storage, name, base_url)
        return (old.storage, key) if key is not None else None

    def _write(self, draft: ConnectionDraft, make_default: bool) -> str:
        """Write the key first and then the connection, so that no connection is saved without its key."""
        name, base_url = checked_name(draft.name), _base_url(draft)
        old = next((one for one in self._known.all if one.name == name and one.is_own), None)
        twin = next(
            (one.name for one in self._known.all if one.name.lower() == name.lower() and one.is_own), name
        )
        if twin != name:
            raise ConfigError(f"A connection “{twin}” exists already. Choose another name, or edit that one.")
        key = self._key_of(replace(draft, name=name), base_url)
        place: KeyStorage | None = None
        if draft.key_place in ("keychain", "file"):
            place = "keychain" if draft.key_place == "keychain" else "file"
        elif draft.key.strip():
            raise ConfigError("Choose where to store the key: in the keychain or in a file.")
        variable = _variable(draft) if draft.key_place == "environment" else None
        model = old.model if old is not None and origin(old.base_url) == origin(base_url) else None
        before = self._keys.find(place, name, base_url) if place is not None else None
        if place is not None and key is not None and key != before:
            self._keys.save(place, name, base_url, key)
        try:
            self._save_found()
            named = NamedConnection(name, base_url, variable, place, model, draft.kind)
            write_connection(self._file, named, make_default=make_default)
        except ConfigError:
            if place is not None and key != before:
                self._restore_key(place, name, base_url, before)
            raise
        if old is not None and old.storage is not None and not _is_same_entry(old, place, base_url):
            # The old key is no longer needed. If its storage does not answer, the key stays there.
            self._delete_key(old)
        return name

    def _save_found(self) -> None:
        """Save the connection that was discovered from a key in the environment.

        At the next start, other saved connections would replace it, and its threads would have no connection.
        """
        for one in self._known.all:
            if one.source == "discovered":
                named = NamedConnection(one.name, one.base_url, one.api_key_env)
                write_connection(self._file, named, make_default=one == self._known.default)

    def _restore_key(self, place: KeyStorage, name: str, base_url: str, before: str | None) -> None:
        with contextlib.suppress(ConfigError):
            if before is None:
                self._keys.delete(place, name, base_url)
            else:
                self._keys.save(place, name, base_url, before)

    def _delete_key(self, connection: Connection) -> ConfigError | None:
        """Delete a connection's stored key; returns the error if that failed."""
        try:
            if connection.storage is not None:
                self._keys.delete(connection.storage, connection.name, connection.base_url)
        except ConfigError as error:
            return error
        return None


def _with_default(everything: Sequence[Connection], default: Connection | None) -> KnownConnections:
    return KnownConnections(default, tuple(one for one in everything if one is not default))


def _is_same_entry(old: Connection, place: KeyStorage | None, base_url: str) -> bool:
    # the file has one key per name, for any address
    return old.storage == place and (place == "file" or origin(old.base_url) == origin(base_url))


def _base_url(draft: ConnectionDraft) -> str:
    base_url = checked_base_url(draft.base_url)
    for tail in _TAILS:
        base_url = base_url.removesuffix(tail)
    return base_url


def _variable(draft: ConnectionDraft) -> str:
    variable = draft.key_variable.strip().removeprefix("$")
    if not _VARIABLE.fullmatch(variable):
        # The text is not repeated: it may be the key itself.
        raise ConfigError(
            "This is not the name of an environment variable. A name looks like AIMLAPI_API_KEY."
        )
    return variable


def _no_stored_key(draft: ConnectionDraft, base_url: str) -> str:
    return (
        f"No key of “{draft.name.strip()}” is stored for {origin(base_url)}. Enter it: a key is only sent to the "
        "address that it was entered for."
    )


def _origin_text(connection: Connection) -> str:
    if connection.api_key_env is not None:
        return f"it comes from a flag, the table [connection] or the variable {connection.api_key_env}"
    return "it comes from a flag, a variable or the table [connection] of the configuration file"
