"""What the run inspector shows: the timeline, the pages, and what a recording holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.common.redaction import hide
from aimltui.tui.controllers.run_inspector import RunInspector
from aimltui.tui.state import recordings
from aimltui.tui.state.inspection import Inspection, TimedEvent, timeline
from aimltui.tui.state.inspector_pages import PAGES, heading, page_text, shown, width_in
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import Message, MessageDelta
from aimltui.wire.run_steps import RunStep
from aimltui.wire.runs import LastError, Run, SubmitToolOutputs, ToolOutput, Usage
from aimltui.wire.traces import ModelRequest, RunTrace
from tests.support.builders import bounded, finished, opened, play, run_of
from tests.support.fake_model import FakeModel, calls, says

KEY = "sk-test-0815-0815-0815"
FUNCTION = {"type": "function", "function": {"name": "weather", "description": "Tell the \x1b[31mweather."}}


async def inspected(directory: Path) -> tuple[Inspection, str]:
    """A run that called a function and answered, and its recording."""
    hide(KEY)
    model = FakeModel(calls(("weather", '{"city": "Oslo"}')), says("It is \x1b]0;x\x07cold."))
    async with opened(directory, model) as engine:
        run = run_of(await play(engine, f"How is it, {KEY}?", assistant={"tools": [FUNCTION]}))
        assert run.required_action is not None
        (call,) = run.required_action.submit_tool_outputs.tool_calls
        output = ToolOutput(tool_call_id=call.id, output="-3 °C\x1b[2J")
        await engine.runs.submit_tool_outputs(
            SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=[output])
        )
        await finished(engine, run)
        inspector = RunInspector(AssistantsClient(EmbeddedTransport(engine)))
        (found,) = await inspector.runs(run.thread_id)
        of = await inspector.read(found)
        of.events = await inspector.events(of)
        return of, recordings.written(of, await inspector.messages_before(found))


async def test_the_timeline_tells_waiting_from_working(tmp_path: Path) -> None:
    of, _ = await bounded(inspected(tmp_path))
    bars = {bar.label: bar for bar in timeline(of, now=0.0)}
    assert {"model request 1", "model request 2", "waits for a decision", "weather", "message"} <= set(bars)
    decision, request = bars["waits for a decision"], bars["model request 2"]
    assert decision.waits_until == decision.end
    assert bars["weather"].start <= decision.start <= bars["weather"].waits_until == bars["weather"].end
    assert decision.end <= request.start <= request.waits_until <= request.end
    assert request.end <= of.end(0.0) - of.start + 0.001


def test_no_word_of_a_server_drives_the_terminal() -> None:
    evil = "\x1b]0;evil\x07"
    details = {"type": "message_creation", "message_creation": {"message_id": evil}}
    step = RunStep.model_validate({"id": f"step{evil}", "status": f"no{evil}", "step_details": details})
    request = ModelRequest.model_validate({"at": 0.0, "body": {"a": evil}, "tokens": {evil: 5}})
    of = Inspection(
        Run(id=f"run{evil}", status=f"odd{evil}", model=evil, thread_id=evil),
        [step],
        RunTrace(run_id="run_1", requests=[request]),
    )
    told = [heading(of, 1, 1, 80, 0.0), *(page_text(page, of, 80, 0.0) for page in PAGES)]
    assert [text for text in told if "\x1b]" in text or "\x07" in text] == []


async def test_every_page_is_safe_text_and_shows_its_part(tmp_path: Path) -> None:
    of, _ = await bounded(inspected(tmp_path))
    texts = {page: page_text(page, of, 100, 0.0) for page in PAGES}
    colors = re.compile(r"\x1b\[[0-9;]*m")
    assert [page for page, text in texts.items() if "\x1b" in colors.sub("", text)] == []
    assert [page for page, text in texts.items() if KEY in text] == []
    wanted = {
        "timeline": of.run.id,
        "steps": '  weather {"city": "Oslo"}',
        "requests": '"content": "How is it, [redacted]?"',
        "events": "thread.run.requires_action",
        "instructions": "parallel_tool_calls",
        "context": "tool calls and results",
    }
    assert [page for page in PAGES if wanted[page] not in colors.sub("", texts[page])] == []
    assert "-3 °C" in texts["steps"]


def test_a_run_of_which_nothing_is_remembered_says_so() -> None:
    of = Inspection(Run(id="run_1", thread_id="thread_1", created_at=100, started_at=101, duration_ms=2_500))
    assert [(bar.label, bar.start, bar.end) for bar in timeline(of, 0.0)] == [("queued", 0.0, 1.0)]
    for page in ("requests", "context"):
        assert "the last 20 runs" in page_text(page, of, 80, 0.0)  # type: ignore[arg-type]
    active = replace(of, run=Run(id="run_1", thread_id="thread_1", created_at=100, status="queued"))
    assert [(bar.end, bar.waits_until) for bar in timeline(active, 104.0)] == [(4.0, 4.0)]


def test_the_whole_error_of_a_failed_run_can_be_read_in_a_narrow_window() -> None:
    message = "The server had an error while it processed the request, and said nothing else."
    error = LastError(code="server_error", message=message, remedy="Send the message again.")
    model = "vendor/" + "long-name-" * 8
    of = Inspection(
        Run(id="run_1", thread_id="t", created_at=1, status="failed", model=model, last_error=error)
    )
    text = plain(page_text("timeline", of, 44, 0.0))
    assert max(map(len, text.split("\n"))) <= 44
    assert f"{message} Send the message again." in " ".join(text.split())
    assert model in "".join(text.split())


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_how_a_bar_ended_fits_beside_it() -> None:
    step = RunStep.model_validate(
        {
            "id": "step_1",
            "type": "message_creation",
            "status": "cancelled",
            "created_at": 1,
            "duration_ms": 2_000,
            "step_details": {"type": "message_creation", "message_creation": {"message_id": "msg_1"}},
        }
    )
    of = Inspection(Run(id="run_1", thread_id="t", created_at=1, status="cancelled"), [step])
    (line,) = (line for line in plain(page_text("timeline", of, 70, 0.0)).split("\n") if "message" in line)
    assert line.endswith("2.0 s  cancelled")
    assert len(line) <= 70


def test_the_speed_of_a_model_is_that_of_its_writing_and_an_unknown_cost_is_not_a_sign() -> None:
    usage = Usage(prompt_tokens=10, completion_tokens=300, total_tokens=310)
    run = Run(id="run_1", thread_id="t", created_at=100, status="completed", usage=usage)
    failed = ModelRequest(at=100.0, ended_at=101.0)
    wrote = ModelRequest(at=101.0, first_at=101.5, ended_at=103.5)
    again = ModelRequest(at=104.0, first_at=105.0, ended_at=106.0)
    of = Inspection(run, trace=RunTrace(run_id="run_1", requests=[failed, wrote, again]))
    text = plain(page_text("timeline", of, 80, 0.0))
    assert "speed       100 tokens a second, the first after 0.5 s\n" in text
    assert "cost        unknown" in text
    assert heading(of, 1, 1, 80, 0.0).endswith("↑10 ↓300")
    too_short = replace(of, trace=RunTrace(run_id="run_1", requests=[replace_end(wrote, 101.6)]))
    assert "speed" not in plain(page_text("timeline", too_short, 80, 0.0))


def replace_end(request: ModelRequest, ended_at: float) -> ModelRequest:
    return request.model_copy(update={"ended_at": ended_at})


def test_long_lines_are_broken_and_keep_their_indent() -> None:
    assert (
        shown("    one two three\n\x1b[1mwhole line\x1b[0m", 9)
        == "    one\n    two\n    three\n\x1b[1mwhole line\x1b[0m"
    )


async def test_a_recording_has_messages_events_and_times_and_no_key(tmp_path: Path) -> None:
    of, text = await bounded(inspected(tmp_path))
    head, message, *events = (json.loads(line) for line in text.splitlines())
    assert KEY not in text
    assert text.isascii()
    assert (head["aimltui_recording"], head["run"]["id"], len(head["requests"])) == (1, of.run.id, 2)
    assert message["message"]["content"][0]["text"]["value"] == "How is it, [redacted]?"
    assert [event["event"] for event in events] == [one.event.event for one in of.events]
    times = [event["at"] for event in events]
    assert times == sorted(times)


def test_a_recording_of_a_run_that_nobody_remembers_has_the_seconds_of_its_objects() -> None:
    run = Run(
        id="run_1", thread_id="t", created_at=100, started_at=101, duration_ms=5_500, status="completed"
    )
    message = Message(id="msg_1", thread_id="t", created_at=104)
    told = [
        ("thread.run.created", run),
        ("thread.run.in_progress", run),
        ("thread.message.created", message),
        ("thread.message.delta", MessageDelta.model_validate({"id": "msg_1", "delta": {}})),
        ("thread.message.completed", message.model_copy(update={"completed_at": 106})),
        ("thread.run.completed", run),
    ]
    of = Inspection(run, events=[TimedEvent(StreamEvent(name, data), None) for name, data in told])
    _, *events = (json.loads(line) for line in recordings.written(of, []).splitlines())
    assert [event["at"] for event in events] == [0, 1, 4, 4, 6, 6.5]


async def test_the_bars_fit_into_the_window(tmp_path: Path) -> None:
    of, _ = await bounded(inspected(tmp_path))
    for width in (36, 60, 200):
        page = page_text("timeline", of, width, 0.0, is_ascii=True)
        bars = [
            line for line in re.sub(r"\x1b\[[0-9;]*m", "", page).split("\n") if "#" in line or ".." in line
        ]
        assert max(len(line) for line in bars) <= width


def test_a_page_that_is_too_long_leaves_room_for_the_scrollbar() -> None:
    for height, width in ((2, 10), (1, 9)):
        assert width_in((10, height), lambda cells: "x" * cells + "\nend") == width
    # a line that is broken makes the page longer
    assert width_in((10, 2), lambda cells: "x" * 11 + "\nend") == 9
