"""A scripted `/v1/chat/completions` on 127.0.0.1, for tests in this process or, as a program, for others.

    python -m tests.support.chat_server --port 0 --scene greeting

prints the port on its first line and serves until it is ended.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from tests.support.scenes import MODELS, SCENES, Reply, Request, Scene, streamed_text

WAIT_S = 20.0
SENT_AT = b"<sent-at-us>"
"""In a piece of an answer: becomes the moment of its sending, microseconds of the machine's monotonic clock."""


class ChatServer:
    """Plays a scene; an async context manager.

    `requests` holds every request, `disconnected` is set once a client has left before the end of an answer.
    """

    def __init__(self, scene: Scene | str, *, port: int = 0) -> None:
        self.scene = SCENES[scene] if isinstance(scene, str) else scene
        self.requests: list[Request] = []
        self.disconnected = asyncio.Event()
        self.connections = 0
        self._played = 0
        self._gate = asyncio.Semaphore(0)
        self._asked = asyncio.Condition()
        self._port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> ChatServer:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._server.wait_closed()

    @property
    def port(self) -> int:
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    @property
    def open_connections(self) -> int:
        """How many connections clients hold open."""
        return len(self._tasks)

    @property
    def chats(self) -> list[Request]:
        """The requests for completions."""
        return [request for request in self.requests if request.method == "POST"]

    def release(self, pieces: int = 1) -> None:
        """Lets a gated answer go on by so many pieces."""
        for _ in range(pieces):
            self._gate.release()

    async def wait_for_requests(self, count: int) -> None:
        """Returns once so many requests have come in; at most 20 s."""
        async with asyncio.timeout(WAIT_S), self._asked:
            await self._asked.wait_for(lambda: len(self.requests) >= count)

    async def serve_forever(self) -> None:
        assert self._server is not None
        await self._server.serve_forever()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.connections += 1
        try:
            while (request := await _read_request(reader)) is not None:
                async with self._asked:
                    self.requests.append(request)
                    self._asked.notify_all()
                if not await self._play(self._reply_to(request), reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            self.disconnected.set()
        except asyncio.CancelledError:
            # The test is over; asyncio's own callback would report a cancelled handler as an error.
            pass
        finally:
            self._tasks.discard(task)
            writer.close()
            with suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()

    def _reply_to(self, request: Request) -> Reply:
        if request.path.endswith("/models") and request.path not in self.scene.others:
            answer = self.scene.models or MODELS
            return answer if isinstance(answer, Reply) else answer(request)
        if request.path in self.scene.others:
            answer = self.scene.others[request.path]
            return answer if isinstance(answer, Reply) else answer(request)
        if not request.path.endswith(("/chat/completions", "/responses")):
            return Reply(404, {"Content-Type": "application/json"}, (b"{}",))
        answer = self.scene.replies[min(self._played, len(self.scene.replies) - 1)]
        self._played += 1
        return answer if isinstance(answer, Reply) else answer(request)

    async def _play(self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Sends a reply; False if the connection is used up."""
        if reply.silent:
            await self._until_gone(reader)
            return False
        if reply.raw is not None:
            writer.write(reply.raw)
            await writer.drain()
            return False
        headers = {**reply.headers, "Transfer-Encoding": "chunked"}
        lines = [
            f"HTTP/1.1 {reply.status} Scripted",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        started = asyncio.get_running_loop().time()
        for number, piece in enumerate(reply.pieces):
            if reply.rate:
                due = started + number / reply.rate
                await asyncio.sleep(max(0.0, due - asyncio.get_running_loop().time()))
            if reply.gated and not await self._may_go_on(reader):
                return False
            if SENT_AT in piece:
                piece = piece.replace(SENT_AT, b"%012d" % (time.monotonic_ns() // 1000))
            writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            await writer.drain()
        if reply.then == "hang":
            await self._until_gone(reader)
            return False
        if reply.then == "cut":
            return False
        writer.write(b"0\r\n\r\n")
        await writer.drain()
        return True

    async def _may_go_on(self, reader: asyncio.StreamReader) -> bool:
        """Waits at the gate; False if the client left meanwhile."""
        gate = asyncio.ensure_future(self._gate.acquire())
        gone = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({gate, gone}, return_when=asyncio.FIRST_COMPLETED)
            if gate.done():
                return True
            self.disconnected.set()
            return False
        finally:
            for waiting in (gate, gone):
                waiting.cancel()
            await asyncio.gather(gate, gone, return_exceptions=True)

    async def _until_gone(self, reader: asyncio.StreamReader) -> None:
        await reader.read(1)
        self.disconnected.set()


async def _read_request(reader: asyncio.StreamReader) -> Request | None:
    try:
        start = await reader.readexactly(1)
        if start == b"\x16":
            return None  # A TLS handshake: such a client waits for ever if nobody hangs up.
        head = (start + await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines) if name
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    path, _, query = path.partition("?")
    return Request(method, path, headers, json.loads(body) if body else None, query)


def _long_scene(options: argparse.Namespace) -> Scene:
    """As much text as asked for, at the rate asked for: for benchmarks and end-to-end tests."""
    if options.pieces:
        return Scene((streamed_text(json.loads(options.pieces.read_text()), rate=options.rate),))
    word = (options.text + " ") if options.text else "lorem ipsum dolor sit amet, "
    size = options.size
    source = word * (size * options.deltas // len(word) + 2)
    texts = [source[i * size : (i + 1) * size] for i in range(options.deltas)]
    return Scene((streamed_text(texts, rate=options.rate),))


async def _main(options: argparse.Namespace) -> None:
    scene = _long_scene(options) if options.deltas or options.pieces else SCENES[options.scene]
    async with ChatServer(scene, port=options.port) as server:
        print(server.port, flush=True)
        await server.serve_forever()


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A scripted chat server on 127.0.0.1.")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one; it is printed")
    parser.add_argument("--scene", choices=sorted(SCENES), default="greeting")
    parser.add_argument("--deltas", type=int, default=0, help="stream so many deltas in place of the scene")
    parser.add_argument(
        "--pieces", type=Path, help="stream the texts of this JSON list in place of the scene"
    )
    parser.add_argument("--rate", type=float, default=0.0, help="deltas a second; 0 is as fast as they go")
    parser.add_argument("--size", type=int, default=4, help="characters of a delta")
    parser.add_argument("--text", default="", help="the text that is repeated")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_main(_options(sys.argv[1:])))
