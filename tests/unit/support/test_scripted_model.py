from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from aimltui.engine.models.base import ChatChunk, ChatUsage, ModelError, ToolCallDelta
from tests.support.builders import PATIENCE_S
from tests.support.chats import answered, asking, failed, play, text_in
from tests.support.scripted_model import Call, Fail, Finish, Refuse, Say, ScriptedModel, Think, Wait


async def test_turns_are_played_in_order_and_requests_are_kept() -> None:
    model = ScriptedModel([[Say("one")], [Say("t", "wo")]])
    assert text_in(await answered(model, asking("a"))) == "one"
    assert text_in(await answered(model, asking("b"))) == "two"
    assert [request.messages[-1]["content"] for request in model.requests] == ["a", "b"]


async def test_all_kinds_of_acts_come_out() -> None:
    usage = ChatUsage(1, 2, 3)
    model = ScriptedModel([[Think("hm"), Refuse("no"), Say("a"), Finish("length", usage)]])
    assert await answered(model, asking()) == [
        ChatChunk(reasoning="hm"),
        ChatChunk(refusal="no"),
        ChatChunk(text="a"),
        ChatChunk(finish_reason="length"),
        ChatChunk(usage=usage),
    ]


async def test_a_call_comes_in_fragments_and_ends_the_turn_as_one() -> None:
    model = ScriptedModel([[Call("f", ("{", "}"), id="c")]])
    chunks = await answered(model, asking())
    assert [chunk.tool_calls for chunk in chunks[:-1]] == [
        (ToolCallDelta(0, "c", "f"),),
        (ToolCallDelta(0, arguments="{"),),
        (ToolCallDelta(0, arguments="}"),),
    ]
    assert chunks[-1].finish_reason == "tool_calls"


async def test_a_wait_holds_the_turn_until_the_event() -> None:
    event = asyncio.Event()
    model = ScriptedModel([[Say("a"), Wait(event), Say("b")]])
    async with aclosing(model.stream(asking())) as chunks, asyncio.timeout(PATIENCE_S):
        assert (await anext(chunks)).text == "a"
        rest = asyncio.ensure_future(anext(chunks))
        await asyncio.sleep(0)
        assert not rest.done()
        event.set()
        assert (await rest).text == "b"


async def test_a_failure_comes_after_what_was_said() -> None:
    error = ModelError("broken", cut=True)
    model = ScriptedModel([[Say("a"), Fail(error)]])
    chunks, raised = await play(model, asking())
    assert text_in(chunks) == "a"
    assert raised is error
    assert model.closed_early == 0


async def test_a_turn_that_is_left_is_counted() -> None:
    model = ScriptedModel([[Say("a", "b")]])
    async with aclosing(model.stream(asking())) as chunks:
        await anext(chunks)
    assert model.closed_early == 1


async def test_more_requests_than_turns_are_an_error_that_says_so() -> None:
    model = ScriptedModel([])
    assert "0 turns" in (await failed(model, asking())).message
    assert [info.id for info in await model.list_models()] == ["scripted"]


@pytest.mark.parametrize("pieces", [(), ("",), ("a",)])
async def test_an_answer_may_be_empty(pieces: tuple[str, ...]) -> None:
    assert (await answered(ScriptedModel([[Say(*pieces)]]), asking()))[-1].finish_reason == "stop"
