"""The same key with the same request gets the same answer, and nothing is done twice."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field

from aimltui.wire.errors import BadRequest

HEADER = "idempotency-key"
KEPT = 1000
"""Keys at most; the oldest is forgotten first."""
LONGEST = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Streamed:
    """A stream, as the part of a run's log that it told."""

    thread_id: str
    run_id: str
    after: int | None
    """The index before its first event; None: it began with the run."""


@dataclass(slots=True, eq=False)
class Slot:
    """What is known of one key."""

    fingerprint: bytes
    outcome: Answer | Streamed | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once the outcome is known, or there is none and the key is free again."""

    def settle(self, outcome: Answer | Streamed) -> None:
        """The outcome is known."""
        self.outcome = outcome
        self.settled.set()


class IdempotencyKeys:
    """Remembers answers for as long as the server runs, up to a number."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._slots: OrderedDict[str, Slot] = OrderedDict()

    def claim(self, key: str, method: str, path: str, body: bytes) -> tuple[Slot, bool]:
        """The slot of a key, and whether this is its first request, which has to do the work.

        Raises:
            BadRequest: The key is too long, or was used for another request.
        """
        if len(key) > LONGEST:
            raise BadRequest(
                f"The Idempotency-Key is too long: {len(key)} characters; at most {LONGEST} are allowed.",
                code="idempotency_key_too_long",
            )
        fingerprint = hashlib.sha256(f"{method} {path}\n".encode() + body).digest()
        slot = self._slots.get(key)
        if slot is None:
            slot = self._slots[key] = Slot(fingerprint)
            while len(self._slots) > self._kept:
                self._slots.popitem(last=False)
            return slot, True
        if slot.fingerprint != fingerprint:
            raise BadRequest(
                "This Idempotency-Key was used for another request. Give every new request a key of its own.",
                code="idempotency_key_reused",
            )
        return slot, False

    def forget(self, key: str, slot: Slot) -> None:
        """Nothing was done: the key is free again. Without effect once the outcome is known."""
        if slot.outcome is None and self._slots.get(key) is slot:
            del self._slots[key]
        slot.settled.set()
