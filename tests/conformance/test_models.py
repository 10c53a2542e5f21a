"""Models."""

from __future__ import annotations

from aimltui.engine.models.base import ListState
from aimltui.wire.models import ModelSource
from tests.conformance.world import World, requirement


@requirement("models:list")
async def test_models_are_listed(world: World) -> None:
    page = await world.client.list_models()
    assert [model.to_json() for model in page.data] == [
        {
            "id": "fake",
            "object": "model",
            "created": 0,
            "owned_by": "test",
            "name": "Fake",
            "context_length": 8000,
        }
    ]


@requirement("models:problems")
async def test_connections_without_a_list_are_told_beside_the_models(world: World) -> None:
    assert (await world.client.list_models()).sources is None
    world.model.states = [ListState("work", "none", None, "work.example did not accept the API key.")]
    page = await world.client.list_models()
    assert [model.id for model in page.data] == ["fake"]
    assert page.sources == [
        ModelSource(connection="work", source="none", problem="work.example did not accept the API key.")
    ]
