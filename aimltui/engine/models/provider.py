"""One connection: the models of an endpoint, and what is known of them."""

from __future__ import annotations

import asyncio
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
"""A list that is older is asked for anew behind the user's back."""
FRESH_S = 600.0
"""Where nothing is kept on the disk: how long a list holds."""
RETRY_S = 60.0
"""Between two attempts that nobody asked for."""


class Provider:
    """The models of an endpoint.

    Its list is at hand from the start if it was kept on the disk or came with the program, and is renewed in the
    background when it is a day old. An empty or failed answer never takes the place of a list.

    Args:
        endpoint: The server; its name is the connection's.
        clock: Seconds that only go forward.
        lessons: What refusals have taught.
        cache_dir: Where lists are kept; None keeps none.
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
        """What is known of a model, by its id or an alias; the disk is read at the first question."""
        self.load()
        return self._known.get(model_id)

    def load(self) -> None:
        """Read what was kept, once. Blocking, for some milliseconds."""
        if self._is_loaded:
            return
        self._is_loaded = True
        found = self._cache.load() if self._cache is not None else None
        if found is None:
            found = shipped(self.endpoint)
        if found is not None and self._catalogue is None:
            self._take(found)

    def list_state(self) -> ListState:
        """Where the list comes from."""
        found = self._catalogue
        if found is None:
            return ListState(self.endpoint.name, "none", None, self._problem)
        return ListState(self.endpoint.name, found.source, found.as_of, self._problem, len(found.models))

    @property
    def models(self) -> list[ModelInfo]:
        """The list at hand, whatever became of the last attempt to renew it."""
        return list(self._catalogue.models) if self._catalogue is not None else []

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """The models of the endpoint, in its order: at once if there is a list, else as soon as it has answered.

        Args:
            refresh: Asks the endpoint in any case.

        Raises:
            ModelError: The endpoint did not give its list. With `refresh` also if an older one is at hand: that
                is still in `models`.
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
        """Whether it has open connections or is being asked."""
        return self.model.endpoint_client.is_open

    def retire(self) -> None:
        """Another provider has replaced this one: its requests may end, and then nothing stays open."""
        self.model.endpoint_client.retire()

    async def close_if_unused(self) -> None:
        """Close the connections of a retired provider, unless a request uses them."""
        await self._stop_renewal()
        await self.model.endpoint_client.close_if_unused()

    async def aclose(self) -> None:
        """Closes the connections."""
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
                return  # somebody else has asked meanwhile
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
        # A clock that was set back makes no list young for ever.
        return found.source == "snapshot" or not 0 <= age < limit

    def _renew(self) -> None:
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renewed(), name=f"models of {self.endpoint.name}")

    async def _renewed(self) -> None:
        try:
            await self._ask(wanted=True)
        except ModelError as error:
            log.info("the list of models was not renewed: %s", error.message)
