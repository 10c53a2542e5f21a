"""Killing a server in the middle of many runs, and looking what the next one makes of them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from tests.support.builders import bounded

LONG = "Write a long answer that I can stop with Esc."
DELTAS = 60
"""Of each run, before the server is killed: its text had time to be written by then."""


@asynccontextmanager
async def serving(directory: Path) -> AsyncIterator[tuple[asyncio.subprocess.Process, httpx2.AsyncClient]]:
    """`aimltui serve --demo` in a process of its own; it is killed in the end."""
    socket = directory / "s"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "aimltui", "serve", "--demo", "--uds", str(socket), "--data-dir", str(directory / "d"),
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
        env=dict(os.environ),
    )  # fmt: skip
    assert process.stdout is not None
    transport = httpx2.AsyncHTTPTransport(uds=str(socket), limits=httpx2.Limits(max_connections=500))
    client = httpx2.AsyncClient(transport=transport, base_url="http://localhost/v1", timeout=60)
    try:
        await bounded(process.stdout.readline())
        yield process, client
    finally:
        await client.aclose()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def kill_in_the_middle(directory: Path, runs: int) -> dict[str, float]:
    """So many runs at once, each with some text out, when the server is killed.

    Asserts that the next server ends each of them with its text kept, its events whole and its thread free.

    Returns:
        Seconds: of the next server's start, and of asking for all runs.
    """
    threads: list[str] = []
    async with serving(directory) as (process, client):
        assistant = (await client.post("/assistants", json={"model": "gpt-4o"})).json()["id"]
        for _ in range(runs):
            body = {"messages": [{"role": "user", "content": LONG}]}
            threads.append((await client.post("/threads", json=body)).json()["id"])
        begun = asyncio.Barrier(runs + 1)
        async with asyncio.TaskGroup() as group:
            for thread in threads:
                group.create_task(_until_cut(client, thread, assistant, begun))
            await bounded(begun.wait(), 120)
            process.kill()
            await process.wait()
    killed = time.monotonic()
    async with serving(directory) as (_, client):
        up = time.monotonic()
        for thread in threads:
            await _look(client, thread)
        return {"start s": up - killed, "looking s": time.monotonic() - up}


async def _until_cut(client: httpx2.AsyncClient, thread: str, assistant: str, begun: asyncio.Barrier) -> None:
    """Stream a run; meet the others once some of its text is out; read on until the server dies."""
    body = {"assistant_id": assistant, "stream": True}
    deltas = 0
    try:
        async with client.stream("POST", f"/threads/{thread}/runs", json=body) as answer:
            async for line in answer.aiter_lines():
                deltas += line == "event: thread.message.delta"
                assert line != "event: thread.run.completed", "it was over before it was killed"
                if deltas == DELTAS:
                    deltas += 1
                    await begun.wait()
    except httpx2.TransportError:
        pass
    assert deltas > DELTAS


async def _look(client: httpx2.AsyncClient, thread: str) -> None:
    run: Any = (await client.get(f"/threads/{thread}/runs")).json()["data"][0]
    assert run["status"] == "failed", run
    assert run["last_error"]["code"] == "server_error"
    messages = (await client.get(f"/threads/{thread}/messages")).json()["data"]
    assert (messages[0]["role"], messages[0]["status"]) == ("assistant", "incomplete")
    kept = messages[0]["content"][0]["text"]["value"]
    events = (await client.get(f"/threads/{thread}/runs/{run['id']}/events")).text
    frames = [dict(line.split(": ", 1) for line in f.split("\n")) for f in events.strip().split("\n\n")]
    told = [json.loads(f["data"]) for f in frames if f["event"] == "thread.message.delta"]
    assert "".join(t["delta"]["content"][0]["text"]["value"] for t in told) == kept
    assert kept
    assert frames[-2]["event"] == "thread.run.failed"
    assert frames[-1]["event"] == "done"
    again = await client.post(f"/threads/{thread}/messages", json={"role": "user", "content": "Hello?"})
    assert again.status_code == 200
