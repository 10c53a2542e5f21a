"""FakeTransport: a server in a hundred lines, whose runs are scenes and stop where a test wants them to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

from aimltui.wire import operations as op
from aimltui.wire.assistants import Assistant
from aimltui.wire.base import Deleted, Page, Params, Wire
from aimltui.wire.binary import BinaryContent
from aimltui.wire.errors import APIError, BadRequest, NotFound
from aimltui.wire.events import CHANGED, Changed, StreamEvent
from aimltui.wire.files import File, FileParams
from aimltui.wire.messages import Message
from aimltui.wire.models import Model, ModelPage, ModelSource
from aimltui.wire.operations import Operation
from aimltui.wire.threads import LatestRun, Thread, ThreadSummary
from aimltui.wire.usage import UsageReport
from tests.support.run_scenes import START, Act, End, Hold, Ids, Player, Say


class FakeTransport:
    """Keeps threads, messages and runs in memory.

    Attributes:
        scripts: What the next runs do, one after the other; at the end of the list a short answer.
        files: Names and bytes of files, by id.
        failures: Operation name to what it raises; once for each in the list.
        calls: The operations asked for, with their parameters, in order.
        reports: What runs have used, by view; empty for a server that cannot tell.
        held: Set while a run stands at a `Hold`.
    """

    def __init__(self) -> None:
        self.ids = Ids()
        self.now = START
        self.scripts: list[Sequence[Act]] = []
        self.failures: dict[str, list[Exception]] = {}
        self.calls: list[tuple[str, Params]] = []
        self.threads: dict[str, Thread] = {}
        self.messages: dict[str, list[Message]] = {}
        self.players: dict[str, list[Player]] = {}
        self.assistants: dict[str, Assistant] = {}
        self.files: dict[str, tuple[str, bytes]] = {}
        self.models = [Model(id="demo"), Model(id="gpt-4o"), Model(id="claude-sonnet-4")]
        self.sources: list[ModelSource] = []
        self.reports: dict[str, UsageReport] = {}
        self.held = asyncio.Event()
        self.is_closed = False
        self._going_on = asyncio.Event()
        self._moved = asyncio.Event()
        self._breaking: Exception | None = None
        self._cancelled: set[str] = set()
        self._changes: list[asyncio.Queue[Changed]] = []

    # What a test does

    def let_go(self) -> None:
        """Let the runs that hold go on."""
        self.held.clear()
        self._going_on.set()
        self._going_on = asyncio.Event()

    def say(self, text: str, thread_id: str | None = None, **metadata: str) -> str:
        """Put a finished exchange into a thread, as if it had been long ago; answers the thread's id."""
        if thread_id is None:
            thread_id = self.create_thread(metadata).id
        self._add_message(thread_id, text)
        player = self._player(thread_id)
        for _ in player.play((Say((f"About {text}.",)), End())):
            pass
        self.messages[thread_id] += player.messages.values()
        self.now += 60
        return thread_id

    def create_thread(self, metadata: dict[str, str] | None = None) -> Thread:
        """Make a thread."""
        thread = Thread(id=self.ids("thread_"), created_at=self.now, metadata=metadata or {})
        self.threads[thread.id] = thread
        self.messages[thread.id] = []
        self.players[thread.id] = []
        return thread

    def break_stream(self, error: Exception) -> None:
        """The stream that holds breaks; its run goes on."""
        self._breaking = error
        self.let_go()

    def begin_elsewhere(
        self, thread_id: str, text: str, assistant_id: str = "asst_1", metadata: dict[str, str] | None = None
    ) -> Player:
        """Another window asks something, and its answer begins; `end_elsewhere` ends it."""
        self._add_message(thread_id, text, metadata=metadata)
        player = self._player(thread_id, assistant_id=assistant_id)
        for _ in player.play((Say(("From elsewhere",), ""),)):
            pass
        player.log.pop()  # not done yet
        self._store(player)
        return player

    def end_elsewhere(self, player: Player) -> None:
        """The other window's run ends."""
        for _ in player.finish(End()):
            pass
        self._store(player)
        self._moved.set()

    def tell_change(self, *thread_ids: str) -> None:
        """Tell all watchers that another window did something."""
        for queue in self._changes:
            queue.put_nowait(Changed(thread_ids=list(thread_ids) or None))

    def asked(self, name: str) -> list[Any]:
        """The parameters of the calls of one operation."""
        return [params for called, params in self.calls if called == name]

    def texts(self, thread_id: str) -> list[str]:
        """What was said in a thread."""
        return [message.text for message in self.messages[thread_id]]

    # Transport

    async def call(self, operation: Operation[Any, Any], params: Params) -> Any:
        """See `client.transport.Transport`."""
        await asyncio.sleep(0)
        self._note(operation, params)
        answer = getattr(self, f"_{operation.name}", None)
        if answer is None:
            raise NotFound(f"The fake server has no {operation.name}.")
        result: Wire = answer(params)
        return result

    async def stream(self, operation: Operation[Any, Any], params: Any) -> AsyncGenerator[StreamEvent, None]:
        """See `client.transport.Transport`."""
        await asyncio.sleep(0)
        self._note(operation, params)
        if operation is op.CHANGES:
            queue: asyncio.Queue[Changed] = asyncio.Queue()
            self._changes.append(queue)
            while True:
                yield StreamEvent(CHANGED, await queue.get())
        if operation is op.RUN_EVENTS:
            player = self._find(params.thread_id, params.run_id)
            told = 0
            while True:
                for event in player.log[told:]:
                    yield event
                told = len(player.log)
                if not player.run.is_active:
                    return
                await self._moved.wait()
                self._moved.clear()
        if self._active(params.thread_id):
            raise BadRequest(f"Thread {params.thread_id} already has an active run.")
        if params.assistant_id not in self.assistants:
            raise NotFound(f"No assistant found with id '{params.assistant_id}'.")
        player = self._player(params.thread_id, params.model or "", params.assistant_id)
        script = self.scripts.pop(0) if self.scripts else (Say(("All ", "right.")), End())
        for event in self._play(player, script):
            if isinstance(event, Hold):
                await self._hold(player)
                if self._breaking is not None:
                    broken, self._breaking = self._breaking, None
                    raise broken
                if player.run.id in self._cancelled:
                    for last in player.cancelled():
                        self._store(player)
                        yield last
                    self._store(player)
                    return
                continue
            self._store(player)
            yield event

    def _usage(self, params: Any) -> UsageReport:
        if not self.reports:
            raise NotFound("The fake server has no usage.")
        return self.reports[params.by or "day"]

    async def aclose(self) -> None:
        """See `client.transport.Transport`."""
        self.is_closed = True

    def _play(self, player: Player, script: Sequence[Act]) -> Any:
        return player.play(script)

    async def _hold(self, player: Player) -> None:
        self.held.set()
        while player.run.id not in self._cancelled:
            going_on = self._going_on
            await going_on.wait()
            if going_on is not self._going_on:
                return

    def _note(self, operation: Operation[Any, Any], params: Params) -> None:
        self.calls.append((operation.name, params))
        waiting = self.failures.get(operation.name)
        if waiting:
            raise waiting.pop(0)

    def _store(self, player: Player) -> None:
        thread_id = player.run.thread_id
        mine = {message.id: message for message in player.messages.values()}
        kept = [mine.pop(message.id, message) for message in self.messages[thread_id]]
        self.messages[thread_id] = kept + list(mine.values())

    def _player(self, thread_id: str, model: str = "demo", assistant_id: str = "asst_1") -> Player:
        player = Player(thread_id, ids=self.ids, model=model, assistant_id=assistant_id, now=self.now)
        self.players[thread_id].append(player)
        return player

    def _find(self, thread_id: str, run_id: str) -> Player:
        for player in self.players.get(thread_id, ()):
            if player.run.id == run_id:
                return player
        raise NotFound(f"No run found with id '{run_id}'.")

    def _active(self, thread_id: str) -> bool:
        return any(player.run.is_active for player in self.players.get(thread_id, ()))

    def _add_message(
        self,
        thread_id: str,
        text: str,
        attachments: Sequence[Any] = (),
        metadata: dict[str, str] | None = None,
    ) -> Message:
        content = [{"type": "text", "text": {"value": text, "annotations": []}}]
        message = Message.model_validate(
            {
                "id": self.ids("msg_"),
                "role": "user",
                "content": content,
                "thread_id": thread_id,
                "created_at": self.now,
                "attachments": [attachment.to_json() for attachment in attachments],
                "metadata": metadata or {},
            }
        )
        self.messages[thread_id].append(message)
        return message

    # Operations

    def _create_thread(self, params: Any) -> Thread:
        return self.create_thread(params.metadata)

    def _copy_thread(self, params: Any) -> Thread:
        source = self._get_thread(params)
        thread = self.create_thread({**(source.metadata or {}), **(params.metadata or {})})
        for message in self.messages[source.id]:
            copy = {"id": self.ids("msg_"), "thread_id": thread.id}
            self.messages[thread.id].append(message.model_copy(update=copy))
            if message.id == params.through:
                break
        return thread

    def _get_thread(self, params: Any) -> Thread:
        if params.thread_id not in self.threads:
            raise NotFound(f"No thread found with id '{params.thread_id}'.")
        return self.threads[params.thread_id]

    def _modify_thread(self, params: Any) -> Thread:
        thread = self._get_thread(params)
        metadata = {**(thread.metadata or {}), **(params.metadata or {})}
        self.threads[thread.id] = thread.model_copy(update={"metadata": metadata})
        return self.threads[thread.id]

    def _delete_thread(self, params: Any) -> Deleted:
        self._get_thread(params)
        del self.threads[params.thread_id]
        return Deleted(id=params.thread_id, object="thread.deleted")

    def _list_threads(self, params: Any) -> Page[ThreadSummary]:
        found = [
            self._summary(thread)
            for thread in self.threads.values()
            if (thread.trashed_at is not None) == bool(params.trashed)
        ]
        found.sort(key=lambda thread: -(thread.last_active_at or 0))
        return _page(found, params)

    def _summary(self, thread: Thread) -> ThreadSummary:
        messages, players = self.messages[thread.id], self.players[thread.id]
        said = next((message.text for message in messages if message.role == "user"), None)
        run = players[-1].run if players else None
        return ThreadSummary(
            **thread.model_dump(),
            last_active_at=messages[-1].created_at if messages else thread.created_at,
            preview=said,
            latest_run=LatestRun(id=run.id, status=run.status) if run else None,
        )

    def _create_message(self, params: Any) -> Message:
        self._get_thread(params)
        if self._active(params.thread_id):
            raise BadRequest(f"Can't add messages to {params.thread_id} while a run is active.")
        parts = params.content
        text = parts if isinstance(parts, str) else next(part.text for part in parts if part.type == "text")
        return self._add_message(params.thread_id, text, list(params.attachments or ()), params.metadata)

    def _delete_message(self, params: Any) -> Deleted:
        found = [message for message in self.messages[params.thread_id] if message.id == params.message_id]
        if not found:
            raise NotFound(f"No message found with id '{params.message_id}'.")
        self.messages[params.thread_id].remove(found[0])
        return Deleted(id=params.message_id, object="thread.message.deleted")

    def _modify_run(self, params: Any) -> Any:
        player = self._find(params.thread_id, params.run_id)
        player.run = player.run.model_copy(
            update={"metadata": {**(player.run.metadata or {}), **params.metadata}}
        )
        return player.run

    def _list_messages(self, params: Any) -> Page[Message]:
        return _page(_ordered(self.messages.get(params.thread_id, []), params), params)

    def _get_message(self, params: Any) -> Message:
        found = [message for message in self.messages[params.thread_id] if message.id == params.message_id]
        return found[0]

    def _list_runs(self, params: Any) -> Page[Any]:
        runs = [player.run for player in self.players.get(params.thread_id, ())]
        return _page(_ordered(runs, params), params)

    def _get_run(self, params: Any) -> Any:
        return self._find(params.thread_id, params.run_id).run

    def _cancel_run(self, params: Any) -> Any:
        player = self._find(params.thread_id, params.run_id)
        if not player.run.is_active:
            raise BadRequest(f"Cannot cancel run with status '{player.run.status}'.")
        self._cancelled.add(player.run.id)
        self.let_go()
        return player.run.model_copy(update={"status": "cancelling"})

    def _list_run_steps(self, params: Any) -> Page[Any]:
        steps = list(self._find(params.thread_id, params.run_id).steps.values())
        return _page(_ordered(steps, params), params)

    def _create_assistant(self, params: Any) -> Assistant:
        assistant = Assistant.model_validate({"id": self.ids("asst_"), **params.given()})
        self.assistants[assistant.id] = assistant
        return assistant

    def _list_assistants(self, params: Any) -> Page[Assistant]:
        return _page(list(self.assistants.values()), params)

    def _create_file(self, params: Any) -> File:
        file_id = self.ids("file-")
        with params.file.open() as file:
            self.files[file_id] = (params.file.filename, file.read())
        return self._get_file(FileParams(file_id=file_id))

    def _list_files(self, params: Any) -> Page[Any]:
        return _page([self._get_file(FileParams(file_id=file_id)) for file_id in self.files], params)

    def _list_vector_stores(self, params: Any) -> Page[Any]:
        return _page([], params)

    def _get_assistant(self, params: Any) -> Assistant:
        if params.assistant_id not in self.assistants:
            raise NotFound(f"No assistant found with id '{params.assistant_id}'.")
        return self.assistants[params.assistant_id]

    def _get_file(self, params: Any) -> File:
        name, content = self._file(params.file_id)
        return File(id=params.file_id, filename=name, bytes=len(content), purpose="assistants_output")

    def _get_file_content(self, params: Any) -> BinaryContent:
        name, content = self._file(params.file_id)
        return BinaryContent(content=content, filename=name)

    def _file(self, file_id: str) -> tuple[str, bytes]:
        if file_id not in self.files:
            raise NotFound(f"No such File object: {file_id}")
        return self.files[file_id]

    def _list_models(self, params: Any) -> Page[Model]:
        return ModelPage(data=self.models, sources=self.sources or None)

    def _delete_assistant(self, params: Any) -> Deleted:
        if self.assistants.pop(params.assistant_id, None) is None:
            raise NotFound(f"No assistant found with id '{params.assistant_id}'.")
        return Deleted(id=params.assistant_id, object="assistant.deleted")

    def _modify_assistant(self, params: Any) -> Assistant:
        given = {**params.given()}
        old = self.assistants[given.pop("assistant_id")]
        given["metadata"] = {**(old.metadata or {}), **given.get("metadata", {})}
        self.assistants[old.id] = Assistant.model_validate(old.to_json() | given)
        return self.assistants[old.id]


def _ordered(items: Sequence[Any], params: Any) -> list[Any]:
    return list(items) if params.order == "asc" else list(reversed(items))


def _page(items: Sequence[Any], params: Any) -> Page[Any]:
    items = list(items)
    if params.after is not None:
        place = [item.id for item in items].index(params.after)
        items = items[place + 1 :]
    limit = params.limit or 20
    return Page[Any](data=items[:limit], has_more=len(items) > limit)


def refused(message: str, status: int = 401) -> APIError:
    """A refusal."""
    return APIError(message, status=status, request_id="req_9")
