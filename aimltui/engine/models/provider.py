"""The models of one connection: their endpoint, their list and the known facts about them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from pathlib import Path

from aimltui.engine.models.base import ListState, ModelError, ModelInfo
from aimltui.engine.models.catalogue.cache import CatalogueCache
from aimltui.engine.models.catalogue.catalogue import Catalogue, index_of, shipped
from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.models.endpoint.endpoint import Endpoint

log = logging.getLogger(__name__)

DAY_S = 86_400.0
"""A list older than this is fetched again in the background."""
FRESH_S = 600.0
"""The age after which a list is fetched again if lists are not saved."""
FACTS_PATIENCE_S = 5.0
"""Seconds that the first run waits for the facts about its model."""
RETRY_S = 60.0
"""Time between two attempts in the background."""


class Provider:
    """The models of an endpoint.

    A saved or shipped list is available from the start; it is fetched again in the background when it is a day old.
    An empty or failed answer never replaces a list.

    Args:
        endpoint: The server; its name is the connection's.
        clock: Seconds that only go forward.
        lessons: What refusals taught about models.
        cache_dir: Where lists are saved; None saves none.
        now: Unix seconds.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        clock: Callable[[], float] = time.monotonic,
        lessons: Lessons | None = None,
        *,
        cache_dir: Path | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.endpoint = endpoint
        self.model = OpenAICompatibleModel(endpoint, about=self.info, lessons=lessons)
        self._clock = clock
        self._now = now
        self._cache = CatalogueCache(cache_dir, endpoint) if cache_dir is not None else None
        self._catalogue: Catalogue | None = None
        self._known: dict[str, ModelInfo] = {}
        self._is_loaded = False
        self._problem = ""
        self._tried_at: float | None = None
        self._taken_at = 0.0
        self._answers = 0
        self._asking = asyncio.Lock()
        self._renewal: asyncio.Task[None] | None = None

    def info(self, model_id: str) -> ModelInfo | None:
        """The known facts about a model, by its id or an alias. The first call reads the saved list."""
        self.load()
        return self._known.get(model_id)

    def load(self) -> None:
        """Read the saved or shipped list, once. Blocks for some milliseconds."""
        if self._is_loaded:
            return
        self._is_loaded = True
        found = self._cache.load() if self._cache is not None else None
        if found is None:
            found = shipped(self.endpoint)
        if found is not None and self._catalogue is None:
            self._take(found)

    async def learn_facts(self) -> None:
        """Fetch the list before the first run, if there is none or if the server may have been restarted since.

        A local server's context depends on how it was started, so a saved list does not give the one in force. A list
        that cannot be fetched is tried again later: the run itself tells what is wrong with the server.
        """
        if not self._is_loaded:
            await asyncio.to_thread(self.load)
        found = self._catalogue
        if found is not None and (found.source == "live" or not self.endpoint.is_private):
            return
        if self.endpoint.is_openai or (
            self._tried_at is not None and self._clock() - self._tried_at < RETRY_S
        ):
            return
        with contextlib.suppress(ModelError, TimeoutError):
            async with asyncio.timeout(FACTS_PATIENCE_S):
                await self._ask(wanted=found is not None)

    def list_state(self) -> ListState:
        """The origin and age of the list."""
        found = self._catalogue
        if found is None:
            return ListState(self.endpoint.name, "none", None, self._problem)
        return ListState(self.endpoint.name, found.source, found.as_of, self._problem, len(found.models))

    @property
    def models(self) -> list[ModelInfo]:
        """The current list, even if the last attempt to fetch it failed."""
        return list(self._catalogue.models) if self._catalogue is not None else []

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """The models of the endpoint in its order; fetched first if there is no list.

        Args:
            refresh: Fetch the list in any case.

        Raises:
            ModelError: The list could not be fetched. With `refresh` also if there is an older one, which remains in
                `models`.
        """
        if not self._is_loaded:
            await asyncio.to_thread(self.load)
        if refresh or self._catalogue is None:
            await self._ask(wanted=refresh)
        elif self._is_old(self._catalogue):
            self._renew()
        return self.models

    @property
    def is_open(self) -> bool:
        """Whether it has open connections or requests."""
        return self.model.endpoint_client.is_open

    def retire(self) -> None:
        """Close the connections after the last request, because another provider has replaced this one."""
        self.model.endpoint_client.retire()

    async def close_if_unused(self) -> None:
        """Close the connections of a retired provider, unless a request uses them."""
        await self._stop_renewal()
        await self.model.endpoint_client.close_if_unused()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._stop_renewal()
        await self.model.aclose()

    async def _stop_renewal(self) -> None:
        if self._renewal is not None:
            self._renewal.cancel()
            await asyncio.wait({self._renewal})

    async def _ask(self, *, wanted: bool) -> None:
        answers = self._answers
        async with self._asking:
            if self._answers != answers:
                return  # another task has fetched it meanwhile
            if not wanted and self._catalogue is not None:
                return
            known = self._catalogue
            try:
                listing = await self.model.fetch_models(known.etag if known is not None else "")
            except ModelError as error:
                self._problem = error.message
                raise
            finally:
                self._tried_at = self._clock()
            self._problem = ""
            self._answers += 1
            as_of = int(self._now())
            if listing is None:
                assert known is not None
                found = Catalogue(known.models, as_of, "live", known.etag)
            elif listing.models:
                found = Catalogue(tuple(listing.models), as_of, "live", listing.etag)
            else:
                if known is not None:
                    self._problem = f"{self.endpoint.host} lists no models at present."
                return
            self._take(found)
            if self._cache is not None:
                await asyncio.to_thread(self._cache.save, found)

    def _take(self, found: Catalogue) -> None:
        self._catalogue = found.named(self.endpoint.name)
        self._taken_at = self._clock()
        self._known = index_of(self._catalogue.models)

    def _is_old(self, found: Catalogue) -> bool:
        if self._tried_at is not None and self._clock() - self._tried_at < RETRY_S:
            return False
        limit = DAY_S if self._cache is not None else FRESH_S
        if found.source == "live":
            return self._clock() - self._taken_at >= limit
        age = self._now() - found.as_of
        # A clock that was set back must not make a list look new for ever.
        return found.source == "snapshot" or not 0 <= age < limit

    def _renew(self) -> None:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renewed(), name=f"models of {self.endpoint.name}")

    async def _renewed(self) -> None:
        try:
            await self._ask(wanted=True)
        except ModelError as error:
            log.info("the list of models was not renewed: %s", error.message)
