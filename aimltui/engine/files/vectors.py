"""Computes the vectors of chunks in the background, for stores whose user has agreed, and those of queries."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from aimltui.engine.accounting.budget import used_up
from aimltui.engine.embedding import Embed, EmbeddingFailed, QueryVectors
from aimltui.engine.errors import StoreError
from aimltui.engine.options import EngineOptions
from aimltui.engine.store import usage
from aimltui.engine.store import vectors as rows
from aimltui.engine.store.database import Database
from aimltui.engine.store.leases import OtherOwners
from aimltui.wire.clients import ANYBODY, CURRENT
from aimltui.wire.embeddings import EmbeddingPlace

log = logging.getLogger(__name__)

_AT_ONCE: Final = 32
"""Chunks of a request."""
_LONGEST: Final = 8_000
"""Characters of a text that are sent: models take about as many tokens, which it may have in any script."""
_PAUSE_S: Final = 30.0
_LONGEST_PAUSE_S: Final = 3_600.0
"""Seconds after a failure; twice as many after each further one."""


class VectorKeeper:
    """Gives each chunk a vector, little by little. What is missing is seen in the database, so a killed engine loses nothing.

    Args:
        database: The store.
        options: The engine's options.
        others: Tells which other engines are alive: one of them may compute the vectors of a store already.
    """

    def __init__(self, database: Database, options: EngineOptions, others: OtherOwners) -> None:
        self._database = database
        self._options = options
        self._embed = options.embed
        self._monotonic = options.monotonic
        self._others = others
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures: dict[str, int] = {}
        self._not_before: dict[str, float] = {}
        self._problems: dict[str, str] = {}
        self.is_busy = False
        """Whether vectors are being computed here."""

    def start(self) -> None:
        """Start with what is missing."""
        if self._embed is not None:
            self._wake.set()
            self._task = asyncio.create_task(self._work(self._embed), name="vectors")

    def wake(self) -> None:
        """Look for chunks without a vector."""
        self._wake.set()

    async def aclose(self) -> None:
        """Stop; what is missing waits for the next engine."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def problem_of(self, store_id: str) -> str | None:
        """Return why the vectors of a store are not computed, as sentences; None if nothing is known to be wrong."""
        return self._problems.get(store_id)

    async def of_queries(self, store_ids: Sequence[str], queries: Sequence[str]) -> QueryVectors:
        """Return the vectors of queries for those of the stores that are searched by meaning, too. Never fails."""
        if self._embed is None or not queries:
            return QueryVectors()
        try:
            places = await self._database.read(rows.places)
        except StoreError:
            # the search itself says what is wrong
            return QueryVectors()
        wanted = {store: places[store] for store in store_ids if store in places}
        found: dict[str, Sequence[Sequence[float]]] = {}
        problem = ""
        for place in dict.fromkeys(wanted.values()):
            try:
                vectors = await self._vectors_of(self._embed, place, [query[:_LONGEST] for query in queries])
            except (EmbeddingFailed, StoreError) as error:
                problem = f"The files were searched by words alone, not by meaning. {error}"
                continue
            found |= {store: vectors for store, where in wanted.items() if where == place}
        return QueryVectors(found, problem)

    async def _work(self, embed: Embed) -> None:
        while True:
            self._wake.clear()
            pause: float | None = _PAUSE_S
            try:
                pause = await self._round(embed)
            except StoreError as error:
                log.warning("the vectors cannot be stored: %s", error)
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._wake.wait()

    async def _round(self, embed: Embed) -> float | None:
        """Give all stores their vectors; return the seconds until a failed one is tried again, None if none failed."""
        waits: list[float] = []
        for store, place in (await self._database.read(rows.places)).items():
            wait = self._not_before.get(store, 0.0) - self._monotonic()
            if wait <= 0:
                wait = await self._try(embed, store, place)
            if wait > 0:
                waits.append(wait)
        return min(waits) if waits else None

    async def _try(self, embed: Embed, store: str, place: EmbeddingPlace) -> float:
        """Give a store its vectors; return the seconds until that is tried again, 0 if it did not fail."""
        if not await self._database.read(lambda conn: rows.missing(conn, store, 0, 1)):
            return 0.0
        if not await self._database.write(lambda conn: rows.claim(conn, store, self._others)):
            return _PAUSE_S
        self.is_busy = True
        try:
            await self._fill(embed, store, place)
        except EmbeddingFailed as error:
            self._problems[store] = str(error)
            failed = self._failures[store] = self._failures.get(store, 0) + 1
            wait = min(_LONGEST_PAUSE_S, _PAUSE_S * 2.0 ** min(failed - 1, 10))
            self._not_before[store] = self._monotonic() + wait
            log.warning("the vectors of %s were not computed: %s", store, error)
            return wait
        finally:
            self.is_busy = False
            with suppress(StoreError):
                await self._database.write(lambda conn: rows.release(conn, store, self._others.me))
        self._failures.pop(store, None)
        self._problems.pop(store, None)
        return 0.0

    async def _fill(self, embed: Embed, store: str, place: EmbeddingPlace) -> None:
        after = 0
        while True:
            chunks = await self._database.read(
                lambda conn, after=after: rows.missing(conn, store, after, _AT_ONCE)  # type: ignore[misc]
            )
            if not chunks:
                return
            vectors = await self._vectors_of(embed, place, [chunk.text[:_LONGEST] for chunk in chunks])
            is_saved = await self._database.write(
                lambda conn, chunks=chunks, vectors=vectors: (  # type: ignore[misc]
                    # the user may have changed this meanwhile
                    rows.places(conn).get(store) == place and rows.save(conn, chunks, vectors)
                )
            )
            if not is_saved:
                return
            after = chunks[-1].seq

    async def _vectors_of(
        self, embed: Embed, place: EmbeddingPlace, texts: Sequence[str]
    ) -> Sequence[Sequence[float]]:
        """Return the vectors of texts, and count what they cost.

        Raises:
            EmbeddingFailed: There are none, or today's budget is used up.
        """
        now = self._options.clock()
        if self._options.limits.exist:
            spent = await self._database.read(lambda conn: usage.spent(conn, now))
            if (why := used_up(self._options.limits, spent)) is not None:
                raise EmbeddingFailed(f"{why.message} {why.remedy}")
        found = await embed(place, texts)
        charge = usage.Charge(usage.EMBEDDING, place.model, place.connection, found.tokens, found.usd)
        client = asking.name if (asking := CURRENT.get()) is not None else ANYBODY
        await self._database.write(lambda conn: usage.add_charge(conn, charge, now, client))
        return found.vectors
