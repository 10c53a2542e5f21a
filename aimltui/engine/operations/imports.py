"""The operation that imports a conversation from another program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from aimltui.engine.operations.references import insert_message
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import branches, files, messages, runs, threads, unstored
from aimltui.engine.store.database import Connection
from aimltui.engine.validation import merged_metadata
from aimltui.wire import ids
from aimltui.wire.base import JSONObject, Timestamp
from aimltui.wire.errors import BadRequest
from aimltui.wire.imports import (
    BRANCH_OF,
    CODE,
    COUNT,
    CREATED,
    DIGEST,
    ELSEWHERE,
    EXTENDED,
    FAILED,
    INCOMPLETE,
    ORIGIN,
    PRESENT,
    ImportedCall,
    ImportedMessage,
    ImportedStep,
    ImportedThread,
    ImportThread,
)
from aimltui.wire.messages import (
    Content,
    ImageFile,
    ImageFileContent,
    IncompleteDetails,
    Message,
    TextContent,
)
from aimltui.wire.run_steps import (
    CodeInterpreter,
    CodeInterpreterCall,
    CodeOutput,
    FunctionResult,
    FunctionToolCall,
    ImageOutput,
    LogsOutput,
    MessageCreation,
    MessageCreationDetails,
    RunStep,
    ToolCall,
    ToolCallsDetails,
)
from aimltui.wire.runs import CANCELLED, COMPLETED, LastError, Run
from aimltui.wire.runs import FAILED as RUN_FAILED
from aimltui.wire.threads import FAMILY, TRASHED_AT, Thread

CHANGED = "thread_changed"
"""The code of the refusal to extend a thread that has changed since it was imported."""


class ImportOperations:
    """The operations on imported conversations."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def import_thread(self, params: ImportThread) -> ImportedThread:
        """Import a conversation once. An extension of the API."""
        thread_id = params.extends or self._runtime.options.new_id(ids.THREAD)
        return await self._runtime.write(
            lambda conn: _import(conn, self._runtime, params, thread_id), thread_id
        )


def _import(conn: Connection, runtime: Runtime, params: ImportThread, thread_id: str) -> ImportedThread:
    for known in threads.of_origin(conn, params.origin):
        if (known.metadata or {}).get(DIGEST) == params.digest:
            if known.trashed_at is not None:
                # who imports it again wants to see it
                known = known.model_copy(update={"metadata": {**(known.metadata or {}), TRASHED_AT: ""}})
                threads.save(conn, known)
            return ImportedThread(id=known.id, outcome=PRESENT, thread=known)
    thread = (
        _extended(conn, params) if params.extends is not None else _created(conn, runtime, params, thread_id)
    )
    writer = _Writer(conn, runtime, thread.id, params)
    for is_user, group in groupby(params.messages, key=lambda message: message.role == "user"):
        said = list(group)
        writer.say(said) if is_user else writer.answer(said)
    count = messages.count(conn, thread.id)
    # read again: messages with files have changed the thread
    thread = threads.get(conn, thread.id)
    metadata = {**(thread.metadata or {}), ORIGIN: params.origin, DIGEST: params.digest, COUNT: str(count)}
    thread = thread.model_copy(update={"metadata": merged_metadata(None, metadata)})
    thread = _joined(conn, thread)
    threads.save(conn, thread)
    # without any time in the import, a new thread was active when it was made, whatever second it is by now
    rest = runtime.options.now() if params.extends is not None else thread.created_at
    threads.rest(conn, thread.id, params.last_active_at or writer.newest or rest)
    return ImportedThread(id=thread.id, outcome=EXTENDED if params.extends else CREATED, thread=thread)


def _created(conn: Connection, runtime: Runtime, params: ImportThread, thread_id: str) -> Thread:
    created = params.created_at if params.created_at is not None else runtime.options.now()
    metadata = merged_metadata(None, params.metadata)
    thread = Thread(id=thread_id, created_at=created, metadata=metadata)
    threads.insert(conn, thread)
    unstored.mark_new(conn, runtime.owner.id, thread.id)
    return thread


def _joined(conn: Connection, thread: Thread) -> Thread:
    """Return an imported branch as a branch of the conversation that it belongs to, if that was imported, too."""
    metadata = thread.metadata or {}
    found = threads.of_origin(conn, metadata.get(BRANCH_OF, "")) if BRANCH_OF in metadata else []
    if not found:
        return thread
    other = found[-1]
    family = (other.metadata or {}).get(FAMILY) or other.id
    threads.save(
        conn, other.model_copy(update={"metadata": merged_metadata(other.metadata, {FAMILY: family})})
    )
    branches.link_beginning(conn, thread.id, other.id)
    return thread.model_copy(update={"metadata": merged_metadata(metadata, {FAMILY: family})})


def _extended(conn: Connection, params: ImportThread) -> Thread:
    """Return the thread to extend.

    Raises:
        NotFound: The thread does not exist.
        BadRequest: It was imported from something else, or was continued here.
    """
    thread = threads.get(conn, params.extends or "")
    metadata = thread.metadata or {}
    is_same = metadata.get(ORIGIN) == params.origin
    if not is_same or metadata.get(COUNT) != str(messages.count(conn, thread.id)):
        raise BadRequest(
            f"The thread '{thread.id}' is no longer what was imported, so nothing was added to it.",
            code=CHANGED,
            param="extends",
        )
    return thread


class _Writer:
    """Writes messages, and the runs that made them, at the end of a thread."""

    def __init__(self, conn: Connection, runtime: Runtime, thread_id: str, params: ImportThread) -> None:
        self._conn = conn
        self._runtime = runtime
        self._thread_id = thread_id
        self._instructions = params.instructions
        self._tells_calls = bool(params.tells_calls)
        self._turn = 0
        self._asked_at: Timestamp = 0
        """When the last message of a person was said."""
        self.newest: Timestamp = 0
        """The latest known time of a message."""

    def say(self, said: Sequence[ImportedMessage]) -> None:
        """Write messages of a user."""
        for message in said:
            self._insert(message, None)
            self._asked_at = message.created_at

    def answer(self, said: Sequence[ImportedMessage]) -> None:
        """Write the assistant's messages between two of a user as one run."""
        run = self._run(said)
        runs.insert(self._conn, run, self._runtime.owner.id, {})
        runs.save(self._conn, run, ended_at=float(run.created_at))
        for message in said:
            thought = self._steps(run, message)
            if message.status != FAILED and (message.content or message.attachments):
                self._message_step(run, self._insert(message, run), thought, message.created_at)

    def _run(self, said: Sequence[ImportedMessage]) -> Run:
        times = [message.created_at for message in said]
        # a run begins with the question; how long a step took is not known
        began = self._asked_at if 0 < self._asked_at <= times[0] else times[0]
        failed = next((message for message in said if message.status == FAILED), None)
        is_open = any(message.status == INCOMPLETE for message in said)
        status = RUN_FAILED if failed is not None else CANCELLED if is_open else COMPLETED
        words = _words(failed.content) if failed is not None else ""
        return Run(
            id=self._runtime.options.new_id(ids.RUN),
            thread_id=self._thread_id,
            assistant_id=ELSEWHERE,
            created_at=began,
            started_at=began or None,
            status=status,
            model=next((message.model for message in reversed(said) if message.model), ""),
            instructions=self._instructions or "",
            last_error=LastError(message=words) if failed is not None else None,
            completed_at=times[-1] or None if status == COMPLETED else None,
            failed_at=times[-1] or None if status == RUN_FAILED else None,
            cancelled_at=times[-1] or None if status == CANCELLED else None,
            usage=said[-1].usage,
            duration_ms=said[-1].duration_ms,
        )

    def _steps(self, run: Run, message: ImportedMessage) -> str | None:
        """Write the steps before a message; return the reasoning that no tool call followed."""
        thoughts: list[str] = []
        for step in message.steps or ():
            if step.reasoning:
                thoughts.append(step.reasoning)
            if step.calls:
                self._call_step(run, step, "\n\n".join(thoughts), message.created_at)
                thoughts.clear()
        if thoughts and (message.status == FAILED or not (message.content or message.attachments)):
            self._call_step(run, ImportedStep(), "\n\n".join(thoughts), message.created_at)
            return None
        return "\n\n".join(thoughts) or None

    def _call_step(self, run: Run, step: ImportedStep, thought: str, at: Timestamp) -> None:
        calls: list[ToolCall] = [self._call(call) for call in step.calls or ()]
        self._insert_step(run, ToolCallsDetails(tool_calls=calls), thought or None, at)

    def _message_step(self, run: Run, message: Message, thought: str | None, at: Timestamp) -> None:
        details = MessageCreationDetails(message_creation=MessageCreation(message_id=message.id))
        self._insert_step(run, details, thought, at)

    def _insert_step(
        self,
        run: Run,
        details: ToolCallsDetails | MessageCreationDetails,
        thought: str | None,
        at: Timestamp,
    ) -> None:
        step = RunStep(
            id=self._runtime.options.new_id(ids.STEP),
            run_id=run.id,
            thread_id=self._thread_id,
            assistant_id=ELSEWHERE,
            created_at=at,
            type=details.type,
            status="completed",
            step_details=details,
            reasoning=thought,
        )
        place = messages.newest_seq(self._conn, self._thread_id)
        self._turn += 1
        told = self._told(details) if self._tells_calls else {}
        runs.insert_step(self._conn, step, turn=self._turn, after_message=place, private=told)

    def _told(self, details: ToolCallsDetails | MessageCreationDetails) -> JSONObject:
        """Return what models are told of a step's calls."""
        calls = details.tool_calls if isinstance(details, ToolCallsDetails) else ()
        functions = [(call.id, call.function) for call in calls if isinstance(call, FunctionToolCall)]
        told = [Call(id_, done.name, done.arguments, output=done.output) for id_, done in functions]
        return {"calls": [call.to_json() for call in told]} if told else {}

    def _call(self, call: ImportedCall) -> ToolCall:
        call_id = self._runtime.options.new_id(ids.CALL)
        if call.kind != CODE:
            told = FunctionResult(name=call.name, arguments=call.arguments, output=call.output or "")
            return FunctionToolCall(id=call_id, function=told)
        self._require(call.images or ())
        outputs: list[CodeOutput] = [LogsOutput(logs=call.output)] if call.output else []
        outputs += [ImageOutput(image=ImageFile(file_id=file_id)) for file_id in call.images or ()]
        return CodeInterpreterCall(
            id=call_id, code_interpreter=CodeInterpreter(input=call.arguments, outputs=outputs)
        )

    def _insert(self, given: ImportedMessage, run: Run | None) -> Message:
        is_open = given.status == INCOMPLETE
        message = Message(
            id=self._runtime.options.new_id(ids.MESSAGE),
            created_at=given.created_at,
            thread_id=self._thread_id,
            status=INCOMPLETE if is_open else COMPLETED,
            incomplete_details=IncompleteDetails(reason="run_cancelled") if is_open else None,
            completed_at=None if is_open else given.created_at or None,
            incomplete_at=given.created_at or None if is_open else None,
            role=given.role,
            content=given.content,
            assistant_id=ELSEWHERE if run is not None else None,
            run_id=run.id if run is not None else None,
            attachments=list(given.attachments or ()),
            metadata=merged_metadata(None, given.metadata),
        )
        insert_message(self._conn, self._runtime, message)
        files.keep(self._conn, _files_of(message))
        self.newest = max(self.newest, given.created_at)
        return message

    def _require(self, file_ids: Sequence[str]) -> None:
        files.require(self._conn, file_ids, self._runtime.options.now())
        files.keep(self._conn, file_ids)


def _files_of(message: Message) -> Iterator[str]:
    for part in message.content:
        if isinstance(part, ImageFileContent):
            yield part.image_file.file_id
    for attachment in message.attachments or ():
        if attachment.file_id is not None:
            yield attachment.file_id


def _words(content: Sequence[Content]) -> str:
    return "\n\n".join(part.text.value for part in content if isinstance(part, TextContent))
