"""Which model answers to which id."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from aimltui.engine.models.base import ChatModel, ListState, ModelError, ModelInfo
from aimltui.engine.models.demo import DEMO_INFO, DEMO_MODEL_ID, DemoModel
from aimltui.engine.models.endpoint import Endpoint
from aimltui.engine.models.provider import Provider

ENTRY_POINTS = "aimltui.models"
_NO_ENDPOINT_REMEDY = (
    "Set AIMLAPI_API_KEY (AI/ML API) or OPENAI_API_KEY (OpenAI) in the environment, or name a server with "
    "--base-url, and start again; the model “demo” works without."
)


class ModelRegistry:
    """Finds the chat model for an id.

    The id `demo` is always the demo model. An id that is the name of an entry point in the group
    `aimltui.models` is that entry point: a callable without arguments that gives a `ChatModel`; it is loaded
    when its name is asked for and not before. Every other id belongs to the endpoint.

    Args:
        endpoint: The server of all other models; None if none is set up.
        demo: Whether the demo is what the program was started for; then it is the default model.
        default_model: The id for those who name none.
        clock: Seconds that only go forward.
        plugins: The entry points by name; None looks them up among the installed packages.
        demo_pace: See `DemoModel`.
        cache_dir: Where lists of models are kept; None keeps none.
    """

    def __init__(
        self,
        endpoint: Endpoint | None,
        demo: bool = False,
        default_model: str | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        plugins: dict[str, EntryPoint] | None = None,
        demo_pace: float = 1.0,
        cache_dir: Path | None = None,
    ) -> None:
        self.endpoint = endpoint
        self._default_model = default_model or (DEMO_MODEL_ID if demo else None)
        self._plugins = plugins
        self._demo = DemoModel(pace=demo_pace)
        self._remote = Provider(endpoint, clock, cache_dir=cache_dir) if endpoint is not None else None
        self._loaded: dict[str, ChatModel] = {}

    @property
    def default_model(self) -> str | None:
        """The id for those who name none; None if there is nothing to choose by itself."""
        return self._default_model

    def resolve(self, model_id: str, connection: str | None = None) -> ChatModel:
        """The model that answers to an id.

        Raises:
            ModelError: There is none: no endpoint is set up, or a plug-in cannot be loaded.
        """
        if model_id == DEMO_MODEL_ID:
            return self._demo
        if model_id in self._loaded:
            return self._loaded[model_id]
        plugin = self._entry_points().get(model_id)
        if plugin is not None:
            self._loaded[model_id] = _load(plugin)
            return self._loaded[model_id]
        if self._remote is None:
            raise ModelError(
                f"There is no server to ask for the model {model_id!r}: no key and no base URL are set."
                if model_id
                else "There is no server to ask for a model: no key and no base URL are set.",
                _NO_ENDPOINT_REMEDY,
            )
        return self._remote.model

    def info(self, model_id: str, connection: str | None = None) -> ModelInfo | None:
        """What is known of a model just now, without asking anybody."""
        if model_id == DEMO_MODEL_ID:
            return DEMO_INFO
        return self._remote.info(model_id) if self._remote is not None else None

    def list_states(self) -> list[ListState]:
        """Where the endpoint's list comes from, and how old it is."""
        return [self._remote.list_state()] if self._remote is not None else []

    def local_models(self) -> list[ModelInfo]:
        """The models that need no network to be listed: plug-ins and the demo."""
        plugins = self._entry_points().values()
        return [*(ModelInfo(id=p.name, name=p.name, vendor=_maker(p)) for p in plugins), DEMO_INFO]

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        """The endpoint's models, then plug-ins and the demo.

        The endpoint's list is kept, an empty or failed one is not; see `Provider`.

        Args:
            refresh: Asks the endpoint in any case.

        Raises:
            ModelError: The endpoint did not give its list and there is no older one; `local_models` still works.
        """
        remote: list[ModelInfo] = []
        if self._remote is not None:
            try:
                remote = await self._remote.list_models(refresh=refresh)
            except ModelError:
                remote = self._remote.models
                if not remote:
                    raise
        local = self.local_models()
        ids = {model.id for model in local}
        return [*(model for model in remote if model.id not in ids), *local]

    async def aclose(self) -> None:
        """Closes all models' connections."""
        for model in [*self._loaded.values(), self._demo]:
            await model.aclose()
        if self._remote is not None:
            await self._remote.aclose()

    def _entry_points(self) -> dict[str, EntryPoint]:
        if self._plugins is None:
            self._plugins = {point.name: point for point in entry_points(group=ENTRY_POINTS)}
        return self._plugins


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
