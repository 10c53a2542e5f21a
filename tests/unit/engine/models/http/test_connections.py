from __future__ import annotations

import asyncio

from tests.support.chats import asking, play, serving


async def test_a_model_is_asked_more_than_a_hundred_times_at_once() -> None:
    """The HTTP library's own limit is a hundred connections: the next request fails after ten seconds."""
    async with serving("gated") as (server, model):
        asked = [asyncio.create_task(play(model, asking())) for _ in range(101)]
        await server.wait_for_requests(101)
        for task in asked:
            task.cancel()
        await asyncio.wait(asked)
