"""What serving costs: the CPU of an event beside a bare echo of the same bytes, with a hundred streams at once, and a
server that is killed in the middle of a hundred runs.

Beside them stands a bare proxy: it reads the model's stream with the HTTP library, and sends each text on with the same
framework, without an engine, a database, checks, heartbeats or limits. An echo reads nothing; what a proxy costs more is
the price of reading with these libraries.

An event is measured twice: alone, as a long run less a short one, and as its share of a whole run, whose thread,
messages, steps and states are fixed costs.

Run it as `python -m tests.bench.bench_serve`. With `--streams` it holds 1,000 silent event streams and 100 busy ones for a
minute instead: no event is lost, and a silent one costs less than 40 KB. The chat server that answers the engine, the server and the readers
are three processes, so that the server's CPU and memory are its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket as socketlib
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.bench.measure import cpu_seconds, resident_mb, table, verdict
from tests.support.crash import kill_in_the_middle

TARGET = 4.0


def chunk(text: str | None, finish: str | None = None) -> bytes:
    """A chunk of `/chat/completions`."""
    choice = {"index": 0, "delta": {"content": text} if text is not None else {}, "finish_reason": finish}
    body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    return b"data: " + json.dumps(body).encode() + b"\n\n"


def model_app() -> Starlette:
    """A model that says `0 1 2 ...` at the rate and length that the model's name says; at rate 0, the second word waits."""
    released = asyncio.Event()

    async def complete(request: Request) -> Response:
        _, rate, count = (await request.json())["model"].split("-")

        async def pieces() -> AsyncIterator[bytes]:
            begin = time.monotonic()
            for number in range(int(count)):
                if rate == "0" and number:
                    await released.wait()
                elif number:
                    await asyncio.sleep(max(0.0, begin + number / float(rate) - time.monotonic()))
                yield chunk(f"{number} ")
            yield chunk(None, "stop")
            yield b"data: [DONE]\n\n"

        return StreamingResponse(pieces(), media_type="text/event-stream")

    async def models(request: Request) -> Response:
        return JSONResponse({"object": "list", "data": []})

    async def release(request: Request) -> Response:
        released.set()
        return JSONResponse({})

    return Starlette(
        routes=[
            Route("/v1/chat/completions", complete, methods=["POST"]),
            Route("/v1/models", models),
            Route("/release", release),
        ]
    )


def echo_app() -> Starlette:
    """The least a server can do: the same bytes, from a list."""
    event = event_of("100 ")

    async def echo(request: Request) -> Response:
        rate, count = float(request.query_params["rate"]), int(request.query_params["count"])

        async def pieces() -> AsyncIterator[bytes]:
            begin = time.monotonic()
            for number in range(count):
                await asyncio.sleep(max(0.0, begin + number / rate - time.monotonic()))
                yield event

        return StreamingResponse(pieces(), media_type="text/event-stream")

    return Starlette(routes=[Route("/", echo)])


def proxy_app(port: str) -> Starlette:
    """The least a server of a model's answers can do with the libraries: read each text, and send it as the event."""
    client = httpx2.AsyncClient(timeout=300, limits=httpx2.Limits(max_connections=500))

    async def proxy(request: Request) -> Response:
        model = f"bench-{request.query_params['rate']}-{request.query_params['count']}"

        async def pieces() -> AsyncIterator[bytes]:
            wanted = {"model": model, "stream": True}
            url = f"http://127.0.0.1:{port}/v1/chat/completions"
            async with client.stream("POST", url, json=wanted) as answer:
                async for line in answer.aiter_lines():
                    if not line.startswith("data: {"):
                        continue
                    text = json.loads(line[6:])["choices"][0]["delta"].get("content")
                    if text is not None:
                        yield event_of(text)

        return StreamingResponse(pieces(), media_type="text/event-stream")

    return Starlette(routes=[Route("/", proxy)])


def event_of(text: str) -> bytes:
    """An event with text, as the API has it."""
    data = json.dumps({"id": "msg_" + "x" * 24, "object": "thread.message.delta", "delta": {"content": [
        {"index": 0, "type": "text", "text": {"value": text}}]}})  # fmt: skip
    return f"event: thread.message.delta\ndata: {data}\n\n".encode()


@asynccontextmanager
async def process(*arguments: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that is killed in the end."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env=os.environ | environment, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield started
    finally:
        started.terminate()
        await started.wait()


def usage(pid: int) -> tuple[float, float]:
    """CPU seconds and resident megabytes."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    ticks = os.sysconf("SC_CLK_TCK")
    return (int(fields[11]) + int(fields[12])) / ticks, pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def ready(socket: Path) -> None:
    async with asyncio.timeout(30):
        while not socket.exists():  # noqa: ASYNC110, ASYNC240  # another process makes it
            await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)


def free_port() -> str:
    """A port of this machine that nobody listens on."""
    with socketlib.create_server(("127.0.0.1", 0)) as listening:
        return str(listening.getsockname()[1])


def over(socket: Path, most: int = 500) -> httpx2.AsyncClient:
    limits = httpx2.Limits(max_connections=most)
    transport = httpx2.AsyncHTTPTransport(uds=str(socket), limits=limits)
    return httpx2.AsyncClient(transport=transport, base_url="http://localhost", timeout=300)


async def follow(client: httpx2.AsyncClient, assistant: str, count: int) -> tuple[int, int]:
    """A run on a thread of its own; the number of its events and of its deltas."""
    body = {"messages": [{"role": "user", "content": "Count."}]}
    thread = (await client.post("/v1/threads", json=body)).json()["id"]
    text, events, deltas, failed = "", 0, 0, ""
    wanted = {"assistant_id": assistant, "stream": True}
    async with client.stream("POST", f"/v1/threads/{thread}/runs", json=wanted) as answer:
        async for line in answer.aiter_lines():
            events += line.startswith("event: ")
            if '"last_error":{' in line:
                failed = line[line.index('"last_error":') :][:300]
            if line.startswith('data: {"id":"msg_') and '"thread.message.delta"' in line:
                deltas += 1
                part: Any = json.loads(line[6:])["delta"]["content"][0]
                text += part["text"]["value"]
    expected = "".join(f"{number} " for number in range(count))
    assert text == expected, f"lost or reordered: {text[:80]!r} {failed}"
    return events, deltas


@dataclass
class Load:
    """The CPU of a server during some streams, and what they were."""

    cpu_s: float
    deltas: int
    """Deltas of the model, or events of the echo."""
    sent: int
    """Events with text; deltas that come faster than they are sent share one."""

    def minus(self, other: Load) -> Load:
        """What is left without the other."""
        return Load(self.cpu_s - other.cpu_s, self.deltas - other.deltas, self.sent - other.sent)

    @property
    def each_ms(self) -> float:
        """CPU milliseconds of a delta."""
        return self.cpu_s * 1000 / self.deltas


Stream = Callable[[int], Awaitable[int]]
"""Reads a stream of so many deltas; the number of its events with text."""


async def loaded(pid: int, stream: Stream, runs: int, count: int) -> Load:
    """What so many streams at once cost a server."""
    begin = cpu_seconds(pid)
    told = await asyncio.gather(*(stream(count) for _ in range(runs)))
    return Load(cpu_seconds(pid) - begin, runs * count, sum(told))


@asynccontextmanager
async def echoing(directory: Path, rate: int) -> AsyncIterator[tuple[int, Stream]]:
    """The bare echo."""
    socket = directory / "e"
    async with bare(socket, rate, "--echo-at", str(socket)) as server:
        yield server


@asynccontextmanager
async def passing_on(directory: Path, rate: int) -> AsyncIterator[tuple[int, Stream]]:
    """The bare proxy, with a model of its own."""
    socket, port = directory / "p", free_port()
    async with (
        process("-m", "tests.bench.bench_serve", "--model-at", port),
        bare(socket, rate, "--proxy-at", str(socket), "--from-port", port) as server,
    ):
        yield server


@asynccontextmanager
async def served(directory: Path, rate: int) -> AsyncIterator[tuple[int, Stream]]:
    """The server: its process, and what runs one on a new thread."""
    socket, port = directory / "s", free_port()
    async with process("-m", "tests.bench.bench_serve", "--model-at", port) as _, process(
        "-m", "aimltui", "serve", "--uds", str(socket), "--data-dir", str(directory / "d"),
        "--base-url", f"http://127.0.0.1:{port}/v1",
    ) as server, over(socket) as client:  # fmt: skip
        await ready(socket)
        assistants: dict[int, str] = {}

        async def stream(count: int) -> int:
            if count not in assistants:
                made = await client.post("/v1/assistants", json={"model": f"bench-{rate}-{count}"})
                assistants[count] = made.json()["id"]
            return (await follow(client, assistants[count], count))[1]

        yield server.pid, stream


@asynccontextmanager
async def bare(socket: Path, rate: int, *arguments: str) -> AsyncIterator[tuple[int, Stream]]:
    """The bare echo or proxy: its process, and what reads a stream of it."""
    async with process("-m", "tests.bench.bench_serve", *arguments) as server, over(socket) as client:
        await ready(socket)

        async def stream(count: int) -> int:
            events = 0
            async with client.stream("GET", "/", params={"rate": rate, "count": count}) as answer:
                async for line in answer.aiter_lines():
                    events += line.startswith("event: ")
            return events

        yield server.pid, stream


async def beside_the_echo(directory: Path, runs: int, rate: int, short: int, long: int, rounds: int) -> None:
    """Print what a delta costs beside an echoed event: of short runs, of long ones, and of a longer one alone."""
    async with (
        echoing(directory, rate) as echo,
        passing_on(directory, rate) as proxy,
        served(directory, rate) as server,
    ):
        servers = (echo, proxy, server)
        for _, stream in servers:
            for _ in range(2):  # what is loaded at the first run is loaded
                await stream(short)
        all_loads = []
        for _ in range(rounds):
            all_loads.append(
                [[await loaded(*one, runs, count) for count in (short, long)] for one in servers]
            )
        memory = resident_mb(server[0])
    # what else the machine does only adds: short and long runs have their best rounds, or a bad short one would flatter
    loads = [
        [min((told[place][length] for told in all_loads), key=lambda load: load.cpu_s) for length in (0, 1)]
        for place in range(len(servers))
    ]
    names = [
        f"one more of a run (from {short} to {long})",
        *(f"its share of a whole run of {count}" for count in (short, long)),
    ]
    compared = list(zip(names, *(with_more(pair) for pair in loads), strict=True))
    rows = [
        (
            name,
            *(f"{load.each_ms:.3f} ms" for load in costs),
            *(f"{load.each_ms / costs[0].each_ms:.1f}x" for load in costs[1:]),
        )
        for name, *costs in compared
    ]
    head = ("CPU of a served event", "bare echo", "bare proxy", "served", "proxy/echo", "served/echo")
    print(table(head, rows))
    fixed = [(pair[0].cpu_s * 1000 - pair[0].deltas * with_more(pair)[0].each_ms) / runs for pair in loads]
    told = loads[-1]
    print(
        f"{runs} streams at once, {rate} events/s each; {told[1].sent / told[1].deltas:.0%} sent, the others joined"
    )
    print(
        f"fixed cost of a stream: {fixed[0]:.1f} ms of the echo, {fixed[1]:.1f} ms of the proxy, "
        f"{fixed[2]:.1f} ms of a run with its thread"
    )
    print(f"memory of the server: {memory:.0f} MB")
    # a short run is mostly its thread, messages and states, which an echo has not: that is the fixed cost
    for name, one, _, other in (compared[0], compared[-1]):
        print(verdict(f"a served event over the echo's, {name}", other.each_ms / one.each_ms, TARGET, "x"))


def with_more(loads: list[Load]) -> list[Load]:
    """The long runs without the short ones, and both."""
    short, long = loads
    return [long.minus(short), short, long]


async def watch(client: httpx2.AsyncClient, path: str, opened: list[int]) -> str:
    """Follow a run that says little; the text that came."""
    text = ""
    async with client.stream("GET", path) as answer:
        assert answer.status_code == 200
        opened[0] += 1
        async for line in answer.aiter_lines():
            if line.startswith("data: {") and '"thread.message.delta"' in line:
                text += json.loads(line[6:])["delta"]["content"][0]["text"]["value"]
    return text


async def held(directory: Path, silent: int, busy: int, seconds: int, at_once: int = 20) -> dict[str, float]:
    """The figures of many streams that are open at once: the followers of ten silent runs, and busy runs.

    `at_once` followers come at the same time, the next ones as soon as these are answered.
    """
    socket, rate, port = directory / "s", 5, free_port()
    async with process("-m", "tests.bench.bench_serve", "--model-at", port) as _, process(
        "-m", "aimltui", "serve", "--uds", str(socket), "--data-dir", str(directory / "d"),
        "--base-url", f"http://127.0.0.1:{port}/v1",
    ) as server, over(socket, silent + busy + 50) as client:  # fmt: skip
        await ready(socket)

        async def assistant(rate: int, count: int) -> str:
            made = await client.post("/v1/assistants", json={"model": f"bench-{rate}-{count}"})
            return str(made.json()["id"])

        count = rate * seconds
        counting = await assistant(rate, count)
        waiting = await assistant(0, 2)
        await follow(client, await assistant(rate, 5), 5)  # what is loaded at the first run is loaded
        runs = []
        for _ in range(10):
            body = {"assistant_id": waiting, "thread": {"messages": [{"role": "user", "content": "Wait."}]}}
            runs.append((await client.post("/v1/threads/runs", json=body)).json())
        paths = [f"/v1/threads/{run['thread_id']}/runs/{run['id']}/events" for run in runs]
        opened = [0]
        await asyncio.sleep(2)
        _, before = usage(server.pid)
        watching = []
        async with asyncio.timeout(300):
            for number in range(silent):
                watching.append(asyncio.create_task(watch(client, paths[number % len(paths)], opened)))
                while opened[0] < number - at_once:  # noqa: ASYNC110  # other tasks count
                    await asyncio.sleep(0.01)
            while opened[0] < silent:  # noqa: ASYNC110  # other tasks count
                await asyncio.sleep(0.1)
        await asyncio.sleep(1)
        _, idle = usage(server.pid)
        begin, (cpu, _) = time.monotonic(), usage(server.pid)
        told = await asyncio.gather(*(follow(client, counting, count) for _ in range(busy)))
        took, (spent, full) = time.monotonic() - begin, usage(server.pid)
        async with httpx2.AsyncClient() as other:
            await other.get(f"http://127.0.0.1:{port}/release")
        texts = await asyncio.gather(*watching)
        lost = sum(text != "0 1 " for text in texts)
        ended = sum(
            [
                (await client.get(path.removesuffix("/events"))).json()["status"] == "completed"
                for path in paths
            ]
        )
    assert ended == len(paths)
    return {
        "silent streams": silent,
        "busy streams": busy,
        "seconds of the busy ones": round(took, 1),
        "silent streams that lost text": lost,
        "events of the busy ones": sum(events for events, _ in told),
        "CPU share": round((spent - cpu) / took, 2),
        "KB a silent stream": round((idle - before) * 1000 / silent, 1),
        "memory MB": round(full),
    }


async def streams(silent: int, busy: int, seconds: int, at_once: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        report("streams held", await held(Path(place), silent, busy, seconds, at_once))


async def main(runs: int, rate: int, short: int, long: int, rounds: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        await beside_the_echo(Path(place), runs, rate, short, long, rounds)
        killed = await kill_in_the_middle(Path(place) / "killed", runs)
        report(f"kill -9 in the middle of {runs} runs: all ended, all threads free", killed)


def report(name: str, figures: dict[str, float]) -> None:
    print(name)
    for what, value in figures.items():
        print(f"  {what:22} {round(value, 3)}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument("--rate", type=int, default=20, help="deltas a second and run")
    parser.add_argument("--short", type=int, default=60, help="deltas of a run")
    parser.add_argument("--long", type=int, default=500, help="deltas of a long run")
    parser.add_argument("--rounds", type=int, default=1, help="times to measure; the best counts")
    parser.add_argument("--streams", action="store_true", help="hold 1,000 silent streams and 100 busy ones")
    parser.add_argument("--silent", type=int, default=1_000)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--at-once", type=int, default=20, help="silent streams that are opened together")
    parser.add_argument("--model-at", type=int)
    parser.add_argument("--echo-at")
    parser.add_argument("--proxy-at")
    parser.add_argument("--from-port")
    given = parser.parse_args()
    if given.model_at:
        uvicorn.run(model_app(), port=given.model_at, log_level="error")
    elif given.echo_at:
        uvicorn.run(echo_app(), uds=given.echo_at, log_level="error")
    elif given.proxy_at:
        uvicorn.run(proxy_app(given.from_port), uds=given.proxy_at, log_level="error")
    elif given.streams:
        asyncio.run(streams(given.silent, given.runs, given.seconds, given.at_once))
    else:
        asyncio.run(main(given.runs, given.rate, given.short, given.long, given.rounds))
