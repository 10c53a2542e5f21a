"""Idempotency keys: a repeated request with the same key gets the same answer, and nothing is done twice."""

from __future__ import annotations

import asyncio
import hashlib
from collections import OrderedDict
from dataclasses import field

from aimltui.common.dataclass import dataclass
from aimltui.wire.clients import ANYBODY
from aimltui.wire.errors import BadRequest

HEADER = "idempotency-key"
MAX_ANSWERS = 1000
"""The largest number of remembered answers; the oldest is dropped first."""
MAX_BYTES = 16 << 20
"""The largest total size of remembered answers; the newest is kept whatever its size."""
LONGEST = 255
"""The longest key, in characters."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Streamed:
    """A streamed answer, as the part of a run's log that it sent."""

    thread_id: str
    run_id: str
    after: int | None
    """The index before its first event; None if it started with the run."""


@dataclass(slots=True, eq=False)
class Slot:
    """The state of one key."""

    key: str
    fingerprint: bytes
    outcome: Answer | Streamed | None = None
    settled: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the outcome is known, or when the key is free again."""

    @property
    def size_bytes(self) -> int:
        """The size of the answer's body."""
        return len(self.outcome.body) if isinstance(self.outcome, Answer) else 0


class IdempotencyKeys:
    """Remembers answers for as long as the server runs, up to a number and a size.

    A key is never dropped while its first request is being answered: a repetition would do the work twice.

    Args:
        max_answers: The largest number of answers.
        max_bytes: The largest total size of their bodies.
    """

    def __init__(self, max_answers: int = MAX_ANSWERS, max_bytes: int = MAX_BYTES) -> None:
        self._max_answers = max_answers
        self._max_bytes = max_bytes
        self._pending: dict[str, Slot] = {}
        self._answered: OrderedDict[str, Slot] = OrderedDict()
        self._size_bytes = 0

    def claim(
        self, key: str, method: str, path: str, body: bytes, client: str = ANYBODY
    ) -> tuple[Slot, bool]:
        """Return the slot of a client's key, and whether this is its first request, which has to do the work.

        Raises:
            BadRequest: The key is too long, or was used for a different request.
        """
        if len(key) > LONGEST:
            raise BadRequest(
                f"The Idempotency-Key is too long: {len(key)} characters; at most {LONGEST} are allowed.",
                code="idempotency_key_too_long",
            )
        key = f"{client}\n{key}"
        fingerprint = hashlib.sha256(f"{method} {path}\n".encode() + body).digest()
        slot = self._pending.get(key) or self._answered.get(key)
        if slot is None:
            slot = self._pending[key] = Slot(key, fingerprint)
            return slot, True
        if slot.fingerprint != fingerprint:
            raise BadRequest(
                "This Idempotency-Key was used for a different request. Use a new key for every new request.",
                code="idempotency_key_reused",
            )
        return slot, False

    def settle(self, slot: Slot, outcome: Answer | Streamed) -> None:
        """Remember the outcome of a key's first request."""
        del self._pending[slot.key]
        slot.outcome = outcome
        self._answered[slot.key] = slot
        self._size_bytes += slot.size_bytes
        while len(self._answered) > self._max_answers or (
            self._size_bytes > self._max_bytes and len(self._answered) > 1
        ):
            _, oldest = self._answered.popitem(last=False)
            self._size_bytes -= oldest.size_bytes
        slot.settled.set()

    def forget(self, slot: Slot) -> None:
        """Free a key whose request failed. Without effect once the outcome is known."""
        if slot.outcome is None:
            self._pending.pop(slot.key, None)
        slot.settled.set()
