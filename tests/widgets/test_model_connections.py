"""The model picker over the real engine and real HTTP servers: two that answer, one that does not."""

from __future__ import annotations

from pathlib import Path

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.registry import ModelRegistry
from aimltui.engine.options import EngineOptions
from aimltui.tui.startup import Connected
from tests.support.chat_server import ChatServer
from tests.support.fake_transport import FakeTransport
from tests.support.scenes import Scene, as_json, streamed_text
from tests.support.screen import seat


def server(model_id: str, says: str) -> ChatServer:
    row = {"id": model_id, "type": "openai/chat-completions", "info": {"contextLength": 9_000}}
    return ChatServer(Scene((streamed_text([says]),), as_json({"data": [row]})))


async def test_a_model_of_another_connection_answers_and_the_default_stays_what_it_was(
    tmp_path: Path,
) -> None:
    async with server("far", "From afar.") as hosted, server("near", "From here.") as home:
        here_ = Endpoint("Home", home.base_url, Secret("sk-key-of-home"))
        away = Endpoint("Hosted", hosted.base_url, Secret("sk-key-of-hosted"))
        down = Endpoint("Down", "http://127.0.0.1:9/v1")

        async def connect() -> Connected:
            models = ModelRegistry(
                away, default_model="far", others=(here_, down), plugins={}, cache_dir=tmp_path / "catalogue"
            )
            engine = await Engine.open(EngineOptions(data_dir=tmp_path), models)
            return Connected(AssistantsClient(EmbeddedTransport(engine)), "Hosted", "far")

        async with seat(FakeTransport(), tmp_path / "drafts", connect=connect, clock=None) as here:
            await here.pilot.press("ctrl+l")
            await here.until(lambda: "Down: Nothing answers at 127.0.0.1:9" in here.shown())
            assert "Hosted: 1 model, asked now" in here.shown()
            await here.pilot.press(*"near", "enter")
            await here.until(lambda: "near · Home" in here.shown())
            await here.write("Where are you?")
            await here.until(lambda: here.texts()[1:] == ["From here."])
            await here.idle()
            assert {request.headers["authorization"] for request in home.requests} == {
                "Bearer sk-key-of-home"
            }
            assert hosted.chats == []
            await here.pilot.press("ctrl+n")
            await here.write("And you?")
            await here.until(lambda: here.texts()[1:] == ["From afar."])
            await here.idle()
