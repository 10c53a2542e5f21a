"""Connections as the screen sees them: what it asks the composition root to find, to try and to keep.

Nothing here may be dear to import, and no key is ever handed to the screen: what the user types goes down, only its
beginning and end come up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

KeyPlace = Literal["environment", "keychain", "file", "none"]
"""Where a key is kept: a variable, the system's keychain, a file of the owner's alone (0600), or there is none."""


@dataclass(frozen=True, slots=True)
class ConnectionRow:
    """A connection that is set up."""

    name: str
    """Unique; what the user calls it."""
    base_url: str
    key_place: KeyPlace
    key_hint: str = ""
    """The variable's name, or the key masked as `sk-…1f3a`."""
    is_default: bool = False
    problem: str = ""
    """Why it cannot be used just now, as a sentence; empty if nothing is known to be wrong."""
    kind: Literal["models", "assistants"] = "models"
    is_own: bool = True
    """Whether it has a name of its own in the configuration file, so that it can be removed. Others come from flags,
    from variables, or from the file's table `[connection]`."""


@dataclass(frozen=True, slots=True)
class EnvironmentKey:
    """A key that lies in the environment, by its variable's name."""

    variable: str
    base_url: str
    """The endpoint that such a key is for."""
    provider: str


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A server of chat models that answered on this machine."""

    name: str
    """`Ollama`, `LM Studio`, ..."""
    base_url: str
    models: int
    wants_key: bool = False
    """It is one, but tells its models only to those who have its key."""


@dataclass(frozen=True, slots=True)
class ConnectionDraft:
    """What the user is about to set up."""

    name: str
    base_url: str
    key: str = ""
    """As typed or pasted; empty if it comes from a variable, is kept already, or there is none."""
    key_variable: str = ""
    key_place: KeyPlace = "none"
    kind: Literal["models", "assistants"] = "models"
    """`models`: chat models for the own engine. `assistants`: a server that speaks the Assistants API itself."""

    def __repr__(self) -> str:
        """Without the key."""
        return f"ConnectionDraft({self.name!r}, {self.base_url!r}, {self.key_place!r})"


@dataclass(frozen=True, slots=True)
class Tested:
    """What trying a draft found."""

    is_good: bool
    text: str
    """`429 models`, or what is wrong, as a sentence."""
    remedy: str = ""
    """What to do; with a good result, what is worth knowing (no credit left, no model loaded)."""
    models: int = 0
    better_url: str = ""
    """Another base URL of the same host, where the models really are; `remedy` says so in words."""
    can_be_saved: bool = True
    """Whether it can be saved all the same; not what is no address or no key at all."""


class Connections(Protocol):
    """The connections of this program; what `Connected.connections` is."""

    def rows(self) -> Sequence[ConnectionRow]:
        """Those that are set up, the default one first."""
        ...

    def environment_keys(self) -> Sequence[EnvironmentKey]:
        """Keys in the environment that belong to a known endpoint."""
        ...

    def key_places(self) -> Sequence[KeyPlace]:
        """Where a typed key can be kept here, the best first. May import, so it is called in a worker thread."""
        ...

    async def find_local(self) -> Sequence[LocalServer]:
        """Ask the usual ports of this machine, and only of this machine."""
        ...

    async def test(self, draft: ConnectionDraft) -> Tested:
        """Ask the endpoint for its models. Nothing is kept."""
        ...

    async def save(self, draft: ConnectionDraft, *, make_default: bool) -> str:
        """Keep it, and use it from now on; answers the model for new threads, empty if there is none to name.

        Raises:
            ConfigError: It cannot be kept; the text says why.
        """
        ...

    async def remove(self, name: str) -> None:
        """Forget it and its key.

        Raises:
            ConfigError: It is not one of the configuration's own, or cannot be removed.
        """
        ...

    async def make_default(self, name: str) -> str:
        """Use it for new threads; answers the model for them, empty if there is none to name.

        Raises:
            ConfigError: There is no such connection, or the configuration cannot be written.
        """
        ...
