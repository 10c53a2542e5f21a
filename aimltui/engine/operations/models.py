"""The operation that lists models."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict

from aimltui.engine.models.base import ListState, ModelError, ModelInfo, ModelSettings, ToolProtocol
from aimltui.engine.models.compat.lesson_store import LOOPS_IN_WORDS, Lessons
from aimltui.engine.runs.tool_offer import why_not_auto
from aimltui.engine.runtime import Runtime
from aimltui.wire import models as wire_models
from aimltui.wire.errors import ServerError
from aimltui.wire.models import NO_ANSWER, NO_MODELS, ListModels, Model, ModelPage, ModelPrice, ModelSource


class ModelOperations:
    """The operation on models."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def list_models(self, params: ListModels) -> ModelPage:
        """Return the available models and the sources of their lists."""
        try:
            found = await self._runtime.models.list_models(refresh=bool(params.refresh))
        except ModelError as error:
            told = f"{error.message} {error.remedy}".strip()
            code = NO_ANSWER if error.status is None else NO_MODELS
            raise ServerError(told, code=code, request_id=error.request_id) from error
        states = self._runtime.models.list_states()
        lessons, protocol = self._runtime.options.lessons, self._runtime.options.tool_protocol

        def page() -> ModelPage:
            lessons.load()
            return _model_page(found, states, lessons, protocol, self._runtime.models.settings)

        # hundreds of models take some milliseconds, and the user may be typing
        return await asyncio.to_thread(page)


def _model_page(
    found: Sequence[ModelInfo],
    states: Sequence[ListState],
    lessons: Lessons,
    protocol: ToolProtocol,
    settings: Callable[[ModelInfo], ModelSettings | None],
) -> ModelPage:
    data = [
        _model(info, lessons.words(info.connection, info.id, *info.aliases), protocol, settings(info))
        for info in found
    ]
    sources = [
        ModelSource(
            connection=state.connection,
            source=state.source,
            as_of=state.as_of,
            problem=state.problem or None,
            count=state.count,
        )
        for state in states
    ]
    return ModelPage(
        data=data,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
        sources=sources or None,
    )


def _model(
    info: ModelInfo, learned: list[str], protocol: ToolProtocol, settings: ModelSettings | None
) -> Model:
    price = info.price
    return Model(
        id=info.id,
        created=info.created_at or 0,
        owned_by=info.vendor,
        name=info.name or None,
        context_length=info.context_length,
        output_limit=info.output_limit,
        aliases=list(info.aliases) or None,
        abilities=sorted(info.abilities) if info.abilities is not None else None,
        price=ModelPrice(prompt=price.prompt, completion=price.completion, cached=price.cached)
        if price is not None
        else None,
        description=info.description or None,
        connection=info.connection or None,
        learned=learned or None,
        inputs=sorted(info.inputs) if info.inputs is not None else None,
        remark=info.remark or None,
        tools_off=why_not_auto(info.id, info, LOOPS_IN_WORDS in learned, protocol),
        settings=wire_models.ModelSettings.model_validate(asdict(settings)) if settings is not None else None,
    )
