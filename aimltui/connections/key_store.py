"""Reads and stores the keys of connections, wherever they are. A key is only returned for the origin it was stored for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from aimltui.common import redaction as redact
from aimltui.common.errors import ConfigError
from aimltui.common.urls import origin
from aimltui.config import paths
from aimltui.connections.discovery import Connection, read_key
from aimltui.connections.key_file import KeyFile
from aimltui.connections.keychain import Keychain
from aimltui.connections.pasted_key import mask

KeyStorage = Literal["keychain", "file"]


def key_file(config_file: Path) -> Path:
    """Return the key file of a configuration file.

    It is always in the program's configuration directory: a configuration file may be in a shared directory.
    """
    home, file = paths.config_dir(), Path(os.path.realpath(config_file))
    if file.parent == Path(os.path.realpath(home)):
        return home / "keys" / f"{file.stem}.json"
    import hashlib

    digest = hashlib.sha256(str(file).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return home / "keys" / f"{file.stem}-{digest}.json"


class KeyStore:
    """Reads keys when they are needed. Every key it has read is replaced in the log from then on. It blocks.

    Args:
        config_file: The configuration file of the connections.
        environment: The environment variables; `os.environ` if None.
        keychain: The system's keychain.
    """

    def __init__(
        self,
        config_file: Path,
        environment: Mapping[str, str] | None = None,
        keychain: Keychain | None = None,
    ) -> None:
        self.file = KeyFile(key_file(config_file))
        self.keychain = keychain or Keychain()
        self._environment = os.environ if environment is None else environment

    def read(self, connection: Connection) -> str | None:
        """Return the key of a connection; None for a connection without one.

        Raises:
            ConfigError: Its key is missing, belongs to another address, or cannot be read.
        """
        if connection.storage is None:
            key = read_key(connection, self._environment)
        else:
            key = self.find(connection.storage, connection.name, connection.base_url)
            if key is None:
                place = "keychain" if connection.storage == "keychain" else "key file"
                raise ConfigError(
                    f"The {place} has no key of “{connection.name}” for {origin(connection.base_url)}. Enter it again "
                    "on the Connect screen: a key is only sent to the address that it was entered for."
                )
        if key is not None:
            redact.hide(key)
        return key

    def find(self, place: KeyStorage, name: str, base_url: str) -> str | None:
        """Return the stored key for this address; None if there is none.

        Raises:
            ConfigError: The keychain or the file cannot be used.
        """
        return self._place(place).get(name, str(origin(base_url)))

    def save(self, place: KeyStorage, name: str, base_url: str, key: str) -> None:
        """Store a key for this address.

        Raises:
            ConfigError: The keychain or the file cannot be used.
        """
        redact.hide(key)
        self._place(place).put(name, str(origin(base_url)), key)

    def delete(self, place: KeyStorage, name: str, base_url: str) -> None:
        """Delete a stored key.

        Raises:
            ConfigError: The keychain or the file cannot be used.
        """
        self._place(place).delete(name, str(origin(base_url)))

    def places(self) -> tuple[KeyStorage, ...]:
        """Return where keys can be stored, the best place first."""
        return ("keychain", "file") if self.keychain.is_available() else ("file",)

    def hint(self, connection: Connection, key: str | None) -> str:
        """Return what may be shown of a connection's key: the name of its variable, or its beginning and end."""
        return connection.api_key_env or (mask(key) if key else "")

    def _place(self, place: KeyStorage) -> Keychain | KeyFile:
        return self.keychain if place == "keychain" else self.file
