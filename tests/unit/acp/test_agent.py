"""The agent of an editor, judged by the protocol package's own client, over pipes in memory."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import acp
import pytest
from acp.schema import AllowedOutcome, DeniedOutcome, RequestPermissionResponse

from aimltui.acp.agent import AssistantAgent
from aimltui.bootstrap.source import Source
from aimltui.cli.acp import add_acp_parser
from aimltui.cli.local_functions import LocalFunctions
from aimltui.cli.question import Question
from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.models.base import ChatChunk
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.types import CallResult, LocalTool
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.wire.messages import ListMessages
from aimltui.wire.runs import ListRuns
from tests.support.builders import bounded, opened, until
from tests.support.fake_model import FakeModel, calls, says


class Pipe:
    """One end of a connection in memory; see `acp`'s transport."""

    def __init__(self, incoming: asyncio.Queue[Any], outgoing: asyncio.Queue[Any]) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    async def send(self, message: dict[str, Any]) -> None:
        await self._outgoing.put(message)

    async def receive(self) -> dict[str, Any] | None:
        message: dict[str, Any] | None = await self._incoming.get()
        return message

    async def close(self) -> None:
        await self._outgoing.put(None)


class Editor:
    """Notes what it gets, and answers questions for permission in turn."""

    def __init__(self, *answers: str) -> None:
        self.updates: list[Any] = []
        self.asked: list[Any] = []
        self._answers = list(answers)

    async def session_update(self, session_id: str, update: Any, **kwargs: Any) -> None:
        self.updates.append(update)

    async def request_permission(self, session_id: str, tool_call: Any, options: Any, **kwargs: Any) -> Any:
        self.asked.append((tool_call, [option.option_id for option in options]))
        answer = self._answers.pop(0)
        if answer == "cancel":
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=answer))

    def on_connect(self, conn: Any) -> None:
        pass

    def texts(self, kind: str) -> str:
        return "".join(update.content.text for update in self.updates if update.session_update == kind)


class Weather:
    """A source with one function."""

    problems = ()

    def __init__(self) -> None:
        schema = {"type": "object", "properties": {"city": {"type": "string"}}}
        self.tools = [
            LocalTool(
                "weather",
                "Tell the weather.",
                schema,
                "function",
                "weather.py",
                "the network",
                fingerprint="1",
            )
        ]
        self.called: list[dict[str, Any]] = []

    async def refresh(self) -> None:
        pass

    def start(self) -> None:
        pass

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        self.called.append(arguments)
        return CallResult("-3 °C")

    async def trust(self, tool: LocalTool) -> None:
        pass

    async def aclose(self) -> None:
        pass


class Room:
    """A connection between an editor and the agent."""

    def __init__(self, editor: Editor, agent: Any, client: AssistantsClient, weather: Weather) -> None:
        self.editor, self.agent, self.client, self.weather = editor, agent, client, weather

    async def ask(self, session_id: str, text: str) -> str:
        answer = await self.agent.prompt(session_id=session_id, prompt=[acp.text_block(text)])
        return str(answer.stop_reason)


@asynccontextmanager
async def connected(directory: Path, model: FakeModel, *answers: str) -> AsyncIterator[Room]:
    parser = argparse.ArgumentParser()
    add_acp_parser(parser.add_subparsers())
    editor, weather = Editor(*answers), Weather()
    there: asyncio.Queue[Any] = asyncio.Queue()
    back: asyncio.Queue[Any] = asyncio.Queue()
    async with opened(directory, model) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        local = LocalTools([weather], Approvals(directory / "approved.json"), Rules())
        source = Source(directory, None, "fake")
        options = parser.parse_args(["acp", "-m", "fake"])
        functions = LocalFunctions(local, client)
        question = Question(client, AssistantDirectory(client), source, options, functions)
        made: Any = AssistantAgent(client, question.plan, question.marks, local)
        serving = asyncio.create_task(acp.run_agent(made, Pipe(there, back), use_unstable_protocol=True))
        agent = acp.connect_to_agent(editor, Pipe(back, there), use_unstable_protocol=True)  # type: ignore[arg-type]
        try:
            yield Room(editor, agent, client, weather)
        finally:
            await agent.close()
            serving.cancel()
            await asyncio.wait({serving})


async def test_sessions_are_threads_and_an_answer_streams(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(reasoning="Hm. "), *says("All ", "\x1b[31mwell.")])
    async with connected(tmp_path, model) as room:
        told = await bounded(room.agent.initialize(protocol_version=acp.PROTOCOL_VERSION))
        assert told.protocol_version == acp.PROTOCOL_VERSION
        assert told.agent_capabilities.load_session
        session = (await bounded(room.agent.new_session(cwd="/work", mcp_servers=[]))).session_id
        assert await bounded(room.ask(session, "How is it?")) == "end_turn"
        assert room.editor.texts("agent_message_chunk") == "All well."
        assert room.editor.texts("agent_thought_chunk") == "Hm. "
        messages = (await room.client.messages.list(ListMessages(thread_id=session, order="asc"))).data
        assert [message.role for message in messages] == ["user", "assistant"]

        (listed,) = (await bounded(room.agent.list_sessions(cwd="/work"))).sessions
        assert (listed.session_id, listed.title) == (session, "How is it?")
        assert (await bounded(room.agent.list_sessions(cwd="/elsewhere"))).sessions == []
        room.editor.updates.clear()
        await bounded(room.agent.load_session(cwd="/work", session_id=session, mcp_servers=[]))
        assert room.editor.texts("user_message_chunk") == "How is it?"
        assert room.editor.texts("agent_message_chunk") == "All well."
        await bounded(room.agent.resume_session(cwd="/work", session_id=session, mcp_servers=[]))
        await bounded(room.agent.close_session(session_id=session))
        with pytest.raises(acp.RequestError) as refused:
            await bounded(room.agent.resume_session(cwd="/work", session_id="thread_none", mcp_servers=[]))
        assert refused.value.code == -32002


async def test_a_function_call_is_a_tool_call_that_needs_permission(tmp_path: Path) -> None:
    turn = calls(("weather", '{"city": "Oslo"}'))
    model = FakeModel(turn, says("Cold."), turn, says("No idea."), turn)
    async with connected(tmp_path, model, "once", "reject", "cancel") as room:
        session = (await bounded(room.agent.new_session(cwd="/work", mcp_servers=[]))).session_id
        assert await bounded(room.ask(session, "Oslo?")) == "end_turn"
        assert room.weather.called == [{"city": "Oslo"}]
        asked, options = room.editor.asked[0]
        assert options == ["once", "session", "reject"]
        assert asked.raw_input == {"city": "Oslo"}
        started = [update for update in room.editor.updates if update.session_update == "tool_call"]
        ended = [update for update in room.editor.updates if update.session_update == "tool_call_update"]
        assert [update.tool_call_id for update in started] == [asked.tool_call_id] == [ended[-1].tool_call_id]
        assert (ended[-1].status, ended[-1].content[0].content.text) == ("completed", "-3 °C")

        assert await bounded(room.ask(session, "Bergen?")) == "end_turn"
        assert "The user did not allow this call." in str(model.requests[-1].messages)
        assert await bounded(room.ask(session, "Narvik?")) == "cancelled"
        assert len(room.weather.called) == 1
        run = (await room.client.runs.list(ListRuns(thread_id=session))).data[0]
        assert run.status in ("cancelling", "cancelled")


@pytest.mark.parametrize("depth", [300, 100_000])
async def test_arguments_that_are_nested_too_deeply_end_no_prompt(tmp_path: Path, depth: int) -> None:
    given = '{"city": ' + "[" * depth + "]" * depth + "}"
    model = FakeModel(calls(("weather", given)), says("Sorry."))
    async with connected(tmp_path, model, "once") as room:
        session = (await bounded(room.agent.new_session(cwd="/work", mcp_servers=[]))).session_id
        assert await bounded(room.ask(session, "Hi \ud800")) == "end_turn"
        assert room.editor.asked[0][0].raw_input == given
        assert room.editor.texts("agent_message_chunk") == "Sorry."


async def test_code_that_was_not_approved_is_shown_whole(tmp_path: Path) -> None:
    model = FakeModel(calls(("weather", "{}")), says("Well."))
    async with connected(tmp_path, model, "reject") as room:
        code = "a = 'x' # \n```\n<!--\nprint(a)"
        room.weather.tools = [replace(room.weather.tools[0], code=code, is_trusted=False, description="<!--")]
        session = (await bounded(room.agent.new_session(cwd="/work", mcp_servers=[]))).session_id
        await bounded(room.ask(session, "Hi"))
        first = room.editor.asked[0][0].content[0].content.text
        assert first == f"This file was not approved yet:\n````python\n{code}\n````"


async def test_a_function_that_runs_does_not_delay_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, running = FakeModel(calls(("weather", "{}"))), asyncio.Event()

    async def endless(tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        running.set()
        await asyncio.Event().wait()
        return CallResult("")

    async with connected(tmp_path, model, "once") as room:
        monkeypatch.setattr(room.weather, "call", endless)
        session = (await bounded(room.agent.new_session(cwd="/work", mcp_servers=[]))).session_id
        asking = asyncio.create_task(room.ask(session, "How is it?"))
        await bounded(running.wait())
        await room.agent.cancel(session_id=session)
        assert await bounded(asking) == "cancelled"


async def test_the_editor_stops_an_answer(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(text="So"), asyncio.Event()])
    async with connected(tmp_path, model) as room:
        session = (await bounded(room.agent.new_session(cwd="/work", mcp_servers=[]))).session_id
        asking = asyncio.create_task(room.ask(session, "How is it?"))
        await until(lambda: room.editor.texts("agent_message_chunk") == "So")
        await room.agent.cancel(session_id=session)
        assert await bounded(asking) == "cancelled"
