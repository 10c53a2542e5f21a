"""Stores keys in the system's keychain through the optional package `keyring`."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from aimltui.common.errors import ConfigError

SERVICE = "aimltui"
LIMIT_S = 10.0
"""Seconds for one call; a locked keychain asks its owner first."""
LOOK_LIMIT_S = 4.0
"""Seconds for finding out whether there is a keychain."""

_REAL = (
    "keyring.backends.macOS",
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.Windows",
)
"""Backends that store keys encrypted and locked with the user's login. Others are not used: some store plain text."""

T = TypeVar("T")


class Keychain:
    """The keychain of the user's session. Every call blocks, for a limited time; `keyring` is imported late.

    Args:
        limit_s: Seconds for one call.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s

    def is_available(self) -> bool:
        """Return whether keys can be stored in it."""
        try:
            return _with_limit(_backend, min(LOOK_LIMIT_S, self._limit_s)) is not None
        except ConfigError:
            return False

    def get(self, name: str, origin: str) -> str | None:
        """Return the key of a connection for this origin; None if there is none.

        Raises:
            ConfigError: The keychain does not answer, or refuses.
        """
        found = self._ask(lambda backend: backend.get_password(SERVICE, _account(name, origin)))
        return found if isinstance(found, str) and found else None

    def put(self, name: str, origin: str, key: str) -> None:
        """Store a key and check that it was stored.

        Raises:
            ConfigError: The keychain does not answer, or refuses.
        """
        self._ask(lambda backend: backend.set_password(SERVICE, _account(name, origin), key))
        if self.get(name, origin) != key:
            raise ConfigError("The keychain did not store the key. Choose another place for it.")

    def delete(self, name: str, origin: str) -> None:
        """Delete a key, if there is one.

        Raises:
            ConfigError: The keychain does not answer, or refuses.
        """
        if self.get(name, origin) is not None:
            self._ask(lambda backend: backend.delete_password(SERVICE, _account(name, origin)))

    def _ask(self, question: Callable[[Any], T]) -> T:
        def ask() -> T:
            backend = _backend()
            if backend is None:
                raise ConfigError(
                    "No keychain answers on this machine, or the package keyring is missing (pip install "
                    "'aimltui[keychain]'). Enter the key again on the Connect screen and store it in another place."
                )
            return question(backend)

        return _with_limit(ask, self._limit_s)


def _account(name: str, origin: str) -> str:
    # The origin is part of the account name, so a key is never found for another origin.
    return f"{name} {origin}"


def _backend() -> Any:
    """Return the first usable backend, or None."""
    try:
        found = importlib.import_module("keyring").get_keyring()
    except ImportError:
        return None
    for backend in getattr(found, "backends", None) or (found,):
        if type(backend).__module__ in _REAL:
            return backend
    return None


def _with_limit(work: Callable[[], T], limit_s: float) -> T:
    """Run `work` in a daemon thread and wait for at most `limit_s` seconds. The program can end while it still runs."""
    done: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        # Errors of keyring, of D-Bus and of system libraries all mean that the keychain failed.
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="keychain", daemon=True)
    thread.start()
    thread.join(limit_s)
    if done:
        return done[0]
    if not failed:
        raise ConfigError(
            f"The keychain did not answer within {limit_s:g} s. Unlock it and try again, or store the key in another place."
        )
    if isinstance(failed[0], ConfigError):
        raise failed[0]
    # The error text is not repeated: it may quote the key.
    raise ConfigError(
        f"The keychain refused ({type(failed[0]).__name__}). Unlock it and try again, or store the key in another place."
    )
