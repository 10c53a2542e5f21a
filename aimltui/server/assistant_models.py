"""Assistants as models: their names in the list of models, and the assistant that a request's model names."""

from __future__ import annotations

from collections import Counter
from typing import cast

from aimltui.server.paging import OperationCaller, every
from aimltui.wire import operations as op
from aimltui.wire.assistants import Assistant, AssistantParams, ListAssistants
from aimltui.wire.errors import NotFound
from aimltui.wire.models import ASSISTANT_OWNER, Model
from aimltui.wire.threads import TRASHED_AT

PREFIX = "assistant/"
"""What the id of an assistant has before its name, or its own id, where models are listed."""


async def find_assistant(engine: OperationCaller, model: str) -> Assistant:
    """Return the assistant that a model's id names: `assistant/NAME`, `assistant/asst_...` or `asst_...`.

    Raises:
        NotFound: There is none; the request is never passed on to a provider of models.
    """
    name = model.removeprefix(PREFIX)
    if name.startswith("asst_"):
        try:
            return cast(
                Assistant, await engine.call(op.GET_ASSISTANT.name, AssistantParams(assistant_id=name))
            )
        except NotFound:
            pass
    elif model != name:
        found = [one for one in await _offered(engine) if one.name == name]
        if found:
            return found[0]
    raise NotFound(
        f"The model '{model}' does not exist: here the models are the saved assistants, as assistant/NAME or by "
        "id. GET /v1/models lists them.",
        code="model_not_found",
        param="model",
    )


async def assistant_models(engine: OperationCaller) -> list[Model]:
    """Return the assistants as models, the newest first. Of several with one name, all have their id in its place."""
    assistants = await _offered(engine)
    named = Counter(one.name for one in assistants)
    return [
        Model(
            id=PREFIX + (one.name if one.name and named[one.name] == 1 else one.id),
            created=one.created_at,
            owned_by=ASSISTANT_OWNER,
            name=one.name or None,
            description=one.description or None,
        )
        for one in assistants
    ]


async def every_assistant(engine: OperationCaller) -> list[Assistant]:
    """Return all assistants, also those in the trash, the newest first."""
    return await every(engine, op.LIST_ASSISTANTS, ListAssistants(), "desc")


async def _offered(engine: OperationCaller) -> list[Assistant]:
    return [one for one in await every_assistant(engine) if not _is_trashed(one)]


def _is_trashed(assistant: Assistant) -> bool:
    return bool((assistant.metadata or {}).get(TRASHED_AT))
