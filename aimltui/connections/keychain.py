"""Keys in the system's keychain, by way of the package `keyring`, where it is installed and a keychain answers."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from aimltui.common.errors import ConfigError

SERVICE = "aimltui"
LIMIT_S = 10.0
"""Seconds; a locked keychain asks its owner first."""
LOOK_LIMIT_S = 4.0
"""Seconds that the question whether there is a keychain may take."""

_REAL = (
    "keyring.backends.macOS",
    "keyring.backends.SecretService",
    "keyring.backends.libsecret",
    "keyring.backends.kwallet",
    "keyring.backends.Windows",
)
"""Those that keep keys encrypted and locked with the user's login. Others count as none: some keep them as text."""

T = TypeVar("T")


class Keychain:
    """The keychain of the user's session. All of it blocks, each call for a limited time; `keyring` is imported late.

    Args:
        limit_s: Seconds that a call may take.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self._limit_s = limit_s

    def is_available(self) -> bool:
        """Whether keys can be kept there."""
        try:
            return _limited(_backend, min(LOOK_LIMIT_S, self._limit_s)) is not None
        except ConfigError:
            return False

    def get(self, name: str, origin: str) -> str | None:
        """The key of a connection for this origin; None if there is none.

        Raises:
            ConfigError: The keychain does not answer, or refuses.
        """
        found = self._ask(lambda backend: backend.get_password(SERVICE, _account(name, origin)))
        return found if isinstance(found, str) and found else None

    def put(self, name: str, origin: str, key: str) -> None:
        """Keep a key, and see that it is there.

        Raises:
            ConfigError: The keychain does not answer, or refuses.
        """
        self._ask(lambda backend: backend.set_password(SERVICE, _account(name, origin), key))
        if self.get(name, origin) != key:
            raise ConfigError("The keychain did not keep the key. Choose another place for it.")

    def delete(self, name: str, origin: str) -> None:
        """Drop a key, if there is one.

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
                    "'aimltui[keychain]'). Enter the key anew on the Connect screen and keep it in another place."
                )
            return question(backend)

        return _limited(ask, self._limit_s)


def _account(name: str, origin: str) -> str:
    # The origin is part of what is asked for: a key can be found for no other one.
    return f"{name} {origin}"


def _backend() -> Any:
    """The first real backend, or None."""
    try:
        found = importlib.import_module("keyring").get_keyring()
    except ImportError:
        return None
    for backend in getattr(found, "backends", None) or (found,):
        if type(backend).__module__ in _REAL:
            return backend
    return None


def _limited(work: Callable[[], T], limit_s: float) -> T:
    """Does it in a thread that nobody waits for beyond the limit, not even the end of the program."""
    done: list[T] = []
    failed: list[Exception] = []

    def run() -> None:
        try:
            done.append(work())
        # keyring's own errors, those of D-Bus, of the system's libraries: whatever it is, the keychain failed
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, name="keychain", daemon=True)
    thread.start()
    thread.join(limit_s)
    if done:
        return done[0]
    if not failed:
        raise ConfigError(
            f"The keychain did not answer within {limit_s:g} s. Unlock it and try again, or keep the key in another place."
        )
    if isinstance(failed[0], ConfigError):
        raise failed[0]
    # Its words are not repeated: they may quote what was to be kept.
    raise ConfigError(
        f"The keychain refused ({type(failed[0]).__name__}). Unlock it and try again, or keep the key in another place."
    )
