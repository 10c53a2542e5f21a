from __future__ import annotations

import asyncio
from contextlib import aclosing
from importlib.metadata import EntryPoint

import pytest

from aimltui.engine.models.base import ChatRequest, ModelError
from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.models.demo.model import DemoModel
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.registry import ModelRegistry
from tests.support.builders import bounded, until
from tests.support.chat_server import ChatServer
from tests.support.scenes import GREETING, Scene, as_json, refusal
from tests.support.scripted_model import ScriptedModel

ENDPOINT = Endpoint("x", "http://127.0.0.1:9/v1")
ENDPOINT_Y = Endpoint("y", "http://127.0.0.1:9/v1")
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


async def test_the_models_of_all_connections_are_listed_the_default_ones_first() -> None:
    async with ChatServer("greeting") as one, ChatServer("greeting") as two:
        registry = ModelRegistry(
            Endpoint("one", one.base_url), others=[Endpoint("two", two.base_url)], plugins={}
        )
        listed = [(model.id, model.connection) for model in await registry.list_models()]
        assert listed == [
            ("test/fast", "one"), ("test/large", "one"), ("test/fast", "two"), ("test/large", "two"), ("demo", "")
        ]  # fmt: skip
        assert registry.connections() == ["one", "two"]
        await registry.aclose()


async def test_one_that_gives_no_list_hides_no_other_and_its_trouble_is_told() -> None:
    bad = Scene((GREETING,), models=refusal(401, "bad key"))
    async with ChatServer(bad) as one, ChatServer("greeting") as two:
        registry = ModelRegistry(
            Endpoint("one", one.base_url),
            others=[Endpoint("two", two.base_url)],
            troubles={"three": ModelError("No key for three.")},
            plugins={},
        )
        assert [model.connection for model in await registry.list_models()] == ["two", "two", ""]
        problems = {state.connection: state.problem for state in registry.list_states() if state.problem}
        assert set(problems) == {"one", "three"}
        assert "bad key" in problems["one"]
        registry.set_endpoints([Endpoint("two", two.base_url)], "two")
        assert [(state.connection, state.problem) for state in registry.list_states()] == [("two", "")]
        await registry.aclose()


def test_a_connection_is_never_answered_by_anothers_endpoint() -> None:
    other = Endpoint("y", "http://127.0.0.1:8/v1")
    registry = ModelRegistry(
        ENDPOINT, others=[other], troubles={"z": ModelError("No key for z.", "Enter it.")}, plugins=OURS
    )
    assert registry.resolve("m", "y") is not registry.resolve("m", "x")
    assert registry.resolve("m") is registry.resolve("m", "x")
    assert isinstance(registry.resolve("mine", "y"), OpenAICompatibleModel)
    with pytest.raises(ModelError, match="no connection “gone”"):
        registry.resolve("m", "gone")
    for _ in range(2):
        with pytest.raises(ModelError, match="No key for z") as caught:
            registry.resolve("m", "z")
        assert caught.value.remedy == "Enter it."
    assert registry.info("m", "gone") is None
    registry.set_endpoints([other], "gone")
    with pytest.raises(ModelError, match="no connection “gone”"):
        registry.resolve("m")


async def test_a_connection_that_stays_keeps_what_is_known_of_it() -> None:
    async with ChatServer("greeting") as server:
        endpoint = Endpoint("x", server.base_url, Secret("k" * 20))
        registry = ModelRegistry(endpoint, plugins={})
        await registry.list_models()
        model = registry.resolve("m")
        registry.set_endpoints([Endpoint("x", server.base_url, Secret("k" * 20)), ENDPOINT_Y], "y")
        assert registry.resolve("m", "x") is model
        assert registry.info("test/fast", "x") is not None
        registry.set_endpoints([Endpoint("x", server.base_url, Secret("n" * 20))], "x")
        assert registry.resolve("m", "x") is not model
        assert [one.id for one in await model.list_models()] == ["test/fast", "test/large"]
        await registry.aclose()


def replace_key(registry: ModelRegistry, server: ChatServer, key: str) -> None:
    registry.set_endpoints([Endpoint("x", server.base_url, Secret(key * 20))], "x")


async def test_a_replaced_connection_that_nothing_uses_is_closed() -> None:
    async with ChatServer("greeting") as server:
        registry = ModelRegistry(Endpoint("x", server.base_url, Secret("k" * 20)), plugins={})
        await registry.list_models()
        old = registry.resolve("m")
        assert server.open_connections == 1
        replace_key(registry, server, "n")
        await until(lambda: not server.open_connections)
        # who still has the old model may use it, and leaves no connection open either
        assert await old.list_models()
        await until(lambda: not server.open_connections)
        await registry.list_models()
        assert server.open_connections == 1
        await registry.aclose()
        await until(lambda: not server.open_connections)


async def test_a_replaced_connection_is_closed_when_the_last_run_that_uses_it_ends() -> None:
    async with ChatServer("gated") as server:
        registry = ModelRegistry(Endpoint("x", server.base_url, Secret("k" * 20)), plugins={})
        ask = ChatRequest("m", [{"role": "user", "content": "Hi"}])
        async with aclosing(registry.resolve("m").stream(ask)) as first:
            server.release(2)
            await bounded(anext(first))
            for key in "nop":
                replace_key(registry, server, key)
            server.release(100)
            text = [chunk.text async for chunk in first]
        assert "".join(text)
        await until(lambda: not server.open_connections)
        await registry.aclose()


async def test_closing_also_closes_a_replaced_connection_that_is_still_used() -> None:
    async with ChatServer("gated") as server:
        registry = ModelRegistry(Endpoint("x", server.base_url, Secret("k" * 20)), plugins={})
        ask = ChatRequest("m", [{"role": "user", "content": "Hi"}])
        async with aclosing(registry.resolve("m").stream(ask)) as used:
            server.release(2)
            await bounded(anext(used))
            replace_key(registry, server, "n")
            await registry.aclose()
            await until(lambda: not server.open_connections)


def test_what_was_learned_of_a_server_is_forgotten_with_its_address() -> None:
    lessons = Lessons()
    lessons.learn("x", "m", {"fold_system": True})
    lessons.learn("y", "m", {"fold_system": True})
    registry = ModelRegistry(Endpoint("x", "http://127.0.0.1:8/v1"), plugins={}, lessons=lessons)
    registry.set_endpoints([Endpoint("x", "http://127.0.0.1:8/v1", Secret("k" * 20))], "x")
    assert lessons.of("x", "m")
    registry.set_endpoints([Endpoint("x", "http://127.0.0.1:9/v1")], "x")
    assert not lessons.of("x", "m")
    assert lessons.of("y", "m")
