"""Runs whose text comes over a connection and is handed over without chunks: they are stored as those of chunks, and stopped."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.models.base import ChatChunk, ChatModel, ChatRequest
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import CreateRun, RunParams
from tests.support.builders import (
    PATIENCE_S,
    a_run_wanted,
    messages_of,
    opened,
    run_now,
    run_of,
    text_of,
)
from tests.support.chats import serving
from tests.support.scenes import Reply, Scene, delta, event, stream, usage

FUNCTION: Any = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


def in_one_piece(*chunks: Any) -> Reply:
    """A streamed answer whose events come together."""
    reply = stream(*chunks)
    return Reply(pieces=(b"".join(reply.pieces),), headers=reply.headers)


def call(**more: Any) -> Any:
    return {"index": 0, "id": "call_1", "type": "function", "function": {"name": "weather", **more}}


class InChunks:
    """A model that has all its text taken as chunks."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        return self._model.stream(replace(request, on_text=None))


async def seen(tmp_path: Path, model: ChatModel) -> tuple[Any, ...]:
    """What a run of a model says: its end, its messages and thoughts, and the text of its events."""
    async with opened(tmp_path, model) as engine:
        async with asyncio.timeout(PATIENCE_S):
            told = [one async for one in engine.runs.stream_create_run(await a_run_wanted(engine))]
        run = await run_now(engine, run_of(told))
        stored = await messages_of(engine, run.thread_id)
        steps = await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id))
    thoughts = [step.reasoning for step in steps.data], run.reasoning
    return run.status, run.usage, [message.text for message in stored], thoughts, text_of(told)


@pytest.mark.parametrize("number", range(12))
async def test_text_that_is_handed_over_makes_the_run_that_its_chunks_would(
    tmp_path: Path, number: int
) -> None:
    numbers = random.Random(number)
    parts = (
        "one ",
        "<",
        "</think>",
        "`code` ",
        "é",
        "\ud83d",
        "\ude00",
        "\n\n",
        "sandbox:/mnt/x ",
        "【",
        "】",
    )
    said = ["It is ", *(numbers.choice(parts) for _ in range(40)), "end"]
    chunks = [*(delta(text) for text in said), delta(finish="stop"), usage()]
    reply = in_one_piece(*chunks) if number % 2 else stream(*chunks)
    # each learns for itself that the model closes thoughts that it never opens
    async with serving(Scene((reply,))) as (_, model):
        short = await seen(tmp_path / "short", model)
    async with serving(Scene((reply,))) as (_, model):
        long = await seen(tmp_path / "long", InChunks(model))
    assert short == long
    assert short[0] == "completed"
    assert short[2][-1].endswith("end")


async def test_a_call_after_text_that_came_with_it_waits_for_its_output(tmp_path: Path) -> None:
    chunks = [delta("Let me "), delta("look"), delta(tool_calls=[call(arguments="{}")]), delta("!")]
    reply = in_one_piece(*chunks, delta(finish="tool_calls"))
    async with serving(Scene((reply,))) as (_, model), opened(tmp_path, model) as engine:
        wanted: CreateRun = await a_run_wanted(engine, assistant={"tools": [FUNCTION]})
        async with asyncio.timeout(PATIENCE_S):
            told = [one async for one in engine.runs.stream_create_run(wanted)]
        run = await run_now(engine, run_of(told))
        assert run.status == "requires_action"
        assert run.required_action is not None
        [pending] = run.required_action.submit_tool_outputs.tool_calls
        assert (pending.function.name, pending.function.arguments) == ("weather", "{}")
        texts = [message.text for message in await messages_of(engine, run.thread_id)]
    assert texts[1] == "Let me look"


async def test_a_run_that_is_stopped_while_text_comes_keeps_what_was_streamed(tmp_path: Path) -> None:
    pieces = tuple(event(delta(f"{number} ")) for number in range(400))
    reply = Reply(pieces=pieces, headers=stream().headers, rate=400, then="hang")
    async with serving(Scene((reply,))) as (_, model), opened(tmp_path, model) as engine:
        told, is_asked = [], False
        async with asyncio.timeout(PATIENCE_S):
            async for one in engine.runs.stream_create_run(await a_run_wanted(engine)):
                told.append(one)
                if not is_asked and "20 " in text_of(told):
                    is_asked = True
                    run = run_of(told)
                    await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        run = await run_now(engine, run_of(told))
        stored = await messages_of(engine, run.thread_id)
    assert run.status == "cancelled"
    assert stored[-1].text == text_of(told)
    assert text_of(told).startswith("0 1 2 3 ")
