"""`aimltui chat`: a conversation in a plain terminal, without a screen of its own."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from aimltui.bootstrap.engine import open_engine_and_tools
from aimltui.bootstrap.source import DEMO_MODEL, Source, find_source
from aimltui.cli.flags import add_engine_flags
from aimltui.client.errors import TransportError
from aimltui.common.errors import AimltuiError
from aimltui.wire import events
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.errors import APIError
from aimltui.wire.events import Notice, StreamEvent
from aimltui.wire.messages import (
    CreateMessage,
    FilePathAnnotation,
    ImageFileContent,
    ListMessages,
    Message,
    MessageDelta,
    RefusalContent,
    TextContent,
)
from aimltui.wire.run_steps import (
    CodeInterpreterCall,
    ListRunSteps,
    LogsOutput,
    RunStep,
    RunStepDelta,
    ToolCallsDetails,
)
from aimltui.wire.runs import COMPLETED, REQUIRES_ACTION, CreateRun, ListRuns, Run
from aimltui.wire.threads import CONNECTION, MODEL, CreateThread
from aimltui.wire.tools import CodeInterpreterTool

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient

INSTRUCTIONS = "You are a helpful assistant."
PROMPT = "\nYou > "
ANSWER = "\nAssistant > "
FIRST_POLL_S, LAST_POLL_S = 0.1, 1.0
"""Seconds between two looks at a run that is waited for; they grow from the first to the last."""

NAME_ONE = "Name one with --model ID."
NOBODY_READS = "Nobody reads what is written here any more."
PRINTED_HEAD, PRINTED_TAIL = 4_000, 2_000
"""Characters of an output that are shown: its beginning and its end."""
LOOKS = 3
"""How often to look for a run that was asked for and not seen yet."""

Write = Callable[[str], None]


def add_chat_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `chat` to the result of `ArgumentParser.add_subparsers`; its default `run` is `chat`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "chat",
        help="talk to an assistant in a plain terminal",
        description="Talk to an assistant, line by line. Ctrl+C stops the answer; at the prompt it leaves, as do "
        "“exit” and “quit”. The thread is kept and can be opened on the screen.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--no-stream", action="store_true", help="wait for the whole answer instead of showing it as it comes"
    )
    add("--model", metavar="ID", help="the model")
    add(
        "--instructions",
        metavar="TEXT",
        default=INSTRUCTIONS,
        help="what the assistant is told (default: %(default)s)",
    )
    add_engine_flags(parser)
    parser.set_defaults(run=chat)
    return parser


def chat(options: argparse.Namespace) -> int:
    """Talk until the user leaves; the exit status.

    Raises:
        AimltuiError: It cannot begin.
    """
    _hear_ctrl_c()
    source = find_source(options)
    model = options.model or source.model or (DEMO_MODEL if options.demo else "")
    # One loop for all turns. It stands still while the user types: nothing is going on then, and the terminal's
    # own line editing stays in the main thread, where Ctrl+C reaches it.
    with asyncio.Runner() as runner:
        session = _Session(source, model, options)
        runner.run(session.open())
        try:
            return _talk(runner, session.conversation, _write)
        finally:
            runner.run(session.aclose())


def _hear_ctrl_c() -> None:
    """Let Ctrl+C stop an answer even where the program was started with SIGINT ignored.

    A shell without job control ignores it for what runs in the background, and Python then installs no handler. A
    user at a terminal would have no way to stop an answer. A program that is fed by a pipe keeps ignoring it: Ctrl+C
    is then meant for what runs in the foreground.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN and sys.stdin.isatty():
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Conversation:
    """One thread with one assistant, told to a writer.

    Args:
        client: The server.
        thread_id: The thread.
        assistant_id: The assistant.
        write: Takes text as it is to appear.
        streams: Whether answers appear as they come.
    """

    def __init__(
        self, client: AssistantsClient, thread_id: str, assistant_id: str, write: Write, *, streams: bool
    ) -> None:
        self._client = client
        self._thread_id = thread_id
        self._assistant_id = assistant_id
        self._write = write
        self._streams = streams
        self._run: Run | None = None
        self._shown = ""
        self._calls: set[str] = set()
        self._files: dict[str, None] = {}

    async def say(self, text: str) -> None:
        """Say something and show the answer. Cancelling this stops the run first."""
        self._run, self._shown, self._calls, self._files = None, "", set(), {}
        try:
            await self._client.messages.create(
                CreateMessage(thread_id=self._thread_id, role="user", content=text)
            )
            await (self._follow() if self._streams else self._wait())
        except asyncio.CancelledError:
            await self._stop()
            raise
        except (APIError, TransportError) as error:
            remedy = getattr(error, "remedy", "")
            self._write(f"\n⚠ {clean(error.message)} {clean(remedy)}".rstrip() + "\n")

    async def _follow(self) -> None:
        wanted = CreateRun(thread_id=self._thread_id, assistant_id=self._assistant_id)
        async with aclosing(self._client.runs.stream(wanted)) as told:
            async for event in told:
                self._tell(event)
        self._tell_end()
        await self._tell_files()

    async def _wait(self) -> None:
        wanted = CreateRun(thread_id=self._thread_id, assistant_id=self._assistant_id)
        run = self._run = await self._client.runs.create(wanted)
        pause = FIRST_POLL_S
        while run.is_active and run.status != REQUIRES_ACTION:
            await asyncio.sleep(pause)
            pause = min(LAST_POLL_S, pause * 1.5)
            run = self._run = await self._client.runs.get(run.thread_id, run.id)
        await self._tell_whole(run)
        self._tell_end()
        await self._tell_files()

    async def _tell_whole(self, run: Run) -> None:
        steps = await self._client.runs.list_steps(
            ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc", limit=100)
        )
        # only this run's messages, oldest first: lists come newest first, and the page may be full of older ones
        messages = await self._client.messages.list(
            ListMessages(thread_id=run.thread_id, run_id=run.id, order="asc", limit=100)
        )
        for step in steps.data:
            self._tell_code(step)
        for message in messages.data:
            self._write(f"{ANSWER}{clean(_text(message))}\n")
            self._note_files(message)

    def _tell(self, event: StreamEvent) -> None:
        match event.data:
            case Run():
                self._run = event.data
            case MessageDelta():
                for part in event.data.delta.content or ():
                    self._append(ANSWER, (part.text.value if part.text else part.refusal) or "")
            case RunStepDelta():
                self._tell_input(event.data)
            case RunStep() if event.data.status not in ("created", "in_progress"):
                self._tell_code(event.data, shows_input=False)
            case Message() if event.event in (events.MESSAGE_COMPLETED, events.MESSAGE_INCOMPLETE):
                self._end_part()
                self._note_files(event.data)
                if not any(isinstance(part, (TextContent, RefusalContent)) for part in event.data.content):
                    self._write(f"{ANSWER}{_text(event.data)}\n")
            case Notice() if event.data.text:
                self._write(f"\n… {clean(event.data.text)}\n")
            case _ if event.event == events.ERROR:
                self._write(f"\n⚠ {clean(getattr(event.data, 'message', ''))}\n")

    def _tell_input(self, delta: RunStepDelta) -> None:
        for call in (delta.delta.step_details or {}).get("tool_calls", ()):
            code = call.get("code_interpreter") if isinstance(call, dict) else None
            if isinstance(code, dict) and isinstance(code.get("input"), str) and code["input"]:
                self._append("\nCode >\n", code["input"])

    def _tell_code(self, step: RunStep, *, shows_input: bool = True) -> None:
        self._end_part()
        details = step.step_details
        for call in details.tool_calls if isinstance(details, ToolCallsDetails) else ():
            if not isinstance(call, CodeInterpreterCall) or call.id in self._calls:
                continue
            self._calls.add(call.id)
            if shows_input:
                self._write(f"\nCode >\n{clean(call.code_interpreter.input)}\n")
            for output in call.code_interpreter.outputs:
                told = _printed(output.logs) if isinstance(output, LogsOutput) else "[an image]"
                self._write(f"\nOutput >\n{told}\n")

    def _note_files(self, message: Message) -> None:
        for part in message.content:
            if isinstance(part, ImageFileContent):
                self._files[part.image_file.file_id] = None
            elif isinstance(part, TextContent):
                for mark in part.text.annotations:
                    if isinstance(mark, FilePathAnnotation):
                        self._files[mark.file_path.file_id] = None
        self._files |= {file.file_id: None for file in message.attachments or () if file.file_id}

    async def _tell_files(self) -> None:
        """Name what was made: it is in the thread, and would not be found by somebody who does not know of it."""
        if not self._files:
            return
        found = [await self._client.files.get(file_id) for file_id in self._files]
        lines = "\n".join(
            f"{clean(' '.join(file.filename.split()))} ({file.bytes:,} bytes)" for file in found
        )
        self._write(
            f"\nFiles >\n{lines}\nThey are kept. To see and save them: aimltui --thread {self._thread_id}\n"
        )

    def _append(self, head: str, text: str) -> None:
        if text and self._shown != head:
            self._end_part()
            self._shown = head
            self._write(head)
        self._write(clean(text))

    def _end_part(self) -> None:
        if self._shown:
            self._shown = ""
            self._write("\n")

    def _tell_end(self) -> None:
        self._end_part()
        run = self._run
        if run is None or run.status == COMPLETED:
            return
        if run.status == REQUIRES_ACTION:
            self._write("\n⚠ The assistant waits for functions of a program; this chat has none.\n")
        elif run.last_error is not None:
            told = f"{run.last_error.message} {run.last_error.remedy or ''}"
            self._write(f"\n⚠ {clean(told).strip()}\n")
        elif run.incomplete_details is not None:
            self._write(
                f"\n⚠ The answer is incomplete: {clean(run.incomplete_details.reason or 'unknown')}.\n"
            )
        else:
            self._write(f"\n⚠ The run ended as {clean(run.status)}.\n")

    async def _stop(self) -> None:
        self._end_part()
        # it was over first, or the server is gone: then there is nothing left to stop
        with suppress(APIError, TransportError):
            await self._cancel_newest()

    async def _cancel_newest(self) -> None:
        # Not the run as it was last seen: it may have ended without a word about it yet, or only be about to begin.
        for _ in range(LOOKS):
            newest = await self._client.runs.list(ListRuns(thread_id=self._thread_id, limit=1))
            if newest.data and newest.data[0].is_active:
                await self._client.runs.cancel(self._thread_id, newest.data[0].id)
                return
            if self._run is not None:
                return
            await asyncio.sleep(FIRST_POLL_S)


class _Session:
    """The engine of a conversation, open from the first to the last turn."""

    def __init__(self, source: Source, model: str, options: argparse.Namespace) -> None:
        self._opened = open_engine_and_tools(source)
        self._source = source
        self._model = model
        self._options = options
        self.conversation: Conversation

    async def open(self) -> None:
        from aimltui.client.client import AssistantsClient
        from aimltui.client.embedded import EmbeddedTransport

        engine, own = await self._opened.__aenter__()
        try:
            await self._begin(AssistantsClient(EmbeddedTransport(engine)), await own.ready())
        except BaseException:
            await self.aclose()
            raise

    async def _begin(self, client: AssistantsClient, tools: Sequence[str]) -> None:
        if not self._model:
            self._model = await first_model(client)
            _write(f"{clean(self._model)} answers; --model ID names another one.\n")
        assistant = await client.assistants.create(
            CreateAssistant(
                name="Chat",
                model=self._model,
                instructions=self._options.instructions,
                tools=[CodeInterpreterTool(type=kind) for kind in tools if kind == "code_interpreter"],
            )
        )
        connection = self._source.connection
        # the screen goes on with the same model at the same place
        place = {MODEL: self._model, CONNECTION: connection.name} if connection and connection.is_own else {}
        thread = await client.threads.create(CreateThread(metadata=place))
        self.conversation = Conversation(
            client, thread.id, assistant.id, _write, streams=not self._options.no_stream
        )

    async def aclose(self) -> None:
        await self._opened.__aexit__(None, None, None)


async def first_model(client: AssistantsClient) -> str:
    """The first model of the default connection, for those who named none.

    Raises:
        AimltuiError: It tells none.
    """
    try:
        page = await client.list_models()
    except (APIError, TransportError) as error:
        raise AimltuiError(f"Nothing says which model is to answer: {error.message} {NAME_ONE}") from error
    source = page.sources[0] if page.sources else None
    offered = [model for model in page.data if source is None or model.connection == source.connection]
    if not offered:
        why = source.problem if source is not None and source.problem else "The connection lists no models."
        raise AimltuiError(f"Nothing says which model is to answer. {why} {NAME_ONE}")
    return offered[0].id


def _talk(runner: asyncio.Runner, conversation: Conversation, write: Write) -> int:
    write("The assistant is ready. Type “exit” to leave.\n")
    while True:
        try:
            text = input(PROMPT)
        except (EOFError, KeyboardInterrupt):
            write("\n")
            return 0
        except BrokenPipeError as error:
            raise AimltuiError(NOBODY_READS) from error
        if text.strip().lower() in ("exit", "quit"):
            write("Goodbye.\n")
            return 0
        if not text.strip():
            write("⚠ The message is empty: type something first.\n")
            continue
        saying = conversation.say(text)
        try:
            runner.run(saying)
        except KeyboardInterrupt:
            # the run was stopped, or it never began; the conversation goes on
            saying.close()
            write("\n[stopped]\n")


def clean(text: str) -> str:
    """Text without anything that a terminal would obey: control characters but for tab and line end."""
    return "".join(c for c in text if c.isprintable() or c in _KEPT or unicodedata.category(c) == "Zs")


_KEPT = "\n\t\u200c\u200d\ufe0f"
"""Not printable by Python's account; the last three belong inside words and emoji."""


def _printed(logs: str) -> str:
    """Output without colours; of a long one its beginning and its end."""
    # late: nobody pays for the engine before a command needs it
    from aimltui.common.excerpt import Excerpt
    from aimltui.common.text import plain_text

    excerpt = Excerpt(PRINTED_HEAD, PRINTED_TAIL)
    excerpt.add(plain_text(logs).rstrip("\n"))
    return clean(excerpt.whole)


def _text(message: Message) -> str:
    told = []
    for part in message.content:
        if isinstance(part, TextContent):
            told.append(part.text.value)
        elif isinstance(part, RefusalContent):
            told.append(part.refusal)
        else:
            told.append("[an image]")
    return "\n\n".join(told)


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise AimltuiError(NOBODY_READS) from error
