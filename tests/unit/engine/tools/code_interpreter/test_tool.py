"""Runs that call the code interpreter: what streams, what is stored, what the model is told, in every ending."""

from __future__ import annotations

import asyncio
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ModelError, ToolCallDelta
from aimltui.engine.tools.code_interpreter.sessions.events import Done, Output
from aimltui.engine.tools.file_search.tool import FileSearch
from aimltui.wire.binary import Blob
from aimltui.wire.events import StreamEvent
from aimltui.wire.files import CreateFile, FileParams, ListFiles
from aimltui.wire.messages import Message, NewMessage
from aimltui.wire.run_steps import ListRunSteps, RunStep
from aimltui.wire.runs import CreateRun, Run, RunEventsParams, RunParams, SubmitToolOutputs, ToolOutput
from aimltui.wire.threads import ThreadParams
from tests.support.builders import (
    PATIENCE_S,
    a_run_wanted,
    bounded,
    collect,
    messages_of,
    names,
    opened,
    play,
    run_now,
    run_of,
    text_of,
    until,
)
from tests.support.fake_model import FakeModel, calls, says
from tests.support.fake_session import FakeSandbox, draws, fails, prints, runs, runs_raw, writes

CODE: dict[str, Any] = {"tools": [{"type": "code_interpreter"}]}
BOTH: dict[str, Any] = {
    "tools": [*CODE["tools"], {"type": "function", "function": {"name": "weather", "parameters": {}}}]
}


async def steps_of(engine: Engine, run: Run) -> list[RunStep]:
    params = ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc")
    return (await engine.runs.list_run_steps(params)).data


def shown(step: RunStep, place: int = 0) -> dict[str, Any]:
    return step.step_details.to_json()["tool_calls"][place]["code_interpreter"]  # type: ignore[no-any-return]


def deltas(events: list[StreamEvent]) -> list[dict[str, Any]]:
    return [
        call
        for event in events
        if event.event == "thread.run.step.delta"
        for call in event.data.delta.step_details["tool_calls"]  # type: ignore[union-attr]
    ]


async def last_message(engine: Engine, thread_id: str) -> Message:
    return (await messages_of(engine, thread_id))[-1]


async def test_a_call_is_run_and_answered_within_one_stream(tmp_path: Path) -> None:
    model, sandbox = FakeModel(runs("print(2 + 2)"), says("It is 4.")), FakeSandbox(prints("4\n"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        steps = await steps_of(engine, run_of(events))
    assert names(events) == [
        "run.created", "run.queued", "run.in_progress",
        "run.step.created", "run.step.in_progress", "run.step.delta", "run.step.completed",
        "run.step.created", "run.step.in_progress", "message.created", "message.in_progress", "message.delta",
        "message.completed", "run.step.completed", "run.completed", "done",
    ]  # fmt: skip
    assert sandbox.codes == ["print(2 + 2)"]
    assert shown(steps[0]) == {"input": "print(2 + 2)", "outputs": [{"type": "logs", "logs": "4\n"}]}
    assert [step.usage.total_tokens for step in steps if step.usage] == [15, 15]
    created = next(event.data for event in events if event.event == "thread.run.step.created")
    assert created.step_details.to_json() == {"type": "tool_calls", "tool_calls": []}  # type: ignore[union-attr]
    told = model.requests[1].messages
    assert [message["role"] for message in told] == ["user", "assistant", "tool"]
    assert json.loads(told[1]["tool_calls"][0]["function"]["arguments"]) == {"code": "print(2 + 2)"}
    assert told[2]["content"] == "4"


async def test_the_code_streams_as_the_model_writes_it(tmp_path: Path) -> None:
    code = 'print("ä\\n" + "😀")\n# done'
    model, sandbox = FakeModel(runs(code, size=3), says("Done.")), FakeSandbox()
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
    found = deltas(events)
    assert found[0] == {
        "index": 0, "id": "call_x", "type": "code_interpreter", "code_interpreter": {"input": "", "outputs": []},
    }  # fmt: skip
    assert all("id" not in delta for delta in found[1:])
    assert "".join(delta["code_interpreter"].get("input", "") for delta in found) == code
    assert sandbox.codes == [code]


async def test_output_streams_while_the_code_still_runs(tmp_path: Path) -> None:
    gate = asyncio.Event()
    sandbox = FakeSandbox([Output("stdout", "first\n"), gate, Output("stdout", "second\n"), Done("ok", 1)])
    async with opened(tmp_path, FakeModel(runs("x"), says("ok")), tools=[sandbox.tool(tmp_path)]) as engine:
        wanted = await a_run_wanted(engine, assistant=CODE)
        seen = []
        async with asyncio.timeout(PATIENCE_S), aclosing(engine.runs.stream_create_run(wanted)) as told:
            async for event in told:
                seen.append(event)
                if any(
                    "outputs" in d["code_interpreter"] and d["code_interpreter"]["outputs"]
                    for d in deltas([event])
                ):
                    gate.set()
    outputs = [o for d in deltas(seen) for o in d["code_interpreter"].get("outputs", [])]
    assert [(o["index"], o["logs"]) for o in outputs] == [(0, "first\n"), (0, "second\n")]


async def test_pictures_stand_in_the_step_and_before_the_answer_in_their_order(tmp_path: Path) -> None:
    sandbox = FakeSandbox(draws("one\n", "two\n"), draws("three\n"))
    model = FakeModel(runs("a"), runs("b"), says("Two ", "pictures."))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        run = run_of(events)
        message = await last_message(engine, run.thread_id)
        steps = await steps_of(engine, run)
        files = (await engine.files.list_files(ListFiles())).data
    pictures = [
        o["image"]["file_id"] for step in steps[:2] for o in shown(step)["outputs"] if o["type"] == "image"
    ]
    assert [o["type"] for o in shown(steps[0])["outputs"]] == ["logs", "image", "logs"]
    assert [part.type for part in message.content] == ["image_file", "image_file", "text"]
    assert [part.image_file.file_id for part in message.content[:2]] == pictures  # type: ignore[union-attr]
    assert {file.purpose for file in files} == {"assistants_output"}
    assert message.attachments == []
    indices = [
        (part.index, part.type)
        for event in events
        if event.event == "thread.message.delta"
        for part in event.data.delta.content  # type: ignore[union-attr]
    ]
    assert list(dict.fromkeys(indices)) == [(0, "image_file"), (1, "image_file"), (2, "text")]


async def test_a_link_is_annotated_in_the_delta_that_holds_it_and_other_files_are_attached(
    tmp_path: Path,
) -> None:
    sandbox = FakeSandbox(writes("out.csv", "notes.txt"))
    answer = ["Ü: [here](sand", "box:/mnt/da", "ta/out.csv) and `sandbox:/mnt/data/none.csv`", " bye"]
    async with opened(
        tmp_path, FakeModel(runs("a"), says(*answer)), tools=[sandbox.tool(tmp_path)]
    ) as engine:
        events = await play(engine, assistant=CODE)
        message = await last_message(engine, run_of(events).thread_id)
        files = {file.filename: file.id for file in (await engine.files.list_files(ListFiles())).data}
        content = await engine.files.get_file_content(FileParams(file_id=files["out.csv"]))
    text = message.content[0].text  # type: ignore[union-attr]
    assert text.value == "".join(answer) == text_of(events)
    [annotation] = [a.to_json() for a in text.annotations]
    marker = "sandbox:/mnt/data/out.csv"
    assert annotation["text"] == text.value[annotation["start_index"] : annotation["end_index"]] == marker
    assert annotation["file_path"] == {"file_id": files["out.csv"]}
    [carrier] = [
        part.text
        for event in events
        if event.event == "thread.message.delta"
        for part in event.data.delta.content  # type: ignore[union-attr]
        if part.text.annotations
    ]
    assert carrier.value == marker
    assert carrier.annotations[0]["index"] == 0
    assert [(a.file_id, a.to_json()["tools"]) for a in message.attachments or ()] == [
        (files["notes.txt"], [{"type": "code_interpreter"}])
    ]
    assert content.content == b"content of out.csv"


async def test_pictures_and_files_are_not_lost_where_the_model_then_says_nothing(tmp_path: Path) -> None:
    sandbox = FakeSandbox([*draws("x")[:-1], *writes("a.txt")])
    async with opened(tmp_path, FakeModel(runs("a"), says()), tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        message = await last_message(engine, run_of(events).thread_id)
    assert run_of(events).status == "completed"
    assert [part.type for part in message.content] == ["image_file"]
    assert len(message.attachments or ()) == 1


async def test_files_of_the_thread_and_the_assistant_are_there_before_the_first_cell(tmp_path: Path) -> None:
    sandbox = FakeSandbox()
    model = FakeModel(runs("a"), says("ok"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:

        async def upload(content: bytes, name: str = "data.csv") -> str:
            blob = Blob(filename=name, content=content)
            return (await engine.files.create_file(CreateFile(file=blob, purpose="assistants"))).id

        of_assistant, of_message = await upload(b"1"), await upload(b"2")
        given = {**CODE, "tool_resources": {"code_interpreter": {"file_ids": [of_assistant]}}}
        attachment = {"file_id": of_message, "tools": [{"type": "code_interpreter"}]}
        message = NewMessage.model_validate({"role": "user", "content": "Look", "attachments": [attachment]})
        await play(engine, assistant=given, additional_messages=[message])
    assert sandbox.seen == [{"data.csv": "1", "data-2.csv": "2"}]
    described = str(model.requests[0].tools[0])
    assert "/mnt/data/data.csv" in described
    assert "/mnt/data/data-2.csv" in described


async def test_a_session_lives_on_in_its_thread_and_its_files_outlive_it(tmp_path: Path) -> None:
    sandbox = FakeSandbox(writes("kept.txt"), prints("ok"))
    model = FakeModel(runs("a"), says("made"), runs("b"), says("See sandbox:/mnt/data/kept.txt"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)], new_id=TestIds()) as engine:
        more = NewMessage(role="user", content="Again")
        again = CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id, additional_messages=[more])
        await collect(engine.runs.stream_create_run(again))
        message = await last_message(engine, run.thread_id)
    assert (sandbox.made, sandbox.closed) == (2, 2)
    assert sandbox.seen[1] == {"kept.txt": "content of kept.txt"}
    assert len(message.content[0].text.annotations) == 1  # type: ignore[union-attr]


class TestIds:
    __test__ = False

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, prefix: str) -> str:
        self.count += 1
        return f"{prefix}second{self.count}"


async def test_a_failing_cell_is_told_to_the_model_and_the_run_goes_on(tmp_path: Path) -> None:
    model, sandbox = FakeModel(runs("1/0"), says("It cannot be divided.")), FakeSandbox(fails())
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        steps = await steps_of(engine, run_of(events))
    assert run_of(events).status == "completed"
    assert "ZeroDivisionError" in model.requests[1].messages[-1]["content"]
    assert "ZeroDivisionError" in shown(steps[0])["outputs"][0]["logs"]


async def test_where_no_sandbox_is_the_model_is_told_why_and_answers(tmp_path: Path) -> None:
    model, sandbox = (
        FakeModel(runs("1"), says("I cannot run code here.")),
        FakeSandbox(refuses="No sandbox was found."),
    )
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        steps = await steps_of(engine, run_of(events))
    assert run_of(events).status == "completed"
    assert model.requests[1].messages[-1]["content"] == "No sandbox was found."
    assert shown(steps[0])["outputs"] == [{"type": "logs", "logs": "No sandbox was found.\n"}]


async def test_without_the_tool_a_run_that_wants_it_fails_with_a_sentence(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert run.status == "failed"
    assert run.last_error is not None
    assert "code_interpreter" in run.last_error.message


async def test_a_tool_that_breaks_is_told_to_the_model(tmp_path: Path) -> None:
    model, sandbox = FakeModel(runs("1"), says("ok")), FakeSandbox([RuntimeError("bug")])
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert run.status == "completed"
    assert "RuntimeError" in model.requests[1].messages[-1]["content"]


async def test_hosted_calls_run_first_then_the_caller_is_asked_for_the_functions_only(tmp_path: Path) -> None:
    turn = [
        ChatChunk(tool_calls=[ToolCallDelta(0, id="call_f", name="weather", arguments="{}")]),
        ChatChunk(
            tool_calls=[ToolCallDelta(1, id="call_c", name="code_interpreter", arguments='{"code":"7"}')]
        ),
        ChatChunk(finish_reason="tool_calls"),
    ]
    model, sandbox = FakeModel(turn, says("Done.")), FakeSandbox(prints("7\n"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=BOTH)
        run = run_of(events)
        assert names(events)[-2:] == ["run.requires_action", "done"]
        assert run.required_action is not None
        assert [c.id for c in run.required_action.submit_tool_outputs.tool_calls] == ["call_f"]
        outputs = [ToolOutput(tool_call_id="call_f", output="sun")]
        params = SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs)
        after = await collect(engine.runs.stream_submit_tool_outputs(params))
        step = (await steps_of(engine, run))[0]
    function, code = step.step_details.to_json()["tool_calls"]
    assert function["function"]["output"] == "sun"
    assert code["code_interpreter"] == {"input": "7", "outputs": [{"type": "logs", "logs": "7\n"}]}
    assert run_of(after).status == "completed"
    answers = {m["tool_call_id"]: m["content"] for m in model.requests[1].messages if m["role"] == "tool"}
    assert answers == {"call_f": "sun", "call_c": "7"}


@pytest.mark.parametrize("choice", ["required", {"type": "code_interpreter"}])
async def test_a_tool_is_forced_in_the_first_turn_only(tmp_path: Path, choice: Any) -> None:
    model, sandbox = FakeModel(runs("1"), says("ok")), FakeSandbox()
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        await play(engine, assistant=CODE, tool_choice=choice)
    named = {"type": "function", "function": {"name": "code_interpreter"}}
    assert [request.tool_choice for request in model.requests] == [
        choice if choice == "required" else named,
        None,
    ]


async def test_after_many_tool_turns_the_last_turn_goes_out_without_tools(tmp_path: Path) -> None:
    model = FakeModel(runs("1"), runs("2"), runs("3"), says("Enough."))
    async with opened(tmp_path, model, tools=[FakeSandbox().tool(tmp_path)], max_tool_turns=3) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert run.status == "completed"
    assert [len(request.tools) for request in model.requests] == [1, 1, 1, 0]


async def test_a_model_that_never_stops_calling_fails_the_run(tmp_path: Path) -> None:
    model = FakeModel(runs("1"), runs("2"))
    async with opened(tmp_path, model, tools=[FakeSandbox().tool(tmp_path)], max_tool_turns=2) as engine:
        events = await play(engine, assistant=CODE)
    assert run_of(events).status == "failed"
    # two turns with tools, one without, and one that does not show the calls
    assert [len(request.tools) for request in model.requests] == [1, 1, 0, 0]
    assert names(events)[-3:] == ["run.step.failed", "run.failed", "done"]


async def test_the_same_call_for_the_third_time_is_not_run(tmp_path: Path) -> None:
    sandbox = FakeSandbox()
    model = FakeModel(runs("x"), runs("x"), runs("x"), says("All right."))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert sandbox.codes == ["x", "x"]
    assert "same call" in model.requests[3].messages[-1]["content"]
    assert model.requests[3].tools == []
    assert run.status == "completed"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ('{"code": "print(1)"', "print(1)"),
        ("print(1)", "print(1)"),
        ('"print(1)"', "print(1)"),
        ('{"python": "print(1)"}', "print(1)"),
        ('{"cell": "print(1)"}', "print(1)"),
        ('{"code": "a\nb"}', "a\nb"),
        ('{"code": "```python\\nprint(1)\\n```"}', "print(1)"),
    ],
)
async def test_arguments_that_are_not_quite_json_are_repaired(
    tmp_path: Path, arguments: str, code: str
) -> None:
    model, sandbox = FakeModel(runs_raw(arguments), says("ok")), FakeSandbox()
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        await play(engine, assistant=CODE)
    assert sandbox.codes == [code]
    assert json.loads(model.requests[1].messages[1]["tool_calls"][0]["function"]["arguments"])["code"]


@pytest.mark.parametrize("arguments", ['{"code": "print(', "", "{}", '{"co'])
async def test_arguments_that_are_cut_or_empty_are_refused_with_a_sentence(
    tmp_path: Path, arguments: str
) -> None:
    model, sandbox = FakeModel(runs_raw(arguments), says("ok")), FakeSandbox()
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert sandbox.codes == []
    assert run.status == "completed"
    told = model.requests[1].messages
    json.loads(told[1]["tool_calls"][0]["function"]["arguments"])
    assert "nothing was run" in told[2]["content"]


async def test_a_call_that_the_token_limit_cuts_ends_the_run_incomplete(tmp_path: Path) -> None:
    turn = [*runs_raw('{"code": "print(')[:-1], ChatChunk(finish_reason="length")]
    sandbox = FakeSandbox()
    async with opened(tmp_path, FakeModel(turn), tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
    assert names(events)[-3:] == ["run.step.failed", "run.incomplete", "done"]
    assert sandbox.codes == []


async def stuck(engine: Engine, sandbox: FakeSandbox) -> Run:
    """A run whose cell does not end by itself, once its first output is out."""
    run = await engine.runs.create_run(await a_run_wanted(engine, assistant=CODE))
    await until(lambda: len(sandbox.codes) == 1)

    async def printed() -> bool:
        steps = await steps_of(engine, run)
        return bool(steps and shown(steps[0])["outputs"])

    await until(printed)
    return run


async def test_cancelling_kills_the_cell_at_once_and_keeps_its_output(tmp_path: Path) -> None:
    sandbox = FakeSandbox([Output("stdout", "half\n"), asyncio.Event()])
    async with opened(tmp_path, FakeModel(runs("loop")), tools=[sandbox.tool(tmp_path)]) as engine:
        run = await stuck(engine, sandbox)
        await engine.runs.cancel_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        await until(lambda: sandbox.killed == 1)

        async def over() -> bool:
            return (await run_now(engine, run)).is_terminal

        await until(over)
        step = (await steps_of(engine, run))[0]
        events = await collect(
            engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id))
        )
    assert step.status == "cancelled"
    assert shown(step) == {"input": "loop", "outputs": [{"type": "logs", "logs": "half\n"}]}
    assert names(events)[-4:] == ["run.cancelling", "run.step.cancelled", "run.cancelled", "done"]


async def test_expiry_kills_the_cell(tmp_path: Path) -> None:
    sandbox = FakeSandbox([Output("stdout", "half\n"), asyncio.Event()])
    async with opened(
        tmp_path, FakeModel(runs("loop")), tools=[sandbox.tool(tmp_path)], run_lifetime_s=4.0
    ) as engine:
        events = await bounded(play(engine, assistant=CODE))
        step = (await steps_of(engine, run_of(events)))[0]
    assert sandbox.killed == 1
    assert (run_of(events).status, step.status) == ("expired", "expired")


async def test_deleting_a_thread_ends_its_session(tmp_path: Path) -> None:
    sandbox = FakeSandbox()
    async with opened(tmp_path, FakeModel(runs("1"), says("ok")), tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
        assert sandbox.closed == 0
        await engine.threads.delete_thread(ThreadParams(thread_id=run.thread_id))
        assert sandbox.closed == 1


async def test_the_oldest_idle_session_gives_way(tmp_path: Path) -> None:
    sandbox = FakeSandbox()
    model = FakeModel(runs("1"), says("ok"), runs("2"), says("ok"), runs("3"), says("ok"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path, most=2)]) as engine:
        for _ in range(3):
            await play(engine, assistant=CODE)
        assert (sandbox.made, sandbox.closed) == (3, 1)
    assert sandbox.closed == 3


async def test_long_output_keeps_its_ends_in_the_step_and_less_for_the_model(tmp_path: Path) -> None:
    lines = "".join(f"line {number}\n" for number in range(100_000))
    sandbox = FakeSandbox(prints(*(lines[at : at + 65_536] for at in range(0, len(lines), 65_536))))
    model = FakeModel(runs("1"), says("ok"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        step = (await steps_of(engine, run_of(events)))[0]
        answer = (await messages_of(engine, run_of(events).thread_id))[-1]
        [attached] = answer.attachments or ()
        whole = await engine.files.get_file_content(FileParams(file_id=attached.file_id))
        assert whole.content.decode() == lines
    [logs] = [output["logs"] for output in shown(step)["outputs"]]
    assert len(logs) < 260_000
    assert logs.startswith("line 0\n")
    assert logs.endswith("line 99999\n[All of the output is kept as full-output-1.txt.]\n")
    told = model.requests[1].messages[-1]["content"]
    assert len(told) < 13_000
    assert "are left out here" in told
    streamed = "".join(o["logs"] for d in deltas(events) for o in d["code_interpreter"].get("outputs", []))
    assert streamed == logs


async def test_colours_and_progress_bars_are_for_the_user_only(tmp_path: Path) -> None:
    sandbox = FakeSandbox(prints("\x1b[31mred\x1b[0m\n10%\r50%\r100%\n"))
    model = FakeModel(runs("1"), says("ok"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        step = (await steps_of(engine, run_of(events)))[0]
    assert model.requests[1].messages[-1]["content"] == "red\n100%"
    assert "\x1b[31m" in shown(step)["outputs"][0]["logs"]


async def test_a_replayed_stream_says_the_same(tmp_path: Path) -> None:
    sandbox = FakeSandbox([*draws("one\n", "two\n")[:-1], *writes("a.csv")])
    model = FakeModel(runs("1"), says("See sandbox:/mnt/data/a.csv."))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        run = run_of(events)
        again = await collect(engine.runs.run_events(RunEventsParams(thread_id=run.thread_id, run_id=run.id)))
    assert [(e.event, e.index) for e in again if "delta" not in e.event] == [
        (e.event, e.index) for e in events if "delta" not in e.event
    ]
    assert text_of([e for e in again if _has_text(e)]) == text_of([e for e in events if _has_text(e)])
    assert sum(len(d["code_interpreter"].get("outputs", [])) for d in deltas(again)) >= 3


def _has_text(event: StreamEvent) -> bool:
    return event.event == "thread.message.delta" and bool(event.data.delta.content[0].text)  # type: ignore[union-attr,index]


async def test_text_before_the_call_is_a_message_of_its_own(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(text="Let me see."), *runs("1")], says("It is 1."))
    async with opened(tmp_path, model, tools=[FakeSandbox().tool(tmp_path)]) as engine:
        events = await play(engine, assistant=CODE)
        said = await messages_of(engine, run_of(events).thread_id)
    assert [message.text for message in said] == ["Hi", "Let me see.", "It is 1."]


async def test_a_refused_request_about_tools_without_a_way_out_fails(tmp_path: Path) -> None:
    error = ModelError("The model does not support tools.", status=400)
    async with opened(
        tmp_path, FakeModel([error]), tools=[FakeSandbox().tool(tmp_path)], tool_protocol="calls"
    ) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert run.status == "failed"


async def test_the_callers_own_function_may_bear_the_tools_other_names(tmp_path: Path) -> None:
    tools = [*CODE["tools"], {"type": "function", "function": {"name": "python", "parameters": {}}}]
    sandbox = FakeSandbox()
    async with opened(tmp_path, FakeModel(calls(("python", "{}"))), tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant={"tools": tools}))
    assert run.status == "requires_action"
    assert sandbox.codes == []


async def test_a_model_whose_earlier_session_is_gone_is_told_so_once(tmp_path: Path) -> None:
    async with opened(
        tmp_path, FakeModel(runs("x = 1"), says("ok")), tools=[FakeSandbox().tool(tmp_path)]
    ) as first:
        run = run_of(await play(first, assistant=CODE))
    model = FakeModel(runs("x"), runs("x"), says("ok"))
    async with opened(tmp_path, model, tools=[FakeSandbox().tool(tmp_path)], new_id=TestIds()) as later:
        more = NewMessage(role="user", content="go on")
        again = CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id, additional_messages=[more])
        await collect(later.runs.stream_create_run(again))
    told = [str(request.messages[-1]["content"]) for request in model.requests[1:]]
    assert ["was restarted" in answer for answer in told] == [True, False]


@pytest.mark.parametrize("depth", [300, 980, 100_000])
@pytest.mark.parametrize("tool", ["code_interpreter", "file_search", "weather"])
async def test_arguments_that_are_nested_too_deeply_are_answered(
    tmp_path: Path, tool: str, depth: int, caplog: pytest.LogCaptureFixture
) -> None:
    wanted = {
        "tools": [
            *CODE["tools"],
            {"type": "file_search"},
            {"type": "function", "function": {"name": "weather"}},
        ]
    }
    deep = f'{{"code": {"[" * depth}{"]" * depth}}}'
    model = FakeModel(runs_raw(deep, name=tool, size=50_000), says("Understood."))
    tools = [FakeSandbox().tool(tmp_path), FileSearch()]
    async with opened(tmp_path, model, tools=tools) as engine:
        run = run_of(await play(engine, assistant=wanted))
    assert run.status == ("requires_action" if tool == "weather" else "completed")
    assert not caplog.records
