"""The context in force: known before the first run, and learned when a server refuses a thread as too long."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatRequest, ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.registry import ModelRegistry
from tests.support.builders import a_run_wanted, finished, opened, options, play, run_of
from tests.support.chat_server import ChatServer
from tests.support.fake_model import FakeModel, says
from tests.support.scenes import GREETING, Reply, Scene

LONG = tuple(f"Question {number}: " + "word " * 300 for number in range(20))


def too_long(context: int | None = None) -> ModelError:
    return ModelError(
        "llm.test says that the conversation is too long for m.", too_long=True, context_tokens=context
    )


def length(request: ChatRequest) -> int:
    return len(request.messages)


async def test_a_thread_that_a_server_refuses_as_too_long_is_shortened_and_answered(tmp_path: Path) -> None:
    model = FakeModel([too_long()], [too_long()], says("Short enough."))
    async with opened(tmp_path, model) as engine:
        run = run_of(await play(engine, *LONG))
    assert run.status == "completed"
    first, second, third = map(length, model.requests)
    assert first == len(LONG)
    assert first > second > third
    assert model.requests[-1].messages[-1]["content"] == LONG[-1]


async def test_the_context_that_a_refusal_names_holds_for_later_runs_of_the_model(tmp_path: Path) -> None:
    model = FakeModel([too_long(4_000)], says("Fine."), says("Fine again."))
    async with opened(tmp_path, model) as engine:
        await play(engine, *LONG)
        await play(engine, *LONG)
    assert len(model.requests) == 3
    assert length(model.requests[2]) == length(model.requests[1]) < length(model.requests[0])


async def test_a_message_that_is_too_long_on_its_own_fails_with_the_servers_words(tmp_path: Path) -> None:
    model = FakeModel([too_long(50)])
    async with opened(tmp_path, model) as engine:
        run = await finished(engine, await engine.runs.create_run(await a_run_wanted(engine, LONG[0])))
    assert run.status == "failed"
    assert run.last_error is not None
    assert "too long" in run.last_error.message
    assert len(model.requests) == 1


async def test_the_context_in_force_is_known_before_the_first_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # a slow machine is no slow server
    monkeypatch.setattr("aimltui.engine.models.provider.FACTS_PATIENCE_S", 60.0)
    monkeypatch.setattr("aimltui.engine.models.catalogue.local_servers.PATIENCE_S", 60.0)
    listed = {"data": [{"id": "small", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131_072}}]}
    props = {"default_generation_settings": {"n_ctx": 2_048}}
    answers = {"/props": Reply(pieces=(json.dumps(props).encode(),))}
    scene = Scene((GREETING,), Reply(pieces=(json.dumps(listed).encode(),)), answers)
    async with ChatServer(scene) as server:
        registry = ModelRegistry(Endpoint("llama", server.base_url), cache_dir=tmp_path / "lists")
        engine = await Engine.open(options(tmp_path), registry)
        try:
            await play(engine, *LONG, model="small")
        finally:
            await engine.aclose()
        assert len(server.chats) == 1
        assert len(server.chats[0].json["messages"]) < 8
