"""What the engine remembers of its runs: times, and what was sent to the model."""

from __future__ import annotations

from pathlib import Path

from aimltui.common.redaction import hide
from aimltui.engine.operations.traces import context_parts
from aimltui.engine.runs import traces
from aimltui.engine.runs.traces import without_bytes
from aimltui.wire.runs import RunEventsParams, RunParams
from tests.support.builders import collect, opened, play, run_of
from tests.support.fake_model import FakeModel, says


async def test_the_last_runs_are_remembered_with_the_time_of_each_event(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(says("So", " long."))) as engine:
        runs = [run_of(await play(engine, f"Question {n}")) for n in range(traces.MOST_RUNS + 1)]
        first, last = (RunParams(thread_id=run.thread_id, run_id=run.id) for run in (runs[0], runs[-1]))
        forgotten = await engine.traces.run_trace(first)
        found = await engine.traces.run_trace(last)
        told = await collect(engine.runs.run_events(RunEventsParams(**last.given())))
    assert (forgotten.times, forgotten.requests) == ([], [])
    indices = {event.index for event in told if event.index is not None}
    assert indices <= {index for index, _ in found.times}
    assert [at for _, at in found.times] == sorted(at for _, at in found.times)
    (request,) = found.requests
    assert request.first_at is not None
    assert request.ended_at is not None
    assert request.at <= request.first_at <= request.ended_at
    assert request.body["messages"][-1]["content"] == f"Question {traces.MOST_RUNS}"
    assert set(request.tokens) == {"thread"}


async def test_no_key_is_in_what_it_tells(tmp_path: Path) -> None:
    key = "sk-test-4711-4711-4711"
    hide(key)
    async with opened(tmp_path, FakeModel()) as engine:
        run = run_of(await play(engine, f"Is {key} my key?"))
        found = await engine.traces.run_trace(RunParams(thread_id=run.thread_id, run_id=run.id))
    assert key not in found.model_dump_json()
    assert "Is [redacted] my key?" in found.model_dump_json()


def test_the_bytes_of_pictures_are_left_out() -> None:
    url = "data:image/png;base64," + "A" * 9_000
    part = {"type": "image_url", "image_url": {"url": url, "detail": "low"}}
    told = without_bytes({"messages": [{"role": "user", "content": [{"type": "text", "text": "See"}, part]}]})
    assert told["messages"][0]["content"][1]["image_url"] == {
        "url": "data:image/png;base64,… (9,022 characters)",
        "detail": "low",
    }


def test_a_request_is_counted_by_part() -> None:
    found = context_parts(
        {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {
                    "role": "user",
                    "content": [{"type": "text", "text": "Hi"}, {"type": "image_url", "image_url": {}}],
                },
                {
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"function": {"name": "f", "arguments": "{}"}}],
                },
                {"role": "tool", "content": "42"},
                {"role": "assistant", "reasoning_content": "hm", "content": "It is 42."},
            ],
            "tools": [{"type": "function", "function": {"name": "f"}}],
        }
    )
    assert set(found) == {"instructions", "tools", "thread", "calls", "thoughts", "files"}
