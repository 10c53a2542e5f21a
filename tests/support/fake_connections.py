"""FakeConnections: the service behind the Connect screen, in memory; slow only where a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from aimltui.common.errors import ConfigError
from aimltui.connections.types import (
    ConnectionDraft,
    ConnectionRow,
    EnvironmentKey,
    KeyPlace,
    LocalServer,
    Tested,
)

AIMLAPI = ConnectionRow(
    "AI/ML API", "https://api.aimlapi.com/v1", "environment", "AIMLAPI_API_KEY", is_default=True
)
OLLAMA = ConnectionRow("Ollama", "http://localhost:11434/v1", "none")
WORK = ConnectionRow("Work", "https://models.example.com/v1", "keychain", "sk-…1f3a")

AIMLAPI_KEY = EnvironmentKey("AIMLAPI_API_KEY", "https://api.aimlapi.com/v1", "AI/ML API")
GOOD = Tested(True, "429 models", models=429)
REFUSED = Tested(False, "api.aimlapi.com refused the key (401).", "Copy the key again.")


@dataclass
class FakeConnections:
    """What `aimltui.connections.types.Connections` promises.

    Attributes:
        verdicts: What the next tests find, one after the other; the last one is repeated.
        gate: Tests and searches wait for it.
        refusal: What saving, removing and making default raise.
    """

    there: list[ConnectionRow] = field(default_factory=list)
    found: Sequence[EnvironmentKey] = ()
    places: Sequence[KeyPlace] = ("keychain", "file")
    servers: Sequence[LocalServer] = ()
    verdicts: list[Tested] = field(default_factory=lambda: [GOOD])
    model: str = "gpt-4o"
    refusal: str = ""
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    tested: list[ConnectionDraft] = field(default_factory=list)
    saved: list[ConnectionDraft] = field(default_factory=list)
    searches: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def rows(self) -> Sequence[ConnectionRow]:
        return sorted(self.there, key=lambda row: not row.is_default)

    def environment_keys(self) -> Sequence[EnvironmentKey]:
        return self.found

    def key_places(self) -> Sequence[KeyPlace]:
        return self.places

    async def find_local(self) -> Sequence[LocalServer]:
        self.searches += 1
        await self.gate.wait()
        return self.servers

    async def test(self, draft: ConnectionDraft) -> Tested:
        self.tested.append(draft)
        await self.gate.wait()
        return self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]

    async def save(self, draft: ConnectionDraft, *, make_default: bool) -> str:
        self._refuse()
        self.saved.append(draft)
        hint = draft.key_variable or (f"{draft.key[:3]}…{draft.key[-4:]}" if draft.key else "")
        row = ConnectionRow(draft.name, draft.base_url, draft.key_place, hint)
        self.there = [other for other in self.there if other.name != draft.name] + [row]
        if make_default:
            self._set_default(draft.name)
        return self.model

    async def remove(self, name: str) -> None:
        self._refuse()
        self.there = [row for row in self.there if row.name != name]

    async def make_default(self, name: str) -> str:
        self._refuse()
        self._set_default(name)
        return self.model

    def _set_default(self, name: str) -> None:
        self.there = [replace(row, is_default=row.name == name) for row in self.there]

    def _refuse(self) -> None:
        if self.refusal:
            raise ConfigError(self.refusal)
