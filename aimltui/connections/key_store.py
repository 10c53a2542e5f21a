"""The keys of connections, wherever they are kept. A key is given out for the origin it was kept for and for no other."""

from __future__ import annotations

import hashlib
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
    """Where the keys of a configuration file's connections are, if they are kept in a file.

    Always in the program's own directory: a configuration file from elsewhere may lie among things that are shared.
    """
    home, file = paths.config_dir(), Path(os.path.realpath(config_file))
    if file.parent == Path(os.path.realpath(home)):
        return home / "keys" / f"{file.stem}.json"
    digest = hashlib.sha256(str(file).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return home / "keys" / f"{file.stem}-{digest}.json"


class KeyStore:
    """Reads keys at the moment they are needed; each one it has seen is hidden in the log from then on. It blocks.

    Args:
        config_file: Whose connections they belong to.
        environment: The variables to look at; `os.environ` if None.
        keychain: The system's.
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
        """The key of a connection; None if it has none.

        Raises:
            ConfigError: It should have one, and there is none for its address, or it cannot be had just now.
        """
        if connection.storage is None:
            key = read_key(connection, self._environment)
        else:
            key = self.find(connection.storage, connection.name, connection.base_url)
            if key is None:
                place = "keychain" if connection.storage == "keychain" else "key file"
                raise ConfigError(
                    f"The {place} has no key of “{connection.name}” for {origin(connection.base_url)}. Enter it anew on "
                    "the Connect screen: a key is only ever used at the address that it was entered for."
                )
        if key is not None:
            redact.hide(key)
        return key

    def find(self, place: KeyStorage, name: str, base_url: str) -> str | None:
        """A kept key, if there is one for this address.

        Raises:
            ConfigError: The place does not answer.
        """
        return self._place(place).get(name, str(origin(base_url)))

    def save(self, place: KeyStorage, name: str, base_url: str, key: str) -> None:
        """Keep a key for this address.

        Raises:
            ConfigError: It cannot be kept there.
        """
        redact.hide(key)
        self._place(place).put(name, str(origin(base_url)), key)

    def delete(self, place: KeyStorage, name: str, base_url: str) -> None:
        """Drop a kept key.

        Raises:
            ConfigError: The place does not answer.
        """
        self._place(place).delete(name, str(origin(base_url)))

    def places(self) -> tuple[KeyStorage, ...]:
        """Where keys can be kept here, the best first."""
        return ("keychain", "file") if self.keychain.is_available() else ("file",)

    def hint(self, connection: Connection, key: str | None) -> str:
        """What may be shown of a connection's key: the variable's name, or its beginning and end."""
        return connection.api_key_env or (mask(key) if key else "")

    def _place(self, place: KeyStorage) -> Keychain | KeyFile:
        return self.keychain if place == "keychain" else self.file
