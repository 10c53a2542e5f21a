"""The conversation in a plain terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aimltui.cli.conversation import Conversation
from aimltui.cli.decisions import decided
from aimltui.cli.finding import first_model
from aimltui.cli.local_functions import Decision, LocalFunctions
from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import MAX_COMBINING
from aimltui.engine.models.base import ChatChunk, ListState, ModelError, ModelInfo
from aimltui.engine.tools.file_search.tool import FileSearch
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.memory import Memory, Owner
from aimltui.local_tools.skills.source import SkillFolder, SkillSource
from aimltui.local_tools.web.source import WebSource
from aimltui.wire import events
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.base import Page, Params, Wire
from aimltui.wire.binary import Blob
from aimltui.wire.events import StreamEvent
from aimltui.wire.files import CreateFile, File
from aimltui.wire.messages import AttachmentTool, Message, MessageAttachment, NewMessage
from aimltui.wire.operations import Operation
from aimltui.wire.run_steps import RunStep, RunStepDelta
from aimltui.wire.runs import Run
from aimltui.wire.threads import ASSISTANT, CreateThread
from tests.support.builders import a_thread, an_assistant, bounded, opened, until
from tests.support.fake_model import FakeModel, calls, says
from tests.support.fake_session import FakeSandbox
from tests.support.local_tools import HandSource, a_tool

WAYS = pytest.mark.parametrize("streams", [True, False])


@asynccontextmanager
async def talking(
    directory: Path, model: FakeModel, *, streams: bool, local: LocalTools | None = None, **assistant: Any
) -> AsyncIterator[tuple[Conversation, list[str]]]:
    written: list[str] = []
    async with opened(directory, model) as engine:
        thread, made = await a_thread(engine), await an_assistant(engine, **assistant)
        client = AssistantsClient(EmbeddedTransport(engine))
        functions = LocalFunctions(local, client) if local is not None else None
        yield (
            Conversation(client, thread.id, made.id, written.append, streams=streams, functions=functions),
            written,
        )


@WAYS
async def test_every_turn_shows_its_own_answer(tmp_path: Path, streams: bool) -> None:
    model = FakeModel(says("First", " answer."), says("Second", " answer."))
    async with talking(tmp_path, model, streams=streams) as (conversation, written):
        await bounded(conversation.send("one"))
        first = "".join(written)
        written.clear()
        await bounded(conversation.send("two"))
    assert first == "\nAssistant > First answer.\n"
    assert "".join(written) == "\nAssistant > Second answer.\n"


async def test_a_streamed_answer_appears_piece_by_piece(tmp_path: Path) -> None:
    go = asyncio.Event()
    model = FakeModel([ChatChunk(text="So"), go, *says(" long")])
    async with (
        talking(tmp_path, model, streams=True) as (conversation, written),
        asyncio.TaskGroup() as group,
    ):
        group.create_task(bounded(conversation.send("x")))
        await until(lambda: "".join(written) == "\nAssistant > So")
        go.set()
    assert "".join(written) == "\nAssistant > So long\n"


@WAYS
async def test_a_failure_is_told_with_its_reason(tmp_path: Path, streams: bool) -> None:
    model = FakeModel([ChatChunk(text="So"), ModelError("The server is on fire.", remedy="Call somebody.")])
    async with talking(tmp_path, model, streams=streams) as (conversation, written):
        await bounded(conversation.send("x"))
    assert "".join(written) == "\nAssistant > So\n\n⚠ The server is on fire. Call somebody.\n"


@WAYS
async def test_an_incomplete_answer_is_told_as_such(tmp_path: Path, streams: bool) -> None:
    async with talking(tmp_path, FakeModel(says("So", finish="length")), streams=streams) as (
        conversation,
        written,
    ):
        await bounded(conversation.send("x"))
    assert "".join(written).endswith(
        "\n⚠ The answer is incomplete: it reached the limit of tokens for an answer.\n"
    )


@WAYS
async def test_cancelling_stops_the_run_and_the_next_turn_works(tmp_path: Path, streams: bool) -> None:
    model = FakeModel([ChatChunk(text="So"), asyncio.Event()], says("Again."))
    async with talking(tmp_path, model, streams=streams) as (conversation, written):
        task = asyncio.ensure_future(conversation.send("x"))
        await until(lambda: model.requests)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bounded(task)
        written.clear()

        async def said() -> bool:
            await conversation.send("y")
            return "Again." in "".join(written)

        await until(said)


async def test_functions_are_said_to_be_beyond_this_chat(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "weather"}}]
    model = FakeModel(calls(("weather", "{}")))
    async with talking(tmp_path, model, streams=True, tools=tools) as (conversation, written):
        await bounded(conversation.send("x"))
    assert "this chat has no functions" in "".join(written)


def put_to_the_user(
    conversation: Conversation, written: list[str], *words: str, is_terminal: bool = True
) -> dict[str, Decision]:
    lines = iter(words)
    return decided(conversation.asked, written.append, lambda _: next(lines), is_terminal=is_terminal)


@WAYS
async def test_calls_run_when_the_user_says_so_and_not_before(tmp_path: Path, streams: bool) -> None:
    source = HandSource(a_tool("weather"), a_tool("time"))
    local = LocalTools([source], Approvals(tmp_path / "a.json"), Rules(by_name={"time": "allow"}))
    both = calls(("weather", '{"city": "Os\x9b2Jlo"}'), ("time", "{}"))
    model = FakeModel(both, calls(("weather", "{}")), calls(("weather", "{}"), ("sum", "{}")), says("Cold."))
    tools = [{"type": "function", "function": {"name": "sum"}}]
    async with talking(tmp_path, model, streams=streams, local=local, tools=tools) as (conversation, written):
        await bounded(conversation.send("How is the weather?"))
        assert {tool["function"]["name"] for tool in model.requests[0].tools} == {"weather", "time", "sum"}
        assert [one.call.function.name for one in conversation.asked] == ["weather"]
        assert source.called == []
        assert put_to_the_user(conversation, written, "y", is_terminal=False) == {}
        decisions = put_to_the_user(conversation, written, "")
        assert "Call > weather" in "".join(written)
        assert "\x9b" not in "".join(written)
        await bounded(conversation.decide(decisions))
        # the refusal reached the model, and what is allowed ran; it asks again
        assert source.called == [("time", {})]
        assert "user refused this call" in str(model.requests[1].messages[-2:])
        await bounded(conversation.decide(put_to_the_user(conversation, written, "always")))
        # now only the function that nothing here can run is asked about, and nobody can allow it
        assert [one.call.function.name for one in conversation.asked] == ["sum"]
        await bounded(conversation.decide(put_to_the_user(conversation, written)))
        assert source.called[1:] == [("weather", {}), ("weather", {})]
    assert "".join(written).endswith("\nAssistant > Cold.\n")


async def test_a_chat_switches_the_web_and_has_the_skills_of_the_configuration_directory(
    tmp_path: Path,
) -> None:
    (tmp_path / "skills" / "sums").mkdir(parents=True)
    (tmp_path / "skills" / "sums" / "SKILL.md").write_text("---\ndescription: Adds.\n---\nAdd them.")

    async def read_page(url: str) -> Any:
        raise AssertionError(url)

    skills = SkillSource([SkillFolder(tmp_path / "skills", is_own=True)])
    approvals = Approvals(tmp_path / "a.json")
    local = LocalTools([], approvals, Rules(), None, skills, WebSource(read_page, None))
    load = calls(("load_skill", '{"name": "sums"}'))
    model = FakeModel(load, says("Done."), calls(("fetch_page", '{"url": "https://example.com"}')))
    async with talking(tmp_path, model, streams=True, local=local) as (conversation, written):
        await bounded(conversation.send("Add"))
        assert "Add them." in str(model.requests[1].messages[-1])
        await bounded(conversation.switch_web("maybe"))
        await bounded(conversation.switch_web("on"))
        await bounded(conversation.send("Read"))
        (asked,) = conversation.asked
        assert asked.call.function.name == "fetch_page"
        assert asked.may_always
        await bounded(conversation.withdraw())
        assert conversation.asked == ()
    assert "Write “/web on” or “/web off”" in "".join(written)
    assert "".join(written).endswith("[stopped]\n")


async def test_functions_and_notes_of_the_own_assistant_do_not_go_to_that_of_an_opened_thread(
    tmp_path: Path,
) -> None:
    local = LocalTools(
        [HandSource(a_tool("weather"))],
        Approvals(tmp_path / "a.json"),
        Rules(offer="own"),
        memory=Memory(tmp_path / "memory"),
    )
    assert local.memory is not None
    await local.memory.add("For the own assistant.", Owner())
    model = FakeModel()
    async with talking(tmp_path, model, streams=True, local=local) as (conversation, _):
        await bounded(conversation.send("x"))
        client = conversation._client
        other = await client.assistants.create(CreateAssistant(model="fake", name="Imported"))
        conversation.go_to(await client.threads.create(CreateThread(metadata={ASSISTANT: other.id})))
        await bounded(conversation.send("y"))
    own, opened = model.requests
    assert "weather" in str(own.tools)
    assert "For the own assistant." in str(own.messages)
    assert "weather" not in str(opened.tools)
    assert "For the own assistant." not in str(opened.messages)


class Interpreting:
    """A server whose run used the code interpreter."""

    def __init__(self) -> None:
        call: dict[str, Any] = {
            "id": "call_1",
            "type": "code_interpreter",
            "code_interpreter": {
                "input": "print(6 * 7)",
                "outputs": [
                    {"type": "logs", "logs": "1 %\r100 %\n\x1b[31m42\x1b[0m\n"},
                    {"type": "image", "image": {"file_id": "file-1"}},
                ],
            },
        }
        details = {"type": "tool_calls", "tool_calls": [call]}
        self.step = RunStep.model_validate({"id": "step_1", "status": "completed", "step_details": details})
        self.run = Run(id="run_1", thread_id="thread_1", status="completed")
        self.message = Message.model_validate(
            {
                "id": "msg_1",
                "run_id": "run_1",
                "content": [
                    {"type": "image_file", "image_file": {"file_id": "file-1"}},
                    {"type": "text", "text": {"value": "It is 42."}},
                ],
            }
        )

    async def call(self, operation: Operation[Any, Any], params: Params) -> Wire:
        answers: dict[str, Wire] = {
            "create_message": Message(id="msg_0"),
            "create_run": self.run,
            "list_run_steps": Page[RunStep](data=[self.step]),
            "list_messages": Page[Message](data=[self.message]),
            "get_file": File(id="file-1", filename="fig\x07ure\n1.png", bytes=1200),
        }
        return answers[operation.name]

    async def stream(
        self, operation: Operation[Any, Any], params: Params
    ) -> AsyncGenerator[StreamEvent, None]:
        yield StreamEvent(events.RUN_CREATED, self.run)
        for piece in ("print(", "6 * 7)"):
            call = {"index": 0, "type": "code_interpreter", "code_interpreter": {"input": piece}}
            body = {"step_details": {"type": "tool_calls", "tool_calls": [call]}}
            yield StreamEvent(events.STEP_DELTA, RunStepDelta.model_validate({"id": "step_1", "delta": body}))
        yield StreamEvent(events.STEP_COMPLETED, self.step)
        delta = {"id": "msg_1", "delta": {"content": [{"index": 1, "text": {"value": "It is 42."}}]}}
        yield StreamEvent(events.MESSAGE_DELTA, events.MessageDelta.model_validate(delta))
        yield StreamEvent(events.MESSAGE_COMPLETED, self.message)
        yield StreamEvent("thread.run.completed", self.run)
        yield StreamEvent(events.DONE, "[DONE]")

    async def aclose(self) -> None:
        pass


@WAYS
async def test_code_and_its_output_are_shown(streams: bool) -> None:
    written: list[str] = []
    client = AssistantsClient(Interpreting())  # type: ignore[arg-type]
    await bounded(Conversation(client, "thread_1", "asst_1", written.append, streams=streams).send("6 * 7?"))
    told = "".join(written)
    assert (
        told.index("Code >\nprint(6 * 7)\n") < told.index("Output >\n100 %\n42\n") < told.index("It is 42.")
    )
    assert told.endswith(
        "\nFiles >\nfigure 1.png (1,200 bytes)\nTo view and save them: aimltui --thread thread_1\n"
    )
    assert told.count("print(6 * 7)") == told.count("42\n\nOutput") == 1


class Listing(FakeModel):
    """Lists the models of two connections; the first one is the default."""

    def __init__(self, *listed: ModelInfo, problem: str = "") -> None:
        super().__init__()
        self.listed, self.states = (
            listed,
            [ListState("home", "live", None, problem), ListState("work", "live")],
        )

    async def list_models(self) -> list[ModelInfo]:
        return list(self.listed)


async def test_where_no_model_is_named_the_first_one_of_the_default_connection_answers(
    tmp_path: Path,
) -> None:
    work, home = ModelInfo("gpt", connection="work"), ModelInfo("llama", connection="home")
    async with opened(tmp_path / "a", Listing(work, home)) as engine:
        assert await first_model(AssistantsClient(EmbeddedTransport(engine))) == "llama"
    async with opened(tmp_path / "b", Listing(work, problem="home is down.")) as engine:
        with pytest.raises(AimltuiError, match=r"home is down\. Choose one with --model ID\."):
            await first_model(AssistantsClient(EmbeddedTransport(engine)))


async def test_an_escape_sequence_in_two_pieces_of_a_streamed_answer_is_removed(tmp_path: Path) -> None:
    model = FakeModel(says("Gr\x1b[3", "1mü", "ße\x07\u202e 👩\u200d💻\x1b]0;title"))
    async with talking(tmp_path, model, streams=True) as (conversation, written):
        await bounded(conversation.send("x"))
    assert "".join(written) == "\nAssistant > Grüße 👩\u200d💻]0;title\n"


@WAYS
async def test_an_answer_that_the_content_filter_stopped_says_so(tmp_path: Path, streams: bool) -> None:
    model = FakeModel([ChatChunk(text="half "), ChatChunk(finish_reason="content_filter")])
    async with talking(tmp_path, model, streams=streams) as (conversation, written):
        await bounded(conversation.send("go"))
    assert "The answer is incomplete: the provider's content filter stopped it." in "".join(written)


async def test_combining_marks_in_pieces_do_not_pile_up(tmp_path: Path) -> None:
    model = FakeModel([ChatChunk(text="Z"), *[ChatChunk(text="́")] * 100, *says("algo")])
    async with talking(tmp_path, model, streams=True) as (conversation, written):
        await bounded(conversation.send("go"))
    assert "".join(written).count("́") == MAX_COMBINING


@WAYS
async def test_the_tools_of_a_small_model_are_off_and_that_is_said_once(
    tmp_path: Path, streams: bool
) -> None:
    model = FakeModel(says("Hello."))
    sandbox = FakeSandbox()
    written: list[str] = []
    async with opened(tmp_path, model, tools=[sandbox.tool(tmp_path)]) as engine:
        thread = await a_thread(engine)
        made = await an_assistant(engine, model="tiny-1b", tools=[{"type": "code_interpreter"}])
        client = AssistantsClient(EmbeddedTransport(engine))
        conversation = Conversation(client, thread.id, made.id, written.append, streams=streams)
        await bounded(conversation.send("one"))
        await bounded(conversation.send("two"))
        told = "".join(written)
        await bounded(conversation.switch_tools("on"))
        await bounded(conversation.send("three"))
        await bounded(conversation.switch_tools("maybe"))
        saved = await client.threads.get(thread.id)
    assert told.count("\n… tools off: small model; “/tools on” switches them on\n") == 1
    assert [len(request.tools) for request in model.requests] == [0, 0, 1]
    assert "".join(written).removeprefix(told).startswith("\nTools: on.\n\nAssistant > Hello.")
    assert written[-1] == "⚠ Write “/tools on”, “/tools off” or “/tools auto”.\n"
    assert (saved.metadata or {}).get("tools") == "on"


@WAYS
async def test_citations_are_numbers_with_a_list_of_sources(tmp_path: Path, streams: bool) -> None:
    search = calls(("file_search", '{"queries": ["mascot"]}'))
    answer = says("It is a heron【0:0†sou", "rce】. Blue【0:0†source】, from a fen【0:1†source】.")
    model = FakeModel(search, answer, says("No source."))
    written: list[str] = []
    async with opened(tmp_path, model, tools=[FileSearch()]) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        texts = {
            "a.txt": "The mascot is a blue heron.",
            "b\x1b[31m.txt": "A mascot of the fen, among much else.",
        }
        files = [
            await client.files.create(
                CreateFile(file=Blob(content=text.encode(), filename=name), purpose="assistants")
            )
            for name, text in texts.items()
        ]
        attached = [
            MessageAttachment(file_id=file.id, tools=[AttachmentTool(type="file_search")]) for file in files
        ]
        thread = await client.threads.create(
            CreateThread(messages=[NewMessage(role="user", content="See these.", attachments=attached)])
        )
        assistant = await an_assistant(engine, tools=[{"type": "file_search"}])
        conversation = Conversation(client, thread.id, assistant.id, written.append, streams=streams)
        await bounded(conversation.send("What is the mascot?"))
        first = "".join(written)
        written.clear()
        await bounded(conversation.send("Why?"))
    assert "Assistant > It is a heron [1]. Blue [1], from a fen [2].\n" in first
    assert "\nSources >\n[1] a.txt, line 1\n[2] b" in first
    assert "\x1b" not in first
    assert "".join(written) == "\nAssistant > No source.\n"


@WAYS
async def test_text_that_was_a_thought_is_told_from_the_answer(tmp_path: Path, streams: bool) -> None:
    unopened = [ChatChunk(text="hm, "), ChatChunk(reasoning="so", ends_thought=True), *says("Hello.")]
    async with talking(tmp_path, FakeModel(unopened), streams=streams) as (conversation, written):
        await bounded(conversation.send("x"))
    told = "".join(written)
    moved = "\nAssistant > hm, \n\n… The text above was the model's thought; its answer follows.\n" * streams
    assert told == f"{moved}\nAssistant > Hello.\n"
