"""A server that dies in the middle: its runs are ended by the next one, and no thread stays locked."""

from __future__ import annotations

import asyncio
import base64
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conformance.world import requirement
from tests.support.builders import bounded
from tests.support.crash import LONG, kill_in_the_middle, serving

RUNS = 20
"""At once; the benchmark does it with a hundred."""


@pytest.mark.e2e
@requirement("runs:crash")
async def test_the_runs_of_a_killed_server_are_ended_by_the_next_one(tmp_path: Path) -> None:
    await kill_in_the_middle(tmp_path, RUNS)


@pytest.mark.e2e
@requirement("responses:crash")
async def test_nothing_stays_of_requests_that_are_not_stored_when_the_server_is_killed(
    tmp_path: Path,
) -> None:
    wanted: list[tuple[str, dict[str, Any]]] = [
        ("/responses", {"input": asking("kept.txt"), "store": True}),
        ("/responses", {"input": asking("gone.txt"), "store": False}),
        ("/responses", {"input": asking("kept.txt"), "store": False}),
        ("/chat/completions", {"messages": [{"role": "user", "content": LONG}]}),
    ]
    async with serving(tmp_path) as (process, client):
        made = (await client.post("/assistants", json={"model": "gpt-4o"})).json()
        wanted[-1][1]["model"] = made["id"]
        begun = asyncio.Barrier(len(wanted) + 1)
        async with asyncio.TaskGroup() as group:
            for path, body in wanted:
                group.create_task(until_cut(client, path, body, begun))
            await bounded(begun.wait(), 60)
            threads = await bounded(client.get("/threads"))
            assert len(threads.json()["data"]) == len(wanted)
            process.kill()
            await process.wait()
    async with serving(tmp_path) as (_, client):
        threads = (await client.get("/threads")).json()["data"]
        files = (await client.get("/files")).json()["data"]
    assert [file["filename"] for file in files] == ["kept.txt"]
    assert [thread["preview"][: len("Write a long")] for thread in threads] == ["Write a long"]


def asking(name: str) -> list[dict[str, Any]]:
    data = f"data:text/plain;base64,{base64.b64encode(name.encode()).decode()}"
    file = {"type": "input_file", "filename": name, "file_data": data}
    return [{"role": "user", "content": [{"type": "input_text", "text": LONG}, file]}]


async def until_cut(
    client: httpx2.AsyncClient, path: str, body: dict[str, Any], begun: asyncio.Barrier
) -> None:
    """Stream an answer; meet the others once some of its text is out; read on until the server dies."""
    has_met = False
    with suppress(httpx2.TransportError):
        async with client.stream("POST", path, json={"model": "gpt-4o", "stream": True, **body}) as answer:
            async for line in answer.aiter_lines():
                if not has_met and '"delta"' in line and ("output_text" in line or '"content"' in line):
                    has_met = True
                    await begun.wait()
    assert has_met
