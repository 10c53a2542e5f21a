"""Whether hosted tools are offered: the thread's word, then its assistant's, then auto for the program's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.tui.controllers.run_follower import _create_run
from aimltui.tui.controllers.workspace import Workspace
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.storage.drafts import DraftStore
from aimltui.wire.assistants import Assistant
from aimltui.wire.models import Model
from aimltui.wire.threads import CreateThread
from aimltui.wire.tools import CodeInterpreterTool, FunctionDefinition, FunctionTool
from tests.support.fake_connections import FakeConnections
from tests.support.fake_transport import FakeTransport
from tests.support.local_tools import HandSource, a_tool

OWN = Assistant(id="asst_own", name="Assistant", model="demo", metadata={"aimltui": "default"})
OTHER = Assistant(id="asst_other", name="Maker", model="demo")


async def at_work(server: FakeTransport, directory: Path, **connected: Any) -> Workspace:
    server.assistants = {one.id: one for one in (OWN, OTHER)}

    async def connect() -> Connected:
        raise AssertionError("the workspace has its server")

    workspace = Workspace(
        Connected(AssistantsClient(server), "fake", "demo", **connected),
        Startup(connect, DraftStore(directory)),
        lambda _message: None,
        lambda work, _group: work.close(),
    )
    assert await workspace.prepare() is None
    return workspace


@pytest.mark.parametrize(
    ("assistant", "of_assistant", "of_thread", "expected"),
    [
        (OWN, None, None, "auto"),
        (OWN, "on", None, "on"),
        (OWN, "off", "on", "on"),
        (OWN, "nonsense", None, "auto"),
        (OTHER, None, None, "on"),
        (OTHER, "auto", None, "auto"),
        (OTHER, "auto", "off", "off"),
    ],
)
async def test_the_thread_comes_before_its_assistant(
    tmp_path: Path, assistant: Assistant, of_assistant: str | None, of_thread: str | None, expected: str
) -> None:
    server = FakeTransport()
    workspace = await at_work(server, tmp_path)
    conversation = workspace.current
    conversation.selection.assistant_id = assistant.id
    conversation.selection.tools = of_thread
    if of_assistant is not None:
        marked = {**(assistant.metadata or {}), "tools": of_assistant}
        server.assistants[assistant.id] = assistant.model_copy(update={"metadata": marked})
        await workspace.assistants.read()
    assert workspace.tools.of(conversation) == expected
    plan = await workspace.planner.plan(conversation)
    assert plan.hosted_tools == (None if expected == "on" else expected)


async def test_what_was_switched_for_a_thread_is_read_with_it(tmp_path: Path) -> None:
    server = FakeTransport()
    workspace = await at_work(server, tmp_path)
    thread = await workspace.client.threads.create(CreateThread(metadata={"tools": "off"}))
    conversation = await workspace.open(thread.id)
    assert workspace.tools.of(conversation) == "off"
    await workspace.tools.choose(conversation, "auto")
    assert (server.threads[thread.id].metadata or {})["tools"] == "auto"


async def test_a_word_for_the_assistant_holds_in_its_threads(tmp_path: Path) -> None:
    server = FakeTransport()
    workspace = await at_work(server, tmp_path)
    conversation = workspace.current
    await workspace.tools.choose(conversation, "off")
    await workspace.tools.choose_for_assistant(conversation, "on")
    assert (server.assistants["asst_own"].metadata or {})["tools"] == "on"
    assert workspace.tools.of(conversation) == workspace.tools.of(workspace.new()) == "on"


async def test_a_server_without_the_switch_is_sent_no_hosted_tools_where_they_are_off(tmp_path: Path) -> None:
    server = FakeTransport()
    workspace = await at_work(server, tmp_path, has_tool_switch=False)
    function = FunctionTool(function=FunctionDefinition(name="weather"))
    tools = [CodeInterpreterTool(), function]
    server.assistants["asst_own"] = OWN.model_copy(update={"tools": tools})
    await workspace.assistants.read()
    conversation = workspace.current
    before = await workspace.planner.plan(conversation)
    conversation.selection.tools = "off"
    after = await workspace.planner.plan(conversation)
    assert (before.hosted_tools, before.tools) == (None, None)
    assert (after.hosted_tools, after.tools) == (None, (function,))


@pytest.mark.parametrize(("is_local", "expected"), [(True, 30), (False, 20)])
async def test_more_tools_than_the_api_allows_go_to_the_own_engine_only(
    tmp_path: Path, is_local: bool, expected: int
) -> None:
    many = HandSource(*(a_tool(f"f{number}") for number in range(30)))
    tools = LocalTools([many], Approvals(None), Rules())
    connections = FakeConnections() if is_local else None
    workspace = await at_work(FakeTransport(), tmp_path, local_tools=tools, connections=connections)
    plan = await workspace.planner.plan(workspace.current)
    assert len(plan.tools or ()) == expected
    run = _create_run(plan)
    assert len(run.tools or []) == 20
    assert len(run.given().get("more_tools", [])) == expected - 20


@pytest.mark.parametrize(
    ("model", "of_thread", "asked"),
    [("tiny", None, 0), ("tiny", "on", 1), ("demo", None, 1), ("demo", "off", 0)],
)
async def test_code_is_not_asked_about_where_the_model_gets_no_tools(
    tmp_path: Path, model: str, of_thread: str | None, asked: int
) -> None:
    server = FakeTransport()
    server.models = [Model(id="demo"), Model(id="tiny", tools_off="small model")]
    workspace = await at_work(server, tmp_path)
    server.assistants["asst_own"] = OWN.model_copy(update={"tools": [CodeInterpreterTool()]})
    await workspace.assistants.read()
    await workspace.models.list_models()
    seen: list[frozenset[str]] = []

    async def before_run(tools: frozenset[str]) -> None:
        seen.append(tools)

    workspace.planner.before_run = before_run
    workspace.current.selection.model, workspace.current.selection.tools = model, of_thread
    await workspace.planner.plan(workspace.current)
    assert seen == [frozenset({"code_interpreter"}) if asked else frozenset()]
