"""What the engine costs: CPU of a text event from an embedded engine with a database on the disk, beside a bare generator.

    python -m tests.bench.bench_engine [deltas]

The bare generator makes the same events and lets other tasks have a turn after each, as a model's stream does. The engine
gets the same text from a model in the same process, and stores it. The last column is what a server sends of an event.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from pathlib import Path

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ChatRequest
from aimltui.engine.options import EngineOptions
from aimltui.wire import events, sse
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import ContentDelta, MessageDelta, MessageDeltaBody, TextDelta
from tests.bench.measure import table, verdict
from tests.support.builders import a_run_wanted
from tests.support.fake_model import FakeModel, FakeModels

DELTAS = 4_000
ROUNDS = 7
TARGET = 6.0


class Streaming(FakeModel):
    """A model that says a number of words, each when the other tasks had their turn."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        for number in range(self._count):
            yield ChatChunk(text=f"{number} ")
            await asyncio.sleep(0)
        yield ChatChunk(finish_reason="stop")


async def bare(count: int) -> AsyncGenerator[StreamEvent, None]:
    """The same events."""
    for number in range(count):
        content = ContentDelta(index=0, text=TextDelta(value=f"{number} "))
        delta = MessageDelta(id="msg_0", delta=MessageDeltaBody(content=[content]))
        yield StreamEvent(events.MESSAGE_DELTA, delta, number)
        await asyncio.sleep(0)


async def cost(source: AsyncGenerator[StreamEvent, None], *, encodes: bool = False) -> float:
    """CPU milliseconds of a text event."""
    count, begin = 0, time.process_time()
    async with aclosing(source):
        async for event in source:
            count += event.event == events.MESSAGE_DELTA
            if encodes:
                sse.encode(event)
    return (time.process_time() - begin) * 1000 / count


async def measure(count: int) -> None:
    """Print the table."""
    found: dict[str, list[float]] = {"bare generator": [], "engine": [], "engine, encoded": []}
    with tempfile.TemporaryDirectory() as folder:
        engine = await Engine.open(EngineOptions(Path(folder)), FakeModels(Streaming(count)))

        async def run(*, encodes: bool = False) -> float:
            wanted = await a_run_wanted(engine)
            return await cost(engine.runs.stream_create_run(wanted), encodes=encodes)

        await run()
        for _ in range(ROUNDS):
            found["bare generator"].append(await cost(bare(count)))
            found["engine"].append(await run())
            found["engine, encoded"].append(await run(encodes=True))
        await engine.aclose()
    least = {name: min(values) for name, values in found.items()}
    base = least["bare generator"]
    rows = [(name, f"{value:.4f} ms", f"{value / base:.1f}x") for name, value in least.items()]
    print(table(("source", "CPU of a text event", "ratio"), rows))
    print(verdict("embedded engine over a bare generator", least["engine"] / base, TARGET, "x"))


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else DELTAS))
