"""The screen over the real engine and the demo model: the whole way, without a terminal and without a network."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.engine.models.demo.model import STARTERS
from aimltui.engine.models.registry import ModelRegistry
from aimltui.engine.options import EngineOptions
from aimltui.tui.startup import Connected
from aimltui.tui.state.entries import MessageEntry, RunEntry
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


@asynccontextmanager
async def window(data: Path, *, paranoid: bool = False, **changes: object) -> AsyncGenerator[Seat, None]:
    async def connect() -> Connected:
        engine = await Engine.open(EngineOptions(data_dir=data), ModelRegistry(endpoint=None))
        transport = EmbeddedTransport(engine, paranoid=paranoid)
        return Connected(AssistantsClient(transport), "offline", "demo", tuple(STARTERS))

    async with seat(FakeTransport(), data / "drafts", connect=connect, clock=None, **changes) as here:
        yield here


@pytest.mark.parametrize("paranoid", [False, True])
async def test_a_conversation_is_the_same_after_a_restart(tmp_path: Path, paranoid: bool) -> None:
    async with window(tmp_path, paranoid=paranoid) as here:
        await here.write("Solve 3x + 11 = 14")
        await here.until(lambda: here.workspace.current.view.runs.latest)
        await here.idle()
        assert here.kinds() == ["MessageEntry", "MessageEntry", "RunEntry"]
        line = here.entries[-1]
        assert isinstance(line, RunEntry)
        assert line.status == "completed"
        live = here.entries
    async with window(tmp_path, paranoid=paranoid) as here:
        await here.until(lambda: here.entries == live, "the same entries")


async def test_a_stopped_answer_keeps_its_text_also_after_a_restart(tmp_path: Path) -> None:
    async with window(tmp_path) as here:
        await here.write("Write a long answer that I can stop with Esc.")
        await here.until(lambda: len(here.texts()) == 2 and here.texts()[1])
        await here.pilot.press("escape")
        await here.idle()
        answer, line = here.entries[1:]
        assert isinstance(answer, MessageEntry)
        assert answer.incomplete_reason == "run_cancelled"
        assert isinstance(line, RunEntry)
        assert line.status == "cancelled"
        live = here.entries
    async with window(tmp_path) as here:
        await here.until(lambda: here.entries == live, "the same entries")


async def test_two_windows_work_on_one_directory(tmp_path: Path) -> None:
    async with window(tmp_path) as one:
        await one.write("Which keys should I know?")
        await one.idle()
        async with window(tmp_path) as two:
            await two.until(lambda: len(two.texts()) == 2)
            await one.write("Solve 3x + 11 = 14")
            await one.idle()
            await two.until(lambda: two.entries == one.entries, "the same entries in both windows")
            await two.until(lambda: not two.workspace.current.is_busy)
            await two.write("And 2x = 4?")
            await two.idle()
            await one.until(lambda: len(one.texts()) == 6)
            await one.until(lambda: one.entries == two.entries, "the same entries in both windows")


async def test_a_thread_runs_on_in_the_background(tmp_path: Path) -> None:
    async with window(tmp_path) as here:
        await here.write("Show me what Markdown looks like here.")
        await here.until(lambda: here.workspace.current.view.facts.has_answer)
        first = here.workspace.current.thread_id
        await here.pilot.press("ctrl+n")
        await here.until(lambda: here.workspace.current.thread_id is None)
        await here.write("Solve 3x + 11 = 14")
        await here.idle()
        here.screen.go_to(first)
        await here.until(lambda: here.workspace.current.thread_id == first)
        await here.idle()
        line = here.entries[-1]
        assert isinstance(line, RunEntry)
        assert line.status == "completed"
