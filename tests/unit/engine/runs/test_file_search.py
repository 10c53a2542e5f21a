"""File search in a run: results in the step, citations with their quotes, budgets, models that cannot call tools."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.runs.file_search import Patience, _reading
from aimltui.engine.tools.file_search.tool import FileSearch
from aimltui.wire.binary import Blob
from aimltui.wire.events import Notice
from aimltui.wire.files import CreateFile
from aimltui.wire.messages import (
    AttachmentTool,
    FileCitationAnnotation,
    MessageAttachment,
    NewMessage,
    TextContent,
)
from aimltui.wire.run_steps import INCLUDE_SEARCH_CONTENT, FileSearchCall, ListRunSteps, ToolCallsDetails
from aimltui.wire.runs import CreateRun
from aimltui.wire.threads import CreateThread
from aimltui.wire.vector_stores import INDEXING, FileProgress
from tests.support.builders import TestClock, an_assistant, collect, messages_of, opened, run_of
from tests.support.fake_model import FakeModel, calls, says
from tests.support.pdfs import ENCRYPTED, pdf

TEXT = "The mascot of Zephyr is a blue heron. It was chosen in 1987."
SEARCH = calls(("file_search", '{"queries": ["mascot of Zephyr"]}'))
ANSWER = says("The mascot is a blue ", "heron【0:0†sou", "rce】. Sure【5:5†source】.")


async def wanted(
    engine: Engine,
    *,
    text: str | bytes = TEXT,
    name: str = "zephyr.txt",
    tool: dict[str, Any] | None = None,
    **given: Any,
) -> CreateRun:
    content = text.encode() if isinstance(text, str) else text
    file = await engine.files.create_file(
        CreateFile(file=Blob(content=content, filename=name), purpose="assistants")
    )
    assistant = await an_assistant(engine, tools=[tool or {"type": "file_search"}])
    attached = MessageAttachment(file_id=file.id, tools=[AttachmentTool(type="file_search")])
    message = NewMessage(role="user", content="What is the mascot?", attachments=[attached])
    thread = await engine.threads.create_thread(CreateThread(messages=[message]))
    return CreateRun(thread_id=thread.id, assistant_id=assistant.id, **given)


async def test_an_answer_cites_the_passage_with_its_quote(tmp_path: Path) -> None:
    model = FakeModel(SEARCH, ANSWER)
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        told = await collect(engine.runs.stream_create_run(await wanted(engine)))
        run = run_of(told)
        message = (await messages_of(engine, run.thread_id))[-1]
        steps = (
            await engine.runs.list_run_steps(
                ListRunSteps(
                    thread_id=run.thread_id, run_id=run.id, order="asc", include=[INCLUDE_SEARCH_CONTENT]
                )
            )
        ).data
    assert run.status == "completed"
    part = message.content[0]
    assert isinstance(part, TextContent)
    assert part.text.value == "The mascot is a blue heron【0:0†source】. Sure."
    [mark] = part.text.annotations
    assert isinstance(mark, FileCitationAnnotation)
    assert part.text.value[mark.start_index : mark.end_index] == mark.text
    assert mark.file_citation.quote == "The mascot of Zephyr is a blue heron."
    details = steps[0].step_details
    assert isinstance(details, ToolCallsDetails)
    [call] = details.tool_calls
    assert isinstance(call, FileSearchCall)
    assert call.file_search.results
    [result] = call.file_search.results
    assert (result.file_name, result.content and result.content[0].text) == ("zephyr.txt", TEXT)
    offered = model.requests[0].tools[0]["function"]
    assert offered["name"] == "file_search"
    answer = model.requests[1].messages[-1]
    assert answer["role"] == "tool"
    assert "【0:0†source】 zephyr.txt" in str(answer["content"])
    deltas = [event for event in told if event.event == "thread.message.delta"]
    marked = [event for event in deltas if event.data.delta.content[0].text.annotations]  # type: ignore[union-attr, index]
    assert [event.data.delta.content[0].text.value for event in marked] == ["【0:0†source】"]  # type: ignore[union-attr, index]


async def test_texts_of_passages_come_only_when_they_are_asked_for(tmp_path: Path) -> None:
    async with opened(tmp_path, FakeModel(SEARCH, ANSWER), tools=[FileSearch()]) as engine:
        told = await collect(engine.runs.stream_create_run(await wanted(engine)))
        run = run_of(told)
        params = ListRunSteps(thread_id=run.thread_id, run_id=run.id)
        listed = (await engine.runs.list_run_steps(params)).data
    done = [event.data for event in told if event.event == "thread.run.step.completed"]
    for step in (*listed, *done):
        assert '"file_name":"zephyr.txt"' in step.model_dump_json() or step.type == "message_creation"  # type: ignore[union-attr]
        assert TEXT not in step.model_dump_json()


async def test_a_later_run_does_not_pay_for_the_passages_again(tmp_path: Path) -> None:
    model = FakeModel(SEARCH, ANSWER, says("Again."))
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        first = await wanted(engine)
        await collect(engine.runs.stream_create_run(first))
        again = CreateRun(
            thread_id=first.thread_id,
            assistant_id=first.assistant_id,
            additional_messages=[NewMessage(role="user", content="Why?")],
        )
        await collect(engine.runs.stream_create_run(again))
    sent = json.dumps(model.requests[-1].messages, ensure_ascii=False)
    assert TEXT not in sent
    assert "【" not in sent
    assert "blue heron" in sent


async def test_a_model_without_tools_gets_the_passages_before_the_question(tmp_path: Path) -> None:
    model = FakeModel(ANSWER)
    async with opened(tmp_path, model, tools=[FileSearch()], tool_protocol="fenced") as engine:
        told = await collect(engine.runs.stream_create_run(await wanted(engine)))
        run = run_of(told)
        message = (await messages_of(engine, run.thread_id))[-1]
    assert run.status == "completed"
    asked = str(model.requests[0].messages[-1]["content"])
    assert asked.index(TEXT) < asked.index("What is the mascot?")
    assert not model.requests[0].tools
    assert isinstance(message.content[0], TextContent)
    assert len(message.content[0].text.annotations) == 1
    assert any(
        "put before the question" in event.data.text for event in told if event.event == "aimltui.notice"
    )  # type: ignore[union-attr]


@pytest.mark.parametrize("arguments", ["{}", "[]", '{"queries": []}', '{"queries": 3}', '"'])
async def test_unusable_arguments_are_an_answer_for_the_model(tmp_path: Path, arguments: str) -> None:
    model = FakeModel(calls(("file_search", arguments)), says("Sorry."))
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        run = run_of(await collect(engine.runs.stream_create_run(await wanted(engine))))
    assert run.status == "completed"
    assert model.requests[1].messages[-1]["role"] == "tool"


async def test_the_results_stay_within_the_prompt_limit(tmp_path: Path) -> None:
    model = FakeModel(SEARCH, says("Yes."))
    text = "\n".join(f"Zephyr number {number} has the mascot of a bird." for number in range(2_000))
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        asked = await wanted(engine, text=text, max_prompt_tokens=2_000)
        run = run_of(await collect(engine.runs.stream_create_run(asked)))
    assert run.status == "completed"
    assert len(str(model.requests[1].messages[-1]["content"])) < 8_000


async def test_the_number_of_results_is_the_assistants(tmp_path: Path) -> None:
    model = FakeModel(SEARCH, says("Yes."))
    text = "\n".join(f"Zephyr number {number} has the mascot of a bird." for number in range(2_000))
    tool = {"type": "file_search", "file_search": {"max_num_results": 2}}
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        await collect(engine.runs.stream_create_run(await wanted(engine, text=text, tool=tool)))
    assert str(model.requests[1].messages[-1]["content"]).count("†source】 zephyr.txt") == 2


async def test_without_files_the_tool_is_not_offered(tmp_path: Path) -> None:
    model = FakeModel(says("Hi."))
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        assistant = await an_assistant(engine, tools=[{"type": "file_search"}])
        thread = await engine.threads.create_thread(
            CreateThread(messages=[NewMessage(role="user", content="Hi")])
        )
        asked = CreateRun(
            thread_id=thread.id,
            assistant_id=assistant.id,
            tool_choice={"type": "file_search"},  # type: ignore[arg-type]
        )
        run = run_of(await collect(engine.runs.stream_create_run(asked)))
    assert run.status == "completed"
    assert not model.requests[0].tools


async def test_a_passage_of_a_pdf_is_cited_with_its_page(tmp_path: Path) -> None:
    report = pdf([["About ships"], [TEXT]], outline=[(1, "Animals", 2)])
    model = FakeModel(SEARCH, ANSWER)
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        run = run_of(
            await collect(engine.runs.stream_create_run(await wanted(engine, text=report, name="report.pdf")))
        )
        steps = (
            await engine.runs.list_run_steps(
                ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc")
            )
        ).data
        message = (await messages_of(engine, run.thread_id))[-1]
    details = steps[0].step_details
    assert isinstance(details, ToolCallsDetails)
    assert isinstance(details.tool_calls[0], FileSearchCall)
    assert details.tool_calls[0].file_search.results
    assert details.tool_calls[0].file_search.results[0].place == "Animals › pages 1–2"
    part = message.content[0]
    assert isinstance(part, TextContent)
    assert isinstance(part.text.annotations[0], FileCitationAnnotation)
    assert part.text.annotations[0].file_citation.place == "Animals › page 2"
    assert "report.pdf › Animals › pages 1–2" in str(model.requests[1].messages[-1]["content"])


async def test_a_run_tells_which_files_it_waits_for(tmp_path: Path) -> None:
    model = FakeModel(SEARCH, says("I could not read it."))
    async with opened(tmp_path, model, tools=[FileSearch()], indexers=0, index_wait_s=0.05) as engine:
        told = await collect(engine.runs.stream_create_run(await wanted(engine, name="report.pdf")))
    notices = [event.data for event in told if isinstance(event.data, Notice)]
    assert [(notice.kind, notice.text) for notice in notices] == [
        ("reading", "Reading report.pdf"),
        ("cleared", ""),
    ]
    assert "1 files are still being read" in str(model.requests[1].messages[-1]["content"])


def test_how_far_a_file_is_stands_in_what_a_run_tells() -> None:
    told = [
        _reading([("a.pdf", FileProgress(done=3, total=12)), ("b.txt", None)]),
        _reading([("a.mbox", FileProgress(done=1_200))]),
        _reading([("a.pdf", FileProgress(done=999, total=1_000, stage=INDEXING))]),
    ]
    assert told == [
        "Reading a.pdf (25 %, 3 of 12), and 1 more",
        "Reading a.mbox (1,200)",
        "Indexing a.pdf (99 %)",
    ]


def test_a_file_that_makes_progress_is_waited_for_longer() -> None:
    clock = TestClock(0.0)
    patience = Patience(60.0, clock)
    assert patience.left_s("Indexing a.txt (1 %)") == 60
    clock.now = 59.0
    assert patience.left_s("Indexing a.txt (1 %)") == 1
    assert patience.left_s("Indexing a.txt (2 %)") == 60
    clock.now = 119.0
    assert patience.left_s("Indexing a.txt (2 %)") == 0
    clock.now = 280.0
    assert patience.left_s("Indexing a.txt (3 %)") == 20, "five times as long in all"


async def test_a_model_learns_why_a_file_cannot_be_searched(tmp_path: Path) -> None:
    model = FakeModel(SEARCH, says("It is protected."))
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        await collect(engine.runs.stream_create_run(await wanted(engine, text=ENCRYPTED, name="report.pdf")))
    assert (
        "The file report.pdf cannot be searched. The PDF is protected with a password. Save it without one"
        in str(model.requests[1].messages[-1]["content"])
    )
