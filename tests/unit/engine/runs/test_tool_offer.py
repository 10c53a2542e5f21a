"""Which models are offered the hosted tools, and how a loop of the same call ends."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.models.base import ModelInfo
from aimltui.engine.models.catalogue.values import weights_in_name
from aimltui.engine.models.compat.lesson_store import KEPT_S, LOOPS, Lessons
from aimltui.engine.runs.tool_offer import (
    NO_TOOL_CALLS,
    REPEATS_CALLS,
    SMALL_MODEL,
    SWITCHED_OFF,
    why_off,
)
from aimltui.wire.messages import NewMessage
from aimltui.wire.models import ListModels
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import CreateRun
from aimltui.wire.tools import CodeInterpreterTool, FunctionTool
from tests.support.builders import collect, messages_of, names, opened, play, run_of
from tests.support.fake_model import FakeModel, calls, says
from tests.support.fake_session import FakeSandbox, prints, runs

CODE: dict[str, Any] = {"tools": [{"type": "code_interpreter"}]}
WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "weather", "description": "Tells it."}}
INTERPRETER = CodeInterpreterTool()
FUNCTION = FunctionTool.model_validate(WEATHER)
ABLE = ModelInfo("m", abilities=frozenset({"tools", "streaming"}), parameters=8_000_000_000)
UNABLE = ModelInfo("m", abilities=frozenset({"streaming"}))


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        ("qwen2.5-coder-0.5b-instruct-q4_k_m.gguf", 0.5),
        ("smollm2:135m", 0.135),
        ("google/gemma-3-270m-it", 0.27),
        ("meta-llama/Llama-3.2-3B-Instruct-Turbo", 3),
        ("qwen3-30b-a3b", 30),
        ("mixtral-8x7b-instruct", 56),
        ("gemma-3n-e2b-it", 2),
        ("qwen2.5-7b-instruct-1m", 7),
        ("minimax-text-01-1m", None),
        ("gemma-2-9b-it-4bit", 9),
        ("gpt-4.1-mini", None),
        ("claude-opus-4-8", None),
        ("o3", None),
        ("", None),
    ],
)
def test_a_name_may_give_the_number_of_weights(name: str, billions: float | None) -> None:
    assert weights_in_name(name) == (None if billions is None else round(billions * 1e9))


@pytest.mark.parametrize(
    ("switch", "known", "learned", "why"),
    [
        ("", ModelInfo("m", parameters=1), {LOOPS}, None),
        ("on", ModelInfo("m", parameters=1), {LOOPS}, None),
        ("off", ABLE, set(), SWITCHED_OFF),
        ("auto", ABLE, set(), None),
        ("auto", None, set(), None),
        ("auto", ModelInfo("m"), set(), None),
        ("auto", ModelInfo("m", parameters=3_999_999_999), set(), SMALL_MODEL),
        ("auto", ModelInfo("m", parameters=4_000_000_000), set(), None),
        ("auto", UNABLE, set(), NO_TOOL_CALLS),
        ("auto", ModelInfo("m", abilities=frozenset(), tool_protocol="fenced"), set(), None),
        ("auto", ABLE, {LOOPS}, REPEATS_CALLS),
    ],
)
def test_the_switch_decides_and_auto_knows_the_model(
    switch: str, known: ModelInfo | None, learned: set[str], why: str | None
) -> None:
    assert why_off(switch, [INTERPRETER, FUNCTION], "m", known, learned) == why


def test_the_name_counts_only_where_the_server_says_nothing() -> None:
    assert why_off("auto", [INTERPRETER], "tiny-1b", None, ()) == SMALL_MODEL
    assert why_off("auto", [INTERPRETER], "tiny-1b", ModelInfo("tiny-1b"), ()) == SMALL_MODEL
    assert why_off("auto", [INTERPRETER], "tiny-1b", ABLE, ()) is None


def test_a_run_without_hosted_tools_has_none_to_lose() -> None:
    assert why_off("auto", [FUNCTION], "tiny-1b", None, ()) is None
    assert why_off("off", [], "m", None, ()) is None


def test_who_chose_how_models_call_tools_gets_them() -> None:
    assert why_off("auto", [INTERPRETER], "m", UNABLE, (), "fenced") is None


async def test_a_small_model_is_offered_no_code_interpreter_but_the_functions(tmp_path: Path) -> None:
    model = FakeModel(says("Hello."))
    tool = FakeSandbox().tool(tmp_path)
    async with opened(
        tmp_path, model, tools=[tool], info=ModelInfo("fake", parameters=500_000_000)
    ) as engine:
        plain = await play(engine, assistant=CODE, hosted_tools="auto")
        both = {"tools": [*CODE["tools"], WEATHER]}
        choice = {"type": "code_interpreter"}
        await play(engine, assistant=both, hosted_tools="auto", tool_choice=choice)
        wired = run_of(await play(engine, assistant=CODE))
    run = run_of(plain)
    assert (run.status, run.tools_off) == ("completed", SMALL_MODEL)
    assert [tool.type for tool in run.tools] == ["code_interpreter"]
    first, second, third = model.requests
    assert list(first.tools) == []
    assert [message["role"] for message in first.messages] == ["user"]
    assert [tool["function"]["name"] for tool in second.tools] == ["weather"]
    assert second.tool_choice is None
    # a program that says nothing gets what it names
    assert wired.tools_off is None
    assert [tool["function"]["name"] for tool in third.tools] == ["code_interpreter"]


async def test_earlier_calls_are_text_for_a_model_without_tools(tmp_path: Path) -> None:
    model = FakeModel(runs("print(1)"), says("One."), says("Yes."))
    tool = FakeSandbox(prints("1\n")).tool(tmp_path)
    async with opened(tmp_path, model, tools=[tool]) as engine:
        first = run_of(await play(engine, assistant=CODE))
        wanted = CreateRun(
            thread_id=first.thread_id,
            assistant_id=first.assistant_id,
            additional_messages=[NewMessage(role="user", content="Sure?")],
            hosted_tools="off",
        )
        await collect(engine.runs.stream_create_run(wanted))
    last = model.requests[-1].messages
    assert [message["role"] for message in last] == ["user", "assistant", "user", "assistant", "user"]
    assert not any("tool_calls" in message for message in last)


async def test_a_loop_of_the_same_call_ends_with_an_answer_and_is_remembered(tmp_path: Path) -> None:
    again = runs("print('hello')")
    model = FakeModel(again, again, again, says("Hello!"), says("Hi again."))
    lessons = Lessons(tmp_path / "learned.json")
    sandbox = FakeSandbox(prints("hello\n"), prints("hello\n"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)], lessons=lessons) as engine:
        run = run_of(await play(engine, assistant=CODE, hosted_tools="auto"))
        said = await messages_of(engine, run.thread_id)
        wary = run_of(await play(engine, assistant=CODE, hosted_tools="auto"))
        asked = run_of(await play(engine, assistant=CODE, hosted_tools="on"))
    assert run.status == "completed"
    assert [message.text for message in said] == ["Hi", "Hello!"]
    assert len(sandbox.codes) == 2
    last = model.requests[3]
    assert list(last.tools) == []
    assert last.messages[0]["content"].endswith("answer with what you know.")
    assert wary.tools_off == REPEATS_CALLS
    assert asked.tools_off is None
    known, expired = (
        Lessons(tmp_path / "learned.json", clock=lambda later=later: time.time() + later)
        for later in (0, KEPT_S + 60)
    )
    known.load()
    expired.load()
    assert (
        known.listed()[0].words
        == "Repeats the same tool call: it gets tools only where they are switched on."
    )
    assert expired.listed() == []
    assert KEPT_S == 30 * 86_400


@pytest.mark.parametrize("printed", [False, True])
async def test_a_model_that_goes_on_calling_answers_without_seeing_its_calls(
    tmp_path: Path, printed: bool
) -> None:
    call = json.dumps({"name": "code_interpreter", "arguments": {"code": "1"}})
    again = says(call) if printed else runs("1")
    model = FakeModel(again, again, again, says(call) if printed else runs("1"), says("Hello!"))
    sandbox = FakeSandbox(prints("1\n"), prints("1\n"))
    protocol: Any = "fenced" if printed else "auto"
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)], tool_protocol=protocol) as engine:
        events = await play(engine, assistant=CODE)
        run = run_of(events)
        said = await messages_of(engine, run.thread_id)
        steps = await engine.runs.list_run_steps(ListRunSteps(thread_id=run.thread_id, run_id=run.id))
    assert run.status == "completed"
    assert [message.text for message in said] == ["Hi", "Hello!"]
    assert {step.status for step in steps.data} == {"completed"}
    assert [message["role"] for message in model.requests[-1].messages] == ["system", "user"]
    assert names(events)[-1] == "done"


async def test_the_list_of_models_tells_which_get_no_tools(tmp_path: Path) -> None:
    lessons = Lessons()
    async with opened(tmp_path, lessons=lessons) as engine:
        [before] = (await engine.models.list_models(ListModels())).data
        lessons.learn("", "fake", {LOOPS: True})
        [after] = (await engine.models.list_models(ListModels())).data
    assert (before.tools_off, after.tools_off) == (None, REPEATS_CALLS)


async def test_a_model_that_never_answers_ends_with_a_sentence(tmp_path: Path) -> None:
    model = FakeModel(runs("1"))
    sandbox = FakeSandbox(prints("1\n"), prints("1\n"))
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        run = run_of(await play(engine, assistant=CODE))
    assert run.last_error is not None
    assert run.last_error.message == "The model keeps calling tools although it was told to answer."
    assert len(model.requests) == 5


async def test_calls_of_functions_after_the_last_turn_are_answered_too(tmp_path: Path) -> None:
    model = FakeModel(runs("1"), calls(("weather", "{}")), says("Rain."))
    tools = {"tools": [*CODE["tools"], WEATHER]}
    tool = FakeSandbox(prints("1\n")).tool(tmp_path)
    async with opened(tmp_path, model, tools=[tool], max_tool_turns=1) as engine:
        run = run_of(await play(engine, assistant=tools))
        said = await messages_of(engine, run.thread_id)
    assert run.status == "completed"
    assert said[-1].text == "Rain."


async def test_a_json_answer_that_was_asked_for_is_no_call(tmp_path: Path) -> None:
    answer = '{"name": "weather", "parameters": {}}'
    model = FakeModel(says(answer))
    async with opened(tmp_path, model) as engine:
        # llama.cpp obeys the format also where a call is demanded
        run = run_of(
            await play(
                engine,
                assistant={"tools": [WEATHER]},
                response_format={"type": "json_object"},
                tool_choice="required",
            )
        )
        said = await messages_of(engine, run.thread_id)
    assert run.status == "completed"
    assert said[-1].text == answer
