from __future__ import annotations

import asyncio
from importlib.metadata import EntryPoint

import pytest

from aimltui.engine.models.base import ModelError
from aimltui.engine.models.demo import DemoModel
from aimltui.engine.models.endpoint import Endpoint
from aimltui.engine.models.openai_compatible import OpenAICompatibleModel
from aimltui.engine.models.registry import ModelRegistry
from aimltui.engine.models.scripted import ScriptedModel
from tests.support.chat_server import ChatServer
from tests.support.scenes import GREETING, Scene, as_json, refusal

ENDPOINT = Endpoint("x", "http://127.0.0.1:9/v1")
LOADED: list[str] = []


def plugin() -> ScriptedModel:
    LOADED.append("plugin")
    return ScriptedModel([])


def point(name: str, value: str) -> dict[str, EntryPoint]:
    return {name: EntryPoint(name, value, "aimltui.models")}


OURS = point("mine", "tests.unit.engine.models.test_registry:plugin")


def test_demo_is_the_demo_with_and_without_an_endpoint() -> None:
    for endpoint in (None, ENDPOINT):
        assert isinstance(ModelRegistry(endpoint, plugins={}).resolve("demo"), DemoModel)


def test_every_other_id_belongs_to_the_endpoint() -> None:
    registry = ModelRegistry(ENDPOINT, plugins={})
    model = registry.resolve("gpt-4o")
    assert isinstance(model, OpenAICompatibleModel)
    assert registry.resolve("anything/else") is model


@pytest.mark.parametrize("model_id", ["gpt-4o", ""])
def test_without_an_endpoint_the_error_says_how_to_get_one(model_id: str) -> None:
    with pytest.raises(ModelError) as caught:
        ModelRegistry(None, plugins={}).resolve(model_id)
    for word in ("AIMLAPI_API_KEY", "OPENAI_API_KEY", "--base-url"):
        assert word in caught.value.remedy
    assert not caught.value.retryable


def test_the_default_model_is_the_given_one_or_the_demo_if_that_was_asked_for() -> None:
    assert ModelRegistry(ENDPOINT, default_model="m").default_model == "m"
    assert ModelRegistry(None, demo=True).default_model == "demo"
    assert ModelRegistry(None).default_model is None


def test_a_plugin_is_loaded_when_its_name_is_asked_for_and_only_once() -> None:
    LOADED.clear()
    registry = ModelRegistry(ENDPOINT, plugins=OURS)
    registry.resolve("other")
    assert [info.id for info in registry.local_models()] == ["mine", "demo"]
    assert LOADED == []
    model = registry.resolve("mine")
    assert isinstance(model, ScriptedModel)
    assert registry.resolve("mine") is model
    assert LOADED == ["plugin"]


@pytest.mark.parametrize("value", ["no.such.module:x", "tests.support:nothing", "tests.support.chats:KEY"])
def test_a_plugin_that_cannot_be_loaded_is_named(value: str) -> None:
    with pytest.raises(ModelError, match="“bad”"):
        ModelRegistry(None, plugins=point("bad", value)).resolve("bad")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_the_list_is_asked_for_once_in_ten_minutes_unless_it_is_refreshed_then_behind_the_back() -> (
    None
):
    clock = Clock()
    async with ChatServer("greeting") as server:
        registry = ModelRegistry(Endpoint("x", server.base_url), clock=clock, plugins={})
        for _ in range(2):
            assert [m.id for m in await registry.list_models()] == ["test/fast", "test/large", "demo"]
        assert len(server.requests) == 1
        await registry.list_models(refresh=True)
        assert len(server.requests) == 2
        clock.now += 599
        await registry.list_models()
        assert len(server.requests) == 2
        clock.now += 2
        assert await registry.list_models()
        await server.wait_for_requests(3)
        await registry.aclose()


async def test_two_who_ask_at_once_share_one_request() -> None:
    async with ChatServer("greeting") as server:
        registry = ModelRegistry(Endpoint("x", server.base_url), plugins={})
        first, second = await asyncio.gather(registry.list_models(), registry.list_models())
        assert first == second
        assert len(server.requests) == 1
        await registry.aclose()


async def test_an_empty_list_is_not_kept() -> None:
    async with ChatServer(Scene((GREETING,), models=as_json({"data": []}))) as server:
        registry = ModelRegistry(Endpoint("x", server.base_url), plugins={})
        for _ in range(2):
            assert [m.id for m in await registry.list_models()] == ["demo"]
        assert len(server.requests) == 2
        await registry.aclose()


async def test_a_failed_list_is_told_and_not_kept() -> None:
    async with ChatServer(Scene((GREETING,), models=refusal(503, "down"))) as server:
        registry = ModelRegistry(Endpoint("x", server.base_url), plugins={})
        for _ in range(2):
            with pytest.raises(ModelError, match="down"):
                await registry.list_models()
        assert len(server.requests) == 2
        await registry.aclose()


async def test_without_an_endpoint_the_list_needs_no_network() -> None:
    registry = ModelRegistry(None, demo=True, plugins={})
    assert [m.id for m in await registry.list_models()] == ["demo"]
    await registry.aclose()
