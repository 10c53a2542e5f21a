"""Models without dependable calls: code in blocks of their text, and how the engine finds out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ModelError, ModelInfo
from aimltui.engine.models.compat.lesson_store import Lessons
from aimltui.engine.runs.text_tool_calls import FencedCallParser, PrintedCallParser, Segment
from aimltui.wire.messages import NewMessage
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import CreateRun, Run, SubmitToolOutputs, ToolOutput
from tests.support.builders import collect, finished, messages_of, names, opened, options, play, run_of
from tests.support.fake_model import FakeModel, FakeModels, says
from tests.support.fake_session import FakeSandbox, prints, runs

CODE: dict[str, Any] = {"instructions": "Be brief.", "tools": [{"type": "code_interpreter"}]}
REFUSAL = ModelError(
    "localhost rejected the request for gemma as invalid (HTTP 400). The server says: "
    "gemma:2b does not support tools",
    status=400,
    code="invalid_prompt",
)


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


async def inputs_of(engine: Engine, run: Run) -> list[str]:
    steps = (
        await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc"))
    ).data
    details = [step.step_details.to_json() for step in steps if step.type == "tool_calls"]
    return [call["code_interpreter"]["input"] for detail in details for call in detail["tool_calls"]]


@pytest.mark.parametrize("size", [1, 4, 1000])
async def test_a_block_is_run_and_is_not_in_the_message(tmp_path: Path, size: int) -> None:
    answer = "Let me compute.\n\n```python\nx = 6 * 7\nprint(x)\n```\n"
    sandbox = FakeSandbox(prints("42\n"))
    model = FakeModel(says(*pieces(answer, size)), says("It is 42."))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)], tool_protocol="fenced") as engine:
        events = await play(engine, assistant=CODE)
        said = await messages_of(engine, run_of(events).thread_id)
        inputs = await inputs_of(engine, run_of(events))
    assert sandbox.codes == inputs == ["x = 6 * 7\nprint(x)\n"]
    assert [message.text.strip() for message in said] == ["Hi", "Let me compute.", "It is 42."]
    assert names(events)[3:14] == [
        "run.step.created", "run.step.in_progress", "message.created", "message.in_progress", "message.delta",
        "message.completed", "run.step.completed",
        "run.step.created", "run.step.in_progress", "run.step.delta", "run.step.completed",
    ]  # fmt: skip
    first, second = model.requests
    assert list(first.tools) == list(second.tools) == []
    assert first.messages[0]["content"].startswith("Be brief.\n\nYou can run Python.")
    assert [message["role"] for message in second.messages] == ["system", "user", "assistant", "user"]
    assert second.messages[2]["content"] == "Let me compute.\n\n```python\nx = 6 * 7\nprint(x)\n```"
    assert second.messages[3]["content"].endswith("\n42")


async def test_what_a_model_imagines_after_its_block_is_not_heard(tmp_path: Path) -> None:
    text = "```python\nprint(1)\n```\nOutput: 999\n"
    model = FakeModel(says(*pieces(text, 6)), says("It is 1."))
    sandbox = FakeSandbox(prints("1\n"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)], tool_protocol="fenced") as engine:
        events = await play(engine, assistant=CODE)
        said = await messages_of(engine, run_of(events).thread_id)
    assert [message.text for message in said] == ["Hi", "It is 1."]
    assert model.closed_early == 1


async def test_what_the_turn_cost_is_known_where_the_model_ends_with_its_block(tmp_path: Path) -> None:
    model = FakeModel(says("```python\n1\n```"), says("1"))
    async with opened(
        tmp_path, model, tools=[FakeSandbox().tool(tmp_path)], tool_protocol="fenced"
    ) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert run.usage is not None
    assert run.usage.total_tokens == 30


async def test_a_model_that_refuses_tools_is_asked_again_with_blocks_and_that_is_remembered(
    tmp_path: Path,
) -> None:
    sandbox = FakeSandbox(prints("1\n"))
    model = FakeModel([REFUSAL], says("```python\n1\n```"), says("One."), says("Hello."))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
        await play(engine, assistant=CODE)
    assert run.status == "completed"
    assert sandbox.codes == ["1\n"]
    assert [len(request.tools) for request in model.requests] == [1, 0, 0, 0]


WEATHER: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "Tells the weather.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
BLOCK = '```tool_call\n{"name": "weather", "arguments": {"city": "Oslo"}}\n```\n'


async def answer(engine: Engine, run: Run, output: str) -> Run:
    """Hand in the output of the call that a run waits for, and wait for the end."""
    assert run.required_action is not None
    call = run.required_action.submit_tool_outputs.tool_calls[0]
    outputs = [ToolOutput(tool_call_id=call.id, output=output)]
    await engine.runs.submit_tool_outputs(
        SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs)
    )
    return await finished(engine, run)


@pytest.mark.parametrize("size", [1, 7, 1000])
async def test_functions_are_called_by_blocks_of_json_where_a_model_takes_no_tools(
    tmp_path: Path, size: int
) -> None:
    asks = "I will look.\n\n" + BLOCK
    model = FakeModel([REFUSAL], says(*pieces(asks, size)), says("Rain."))
    async with opened(tmp_path, model, tools=[FakeSandbox().tool(tmp_path)]) as engine:
        tools = [*CODE["tools"], WEATHER]
        waiting = run_of(await play(engine, assistant={"tools": tools}))
        assert waiting.required_action is not None
        asked = waiting.required_action.submit_tool_outputs.tool_calls[0].function
        assert (asked.name, json.loads(asked.arguments)) == ("weather", {"city": "Oslo"})
        run = await answer(engine, waiting, "rain, 7 degrees")
        said = await messages_of(engine, run.thread_id)
    assert run.status == "completed"
    assert [message.text.strip() for message in said] == ["Hi", "I will look.", "Rain."]
    told = model.requests[1]
    assert list(told.tools) == []
    assert "You can run Python." in told.messages[0]["content"]
    assert "- weather: Tells the weather." in told.messages[0]["content"]
    *_, called, came = model.requests[2].messages
    assert called["content"].endswith(BLOCK.rstrip())
    assert came["content"].endswith("weather: rain, 7 degrees")


async def test_a_model_without_tools_calls_functions_also_where_there_is_no_interpreter(
    tmp_path: Path,
) -> None:
    model = FakeModel(says(BLOCK), says("Rain."))
    async with opened(tmp_path, model, tool_protocol="fenced") as engine:
        waiting = run_of(await play(engine, assistant={"tools": [WEATHER]}))
        run = await answer(engine, waiting, "rain")
    assert run.status == "completed"
    assert "Python" not in model.requests[0].messages[0]["content"]


async def test_json_that_is_only_shown_and_blocks_that_are_no_call_go_on(tmp_path: Path) -> None:
    shown = 'Here:\n```json\n{"name": "Ada"}\n```\nThat is all.'
    wrong = "```tool_call\nweather in Oslo\n```"
    model = FakeModel(says(*pieces(shown, 3)), says(wrong), says("Sorry."))
    async with opened(tmp_path, model, tool_protocol="fenced") as engine:
        first = run_of(await play(engine, assistant={"tools": [WEATHER]}))
        said = await messages_of(engine, first.thread_id)
        second = run_of(await play(engine, assistant={"tools": [WEATHER]}))
    assert said[-1].text == shown
    assert second.status == "completed"
    assert "This is not a call in JSON." in model.requests[2].messages[-1]["content"]


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "code_interpreter", "arguments": {"code": "print(1)"}}',
        '<tool_call>\n{"name": "code_interpreter", "arguments": {"code": "print(1)"}}\n</tool_call>',
        '```json\n{"name": "python", "parameters": {"code": "print(1)"}}\n```',
        '[TOOL_CALLS][{"name": "code_interpreter", "arguments": {"code": "print(1)"}}]',
        '{"type": "function", "function": {"name": "code_interpreter", "arguments": "{\\"code\\": \\"print(1)\\"}"}}',
    ],
)
async def test_a_call_that_is_printed_as_text_is_run_and_the_model_gets_blocks_from_then_on(
    tmp_path: Path, text: str
) -> None:
    sandbox = FakeSandbox(prints("1\n"))
    model = FakeModel(says(*pieces(text, 5)), says("One."))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
        said = await messages_of(engine, run.thread_id)
    assert sandbox.codes == ["print(1)"]
    assert [message.text for message in said] == ["Hi", "One."]
    assert list(model.requests[1].tools) == []
    assert "```python\nprint(1)\n```" in model.requests[1].messages[2]["content"]


@pytest.mark.parametrize(
    "text",
    [
        '{"answer": 4}',
        "[1, 2]",
        "{}",
        '{"name": "Ada"}',
        '```json\n{"a": 1}\n```\n',
        "<b>bold</b>",
        "[link](x)",
    ],
)
async def test_an_answer_that_only_looks_like_a_call_is_an_answer(tmp_path: Path, text: str) -> None:
    model = FakeModel(says(*pieces(text, 3)))
    async with opened(tmp_path, model, tools=[FakeSandbox().tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
        said = await messages_of(engine, run.thread_id)
    assert said[-1].text == text
    assert run.status == "completed"


async def test_the_last_turn_says_that_no_more_code_can_be_run(tmp_path: Path) -> None:
    model = FakeModel(says("```python\n1\n```"), says("Then: ```python\n2\n```"))
    async with opened(
        tmp_path, model, tools=[FakeSandbox().tool(tmp_path)], tool_protocol="fenced", max_tool_turns=1
    ) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert run.status == "completed"
    assert "cannot run code" in model.requests[1].messages[0]["content"]


async def test_a_thread_with_calls_can_go_on_with_blocks(tmp_path: Path) -> None:
    model = FakeModel(runs("print(1)"), says("One."), says("Bye."))
    async with opened(tmp_path, model, tools=[FakeSandbox(prints("1\n")).tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
    async with opened(
        tmp_path, model, tools=[FakeSandbox().tool(tmp_path)], tool_protocol="fenced", new_id=_later()
    ) as engine:
        more = NewMessage(role="user", content="And?")
        wanted = CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id, additional_messages=[more])
        await collect(engine.runs.stream_create_run(wanted))
    roles = [message["role"] for message in model.requests[2].messages]
    assert roles == ["system", "user", "assistant", "user", "assistant", "user"]


def _later() -> Any:
    numbers = iter(range(1000))
    return lambda prefix: f"{prefix}later{next(numbers)}"


def split(splitter: FencedCallParser | PrintedCallParser, text: str, size: int) -> list[Segment]:
    """The segments, neighbours of one kind joined."""
    found: list[Segment] = []
    for piece in pieces(text, size):
        found += splitter.feed(piece)
    found += splitter.finish()
    joined: list[Segment] = []
    for segment in found:
        if joined and joined[-1].kind == segment.kind:
            joined[-1] = Segment(segment.kind, joined[-1].value + segment.value)
        else:
            joined.append(segment)
    return joined


@pytest.mark.parametrize("size", [1, 2, 3, 5, 100])
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello\nthere", [("text", "Hello\nthere")]),
        ("```py\nshown\n```\n", [("text", "```py\nshown\n```\n")]),
        ("a ```python\nb", [("text", "a ```python\nb")]),
        ("```python\nx = '```'\n```", [("open", ""), ("code", "x = '```'\n"), ("close", "")]),
        ("a\n```Python3 \nb", [("text", "a\n"), ("open", ""), ("code", "b"), ("close", "")]),
        ("\n\n```python\n\n```\nrest", [("open", ""), ("code", "\n"), ("close", "")]),
        ("```python", [("open", ""), ("close", "")]),
        ("", []),
        ("  \n ", []),
    ],
)
def test_blocks_are_found_however_the_text_is_cut(
    size: int, text: str, expected: list[tuple[str, str]]
) -> None:
    found = split(FencedCallParser(), text, size)
    assert [(segment.kind, segment.value) for segment in found] == expected


async def test_that_a_model_takes_no_tools_is_remembered_beyond_the_program(tmp_path: Path) -> None:
    path = tmp_path / "learned.json"
    model = FakeModel([REFUSAL], says("fine"))
    for _ in range(2):
        lessons = Lessons(path)
        sandbox = FakeSandbox(prints("42\n"))
        async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)], lessons=lessons) as engine:
            await play(engine, assistant=CODE)
    assert [bool(request.tools) for request in model.requests] == [True, False, False]


class Able(FakeModels):
    """Models whose list says that they call no tools."""

    def info(self, model_id: str, connection: str | None = None) -> ModelInfo | None:
        return ModelInfo(model_id, abilities=frozenset({"streaming"}))


@pytest.mark.parametrize(("wanted", "has_tools"), [("auto", False), ("calls", True)])
async def test_a_list_that_says_that_there_are_no_tools_is_believed(
    tmp_path: Path, wanted: Any, has_tools: bool
) -> None:
    model = FakeModel(says("Hello."))
    tool = FakeSandbox().tool(tmp_path)
    engine = await Engine.open(options(tmp_path, tool_protocol=wanted), Able(model), [tool])
    try:
        await play(engine, assistant=CODE)
    finally:
        await engine.aclose()
    assert bool(model.requests[0].tools) is has_tools
