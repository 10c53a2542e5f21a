"""A whole world for one test: a scripted model, an engine, and a client on one of three ways to it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx2

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.client.http import HTTPTransport, Remote
from aimltui.client.transport import Transport
from aimltui.engine.engine import Engine
from aimltui.server.app import create_app
from aimltui.server.auth import Auth
from aimltui.server.listener import Address, serve
from aimltui.server.shared import ServerLimits
from aimltui.wire.assistants import Assistant, CreateAssistant
from aimltui.wire.base import Params, Wire
from aimltui.wire.binary import Blob
from aimltui.wire.events import StreamEvent
from aimltui.wire.files import CreateFile, File
from aimltui.wire.messages import CreateMessage, ListMessages, Message, NewMessage
from aimltui.wire.operations import Operation
from aimltui.wire.run_steps import ListRunSteps, RunStep
from aimltui.wire.runs import CreateRun, Run, SubmitToolOutputs, ToolOutput
from aimltui.wire.threads import CreateThread, Thread
from aimltui.wire.vector_stores import CreateVectorStore, VectorStore
from tests.conformance import elsewhere, schemas
from tests.support.builders import PATIENCE_S, TestClock, bounded, counting_ids, options, until
from tests.support.fake_model import FakeModel, FakeModels, Turn, says
from tests.support.fake_session import FakeSandbox

LEGS = ("elsewhere",) if elsewhere.URL else ("embedded", "embedded-paranoid", "http")

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)

FUNCTIONS: list[Any] = [
    {"type": "function", "function": {"name": name, "description": "d", "parameters": {"type": "object"}}}
    for name in ("weather", "time")
]


def requirement(*ids: str) -> Callable[[Any], Any]:
    """Says which rows of `requirements.py` a test is about."""

    def mark(test: Any) -> Any:
        test.requirements = ids
        return test

    return mark


class CheckingTransport:
    """Holds everything that comes by against the field tables."""

    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def call(self, operation: Operation[P, R], params: P) -> R:
        result = await self._inner.call(operation, params)
        schemas.check_result(operation.name, result.to_json())
        return result

    async def stream(self, operation: Operation[P, R], params: P) -> AsyncGenerator[StreamEvent, None]:
        async with aclosing(self._inner.stream(operation, params)) as told:
            async for event in told:
                schemas.check_event(event)
                yield event

    async def aclose(self) -> None:
        await self._inner.aclose()


@dataclass
class World:
    """What a test has at hand."""

    leg: str
    directory: Path
    model: FakeModel
    clock: TestClock
    engine: Engine
    client: AssistantsClient
    transport: Transport
    sandbox: FakeSandbox
    socket: Path | None = None

    @property
    def is_ours(self) -> bool:
        """False: another server is judged, with its own model, clock and disk."""
        return self.leg != "elsewhere"

    def keeps(self, *files: str) -> bool:
        """Whether just these files are on the disk; of another server that is not known."""
        if not self.is_ours:
            return True
        found = {path.name for path in (self.directory / "files").iterdir()} - {"incoming"}
        return found == set(files)

    def script(self, *turns: Turn) -> None:
        """What the model will say, turn after turn; the last turn again and again."""
        self.model.turns = list(turns)
        self.model.requests.clear()

    async def assistant(self, **given: Any) -> Assistant:
        return await self.client.assistants.create(CreateAssistant(**({"model": "fake"} | given)))

    async def thread(self, *texts: str, **given: Any) -> Thread:
        messages = [NewMessage(role="user", content=text) for text in texts or ("Hi",)]
        return await self.client.threads.create(CreateThread(messages=messages, **given))

    async def wanted(self, *texts: str, assistant: dict[str, Any] | None = None, **given: Any) -> CreateRun:
        made = await self.assistant(**(assistant or {}))
        thread = await self.thread(*texts)
        return CreateRun(thread_id=thread.id, assistant_id=made.id, **given)

    async def run(self, *texts: str, assistant: dict[str, Any] | None = None, **given: Any) -> Run:
        """A run on a new thread, until it is over or waits."""
        return await self.settled(
            await self.client.runs.create(await self.wanted(*texts, assistant=assistant, **given))
        )

    async def play(
        self, *texts: str, assistant: dict[str, Any] | None = None, **given: Any
    ) -> list[StreamEvent]:
        """The whole stream of a run on a new thread."""
        return await everything(
            self.client.runs.stream(await self.wanted(*texts, assistant=assistant, **given))
        )

    async def settled(self, run: Run) -> Run:
        """The run once it is over or waits for outputs."""
        found = run

        async def is_settled() -> bool:
            nonlocal found
            found = await self.client.runs.get(run.thread_id, run.id)
            return found.is_terminal or found.status == "requires_action"

        await until(is_settled, elsewhere.PATIENCE_S if elsewhere.URL else PATIENCE_S)
        return found

    async def steps(self, run: Run, order: str = "asc") -> list[RunStep]:
        params = ListRunSteps(thread_id=run.thread_id, run_id=run.id, order=order)
        return (await self.client.runs.list_steps(params)).data

    async def messages(self, thread_id: str, order: str = "asc", **given: Any) -> list[Message]:
        params = ListMessages(thread_id=thread_id, order=order, limit=100, **given)
        return (await self.client.messages.list(params)).data

    async def file(
        self, content: bytes | str = "Paris is in France.", name: str = "note.txt", **given: Any
    ) -> File:
        """A file that was uploaded."""
        octets = content.encode() if isinstance(content, str) else content
        blob = Blob(filename=name, content=octets)
        return await self.client.files.create(CreateFile(**({"file": blob, "purpose": "assistants"} | given)))

    async def store(self, *files: File, **given: Any) -> VectorStore:
        """A vector store with files, all of them dealt with."""
        wanted = CreateVectorStore(file_ids=[file.id for file in files], **given)
        return await self.indexed((await self.client.vector_stores.create(wanted)).id)

    async def indexed(self, store_id: str) -> VectorStore:
        """The store once no file of it is in progress."""

        async def is_indexed() -> bool:
            return (await self.client.vector_stores.get(store_id)).file_counts.in_progress == 0

        await until(is_indexed, elsewhere.PATIENCE_S if elsewhere.URL else PATIENCE_S)
        return await self.client.vector_stores.get(store_id)

    async def say(self, thread_id: str, text: str, role: str = "user") -> Message:
        return await self.client.messages.create(CreateMessage(thread_id=thread_id, role=role, content=text))


def outputs(run: Run, **given: str) -> SubmitToolOutputs:
    """Outputs by call id."""
    return SubmitToolOutputs(
        thread_id=run.thread_id,
        run_id=run.id,
        tool_outputs=[ToolOutput(tool_call_id=key, output=value) for key, value in given.items()],
    )


async def everything(stream: AsyncGenerator[StreamEvent, None]) -> list[StreamEvent]:
    """A stream to its end."""
    async with asyncio.timeout(PATIENCE_S), aclosing(stream) as told:
        return [event async for event in told]


async def first(stream: AsyncGenerator[StreamEvent, None], name: str) -> StreamEvent:
    """The stream up to the first event of a name; then it is left."""
    async with asyncio.timeout(PATIENCE_S), aclosing(stream) as told:
        async for event in told:
            if event.event == name:
                return event
    raise AssertionError(f"no {name} in the stream")


@asynccontextmanager
async def a_world(leg: str, directory: Path, **changes: Any) -> AsyncIterator[World]:
    """A world on one of the legs; wherever the other server is asked, on that one."""
    if elsewhere.URL:
        async with elsewhere.proxied(directory / "s") as socket:
            transport = CheckingTransport(HTTPTransport(over(socket)))
            client = AssistantsClient(transport)
            ours: Any = elsewhere.NotHere("something that only our own engine has")
            yield World("elsewhere", directory, ours, ours, ours, client, transport, ours, socket)
            await client.aclose()
        return
    model, clock = FakeModel(says("Hello", " there.")), TestClock()
    changes = {"clock": clock, "new_id": counting_ids()} | changes
    sandbox = FakeSandbox()
    engine = await Engine.open(
        options(directory, **changes), FakeModels(model, unknown=["gone"]), [sandbox.tool(directory)]
    )
    if leg == "http":
        async with served(engine, directory / "s") as socket:
            transport = CheckingTransport(HTTPTransport(over(socket)))
            client = AssistantsClient(transport)
            yield World(leg, directory, model, clock, engine, client, transport, sandbox, socket)
            await client.aclose()
        return
    transport = CheckingTransport(EmbeddedTransport(engine, paranoid=leg == "embedded-paranoid"))
    client = AssistantsClient(transport)
    try:
        yield World(leg, directory, model, clock, engine, client, transport, sandbox)
    finally:
        await bounded(client.aclose())


@asynccontextmanager
async def served(
    engine: Any, socket: Path, auth: Auth | None = None, limits: ServerLimits | None = None
) -> AsyncIterator[Path]:
    """An engine on a unix socket; closed in the end."""
    stop, ready = asyncio.Event(), asyncio.Event()
    app = create_app(engine, auth or Auth(is_socket=True), limits)
    serving = serve(
        app,
        Address(uds=socket),
        announce=lambda line: ready.set(),
        on_stop=engine.aclose,
        handle_signals=False,
        stop=stop,
    )
    async with asyncio.TaskGroup() as group:
        group.create_task(serving)
        try:
            await bounded(ready.wait())
            yield socket
        finally:
            stop.set()


def at(seconds: int = 0) -> Any:
    """The moment at which the clock stands still, or so many seconds after it; elsewhere about now."""
    return elsewhere.About(seconds) if elsewhere.URL else 1_800_000_000 + seconds


async def among(listed: AsyncIterator[Any], made: Collection[str]) -> list[str]:
    """The ids in a list in its order, without those of others; as far as the last one of ours."""
    seen: list[str] = []
    async with aclosing(listed) as told:
        async for item in told:
            if item.id in made:
                seen.append(item.id)
            elif not elsewhere.URL:
                raise AssertionError(f"{item.id} is not ours")
            if elsewhere.URL and len(seen) == len(made):
                break
    return seen


def plain(socket: Path) -> httpx2.AsyncHTTPTransport:
    """The socket for a client of any make. It has no TLS: reading certificates takes longer than most tests."""
    return httpx2.AsyncHTTPTransport(uds=str(socket), verify=_NO_TLS)


_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def over(socket: Path, key: str | None = None) -> Remote:
    return Remote("http://localhost/v1", key, uds=socket)
