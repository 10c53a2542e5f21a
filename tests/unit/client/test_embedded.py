"""The embedded transport, plain and paranoid."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from aimltui.client.client import AssistantsClient, every
from aimltui.client.embedded import EmbeddedTransport
from aimltui.wire import events
from aimltui.wire.base import Page, Params, Wire
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import ListMessages, Message
from aimltui.wire.runs import CreateRun, Run
from aimltui.wire.threads import CreateThread, Thread

RUN = CreateRun(thread_id="thread_1", assistant_id="asst_1", temperature=0)


class RecordingEngine:
    """Answers with what it was given to answer, and keeps what it was asked."""

    def __init__(self, *answers: Wire, stream: tuple[StreamEvent, ...] = ()) -> None:
        self.answers = list(answers)
        self.events = stream
        self.asked: list[tuple[str, Params]] = []
        self.closed = False
        self.streams_left = 0

    async def call(self, name: str, params: Params) -> Wire:
        self.asked.append((name, params))
        return self.answers.pop(0)

    async def stream(self, name: str, params: Params) -> AsyncGenerator[StreamEvent, None]:
        self.asked.append((name, params))
        try:
            for event in self.events:
                yield event
        finally:
            self.streams_left += 1

    async def aclose(self) -> None:
        self.closed = True


@pytest.mark.parametrize("paranoid", [False, True])
async def test_a_call_reaches_the_engine_with_exactly_what_was_given(paranoid: bool) -> None:
    engine = RecordingEngine(Thread(id="thread_1", metadata={"a": "b"}))
    client = AssistantsClient(EmbeddedTransport(engine, paranoid=paranoid))
    thread = await client.threads.create(CreateThread(metadata=None))
    assert thread == Thread(id="thread_1", metadata={"a": "b"})
    name, params = engine.asked[0]
    assert name == "create_thread"
    assert params.model_fields_set == {"metadata"}


@pytest.mark.parametrize("paranoid", [False, True])
async def test_a_stream_brings_every_event_and_is_closed_when_it_is_left(paranoid: bool) -> None:
    told = (
        StreamEvent(events.RUN_CREATED, Run(id="run_1"), 0),
        StreamEvent(events.NOTICE, events.Notice(run_id="run_1", text="again in 1 s"), 1),
        StreamEvent(events.DONE, "[DONE]", 2),
    )
    engine = RecordingEngine(stream=told)
    client = AssistantsClient(EmbeddedTransport(engine, paranoid=paranoid))
    async with aclosing(client.runs.stream(RUN)) as stream:
        assert [event async for event in stream] == list(told)
    async with aclosing(client.runs.stream(RUN)) as stream:
        async for _ in stream:
            break
    assert engine.streams_left == 2
    assert engine.asked[0] == ("create_run", RUN)


async def test_every_follows_the_pages_to_the_end() -> None:
    engine = RecordingEngine(
        Page[Message](data=[Message(id="msg_1"), Message(id="msg_2")], has_more=True),
        Page[Message](data=[Message(id="msg_3")], has_more=True),
        Page[Message](data=[], has_more=True),
    )
    client = AssistantsClient(EmbeddedTransport(engine))
    found = [m.id async for m in every(client.messages.list, ListMessages(thread_id="thread_1", order="asc"))]
    assert found == ["msg_1", "msg_2", "msg_3"]
    assert [getattr(params, "after", None) for _, params in engine.asked] == [None, "msg_2", "msg_3"]
    assert all(getattr(params, "order", None) == "asc" for _, params in engine.asked)


async def test_closing_the_client_closes_the_engine() -> None:
    engine = RecordingEngine()
    await AssistantsClient(EmbeddedTransport(engine)).aclose()
    assert engine.closed
