"""Reads and writes the named connections: the tables `[connections.NAME]` of the configuration file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConfigError
from aimltui.config.toml_file import change_document, check_text, short, type_sentence

NAME_LIMIT = 40
"""The longest name of a connection, in characters."""

ConnectionKind = Literal["models", "assistants"]
"""`models`: chat models for the built-in engine. `assistants`: a server of the Assistants API."""

_NAMED_ALLOWED: dict[str, tuple[str, ...]] = {"key": ("keychain", "file"), "kind": ("models", "assistants")}
_KEY_ITSELF = frozenset({"api_key", "apikey", "key_value", "secret", "token", "password", "authorization"})


@dataclass(frozen=True, slots=True)
class NamedConnection:
    """A table `[connections.NAME]` of the configuration file."""

    name: str
    base_url: str
    api_key_env: str | None = None
    """The name of the environment variable that holds the key."""
    key_place: Literal["keychain", "file"] | None = None
    """Where the program stores the key itself; `key` in the file."""
    model: str | None = None
    """The model of new threads."""
    kind: ConnectionKind = "models"


def named_connections(document: Mapping[str, Any], origin: str) -> tuple[NamedConnection, ...]:
    """Return the named connections of a document.

    Raises:
        ConfigError: One of them is not valid.
    """
    tables = document.get("connections", {})
    if not isinstance(tables, Mapping):
        raise ConfigError(
            type_sentence(origin, "connections", tables, "tables, each written [connections.NAME]")
        )
    return tuple(_named_one(name, table, origin) for name, table in tables.items())


def _named_one(name: str, table: object, origin: str) -> NamedConnection:
    if name != checked_name(name, origin):
        raise ConfigError(f"{origin}: the name of the connection “{name}” starts or ends with a space.")
    dotted = f"connections.{name}"
    if not isinstance(table, Mapping):
        raise ConfigError(type_sentence(origin, dotted, table, f'a table, written [connections."{name}"]'))
    refuse_keys(origin, dotted, table)
    given: dict[str, Any] = {}
    for item in fields(NamedConnection)[1:]:
        name_in_file = _name_in_file(item.name)
        if name_in_file in table:
            value = table[name_in_file]
            if item.name == "key_place":
                _check_place(origin, f"{dotted}.key", value)
            check_text(origin, f"{dotted}.{name_in_file}", value, _NAMED_ALLOWED.get(name_in_file))
            given[item.name] = value
    if "base_url" not in given:
        raise ConfigError(
            f'{origin}: {dotted} has no base_url. Add one, as base_url = "http://localhost:11434/v1".'
        )
    if "api_key_env" in given and "key_place" in given:
        raise ConfigError(f"{origin}: {dotted} has both api_key_env and key. Remove one of them.")
    return NamedConnection(name, **given)


def _name_in_file(field: str) -> str:
    return "key" if field == "key_place" else field


def _check_place(origin: str, dotted: str, value: object) -> None:
    # The value is not repeated: a wrong value here is most likely the key itself.
    if isinstance(value, str) and value not in _NAMED_ALLOWED["key"]:
        raise ConfigError(
            f'{origin}: {dotted} says where the key is stored and must be "keychain" or "file", not the key itself. '
            "Put the key into a variable (api_key_env) or enter it on the Connect screen."
        )


def default_name(document: Mapping[str, Any], named: tuple[NamedConnection, ...], origin: str) -> str | None:
    """Return the name of the default connection, or None if the document has none.

    Raises:
        ConfigError: The document has no connection of that name.
    """
    name = document.get("default_connection")
    if name is None:
        return None
    if not isinstance(name, str):
        raise ConfigError(
            type_sentence(origin, "default_connection", name, "the name of a connection in quotes")
        )
    known = [connection.name for connection in named]
    if name not in known:
        raise ConfigError(f"{origin}: default_connection: {no_connection(name, known)}")
    return name


def no_connection(name: str, known: Iterable[str]) -> str:
    """Return two sentences: that no connection has this name, and the names that exist."""
    names = ", ".join(f"“{short(one)}”" for one in known)
    there = (
        f"Available: {names}." if names else "The configuration file has none; add one as [connections.NAME]."
    )
    return f"There is no connection “{short(name)}”. {there}"


def refuse_keys(origin: str, dotted: str, table: Mapping[str, Any]) -> None:
    """Refuse a table that contains a key: keys are never read from this file.

    Raises:
        ConfigError: The table contains a key.
    """
    for name in table:
        if name.lower().replace("-", "_") in _KEY_ITSELF:
            raise ConfigError(
                f"{origin}: {dotted}.{name} contains a key, and keys do not belong in this file. Remove the line; "
                'put the key into a variable and name the variable (api_key_env = "MY_KEY"), or paste the key on the '
                "Connect screen, which stores it in the keychain or in a private file."
            )


def write_connection(file: Path, connection: NamedConnection, *, make_default: bool) -> None:
    """Write a connection to the file, replacing one of the same name, and leave the rest of the file unchanged.

    Raises:
        ConfigError: As for `write_config`.
    """

    def change(document: dict[str, Any]) -> None:
        table = document.setdefault("connections", {}).setdefault(connection.name, {})
        for item in fields(NamedConnection)[1:]:
            value = getattr(connection, item.name)
            table.pop(_name_in_file(item.name), None)
            if value not in (None, item.default):
                table[_name_in_file(item.name)] = value
        if make_default:
            document["default_connection"] = connection.name

    _change_connections(file, change)


def write_default_connection(file: Path, name: str | None) -> None:
    """Write the name of the default connection; None removes the entry.

    Raises:
        ConfigError: As for `write_config`.
    """

    def change(document: dict[str, Any]) -> None:
        document.pop("default_connection", None)
        if name is not None:
            document["default_connection"] = name

    _change_connections(file, change)


def erase_connection(file: Path, name: str) -> None:
    """Remove a connection from the file, and the default entry if it names this connection.

    Raises:
        ConfigError: As for `write_config`.
    """

    def change(document: dict[str, Any]) -> None:
        document.get("connections", {}).pop(name, None)
        if document.get("default_connection") == name:
            del document["default_connection"]

    _change_connections(file, change)


def checked_name(name: str, origin: str = "") -> str:
    """Return a connection's name without spaces around it.

    Raises:
        ConfigError: It is empty, too long, or has unprintable characters.
    """
    clean = name.strip()
    if not clean or not clean.isprintable() or len(clean) > NAME_LIMIT:
        raise ConfigError(
            f"{origin + ': ' if origin else ''}“{short(clean)}” is not a valid name for a connection. "
            f"Use 1 to {NAME_LIMIT} printable characters."
        )
    return clean


def _change_connections(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the file's connections; the content is checked before and after the change."""

    def checked(document: dict[str, Any]) -> None:
        named_connections(document, str(file))
        change(document)
        default_name(document, named_connections(document, str(file)), str(file))

    change_document(file, checked)
