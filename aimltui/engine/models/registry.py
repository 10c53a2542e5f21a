"""Finds the chat model for an id, among the connections' endpoints, plug-ins and the demo."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.engine.models.base import (
    AccountBalance,
    ChatModel,
    ListState,
    ModelError,
    ModelInfo,
    ModelSettings,
)
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.models.demo.model import DEMO_INFO, DEMO_MODEL_ID, DemoModel
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.redaction import clip, one_line
from aimltui.engine.models.plugins import find_plugins

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

    from aimltui.engine.models.http.client import EndpointClient
    from aimltui.engine.models.provider import Provider

_NO_ENDPOINT_REMEDY = (
    "Set AIMLAPI_API_KEY (AI/ML API) or OPENAI_API_KEY (OpenAI) in the environment, or name a server with "
    "--base-url, and start again. The model “demo” needs neither."
)


class ModelRegistry:
    """Resolves model ids and keeps the providers of all connections.

    The id `demo` is always the demo model. Without a connection, an id that is the name of an entry point in the group
    `aimltui.models` belongs to that plug-in: a callable without arguments that returns a `ChatModel`, loaded when it is
    first needed. Every other id is sent to the endpoint of the named connection, or of the default one, and never to
    another.

    Args:
        endpoint: The server of the default connection; None if none is set up.
        demo: Whether the program was started for the demo, which then is the default model.
        default_model: The id for requests without one.
        others: The servers of further connections; an endpoint's name is that of the connection.
        troubles: Why a connection cannot be used at present, by its name.
        default: The name of the default connection, if it cannot be used at present.
        clock: Seconds that only go forward.
        plugins: The entry points by name; None looks them up among the installed packages.
        demo_pace: See `DemoModel`.
        lessons: What refusals taught about models, shared with the engine's options.
        cache_dir: Where lists of models are saved; None saves none.
    """

    def __init__(
        self,
        endpoint: Endpoint | None,
        demo: bool = False,
        default_model: str | None = None,
        *,
        others: Iterable[Endpoint] = (),
        troubles: Mapping[str, ModelError] | None = None,
        default: str | None = None,
        clock: Callable[[], float] = time.monotonic,
        plugins: dict[str, EntryPoint] | None = None,
        demo_pace: float = 1.0,
        lessons: Lessons | None = None,
        cache_dir: Path | None = None,
    ) -> None:
        self._default_model = default_model or (DEMO_MODEL_ID if demo else None)
        self._plugins = plugins
        self._clock = clock
        self._lessons = lessons
        self._demo = DemoModel(pace=demo_pace)
        self._providers: dict[str, Provider] = {}
        self._retired: set[Provider] = set()
        self._closing: set[asyncio.Task[None]] = set()
        self._troubles: Mapping[str, ModelError] = {}
        self._cache_dir = cache_dir
        self._default: str | None = None
        self._loaded: dict[str, ChatModel] = {}
        first = [endpoint] if endpoint is not None else []
        self.set_endpoints([*first, *others], endpoint.name if endpoint is not None else default, troubles)

    def set_endpoints(
        self,
        endpoints: Iterable[Endpoint],
        default: str | None,
        troubles: Mapping[str, ModelError] | None = None,
    ) -> None:
        """Replace the servers. Active runs continue with the endpoint they started with.

        Args:
            endpoints: Those of all connections; an unchanged one keeps its list of models.
            default: The name of the default connection; None if there is none.
            troubles: Why a connection cannot be used at present, by its name.
        """
        before, self._providers = self._providers, {}
        for endpoint in endpoints:
            old = before.get(endpoint.name)
            if old is not None and old.endpoint == endpoint:
                self._providers[endpoint.name] = before.pop(endpoint.name)
            else:
                if old is not None and old.endpoint.origin != endpoint.origin and self._lessons is not None:
                    # another server under the old name
                    self._lessons.forget(connection=endpoint.name)
                # the demo has none
                from aimltui.engine.models.provider import Provider

                self._providers[endpoint.name] = Provider(
                    endpoint, self._clock, self._lessons, cache_dir=self._cache_dir
                )
        self._retire(before.values())
        self._troubles = dict(troubles or {})
        self._default = default

    @property
    def default_model(self) -> str | None:
        """The id for requests without one; None if there is no default."""
        return self._default_model

    def connections(self) -> list[str]:
        """The names of all connections, the default one first."""
        names = [*self._providers, *(name for name in self._troubles if name not in self._providers)]
        return sorted(names, key=lambda name: name != self._default)

    def resolve(self, model_id: str, connection: str | None = None) -> ChatModel:
        """The model that answers to an id.

        Raises:
            ModelError: No endpoint is set up, the connection does not exist or has no key, or a plug-in cannot be loaded.
        """
        if model_id == DEMO_MODEL_ID:
            return self._demo
        if not connection:
            if model_id in self._loaded:
                return self._loaded[model_id]
            plugin = self._entry_points().get(model_id)
            if plugin is not None:
                self._loaded[model_id] = _load(plugin)
                return self._loaded[model_id]
        return self._provider(connection or self._default, model_id).model

    def info(self, model_id: str, connection: str | None = None) -> ModelInfo | None:
        """The known facts about a model, without a request."""
        if model_id == DEMO_MODEL_ID:
            return DEMO_INFO
        provider = self._providers.get(connection or self._default or "")
        return provider.info(model_id) if provider is not None else None

    def settings(self, info: ModelInfo) -> ModelSettings | None:
        """Which settings of a run reach a model; None for a built-in model, which takes them all."""
        provider = self._providers.get(info.connection)
        return provider.model.settings_of(info.id) if provider is not None else None

    async def learn_about(self, model_id: str, connection: str | None = None) -> None:
        """Fetch the list of the model's server if a run needs it. Never fails."""
        provider = self._providers.get(connection or self._default or "")
        if provider is None or model_id == DEMO_MODEL_ID:
            return
        if connection or (model_id not in self._loaded and model_id not in self._entry_points()):
            await provider.learn_facts()

    def list_states(self) -> list[ListState]:
        """The origin and age of each connection's list of models, the default connection first."""
        return [
            self._providers[name].list_state()
            if name in self._providers
            else ListState(name, "none", None, self._troubles[name].message)
            for name in self.connections()
        ]

    def local_models(self) -> list[ModelInfo]:
        """The models that can be listed without network: plug-ins and the demo."""
        plugins = self._entry_points().values()
        return [*(ModelInfo(id=p.name, name=p.name, vendor=_maker(p)) for p in plugins), DEMO_INFO]

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """The models of all connections, the default one's first, then plug-ins and the demo.

        All connections are asked at the same time. If one fails, its older list is used and the others are not affected;
        `list_states` says why. An id that several connections offer is listed for each.

        Args:
            refresh: Fetch the lists in any case.

        Raises:
            ModelError: The list of the only connection could not be fetched and there is no older one; `local_models`
                still works.
        """
        asked = list(self._providers.values())
        answers = await asyncio.gather(*(_listed(provider, refresh) for provider in asked))
        remote = [info for provider in asked for info in provider.models]
        if not remote and len(self.connections()) == 1:
            problems = [answer for answer in answers if answer is not None] or list(self._troubles.values())
            if problems:
                raise problems[0]
        local = self.local_models()
        ids = {model.id for model in local}
        return [*(model for model in remote if model.id not in ids), *local]

    async def balance(self, connection: str | None = None) -> AccountBalance:
        """The balance of a connection's account.

        Raises:
            ModelError: There is no connection, or its provider does not report a balance.
        """
        if not connection and self._default is None:
            raise ModelError("There is no connection to ask for its balance.", _NO_ENDPOINT_REMEDY)
        return await self._provider(connection or self._default, "").model.balance()

    def client_of(self, connection: str) -> EndpointClient | None:
        """The client of a connection; None if it is not set up, or cannot be used at present."""
        provider = self._providers.get(connection)
        return provider.model.endpoint_client if provider is not None else None

    def recogniser(self) -> EndpointClient | None:
        """The client of the first connection that recognises text in pictures, the default one first; None without one."""
        from aimltui.engine.models.documents.recognition import recognises_text

        found = (self._providers[name] for name in self.connections() if name in self._providers)
        return next(
            (one.model.endpoint_client for one in found if recognises_text(one.endpoint)),
            None,
        )

    async def aclose(self) -> None:
        """Close the connections of all models."""
        for model in [*self._loaded.values(), self._demo]:
            await model.aclose()
        for provider in [*self._providers.values(), *self._retired]:
            await provider.aclose()
        await asyncio.gather(*self._closing)

    def _retire(self, providers: Iterable[Provider]) -> None:
        """Close replaced providers, each once the last run that uses it has ended."""
        self._retired = {provider for provider in (*self._retired, *providers) if provider.is_open}
        for provider in self._retired:
            provider.retire()
            closing = asyncio.create_task(provider.close_if_unused())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    def _provider(self, connection: str | None, model_id: str) -> Provider:
        if connection is None:
            raise ModelError(
                f"There is no server to ask for the model {model_id!r}: no key and no base URL are set."
                if model_id
                else "There is no server to ask for a model: no key and no base URL are set.",
                _NO_ENDPOINT_REMEDY,
            )
        if connection in self._providers:
            return self._providers[connection]
        if connection in self._troubles:
            trouble = self._troubles[connection]
            # a new error each time: one that was raised before keeps its traceback
            raise ModelError(trouble.message, trouble.remedy)
        raise ModelError(
            f"There is no connection “{clip(one_line(connection), 60)}”, so nothing was sent.",
            "Choose another model with ctrl+L, or set the connection up again.",
        )

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._plugins is None:
            self._plugins = find_plugins()
        return self._plugins


async def _listed(provider: Provider, refresh: bool) -> ModelError | None:
    """Update a provider's list; return the error if that failed."""
    try:
        await provider.list_models(refresh=refresh)
    except ModelError as error:
        return error
    return None


def _load(plugin: EntryPoint) -> ChatModel:
    try:
        model: ChatModel = plugin.load()()
    except (ImportError, AttributeError, TypeError, ValueError, OSError) as error:
        raise ModelError(
            f"The plug-in “{plugin.name}” from {_maker(plugin) or 'an unknown package'} cannot be loaded: "
            f"{type(error).__name__}.",
            "Update or remove that package, or choose another model.",
        ) from error
    return model


def _maker(plugin: EntryPoint) -> str:
    return plugin.dist.name if plugin.dist is not None else ""
