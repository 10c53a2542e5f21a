"""A server that dies in the middle: its runs are ended by the next one, and no thread stays locked."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conformance.world import requirement
from tests.support.builders import bounded

MAIN = """
import argparse, sys
from aimltui.server.command import add_serve_parser
parser = argparse.ArgumentParser()
add_serve_parser(parser.add_subparsers())
options = parser.parse_args()
sys.exit(options.run(options))
"""
LONG = "Write a long answer that I can stop with Esc."


@asynccontextmanager
async def serving(directory: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx2.AsyncClient]]:
    """The command in a process of its own; it is killed in the end."""
    socket = directory / "s"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MAIN, "serve", "--demo", "--uds", str(socket), "--data-dir", str(directory / "d"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=dict(os.environ),
    )  # fmt: skip
    assert process.stdout is not None
    transport = httpx2.AsyncHTTPTransport(uds=str(socket))
    client = httpx2.AsyncClient(transport=transport, base_url="http://localhost/v1", timeout=10)
    try:
        await bounded(process.stdout.readline(), 20)
        yield process, client
    finally:
        await client.aclose()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def until_text(client: httpx2.AsyncClient, thread: str, assistant: str) -> None:
    """Stream a run until some of its text is out and had time to be written."""
    body = {"assistant_id": assistant, "stream": True}
    deltas = 0
    async with client.stream("POST", f"/threads/{thread}/runs", json=body) as answer:
        async for line in answer.aiter_lines():
            deltas += line == "event: thread.message.delta"
            if deltas > 60:
                return


@pytest.mark.e2e
@requirement("runs:crash")
async def test_the_runs_of_a_killed_server_are_ended_by_the_next_one(tmp_path: Path) -> None:
    threads: list[str] = []
    async with serving(tmp_path) as (process, client):
        assistant = (await client.post("/assistants", json={"model": "gpt-4o"})).json()["id"]
        for _ in range(5):
            body = {"messages": [{"role": "user", "content": LONG}]}
            threads.append((await client.post("/threads", json=body)).json()["id"])
        await bounded(asyncio.gather(*(until_text(client, thread, assistant) for thread in threads)), 30)
        process.kill()
        await process.wait()
    async with serving(tmp_path) as (_, client):
        for thread in threads:
            run: Any = (await client.get(f"/threads/{thread}/runs")).json()["data"][0]
            assert run["status"] == "failed", run
            assert run["last_error"]["code"] == "server_error"
            messages = (await client.get(f"/threads/{thread}/messages")).json()["data"]
            assert (messages[0]["role"], messages[0]["status"]) == ("assistant", "incomplete")
            assert messages[0]["content"][0]["text"]["value"]
            again = await client.post(
                f"/threads/{thread}/messages", json={"role": "user", "content": "Hello?"}
            )
            assert again.status_code == 200
            events = (await client.get(f"/threads/{thread}/runs/{run['id']}/events")).text
            assert "event: thread.run.failed" in events
            assert json.loads(events.split("\n")[2].removeprefix("data: "))["id"] == run["id"]
