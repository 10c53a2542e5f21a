"""`aimltui chat`: a conversation in a plain terminal, line by line."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, suppress
from typing import TYPE_CHECKING, Any

from aimltui.bootstrap.engine import open_engine_and_tools
from aimltui.bootstrap.source import DEMO_MODEL, Source, find_source
from aimltui.cli.citations import Citations
from aimltui.cli.decisions import decided
from aimltui.cli.flags import add_engine_flags
from aimltui.cli.wording import incomplete_reason, without_screen_keys
from aimltui.client.errors import TransportError
from aimltui.common.disk import disk_reason
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import StreamCleaner, clean
from aimltui.formatting.tools import tools_off_text
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
from aimltui.wire.runs import (
    COMPLETED,
    REQUIRES_ACTION,
    TOOL_SWITCHES,
    CreateRun,
    ListRuns,
    Run,
    SubmitToolOutputs,
)
from aimltui.wire.threads import CONNECTION, MODEL, TOOLS, WEB, CreateThread, ModifyThread
from aimltui.wire.tools import CodeInterpreterTool

if TYPE_CHECKING:
    from aimltui.cli.local_functions import AskedCall, Decision, LocalFunctions
    from aimltui.client.client import AssistantsClient, Events

INSTRUCTIONS = "You are a helpful assistant."
PROMPT = "\nYou > "
ANSWER = "\nAssistant > "
FIRST_POLL_S, LAST_POLL_S = 0.1, 1.0
"""Seconds between two requests for the status of a run; the pause grows from the first value to the second."""

NAME_ONE = "Choose one with --model ID."
PRINTED_HEAD, PRINTED_TAIL = 4_000, 2_000
"""Characters of a long output that are shown: its beginning and its end."""
WAIT_S = 3600
"""Seconds that a run lives, and so waits for a decision about a function."""
FIND_TRIES = 3
"""How often to look for a run that was requested and not listed yet."""

Write = Callable[[str], None]


def add_chat_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `chat` to the result of `ArgumentParser.add_subparsers`; its default `run` is `chat`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "chat",
        help="talk to an assistant in a plain terminal",
        description="Talk to an assistant, line by line. Ctrl+C stops the answer; at the prompt it leaves the chat, as do "
        "“exit” and “quit”; “/tools on”, “/tools off” and “/tools auto” switch the model's tools, “/web on” and “/web off” the web. The "
        "model may call your functions, MCP servers and skills; you are asked before a call runs. The thread is saved and can be opened in the full-screen program.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add(
        "--no-stream",
        action="store_true",
        help="show the answer when it is complete, not while it is written",
    )
    add("--model", metavar="ID", help="the model")
    add(
        "--instructions",
        metavar="TEXT",
        default=INSTRUCTIONS,
        help="the instructions of the assistant (default: %(default)s)",
    )
    add_engine_flags(parser)
    parser.set_defaults(run=chat)
    return parser


def chat(options: argparse.Namespace) -> int:
    """Run the chat until the user leaves; returns the exit status.

    Raises:
        AimltuiError: The chat cannot start.
    """
    _restore_ctrl_c()
    source = find_source(options)
    model = options.model or source.model or (DEMO_MODEL if options.demo else "")
    # One event loop for all turns. It does not run while the user types: no run is active then, and line editing stays
    # in the main thread, where Ctrl+C reaches it.
    with asyncio.Runner() as runner:
        session = _Session(source, model, options)
        runner.run(session.open())
        try:
            return _loop(runner, session.conversation, _write)
        finally:
            runner.run(session.aclose())


def _restore_ctrl_c() -> None:
    """Let Ctrl+C stop an answer even if the program was started with SIGINT ignored.

    A shell without job control ignores SIGINT for background processes, and Python then installs no handler, so a user
    at a terminal could not stop an answer. With input from a pipe, SIGINT stays ignored: Ctrl+C is then meant for the
    foreground process.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN and sys.stdin.isatty():
        signal.signal(signal.SIGINT, signal.default_int_handler)


class Conversation:
    """A conversation with one assistant in one thread, shown as plain text.

    Args:
        client: The engine or server.
        thread_id: The thread.
        assistant_id: The assistant.
        write: Writes text to the terminal.
        streams: True to show answers while they are written.
        functions: The tools of this machine; None for none.
    """

    def __init__(
        self,
        client: AssistantsClient,
        thread_id: str,
        assistant_id: str,
        write: Write,
        *,
        streams: bool,
        functions: LocalFunctions | None = None,
    ) -> None:
        self._client = client
        self._thread_id = thread_id
        self._assistant_id = assistant_id
        self._write = write
        self._streams = streams
        self._functions = functions
        self.asked: Sequence[AskedCall] = ()
        """The calls of the run that need a decision: give it with `decide`."""
        self._tools, self._web = "auto", ""
        self._told_off = ""
        """Why tools are off, if that was said."""
        self._run: Run | None = None
        self._shown = ""
        self._cleaner = StreamCleaner()
        self._calls: set[tuple[str, int]] = set()
        """The calls that were shown, by step and place: ids may be used again."""
        self._cut = ""
        """Why the answer's last message is incomplete, as the API says it."""
        self._files: dict[str, None] = {}
        self._citations = Citations()

    async def send(self, text: str) -> None:
        """Send a message and show the answer. If this is cancelled, it stops the run first."""
        self._run, self._shown, self._calls, self._files, self._cut = None, "", set(), {}, ""
        self._citations = Citations()
        await self._guarded(self._answer(text))

    async def decide(self, decisions: Mapping[str, Decision]) -> None:
        """Go on with a run whose calls needed decisions, and show the rest of the answer.

        Args:
            decisions: By the ids of the calls; a call without one is not run.
        """
        self.asked = ()
        await self._guarded(self._go_on(decisions))

    async def withdraw(self) -> None:
        """Stop the run whose calls needed decisions."""
        self.asked = ()
        await self._stop()
        self._write("\n[stopped]\n")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            await self._stop()
            raise
        except (APIError, TransportError) as error:
            remedy = without_screen_keys(getattr(error, "remedy", "") or "")
            self._write(f"\n⚠ {clean(error.message)} {clean(remedy)}".rstrip() + "\n")

    async def _answer(self, text: str) -> None:
        params = CreateMessage(thread_id=self._thread_id, role="user", content=text)
        await self._client.messages.create(params)
        wanted = await self._wanted()
        if self._streams:
            await self._follow(self._client.runs.stream(wanted))
        else:
            await self._wait(await self._client.runs.create(wanted))
        await self._go_on()

    async def _go_on(self, decisions: Mapping[str, Decision] | None = None) -> None:
        """Answer the calls of the run until it ends or a call needs a decision."""
        functions = self._functions
        while functions is not None and (run := self._run) is not None and run.status == REQUIRES_ACTION:
            self.asked = functions.asked(run) if decisions is None else ()
            if self.asked:
                return
            outputs = await functions.outputs(run, decisions)
            decisions = None
            params = SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs)
            if self._streams:
                await self._follow(self._client.runs.stream_tool_outputs(params))
            else:
                await self._wait(await self._client.runs.submit_tool_outputs(params))
        self._show_end()
        await self._show_files()

    async def switch_web(self, word: str) -> None:
        """Let the model use the web in the runs after this, or not; the full-screen program finds it with the thread."""
        if word not in ("on", "off"):
            self._write("⚠ Write “/web on” or “/web off”.\n")
            return
        self._web = word
        more = " You are asked before a page is read." if word == "on" else ""
        self._write(f"\nThe web is {word}.{more}\n")
        await self._save({WEB: word})

    async def switch_tools(self, word: str) -> None:
        """Switch the hosted tools for the runs after this; the full-screen program finds it with the thread."""
        if word not in TOOL_SWITCHES:
            self._write("⚠ Write “/tools on”, “/tools off” or “/tools auto”.\n")
            return
        self._tools = word
        self._write(f"\nTools: {word}.\n")
        await self._save({TOOLS: word})

    async def _save(self, metadata: dict[str, str]) -> None:
        try:
            await self._client.threads.modify(ModifyThread(thread_id=self._thread_id, metadata=metadata))
        except (APIError, TransportError) as error:
            self._write(f"⚠ This holds for this chat only. {clean(error.message)}\n")

    async def _wanted(self) -> CreateRun:
        wanted = CreateRun(
            thread_id=self._thread_id, assistant_id=self._assistant_id, hosted_tools=self._tools
        )
        if self._functions is None:
            return wanted
        from aimltui.cli.local_functions import RunOf

        assistant = await self._client.assistants.get(self._assistant_id)
        return await self._functions.added(wanted, RunOf(assistant, True, self._web))

    async def _follow(self, events: Events) -> None:
        async with aclosing(events) as stream:
            async for event in stream:
                self._show_event(event)
        self._end_part()

    async def _wait(self, run: Run) -> None:
        self._run = run
        pause = FIRST_POLL_S
        while run.is_active and run.status != REQUIRES_ACTION:
            await asyncio.sleep(pause)
            pause = min(LAST_POLL_S, pause * 1.5)
            run = self._run = await self._client.runs.get(run.thread_id, run.id)
        await self._show_all(run)

    async def _show_all(self, run: Run) -> None:
        steps = await self._client.runs.list_steps(
            ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc", limit=100)
        )
        # Only the messages of this run, oldest first: by default, a page could be full of other messages.
        messages = await self._client.messages.list(
            ListMessages(thread_id=run.thread_id, run_id=run.id, order="asc", limit=100)
        )
        for step in steps.data:
            self._citations.note(step)
            self._show_code(step)
        for message in messages.data:
            self._write(f"{ANSWER}{clean(self._text(message))}\n")
            self._note_files(message)

    def _show_event(self, event: StreamEvent) -> None:
        match event.data:
            case Run():
                self._run = event.data
            case MessageDelta():
                for part in event.data.delta.content or ():
                    said = part.text
                    value = (
                        self._citations.numbered_delta(said.value or "", said.annotations or ())
                        if said
                        else None
                    )
                    self._append(ANSWER, value or part.refusal or "")
            case RunStepDelta():
                self._show_input(event.data)
            case RunStep() if event.event == events.THOUGHT_MOVED:
                self._end_part()
                self._write("\n… The text above was the model's thought; its answer follows.\n")
            case RunStep() if event.data.status not in ("created", "in_progress"):
                self._citations.note(event.data)
                self._show_code(event.data, shows_input=False)
            case Message() if event.event in (events.MESSAGE_COMPLETED, events.MESSAGE_INCOMPLETE):
                self._end_part()
                self._note_files(event.data)
                if not any(isinstance(part, (TextContent, RefusalContent)) for part in event.data.content):
                    self._write(f"{ANSWER}{self._text(event.data)}\n")
            case Notice() if event.data.text:
                self._write(f"\n… {clean(event.data.text)}\n")
            case _ if event.event == events.ERROR:
                self._write(f"\n⚠ {clean(getattr(event.data, 'message', ''))}\n")

    def _show_input(self, delta: RunStepDelta) -> None:
        for call in (delta.delta.step_details or {}).get("tool_calls", ()):
            code = call.get("code_interpreter") if isinstance(call, dict) else None
            if isinstance(code, dict) and isinstance(code.get("input"), str) and code["input"]:
                self._append("\nCode >\n", code["input"])

    def _show_code(self, step: RunStep, *, shows_input: bool = True) -> None:
        self._end_part()
        details = step.step_details
        calls = details.tool_calls if isinstance(details, ToolCallsDetails) else ()
        for place, call in enumerate(calls):
            if not isinstance(call, CodeInterpreterCall) or (step.id, place) in self._calls:
                continue
            self._calls.add((step.id, place))
            if shows_input:
                self._write(f"\nCode >\n{clean(call.code_interpreter.input)}\n")
            for output in call.code_interpreter.outputs:
                text = _printed(output.logs) if isinstance(output, LogsOutput) else "[an image]"
                self._write(f"\nOutput >\n{text}\n")

    def _note_files(self, message: Message) -> None:
        if message.incomplete_details is not None:
            self._cut = message.incomplete_details.reason or ""
        for part in message.content:
            if isinstance(part, ImageFileContent):
                self._files[part.image_file.file_id] = None
            elif isinstance(part, TextContent):
                for mark in part.text.annotations:
                    if isinstance(mark, FilePathAnnotation):
                        self._files[mark.file_path.file_id] = None
        self._files |= {file.file_id: None for file in message.attachments or () if file.file_id}

    async def _show_files(self) -> None:
        """List the sources and the files of the answer, and say how to open the files."""
        self._write(await self._citations.listed(self._client))
        if not self._files:
            return
        found = [await self._client.files.get(file_id) for file_id in self._files]
        lines = "\n".join(
            f"{clean(' '.join(file.filename.split()))} ({file.bytes:,} bytes)" for file in found
        )
        self._write(f"\nFiles >\n{lines}\nTo view and save them: aimltui --thread {self._thread_id}\n")

    def _text(self, message: Message) -> str:
        parts = []
        for part in message.content:
            if isinstance(part, TextContent):
                parts.append(self._citations.numbered(part.text.value, part.text.annotations))
            elif isinstance(part, RefusalContent):
                parts.append(part.refusal)
            else:
                parts.append("[an image]")
        return "\n\n".join(parts)

    def _append(self, head: str, text: str) -> None:
        if text and self._shown != head:
            self._end_part()
            self._shown = head
            self._write(head)
        self._write(self._cleaner.feed(text))

    def _end_part(self) -> None:
        if self._shown:
            self._shown = ""
            self._write(self._cleaner.finish() + "\n")

    def _show_end(self) -> None:
        self._end_part()
        run = self._run
        if run is not None and run.tools_off and run.tools_off != self._told_off and self._tools != "off":
            self._told_off = run.tools_off
            self._write(f"\n… {tools_off_text(run.tools_off)}; “/tools on” switches them on\n")
        if run is None or run.status == COMPLETED:
            return
        if run.status == REQUIRES_ACTION:
            self._write("\n⚠ The assistant called a function of a program, and this chat has no functions.\n")
        elif run.last_error is not None:
            text = f"{run.last_error.message} {without_screen_keys(run.last_error.remedy or '')}"
            self._write(f"\n⚠ {clean(text).strip()}\n")
        elif run.incomplete_details is not None:
            reason = run.incomplete_details.reason or self._cut
            self._write(f"\n⚠ The answer is incomplete: {incomplete_reason(clean(reason))}.\n")
        else:
            self._write(f"\n⚠ The run ended as {clean(run.status)}.\n")

    async def _stop(self) -> None:
        self._end_part()
        # If the run has ended or the server is gone, there is nothing to stop.
        with suppress(APIError, TransportError):
            await self._cancel_newest()

    async def _cancel_newest(self) -> None:
        # Not the last known run: it may have ended without an event yet, or the new one may not be listed yet.
        for _ in range(FIND_TRIES):
            newest = await self._client.runs.list(ListRuns(thread_id=self._thread_id, limit=1))
            if newest.data and newest.data[0].is_active:
                await self._client.runs.cancel(self._thread_id, newest.data[0].id)
                return
            if self._run is not None:
                return
            await asyncio.sleep(FIRST_POLL_S)


class _Session:
    """Keeps the engine open from the first to the last turn."""

    def __init__(self, source: Source, model: str, options: argparse.Namespace) -> None:
        self._opened = AsyncExitStack()
        self._source = source
        self._model = model
        self._options = options
        self.conversation: Conversation

    async def open(self) -> None:
        from aimltui.cli import local_functions
        from aimltui.client.client import AssistantsClient
        from aimltui.client.embedded import EmbeddedTransport

        try:
            engine, own = await self._opened.enter_async_context(
                open_engine_and_tools(self._source, run_lifetime_s=WAIT_S)
            )
            client = AssistantsClient(EmbeddedTransport(engine))
            functions = await self._opened.enter_async_context(
                local_functions.opened(self._options, client, own)
            )
            await self._begin(client, await own.ready(), functions)
        except BaseException:
            await self.aclose()
            raise

    async def _begin(self, client: AssistantsClient, tools: Sequence[str], functions: LocalFunctions) -> None:
        if not self._model:
            self._model = await first_model(client)
            _write(f"{clean(self._model)} answers; choose another model with --model ID.\n")
        assistant = await client.assistants.create(
            CreateAssistant(
                name="Chat",
                model=self._model,
                instructions=self._options.instructions,
                tools=[CodeInterpreterTool(type=kind) for kind in tools if kind == "code_interpreter"],
            )
        )
        connection = self._source.connection
        # The full-screen program continues with the same model and connection.
        place = {MODEL: self._model, CONNECTION: connection.name} if connection and connection.is_own else {}
        thread = await client.threads.create(CreateThread(metadata=place))
        self.conversation = Conversation(
            client,
            thread.id,
            assistant.id,
            _write,
            streams=not self._options.no_stream,
            functions=functions,
        )

    async def aclose(self) -> None:
        await self._opened.aclose()


async def first_model(client: AssistantsClient) -> str:
    """Return the first model of the default connection.

    Raises:
        AimltuiError: The connection lists no models.
    """
    try:
        page = await client.list_models()
    except (APIError, TransportError) as error:
        raise AimltuiError(
            f"No model is chosen, and the models cannot be listed: {error.message} {NAME_ONE}"
        ) from error
    source = page.sources[0] if page.sources else None
    offered = [model for model in page.data if source is None or model.connection == source.connection]
    if not offered:
        why = source.problem if source is not None and source.problem else "The connection lists no models."
        raise AimltuiError(f"No model is chosen. {why} {NAME_ONE}")
    return offered[0].id


def _loop(runner: asyncio.Runner, conversation: Conversation, write: Write) -> int:
    write("The assistant is ready. Type “exit” to leave.\n")
    while True:
        try:
            text = input(PROMPT)
        except (EOFError, KeyboardInterrupt):
            write("\n")
            return 0
        if text.strip().lower() in ("exit", "quit"):
            write("Goodbye.\n")
            return 0
        words = text.split()
        switch = _switch(conversation, words[0]) if 1 <= len(words) <= 2 else None
        if switch is not None:
            runner.run(switch(words[-1].lower()))
            continue
        if not text.strip():
            write("⚠ The message is empty. Type some text first.\n")
            continue
        _run(runner, conversation, conversation.send(text), write)


def _switch(conversation: Conversation, command: str) -> Callable[[str], Coroutine[Any, Any, None]] | None:
    return {"/tools": conversation.switch_tools, "/web": conversation.switch_web}.get(command)


def _run(
    runner: asyncio.Runner, conversation: Conversation, work: Coroutine[Any, Any, None], write: Write
) -> None:
    """Run a turn to its end; between its parts, the user decides about the calls of the model."""
    while True:
        try:
            runner.run(work)
        except KeyboardInterrupt:
            # The run was stopped, or did not start. The conversation continues.
            work.close()
            write("\n[stopped]\n")
            return
        if not conversation.asked:
            return
        try:
            decisions = decided(conversation.asked, write, input, is_terminal=sys.stdin.isatty())
            work = conversation.decide(decisions)
        except KeyboardInterrupt:
            work = conversation.withdraw()


def _printed(logs: str) -> str:
    """Return an output without colours; of a long one, the beginning and the end."""
    # Imported late: only needed for the output of code.
    from aimltui.common.excerpt import Excerpt
    from aimltui.common.text import plain_text

    excerpt = Excerpt(PRINTED_HEAD, PRINTED_TAIL)
    excerpt.add(plain_text(logs).rstrip("\n"))
    return clean(excerpt.whole)


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AimltuiError(f"The output cannot be written: {disk_reason(error)}.") from error
