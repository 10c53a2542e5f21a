"""The responses of one connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from aimltui.server.responses.ids import ResponseRef
from aimltui.server.responses.turns import ResponseTurns
from aimltui.wire.base import JSONObject
from tests.support.builders import bounded

REF = ResponseRef("thread_1", "run_1")


async def test_a_response_whose_last_event_is_not_received_leaves_no_thread() -> None:
    deleted: list[str] = []

    async def turn(body: JSONObject, held: str | None) -> AsyncGenerator[JSONObject, None]:
        yield {"type": "response.completed", "response": {"id": REF.id, "store": False}}

    async def delete(thread_id: str) -> None:
        deleted.append(thread_id)

    turns = ResponseTurns(turn, {REF.thread_id}.__contains__, delete)
    async with aclosing(turns.events({})) as events:
        await anext(events)
    await turns.aclose()
    assert deleted == [REF.thread_id]


async def test_a_client_that_leaves_while_the_response_before_is_deleted_leaves_no_thread() -> None:
    refs = [REF, ResponseRef("thread_2", "run_2")]
    deleted: list[str] = []
    deleting = asyncio.Event()

    async def turn(body: JSONObject, held: str | None) -> AsyncGenerator[JSONObject, None]:
        yield {"type": "response.completed", "response": {"id": refs.pop(0).id, "store": False}}

    async def delete(thread_id: str) -> None:
        if not deleting.is_set():
            deleting.set()
            await asyncio.Event().wait()
        deleted.append(thread_id)

    turns = ResponseTurns(turn, lambda _: True, delete)
    assert [event["type"] async for event in turns.events({})] == ["response.completed"]

    async def take_second() -> None:
        async with aclosing(turns.events({})) as events:
            async for _ in events:
                pass

    leaving = asyncio.create_task(take_second())
    await bounded(deleting.wait())
    leaving.cancel()
    await asyncio.wait({leaving})
    await turns.aclose()
    assert sorted(deleted) == ["thread_1", "thread_2"]
