from __future__ import annotations

import json
from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.compat.lesson_store import FENCED, KEPT_S, Lessons
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.registry import ModelRegistry
from aimltui.wire.models import ListModels
from tests.support.builders import TestClock, options
from tests.support.chat_server import ChatServer
from tests.support.chats import answered, asking, failed
from tests.support.peculiar import bad, fine, refuses
from tests.support.scenes import Reply, Request, Scene


def kept(path: Path, clock: TestClock | None = None) -> Lessons:
    lessons = Lessons(path, clock or TestClock())
    lessons.load()
    return lessons


def test_lessons_outlive_the_program_and_expire(tmp_path: Path) -> None:
    clock, path = TestClock(), tmp_path / "deep" / "learned.json"
    Lessons(path, clock).learn("AI", "m", {"no_stream": True, "output_limit": 5})
    assert kept(path, clock).of("AI", "m") == {"no_stream": True, "output_limit": 5}
    assert kept(path, clock).of("other", "m") == kept(path, clock).of("AI", "n") == {}
    clock.advance(KEPT_S + 1)
    assert kept(path, clock).listed() == []


def test_what_holds_for_a_connection_holds_for_its_models() -> None:
    lessons = Lessons()
    lessons.learn("AI", "", {"no_stream_options": True})
    lessons.learn("AI", "m", {"no_stream": True})
    assert lessons.of("AI", "m") == {"no_stream_options": True, "no_stream": True}


def test_two_programs_keep_each_others_lessons_and_heed_what_was_cleared(tmp_path: Path) -> None:
    path = tmp_path / "learned.json"
    one, other = kept(path), kept(path)
    one.learn("AI", "m", {"no_stream": True})
    other.learn("AI", "n", {"no_top_p": True})
    one.load()
    assert [lesson.model for lesson in one.listed()] == ["m", "n"]
    assert other.forget("m") == 1
    one.learn("AI", "o", {"no_top_p": True})
    assert [lesson.model for lesson in one.listed()] == ["n", "o"]
    assert one.forget() == 2
    assert one.forget() == 0
    assert kept(path).listed() == []


@pytest.mark.parametrize(
    "content",
    [
        b"", b"nonsense", b"[]", b'{"lessons": 5}', b"\xff\xff", b"[" * 100_000,
        json.dumps({"lessons": [5, {}, {"connection": "a", "model": "b", "name": "\x1b[2J", "at": 1e9, "value": 1},
                                {"connection": "a", "model": "b", "name": "x", "at": 1e300, "value": 1}]}).encode(),
    ],
)  # fmt: skip
def test_a_broken_file_costs_the_memory_and_nothing_else(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "learned.json"
    path.write_bytes(content)
    lessons = kept(path)
    assert lessons.listed() == []
    lessons.learn("AI", "m", {"no_stream": True})
    assert kept(path).of("AI", "m") == {"no_stream": True}


def test_where_nothing_can_be_written_it_is_remembered_meanwhile(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    lessons = kept(tmp_path / "file" / "learned.json")
    lessons.learn("AI", "m", {"no_stream": True})
    lessons.load()
    assert lessons.of("AI", "m") == {"no_stream": True}


def test_lessons_are_told_in_words() -> None:
    lessons = Lessons()
    lessons.learn("AI", "m", {"no_stream": True})
    lessons.learn("", "m", {FENCED: True})
    assert lessons.words("AI", "m", "alias") == [
        "No tool calls: the model writes code to run into its text.",
        "No streaming: each answer arrives at once.",
    ]
    assert lessons.words("other", "n") == []


async def test_what_did_not_help_is_not_remembered_and_what_helped_is() -> None:
    lessons = Lessons()
    refusing = Scene((bad("temperature is not supported"),))
    async with ChatServer(refusing) as server:
        model = OpenAICompatibleModel(Endpoint("odd", server.base_url), lessons=lessons)
        await failed(model, asking(temperature=0.5))
        assert lessons.listed() == []

        def busy(request: Request) -> Reply:
            return (
                bad("temperature is not supported")
                if "temperature" in request.json
                else bad("slow down", 429)
            )

        server.scene = Scene((busy,))
        await failed(model, asking(temperature=0.5))
        assert [lesson.name for lesson in lessons.listed()] == ["no_temperature"]
        await model.aclose()


async def test_a_lesson_that_was_forgotten_is_learned_anew() -> None:
    lessons = Lessons()
    async with ChatServer(Scene((refuses(lambda b: "top_p" in b, bad("top_p: unsupported")),))) as server:
        model = OpenAICompatibleModel(Endpoint("odd", server.base_url), lessons=lessons)
        for _ in range(2):
            await answered(model, asking(top_p=0.5))
        assert len(server.chats) == 3
        assert lessons.forget("test/fast") == 1
        await answered(model, asking(top_p=0.5))
        assert len(server.chats) == 5
        await model.aclose()


async def test_what_was_learned_stands_beside_the_model_in_the_list(tmp_path: Path) -> None:
    lessons = Lessons()
    lessons.learn("odd", "test/fast", {"no_stream": True})
    async with ChatServer(Scene((fine,))) as server:
        registry = ModelRegistry(Endpoint("odd", server.base_url), lessons=lessons)
        engine = await Engine.open(options(tmp_path, lessons=lessons), registry)
        try:
            listed = (await engine.models.list_models(ListModels())).data
        finally:
            await engine.aclose()
    told = {model.id: model.learned for model in listed}
    assert told["test/fast"] == ["No streaming: each answer arrives at once."]
    assert told["test/large"] is None
