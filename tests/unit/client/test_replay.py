"""A recording is played as a server would execute the run, and nothing in it can be changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.client.errors import Unsupported
from aimltui.client.replay import ReplayTransport
from aimltui.tui.controllers.run_inspector import RunInspector
from aimltui.tui.state.recordings import BadRecording, read, written
from aimltui.wire.messages import CreateMessage, ListMessages
from aimltui.wire.runs import ListRuns
from aimltui.wire.threads import ListThreads
from tests.support.builders import bounded, collect, opened, play, run_of
from tests.support.fake_model import FakeModel, says


async def recorded(directory: Path) -> str:
    async with opened(directory, FakeModel(says("All ", "well."))) as engine:
        run = run_of(await play(engine, "How is it?"))
        inspector = RunInspector(AssistantsClient(EmbeddedTransport(engine)))
        of = await inspector.read(run)
        of.events = await inspector.events(of)
        return written(of, await inspector.messages_before(run))


async def test_a_recording_is_played_like_a_run(tmp_path: Path) -> None:
    recording = read(await bounded(recorded(tmp_path)))
    client = AssistantsClient(
        ReplayTransport(recording, speed=1000, clock=lambda: recording.run.created_at + 900.0)
    )
    (thread,) = (await client.threads.list(ListThreads())).data
    messages = ListMessages(thread_id=thread.id, order="asc")
    assert [message.text for message in (await client.messages.list(messages)).data] == ["How is it?"]
    (run,) = (await client.runs.list(ListRuns(thread_id=thread.id))).data
    assert (run.status, run.created_at) == ("in_progress", recording.run.created_at + 900)
    told = await collect(client.runs.events(thread.id, run.id))
    assert [event.event for event in told[:-1]] == [event.event for _, event in recording.events]
    assert told[-1].event == "done"
    assert [message.text for message in (await client.messages.list(messages)).data] == [
        "How is it?",
        "All well.",
    ]
    assert (await client.runs.get(thread.id, run.id)).status == "completed"
    assert len((await client.runs.trace(thread.id, run.id)).requests) == 1
    with pytest.raises(Unsupported, match="cannot be changed"):
        await client.messages.create(CreateMessage(thread_id=thread.id, role="user", content="More"))


async def test_a_run_that_was_not_over_ends_where_its_recording_does(tmp_path: Path) -> None:
    whole = read(await bounded(recorded(tmp_path)))
    waits = whole.run.model_copy(update={"status": "requires_action"})
    recording = replace(whole, run=waits, events=whole.events[:2])
    client = AssistantsClient(ReplayTransport(recording, speed=1000))
    told = await collect(client.runs.events(waits.thread_id, waits.id))
    assert [event.event for event in told[2:]] == ["thread.run.failed", "done"]
    run = await client.runs.get(waits.thread_id, waits.id)
    assert run.status == "failed"
    assert run.last_error is not None
    assert "was not over" in run.last_error.message


@pytest.mark.parametrize(
    "text", ["", "hello", "[]", '{"aimltui_recording": 2}', '{"aimltui_recording": 1}', "[" * 9999]
)
def test_what_is_no_recording_is_refused(text: str) -> None:
    with pytest.raises(BadRecording):
        read(text)
