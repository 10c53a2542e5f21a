"""Models."""

from __future__ import annotations

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
