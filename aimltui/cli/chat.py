"""`aimltui chat`: a conversation in a plain terminal, line by line."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from aimltui.bootstrap.engine import open_engine_and_tools
from aimltui.bootstrap.source import DEMO_MODEL, Source, find_source
from aimltui.cli.answers import Write
from aimltui.cli.chat_commands import ChatCommands
from aimltui.cli.conversation import Conversation
from aimltui.cli.decisions import decided
from aimltui.cli.finding import first_model
from aimltui.cli.flags import add_engine_flags
from aimltui.cli.line_input import read_line
from aimltui.client.client import AssistantsClient
from aimltui.common.disk import disk_reason
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean
from aimltui.wire.assistants import CHAT_NAME, CreateAssistant
from aimltui.wire.threads import CONNECTION, MODEL, CreateThread
from aimltui.wire.tools import CodeInterpreterTool

if TYPE_CHECKING:
    from aimltui.cli.local_functions import LocalFunctions

INSTRUCTIONS = "You are a helpful assistant."
PROMPT = "\nYou > "
WAIT_S = 3600
"""Seconds that a run lives, and so waits for a decision about a function."""


def add_chat_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `chat` to the result of `ArgumentParser.add_subparsers`; its default `run` is `chat`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "chat",
        help="talk to an assistant in a plain terminal",
        description="Talk to an assistant, line by line. Ctrl+C stops the answer; at the prompt it leaves the chat, as do "
        "“exit” and “quit”. “/help” lists the commands: for threads, models, tools and the web. The model may call your "
        "functions, MCP servers and skills; you are asked before a call runs. The thread is saved and can be opened in the "
        "full-screen program.",
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
            return _loop(runner, session, _write)
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


class _Session:
    """Keeps the engine open from the first to the last turn."""

    def __init__(self, source: Source, model: str, options: argparse.Namespace) -> None:
        self._opened = AsyncExitStack()
        self._source = source
        self._model = model
        self._options = options
        self.conversation: Conversation
        self.commands: ChatCommands

    async def open(self) -> None:
        from aimltui.cli import local_functions
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
                name=CHAT_NAME,
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
        self.conversation.go_to(thread)
        self.commands = ChatCommands(client, self.conversation, _write, place)

    async def aclose(self) -> None:
        await self._opened.aclose()


def _loop(runner: asyncio.Runner, session: _Session, write: Write) -> int:
    conversation = session.conversation
    write("The assistant is ready. Type “/help” for the commands, “exit” to leave.\n")
    while True:
        try:
            text = read_line(PROMPT)
        except (EOFError, KeyboardInterrupt):
            write("\n")
            return 0
        if text.strip().lower() in ("exit", "quit"):
            write("Goodbye.\n")
            return 0
        work = session.commands.find(text)
        if work is not None:
            _run(runner, conversation, work, write)
            continue
        if not text.strip():
            write("⚠ The message is empty. Type some text first.\n")
            continue
        _run(runner, conversation, conversation.send(text), write)


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
            decisions = decided(conversation.asked, write, read_line, is_terminal=sys.stdin.isatty())
            work = conversation.decide(decisions)
        except KeyboardInterrupt:
            work = conversation.withdraw()


def _write(text: str) -> None:
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise AimltuiError(f"The output cannot be written: {disk_reason(error)}.") from error
