"""Questions that a server asks during a call."""

from __future__ import annotations

import asyncio

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.mcp.forms import Form, Reply
from aimltui.tui.controllers.function_calls import FunctionCalls
from aimltui.wire.runs import Run
from tests.support.builders import bounded, until
from tests.support.fake_transport import FakeTransport
from tests.support.local_tools import HandServer

NOW = {"name": "now", "description": "The time.", "inputSchema": {"type": "object", "properties": {}}}
AT_ONCE = pytest.param(
    True,
    marks=pytest.mark.skipif(
        not hasattr(asyncio, "eager_task_factory"), reason="no such tasks before Python 3.12"
    ),
    id="tasks begin at once",
)


def waiting() -> Run:
    call = {"id": "call_1", "type": "function", "function": {"name": "clock__now", "arguments": "{}"}}
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": [call]}}
    return Run.model_validate(
        {"id": "run_1", "thread_id": "thread_1", "status": "requires_action", "required_action": action}
    )


@pytest.mark.parametrize("at_once", [pytest.param(False, id="tasks begin later"), AT_ONCE])
async def test_a_server_that_asks_as_soon_as_it_is_called_is_answered(at_once: bool) -> None:
    server = HandServer(NOW)
    server.asks = Form("clock", "Which city?", ())
    source = server.source("clock")
    tools = LocalTools([], Approvals(None), Rules(), servers=source)
    calls = FunctionCalls(AssistantsClient(FakeTransport()), tools, lambda _message: None)
    await source.refresh()
    source.start()
    await until(lambda: [row.state for row in source.rows] == ["ready"])
    loop = asyncio.get_running_loop()
    # Textual's loop has it
    loop.set_task_factory(asyncio.eager_task_factory if at_once else None)  # type: ignore[attr-defined]
    try:
        answering = asyncio.create_task(calls.answer(waiting(), is_own=True))
        await until(lambda: calls.calls_of("thread_1"))
        [call] = calls.calls_of("thread_1")
        calls.approve(call)
        await until(lambda: any(one.form for one in calls.calls_of("thread_1")))
        [question] = [one for one in calls.calls_of("thread_1") if one.form]
        calls.reply(question, Reply("accept", {}))
        assert await bounded(answering)
    finally:
        loop.set_task_factory(None)
    assert [reply.action for reply in server.replies] == ["accept"]
    await calls.aclose()
