"""Assistants as models: their names in the list of models, and the assistant that a request's model names."""

from __future__ import annotations

from collections import Counter
from typing import Any, Protocol, cast

from aimltui.wire import operations as op
from aimltui.wire.assistants import Assistant, AssistantParams, ListAssistants
from aimltui.wire.base import Page, Params
from aimltui.wire.errors import NotFound
from aimltui.wire.models import ASSISTANT_OWNER, Model
from aimltui.wire.threads import TRASHED_AT

PREFIX = "assistant/"
"""What the id of an assistant has before its name, or its own id, where models are listed."""
_PAGE = 100


class OperationCaller(Protocol):
    """What carries out operations by name."""

    async def call(self, name: str, params: Params) -> Any:
        """Return the operation's answer."""
        ...


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
        found = [one for one in await _all(engine) if one.name == name]
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
    assistants = await _all(engine)
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


async def _all(engine: OperationCaller) -> list[Assistant]:
    found: list[Assistant] = []
    after: str | None = None
    while True:
        asked = ListAssistants(limit=_PAGE, order="desc", after=after)
        page = cast(Page[Assistant], await engine.call(op.LIST_ASSISTANTS.name, asked))
        found += page.data
        if not page.has_more or not page.data:
            return [one for one in found if not _is_trashed(one)]
        after = page.data[-1].id


def _is_trashed(assistant: Assistant) -> bool:
    return bool((assistant.metadata or {}).get(TRASHED_AT))
