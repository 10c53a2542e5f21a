"""Connections as the screen sees them, and the protocol of the service that finds, tests and saves them.

The module must be cheap to import. The screen passes a typed key to the service, and never gets more of a key back than
its beginning and end.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from aimltui.common.dataclass import dataclass

KeyPlace = Literal["environment", "keychain", "file", "none"]
"""Where a key is stored: an environment variable, the system's keychain, a private file (0600), or no key."""


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A saved connection, or one from flags and variables."""

    name: str
    """The unique name that the user gave it."""
    base_url: str
    key_place: KeyPlace
    key_hint: str = ""
    """The name of the variable, or the masked key, such as `sk-…1f3a`."""
    is_default: bool = False
    problem: str = ""
    """Why it cannot be used, as a sentence; empty if no problem is known."""
    kind: Literal["models", "assistants"] = "models"
    is_own: bool = True
    """True if it is a table `[connections.NAME]` of the configuration file, so that it can be removed. Others come from
    flags, variables, or the file's table `[connection]`."""


@dataclass(frozen=True, slots=True)
class EnvironmentKey:
    """An environment variable that holds a key."""

    variable: str
    base_url: str
    """The endpoint that the key belongs to."""
    provider: str


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server of chat models that answered on this machine."""

    name: str
    """`Ollama`, `LM Studio`, ..."""
    base_url: str
    models: int
    wants_key: bool = False
    """True if it lists its models only with a key."""


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """A connection that the user is editing."""

    name: str
    base_url: str
    key: str = ""
    """As typed or pasted; empty if it comes from a variable, is stored already, or there is no key."""
    key_variable: str = ""
    key_place: KeyPlace = "none"
    kind: Literal["models", "assistants"] = "models"
    """`models`: chat models for the built-in engine. `assistants`: a server of the Assistants API."""

    def __repr__(self) -> str:
        """Return a text without the key."""
        return f"ConnectionDraft({self.name!r}, {self.base_url!r}, {self.key_place!r})"


@dataclass(frozen=True, slots=True)
class Tested:
    """The result of testing a draft."""

    is_good: bool
    text: str
    """`429 models`, or the problem as a sentence."""
    remedy: str = ""
    """What to do; with a good result, a warning (no credit left, no model loaded)."""
    models: int = 0
    better_url: str = ""
    """The base URL on the same host that lists models; `remedy` names it, too."""
    can_be_saved: bool = True
    """Whether the draft can be saved despite the problem; False if the address or the key is not valid."""
    wants_key: bool = False
    """Whether the server asks for a key, and none was sent."""


class Connections(Protocol):
    """The service behind the Connect screen."""

    def rows(self) -> Sequence[ConnectionRow]:
        """Return the connections, the default one first."""
        ...

    def environment_keys(self) -> Sequence[EnvironmentKey]:
        """Return keys in the environment that belong to a known endpoint."""
        ...

    def key_places(self) -> Sequence[KeyPlace]:
        """Return where a typed key can be stored, the best place first. It may import, so call it in a worker thread."""
        ...

    async def find_local(self) -> Sequence[LocalServer]:
        """Look for model servers on the usual ports of this machine. No other host is contacted."""
        ...

    async def test(self, draft: ConnectionDraft) -> Tested:
        """Ask the endpoint for its models, and save nothing."""
        ...

    async def save(self, draft: ConnectionDraft, *, make_default: bool) -> str:
        """Save a connection and start using it.

        Returns:
            The model for new threads; empty for the first model of the endpoint's list.

        Raises:
            ConfigError: It cannot be saved; the text says why.
        """
        ...

    async def remove(self, name: str) -> None:
        """Remove a connection and its stored key.

        Raises:
            ConfigError: It is not a named connection of the configuration file, or cannot be removed.
        """
        ...

    async def make_default(self, name: str) -> str:
        """Use a connection for new threads.

        Returns:
            The model for new threads; empty for the first model of the endpoint's list.

        Raises:
            ConfigError: The connection does not exist, or the configuration cannot be written.
        """
        ...
