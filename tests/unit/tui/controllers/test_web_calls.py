"""Calls that fetch pages: what the user allows holds for the host that is really contacted."""

from __future__ import annotations

import asyncio
import json

from aimltui.client.client import AssistantsClient
from aimltui.engine.files.web_page import WebPage
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.web.source import WebSource
from aimltui.tui.controllers.function_calls import FunctionCalls
from aimltui.tui.state.call_card import answers_for, body_lines
from aimltui.wire.runs import Run
from tests.support.builders import bounded, until
from tests.support.fake_transport import FakeTransport


def waiting(*urls: str) -> Run:
    calls = [
        {
            "id": f"call_{number}",
            "type": "function",
            "function": {"name": "fetch_page", "arguments": json.dumps({"url": url})},
        }
        for number, url in enumerate(urls)
    ]
    return Run.model_validate(
        {
            "id": "run_1",
            "thread_id": "thread_1",
            "status": "requires_action",
            "required_action": {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": calls}},
        }
    )


async def test_an_approval_holds_for_the_host_that_is_contacted() -> None:
    contacted: list[str] = []

    async def read_page(url: str) -> WebPage:
        contacted.append(url)
        return WebPage(url, "A page", "Its text.")

    tools = LocalTools([], Approvals(None), Rules(), web=WebSource(read_page))
    calls = FunctionCalls(AssistantsClient(FakeTransport()), tools, lambda _message: None)
    run = waiting("https://a.example/1", "https://a.example/2")
    answering = asyncio.create_task(calls.answer(run, is_own=True))
    await until(lambda: calls.calls_of("thread_1"))
    first, second = calls.calls_of("thread_1")
    assert contacted == []
    assert [answer.label for answer in answers_for(first, [first])][1:3] == [
        "Always for a.example in this thread",
        "Always for a.example",
    ]
    assert body_lines(first)[0][1][0] == "  at a.example"
    # the user changes the address: the approval is for the new host
    calls.approve(first, "thread", '{"url": "https://b.example/"}')
    await until(lambda: first.state == "done")
    assert contacted == ["https://b.example/"]
    assert second.state == "asked"
    calls.reject(second, "no")
    outputs = await bounded(answering)
    assert outputs is not None
    assert "【w1:1】 A page" in outputs[0].output
    assert "refused" in outputs[1].output

    again = waiting("https://b.example/again").model_copy(update={"id": "run_2"})
    later = await bounded(calls.answer(again, is_own=True))
    assert later is not None
    assert "【w2:1】" in later[0].output
    assert contacted[1:] == ["https://b.example/again"]
    await calls.aclose()
