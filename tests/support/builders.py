"""Engines, assistants and threads for tests, and bounded waits."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatModel, ModelInfo
from aimltui.engine.options import EngineOptions, RetryPolicy
from aimltui.engine.tools.base import Tool
from aimltui.wire.assistants import Assistant, CreateAssistant
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import ListMessages, Message, NewMessage
from aimltui.wire.runs import CreateRun, Run, RunParams
from aimltui.wire.threads import CreateThread, Thread
from tests.support.fake_model import FakeModel, FakeModels

PATIENCE_S = 90.0
"""How long a wait may take before the test counts as hung: generous, since other tests run on the same cores."""

LIFETIMES_S = (0.3, 1.2, 5.0, 12.0)
"""Lifetimes of a run that is to expire after its text, tried in turn: a busy machine needs longer for the text."""


class TestClock:
    """A clock that stands still until somebody turns it."""

    __test__ = False

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


def counting_ids(mark: str = "") -> Callable[[str], str]:
    """Ids that count: `msg_1`, `run_2`, ..."""
    numbers = itertools.count(1)
    return lambda prefix: f"{prefix}{mark}{next(numbers)}"


def options(data_dir: Path, **changes: Any) -> EngineOptions:
    """Options for a test: quick retries, quick polls."""
    base = EngineOptions(
        data_dir=data_dir,
        checkpoint_s=0.02,
        poll_s=0.05,
        busy_poll_s=0.02,
        stop_s=0.3,
        retry=RetryPolicy(tries=3, base_s=0.01, cap_s=0.05),
    )
    return replace(base, **changes)


@asynccontextmanager
async def opened(
    data_dir: Path,
    model: ChatModel | None = None,
    *,
    tools: Iterable[Tool] = (),
    info: ModelInfo | None = None,
    **changes: Any,
) -> AsyncIterator[Engine]:
    """An engine that is closed in the end."""
    models = FakeModels(model or FakeModel(), info=info)
    engine = await Engine.open(options(data_dir, **changes), models, tools)
    try:
        yield engine
    finally:
        await bounded(engine.aclose())


async def bounded(awaitable: Any, seconds: float = PATIENCE_S) -> Any:
    """Wait, but not for ever."""
    async with asyncio.timeout(seconds):
        return await awaitable


async def until(condition: Callable[[], Any], seconds: float = PATIENCE_S) -> None:
    """Wait until something is so; a condition may be a coroutine function."""
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if asyncio.iscoroutine(found):
                found = await found
            if found:
                return
            await asyncio.sleep(0.005)


async def an_assistant(engine: Engine, **given: Any) -> Assistant:
    return await engine.assistants.create_assistant(CreateAssistant(**({"model": "fake"} | given)))


async def a_thread(engine: Engine, *texts: str, **given: Any) -> Thread:
    messages = [NewMessage(role="user", content=text) for text in texts or ("Hi",)]
    return await engine.threads.create_thread(CreateThread(messages=messages, **given))


async def a_run_wanted(
    engine: Engine, *texts: str, assistant: dict[str, Any] | None = None, **given: Any
) -> CreateRun:
    thread = await a_thread(engine, *texts)
    made = await an_assistant(engine, **(assistant or {}))
    return CreateRun(thread_id=thread.id, assistant_id=made.id, **given)


async def collect(stream: AsyncGenerator[StreamEvent, None]) -> list[StreamEvent]:
    """A stream to its end."""
    async with asyncio.timeout(PATIENCE_S), aclosing(stream) as events:
        return [event async for event in events]


async def play(engine: Engine, *texts: str, **given: Any) -> list[StreamEvent]:
    """A run from its start to the end of its stream."""
    return await collect(engine.runs.stream_create_run(await a_run_wanted(engine, *texts, **given)))


def names(events: list[StreamEvent]) -> list[str]:
    """Short names, with runs of deltas as one."""
    short = [event.event.removeprefix("thread.") for event in events]
    return [
        name for index, name in enumerate(short) if not name.endswith("delta") or short[index - 1] != name
    ]


def text_of(events: list[StreamEvent]) -> str:
    """All text deltas in order."""
    parts = []
    for event in events:
        if event.event == "thread.message.delta":
            for part in event.data.delta.content:  # type: ignore[union-attr]
                parts.append(part.text.value if part.text else part.refusal)
    return "".join(parts)


def run_of(events: list[StreamEvent]) -> Run:
    """The run as the last event about it shows it."""
    return next(event.data for event in reversed(events) if isinstance(event.data, Run))


async def messages_of(engine: Engine, thread_id: str) -> list[Message]:
    return (
        await engine.messages.list_messages(ListMessages(thread_id=thread_id, order="asc", limit=100))
    ).data


async def run_now(engine: Engine, run: Run) -> Run:
    return await engine.runs.get_run(RunParams(thread_id=run.thread_id, run_id=run.id))


async def finished(engine: Engine, run: Run) -> Run:
    """Wait until a run is over."""

    async def over() -> bool:
        return (await run_now(engine, run)).is_terminal

    await until(over)
    return await run_now(engine, run)
