"""`aimltui ask`: one question and its answer, for pipes, scripts and terminals."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import aclosing, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.bootstrap.source import Source, find_source
from aimltui.cli.flags import add_engine_flags
from aimltui.common import gc_tuning
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.home import expanded
from aimltui.common.text import replace_surrogates

if TYPE_CHECKING:
    from aimltui.cli.answers import AnswerWriter
    from aimltui.cli.local_functions import LocalFunctions
    from aimltui.client.client import AssistantsClient, Events
    from aimltui.tui.state.attached_files import AttachedFile
    from aimltui.wire.runs import Run

DONE, FAILED, USAGE, CUT, NEEDS_APPROVAL, STOPPED = 0, 1, 2, 3, 4, 130
"""Exit statuses."""
DESCRIPTION = (
    "Ask one question and write the answer: Markdown, with colours in a terminal, or each event of the run as a line of "
    "JSON. Text from a pipe is added to the question. Ctrl+C stops the answer; its text so far is saved. The thread is "
    "the same on the screen, also while the answer is being written."
)
EPILOG = """\
exit status:
  0    the answer is complete
  1    the run failed, or could not start
  2    a flag, a name or a setting is wrong
  3    the model refused, or the answer is incomplete
  4    the run waits for your approval: its id is printed, and aimltui --thread ID shows what it wants to do
  130  the answer was stopped
  141  the reader of the output, such as head, has gone

examples:
  aimltui "What is a monad?"
  git diff | aimltui ask "Write a commit message" > message.txt
  aimltui ask -a "Data analyst" -f sales.csv "Which month was the best?"
  aimltui ask --continue "And the worst?"
"""
_WAIT_S = 3600
"""Seconds that a run lives, and so waits for a decision about a function."""
_STOP_S = 5.0
"""Seconds that a stopped run has to write its last events."""


def add_ask_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `ask` to the result of `ArgumentParser.add_subparsers`; its default `run` is `ask`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "ask",
        help="ask one question and write the answer",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("text", nargs="*", metavar="TEXT", help="the question; - or nothing reads it from standard input")
    add("-a", "--assistant", metavar="ASSISTANT", help="an assistant, by its name or the beginning of its id")
    add("-m", "--model", metavar="ID", help="the model")
    add(
        "-f",
        "--file",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="attach a file; repeatable",
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--thread", metavar="ID", help="go on in this thread; the beginning of its id is enough"
    )
    where.add_argument(
        "--continue", dest="goes_on", action="store_true", help="go on in the thread that was active last"
    )
    add("--json", action="store_true", help="write each event as a line of JSON")
    add("--max-usd", metavar="DOLLARS", type=_dollars, help="stop before the run costs more than this")
    add_engine_flags(parser)
    parser.set_defaults(run=ask)
    return parser


def ask(options: argparse.Namespace) -> int:
    """Ask, and write the answer; returns the exit status.

    Raises:
        AimltuiError: The run cannot start.
    """
    files = [_attached(path) for path in options.file]
    text = question_of(options.text)
    if not text.strip():
        raise ConfigError('There is no question. Write it after the command: aimltui ask "What is ...?"')
    source = _within(find_source(options), options.max_usd)
    gc_tuning.put_off()
    try:
        return asyncio.run(_ask(source, options, text, files))
    finally:
        gc_tuning.tune()


def question_of(words: list[str]) -> str:
    """Return the question: the words of the command line, and below them the text from a pipe.

    Raises:
        ConfigError: What a pipe brings is not text.
    """
    # bytes of an argument that are not text in this locale arrive as surrogates
    said = replace_surrogates(" ".join(word for word in words if word != "-"))
    if sys.stdin is None or (sys.stdin.isatty() and said):
        return said
    piped = sys.stdin.read()
    if "\0" in piped:
        raise ConfigError("Standard input is not text. Attach a file with -f FILE instead.")
    return "\n\n".join(part for part in (said, piped.rstrip("\n")) if part.strip())


def _dollars(text: str) -> float:
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 0 < amount <= 100_000:
        raise argparse.ArgumentTypeError("write an amount above 0, such as 0.05")
    return amount


def _within(source: Source, max_usd: float | None) -> Source:
    """Return the source with a limit for the run that is not above that of the settings."""
    if max_usd is None:
        return source
    budget = source.settings.budget
    most = min(max_usd, budget.per_run_usd) if budget.per_run_usd is not None else max_usd
    settings = replace(source.settings, budget=replace(budget, per_run_usd=most))
    return replace(source, settings=settings)


def _attached(path: Path) -> AttachedFile:
    from aimltui.tui.state.attached_files import AttachedFile, goal_of

    path = expanded(path).absolute()
    if not os.path.isfile(path):
        raise ConfigError(f"There is no file “{path}”, so nothing was sent.")
    return AttachedFile(str(path), path.name, path.stat().st_size, goal_of(path.name))


async def _ask(source: Source, options: argparse.Namespace, text: str, files: list[AttachedFile]) -> int:
    from aimltui.bootstrap.engine import open_engine_and_tools
    from aimltui.cli import local_functions
    from aimltui.cli.question import Question
    from aimltui.client.client import AssistantsClient
    from aimltui.client.embedded import EmbeddedTransport
    from aimltui.client.errors import TransportError
    from aimltui.tui.controllers.assistant_directory import AssistantDirectory
    from aimltui.wire.errors import APIError

    async with open_engine_and_tools(source, run_lifetime_s=_WAIT_S) as (engine, own):
        client = AssistantsClient(EmbeddedTransport(engine))
        writer = _writer(as_json=options.json)
        try:
            async with local_functions.opened(options, client, own) as functions:
                directory = AssistantDirectory(client, own.ready)
                question = Question(client, directory, source, options, functions)
                wanted = await question.send(text, files, writer)
                return await follow(
                    client, client.runs.stream(wanted), writer, functions, decide=screen_command(options)
                )
        except (APIError, TransportError) as error:
            raise AimltuiError(f"{error.message} {getattr(error, 'remedy', None) or ''}".strip()) from error


def screen_command(options: argparse.Namespace) -> str:
    """Return the command that opens the screen with the connection and the data of a command."""
    import shlex

    words = ["aimltui", *(["--demo"] if options.demo else [])]
    for name in ("data_dir", "config", "connection", "base_url", "api_key_env"):
        value = getattr(options, name, None)
        words += [f"--{name.replace('_', '-')}", str(value)] if value else []
    return shlex.join(words)


def _writer(*, as_json: bool) -> AnswerWriter:
    from aimltui.cli import answers
    from aimltui.cli.markdown_colors import MarkdownColors, wants_colors

    if as_json:
        return answers.JSONWriter(answers.to_output)
    colors = MarkdownColors() if wants_colors(sys.stdout) else None
    return answers.MarkdownWriter(answers.to_output, answers.to_errors, colors)


async def follow(
    client: AssistantsClient,
    stream: Events,
    writer: AnswerWriter,
    functions: LocalFunctions | None = None,
    *,
    decide: str = "aimltui",
) -> int:
    """Write the events of a run to its end; if this is cancelled, stop the run first.

    Args:
        client: The engine.
        stream: The events of the run.
        writer: Writes them.
        functions: Answers the calls that need no decision.
        decide: The command that opens the screen with the same connection and data.

    Returns:
        The exit status.
    """
    reader = _Reader(writer)
    reading = asyncio.create_task(reader.read_all(client, stream, functions))
    try:
        await asyncio.shield(reading)
    except asyncio.CancelledError:
        if reading.cancelled() or reader.run is None:
            raise
        from aimltui.wire.errors import APIError

        reader.stop_calls()
        # it may have ended meanwhile
        with suppress(APIError):
            await client.runs.cancel(reader.run.thread_id, reader.run.id)
        await asyncio.wait({reading}, timeout=_STOP_S)
        await writer.finish(client)
        return STOPPED
    finally:
        reading.cancel()
    await writer.finish(client)
    return _ended(reader.run, writer, decide)


class _Reader:
    """Reads a run's events into a writer."""

    def __init__(self, writer: AnswerWriter) -> None:
        self._writer = writer
        self.run: Run | None = None
        self._calling: asyncio.Future[Any] | None = None
        """The functions that run."""

    def stop_calls(self) -> None:
        """Stop the functions that run; their outputs are not sent."""
        if self._calling is not None:
            self._calling.cancel()

    async def read_all(
        self, client: AssistantsClient, stream: Events, functions: LocalFunctions | None
    ) -> None:
        """Read a run to its end, or until a call of it needs a decision."""
        from aimltui.wire.runs import REQUIRES_ACTION, SubmitToolOutputs

        await self.read(stream)
        while (
            (run := self.run) is not None
            and run.status == REQUIRES_ACTION
            and functions is not None
            and not functions.asked(run)
        ):
            calling = self._calling = asyncio.ensure_future(functions.outputs(run))
            try:
                await asyncio.wait({calling})
            finally:
                calling.cancel()
            if calling.cancelled():
                return
            outputs = calling.result()
            params = SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs)
            await self.read(client.runs.stream_tool_outputs(params))

    async def read(self, stream: Events) -> None:
        """Read the events of one stream."""
        from aimltui.wire.messages import MessageDelta
        from aimltui.wire.runs import Run

        has_begun = False
        async with aclosing(stream) as events:
            async for event in events:
                if isinstance(event.data, Run):
                    self.run = event.data
                self._writer.take(event)
                if not has_begun and isinstance(event.data, MessageDelta):
                    has_begun = True
                    gc_tuning.tune()


def _ended(run: Run | None, writer: AnswerWriter, decide: str) -> int:
    """Say on standard error how a run ended, unless its answer is complete; returns the exit status."""
    from aimltui.cli.answers import to_errors
    from aimltui.cli.wording import incomplete_reason, without_screen_keys
    from aimltui.wire import runs

    if run is None:
        to_errors("The server ended the stream without a run.")
        return FAILED
    if run.status == runs.COMPLETED:
        return CUT if writer.was_refused else DONE
    if run.status == runs.REQUIRES_ACTION:
        to_errors(f"{_wish(run)} The run {run.id} waits; to decide: {decide} --thread {run.thread_id}")
        return NEEDS_APPROVAL
    if run.status == runs.INCOMPLETE:
        reason = run.incomplete_details.reason if run.incomplete_details else None
        to_errors(f"The answer is incomplete: {incomplete_reason(reason or writer.cut)}.")
        return CUT
    if run.status in (runs.CANCELLED, runs.CANCELLING):
        to_errors("The answer was stopped; its text so far is saved.")
        return STOPPED
    error = run.last_error
    told = (
        f"{error.message} {without_screen_keys(error.remedy or '')}"
        if error
        else f"The run ended with the status {run.status}."
    )
    to_errors(told.strip())
    return FAILED


def _wish(run: Run) -> str:
    calls = run.required_action.submit_tool_outputs.tool_calls if run.required_action else []
    names = ", ".join(dict.fromkeys(call.function.name for call in calls))
    return f"The assistant wants to call {names or 'a function'}, which needs your approval."
