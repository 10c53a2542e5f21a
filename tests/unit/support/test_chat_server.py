"""The scripted server as a program of its own, as end-to-end tests and benchmarks start it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.endpoint.endpoint import Endpoint
from tests.support.builders import PATIENCE_S
from tests.support.chats import answered, asking, text_in


@asynccontextmanager
async def started(*arguments: str) -> AsyncGenerator[int, None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.support.chat_server", *arguments, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(PATIENCE_S):
            yield int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--scene", "greeting"), "Hello, world."),
        (("--deltas", "50", "--rate", "1000", "--size", "3", "--text", "ab"), "ab ab ab ab"),
    ],
)
async def test_the_server_runs_as_a_program_and_prints_its_port(
    arguments: tuple[str, ...], text: str
) -> None:
    async with started("--port", "0", *arguments) as port:
        model = OpenAICompatibleModel(Endpoint("x", f"http://127.0.0.1:{port}/v1"))
        assert text_in(await answered(model, asking())).startswith(text)
        await model.aclose()
