"""`aimltui ask`: what it writes, which thread and assistant it uses, and how it ends."""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import shlex
import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from typing import Any

import pytest

from aimltui.bootstrap.source import Source
from aimltui.cli import main as command_line
from aimltui.cli.answers import JSONWriter, MarkdownWriter
from aimltui.cli.ask import STOPPED, _within, add_ask_parser, follow, question_of, screen_command
from aimltui.cli.finding import find_one
from aimltui.cli.local_functions import LocalFunctions
from aimltui.cli.markdown_colors import MarkdownColors
from aimltui.cli.question import Question
from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.common.errors import ConfigError
from aimltui.config.settings import BudgetSettings, Settings
from aimltui.engine.models.base import ChatChunk, ModelError
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.state.run_options import RunOptions, metadata_of
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.events import StreamEvent
from aimltui.wire.runs import ListRuns, Run
from aimltui.wire.threads import ListThreads, ModifyThread
from tests.support.builders import bounded, opened, until
from tests.support.fake_model import FakeModel, calls, says
from tests.support.local_tools import HandSource, a_tool

FUNCTION = {"type": "function", "function": {"name": "weather"}}
MakeWriter = Callable[[Callable[[str], None]], Any]


def options_of(*flags: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_ask_parser(parser.add_subparsers())
    return parser.parse_args(["ask", *flags])


class Asking:
    """A client, and what was written."""

    def __init__(self, client: AssistantsClient) -> None:
        self.client = client
        self.written = ""
        self.status: int | None = None
        self.functions: LocalFunctions | None = None

    async def ask(self, *flags: str, as_json: bool = False) -> str:
        """Ask as the command line would; what was written."""
        self.written = ""
        writer = JSONWriter(self._write) if as_json else MarkdownWriter(self._write, lambda _: None)
        options = options_of("-m", "fake", *flags)
        source = Source(Path("unused"), None, "fake")
        question = Question(self.client, AssistantDirectory(self.client), source, options, self.functions)
        wanted = await question.send(" ".join(options.text), (), writer)
        stream = self.client.runs.stream(wanted)
        self.status = await follow(self.client, stream, writer, self.functions)
        return self.written

    def _write(self, text: str) -> None:
        self.written += text


def asking(engine: Any) -> Asking:
    return Asking(AssistantsClient(EmbeddedTransport(engine)))


async def test_a_run_that_ends_while_it_is_stopped_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aimltui.cli.ask._STOP_S", 0.01)
    came = asyncio.Event()

    async def late(run: Run) -> AsyncGenerator[StreamEvent, None]:
        yield StreamEvent("thread.run.in_progress", run)
        came.set()
        await asyncio.Event().wait()

    async with opened(tmp_path, FakeModel(says("Well."))) as engine:
        here = asking(engine)
        await here.ask("Hi")
        thread = (await here.client.threads.list(ListThreads())).data[0]
        run = (await here.client.runs.list(ListRuns(thread_id=thread.id))).data[0]
        following = asyncio.create_task(follow(here.client, late(run), JSONWriter(lambda _: None)))
        await bounded(came.wait())
        following.cancel()
        assert await bounded(following) == STOPPED


async def test_the_answer_is_plain_markdown_without_escape_sequences(tmp_path: Path) -> None:
    model = FakeModel(says("# Gr\x1b[3", "1mü", "ße\x07\n\n- one\x1b]0;title\x07"))
    async with opened(tmp_path, model) as engine:
        asked = asking(engine)
        assert await bounded(asked.ask("Hello")) == "# Grüße\n\n- one\n"
        assert asked.status == 0


async def test_events_are_lines_of_json_under_the_names_of_the_api(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says("So", "\x9b31m", " long."))) as engine:
        asked = asking(engine)
        written = await bounded(asked.ask("Hello", as_json=True))
    lines = [json.loads(line) for line in written.splitlines()]
    names = [line["event"] for line in lines]
    assert names[:3] == ["thread.created", "thread.run.created", "thread.run.queued"]
    assert names[-2:] == ["thread.run.completed", "done"]
    assert written.isascii()
    said = [
        line["data"]["delta"]["content"][0]["text"]["value"]
        for line in lines
        if line["event"] == "thread.message.delta"
    ]
    assert "".join(said) == "So\x9b31m long."


@pytest.mark.parametrize(
    ("turn", "status", "told"),
    [
        (says("Half", finish="length"), 3, "The answer is incomplete: it reached the limit"),
        ([ChatChunk(refusal="No."), ChatChunk(finish_reason="stop")], 3, ""),
        (
            [ModelError("The server is on fire.", remedy="Call somebody.")],
            1,
            "The server is on fire. Call somebody.",
        ),
    ],
)
async def test_the_exit_status_says_how_the_run_ended(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], turn: Any, status: int, told: str
) -> None:
    async with opened(tmp_path, FakeModel(turn)) as engine:
        asked = asking(engine)
        await bounded(asked.ask("Hello"))
    assert asked.status == status
    assert told in capsys.readouterr().err


async def test_a_run_that_needs_approval_waits_and_its_id_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(tmp_path, FakeModel(calls(("weather", "{}")))) as engine:
        asked = asking(engine)
        await asked.client.assistants.create(
            CreateAssistant(model="fake", name="Forecaster", tools=[FUNCTION])
        )  # type: ignore[list-item]
        await bounded(asked.ask("-a", "forecaster", "Hello"))
        thread = (await asked.client.threads.list(ListThreads())).data[0]
    async with opened(tmp_path) as engine:
        run = (await asking(engine).client.runs.list(ListRuns(thread_id=thread.id))).data[0]
    assert asked.status == 4
    assert run.status == "requires_action"
    told = capsys.readouterr().err
    assert run.id in told
    assert "weather" in told


async def test_calls_that_are_allowed_run_and_one_that_is_not_ends_with_4_before_any_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = HandSource(a_tool("weather"), a_tool("time"))
    rules = Rules(by_name={"time": "allow"})
    local = LocalTools([source], Approvals(tmp_path / "a.json"), rules)
    both = calls(("time", "{}"), ("weather", "{}"))
    async with opened(tmp_path, FakeModel(calls(("time", "{}")), says("Noon."), both)) as engine:
        asked = asking(engine)
        asked.functions = LocalFunctions(local, asked.client)
        assert (await bounded(asked.ask("Hello"))).endswith("Noon.\n")
        assert asked.status == 0
        assert source.called == [("time", {})]
        await bounded(asked.ask("Hello"))
    assert asked.status == 4
    assert source.called == [("time", {})]
    assert "weather" in capsys.readouterr().err


async def test_a_function_that_runs_ends_with_the_answer_that_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aimltui.cli.ask._STOP_S", 600.0)
    source = HandSource(a_tool("time"))
    source.gate = asyncio.Event()
    local = LocalTools([source], Approvals(tmp_path / "a.json"), Rules(by_name={"time": "allow"}))
    async with opened(tmp_path, FakeModel(calls(("time", "{}")))) as engine:
        asked = asking(engine)
        asked.functions = LocalFunctions(local, asked.client)
        task = asyncio.ensure_future(asked.ask("Hello"))
        await until(lambda: source.called)
        task.cancel()
        await bounded(task)
        thread = (await asked.client.threads.list(ListThreads())).data[0]
        run = (await asked.client.runs.list(ListRuns(thread_id=thread.id))).data[0]
    assert source.cancelled == ["time"]
    assert (asked.status, run.status) == (130, "cancelled")


async def test_a_stopped_answer_keeps_its_text(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel([ChatChunk(text="So"), asyncio.Event()])) as engine:
        asked = asking(engine)
        task = asyncio.ensure_future(asked.ask("Hello"))
        await until(lambda: asked.written)
        task.cancel()
        await bounded(task)
        thread = (await asked.client.threads.list(ListThreads())).data[0]
        run = (await asked.client.runs.list(ListRuns(thread_id=thread.id))).data[0]
    assert asked.status == 130
    assert asked.written == "So\n"
    assert run.status == "cancelled"


async def test_it_goes_on_in_the_named_thread_and_in_the_last_one(tmp_path: Path) -> None:
    model = FakeModel(says("Yes."))
    async with opened(tmp_path, model) as engine:
        asked = asking(engine)
        for question in ("One", "Two"):
            await bounded(asked.ask(question))
        threads = (await asked.client.threads.list(ListThreads(order="asc"))).data
        await bounded(asked.ask("--continue", "Three"))
        last = str(model.requests[-1].messages)
        await bounded(asked.ask("--thread", threads[0].id[:12], "Four"))
        first = str(model.requests[-1].messages)
        with pytest.raises(ConfigError, match="There is no thread “thread_”"):
            await asked.ask("--thread", "thread_", "Five")
        assert len((await asked.client.threads.list(ListThreads())).data) == 2
    assert [word in last for word in ("Three", "Two", "One")] == [True, True, False]
    assert [word in first for word in ("Four", "Two", "One")] == [True, False, True]


async def test_it_follows_the_options_that_a_thread_has(tmp_path: Path) -> None:
    model = FakeModel(says("Yes."))
    async with opened(tmp_path, model) as engine:
        asked = asking(engine)
        await bounded(asked.ask("One"))
        thread = (await asked.client.threads.list(ListThreads())).data[0]
        options = RunOptions(additional="Be brief.", model="another", temperature="0.5")
        await asked.client.threads.modify(ModifyThread(thread_id=thread.id, metadata=metadata_of(options)))
        await bounded(asked.ask("--continue", "Two"))
    request = model.requests[-1]
    assert (request.model, request.temperature) == ("fake", 0.5)
    assert "Be brief." in str(request.messages)


class Named:
    def __init__(self, object_id: str, name: str = "") -> None:
        self.id = object_id
        self.name = name


def test_a_name_or_the_beginning_of_an_id_is_enough() -> None:
    items = [Named("asst_abc", "Tutor"), Named("asst_abd", "tutor"), Named("asst_x", "abc")]
    found = [
        find_one(items, wanted, "assistant", listed_by="x", name_of=lambda item: item.name)
        for wanted in ("asst_abc", "asst_x", "x", "ABC", "asst_abd")
    ]
    assert [item.id for item in found] == ["asst_abc", "asst_x", "asst_x", "asst_x", "asst_abd"]
    long = [Named("asst_abcd"), Named("asst_abce"), Named("asst_7xyz")]
    for wanted in ("7xy", "asst_7xy", "asst_7xyz"):
        assert find_one(long, wanted, "assistant", listed_by="x").id == "asst_7xyz"
    models = [Named("gpt-4o"), Named("o1-mini")]
    for wanted, model in (("gpt-4", "gpt-4o"), ("mini", "o1-mini"), ("o1-", "o1-mini")):
        assert find_one(models, wanted, "model", listed_by="x").id == model
    for wanted, told in (
        ("tutor", "2 assistants are called"),
        ("", "no assistant"),
        ("q", "no ass"),
    ):
        with pytest.raises(ConfigError, match=told):
            find_one(items, wanted, "assistant", listed_by="x", name_of=lambda item: item.name)
    for wanted, told in (
        ("abc", "2 ids"),
        ("asst_abc", "2 ids"),
        ("7", "no assistant"),
        ("asst_7", "no assistant"),
        ("asst_", "no assistant"),
        ("ass", "no assistant"),
    ):
        with pytest.raises(ConfigError, match=told):
            find_one(long, wanted, "assistant", listed_by="x")


def test_text_from_a_pipe_stands_below_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    for piped, words, question in (
        ("the text\n", ["What", "is", "this?"], "What is this?\n\nthe text"),
        ("Why?\n", ["-"], "Why?"),
        ("Why?\n", [], "Why?"),
        ("", ["Why?"], "Why?"),
        ("", ["Caf\udce9"], "Caf\ufffd"),
    ):
        monkeypatch.setattr(sys, "stdin", io.StringIO(piped))
        assert question_of(words) == question
    monkeypatch.setattr(sys, "stdin", io.StringIO("\x7fELF\0"))
    with pytest.raises(ConfigError, match="-f FILE"):
        question_of(["What is this?"])


def test_a_sentence_is_a_question_and_a_word_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    asked = command_line._parsed(["What is this?", "--json"])
    assert (asked.text, asked.json) == (["What is this?"], True)
    with pytest.raises(SystemExit) as ended:
        command_line._parsed(["thraeds"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "There is no command “thraeds”. Did you mean threads?" in said
    assert "usage:" not in said
    for words, told in (
        (["--demo", "threads", "list"], "comes before its flags: aimltui threads"),
        (["--demo", "what is it"], "aimltui ask"),
        (["--themes", "x"], "“--themes” is not a command or a flag of aimltui"),
        (["doctor", "--jsn"], "usage: aimltui doctor"),
        (["ask", "hi", "--jsn"], "“--jsn” is not an argument of aimltui ask. See aimltui ask --help."),
        (["threads", "list", "--alll"], "“--alll” is not an argument of aimltui threads list. See aimltui"),
    ):
        with pytest.raises(SystemExit):
            command_line._parsed(words)
        assert told in capsys.readouterr().err


def test_a_call_is_decided_on_a_screen_with_the_same_connection_and_data() -> None:
    parser = command_line.ask_parser()
    for flags in ([], ["--demo", "--data-dir", "/tmp/my data"], ["--base-url", "http://localhost:1/v1"]):
        told = screen_command(parser.parse_args(["ask", "hi", *flags]))
        assert shlex.split(told) == ["aimltui", *flags]


def test_the_limit_of_the_flag_does_not_raise_that_of_the_settings() -> None:
    for configured, wanted, most in ((None, 0.5, 0.5), (0.1, 0.5, 0.1), (1.0, 0.5, 0.5), (1.0, None, 1.0)):
        source = Source(Path("x"), None, "", Settings(budget=BudgetSettings(per_run_usd=configured)))
        assert _within(source, wanted).settings.budget.per_run_usd == most


MARKDOWN = "# Title\ntext **bold** and `co*de`\n- item\n1. two\n```py\n# no heading **\n```\n> quote\n* *x* 2*3\n**open\nend"


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_colors_change_nothing_but_the_style_however_the_text_is_cut(size: int) -> None:
    import re

    colors = MarkdownColors()
    pieces = [MARKDOWN[at : at + size] for at in range(0, len(MARKDOWN), size)]
    styled = "".join(colors.feed(piece) for piece in pieces) + colors.finish()
    assert re.sub(r"\x1b\[[0-9;]*m", "", styled) == MARKDOWN
    assert styled.startswith("\x1b[1;36m# Title\x1b[0m\n")
    assert "text \x1b[1m**bold**\x1b[0m and \x1b[33m`co*de`\x1b[0m\n" in styled
    assert "\x1b[33m# no heading **\x1b[0m\n" in styled
    assert "\x1b[1m**open\x1b[0m\nend" in styled
