"""Operations of resources: what is kept, what is refused, and how lists page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimltui.wire.assistants import AssistantParams, CreateAssistant, ListAssistants, ModifyAssistant
from aimltui.wire.errors import APIError, BadRequest, NotFound
from aimltui.wire.messages import (
    CreateMessage,
    ListMessages,
    MessageParams,
    ModifyMessage,
    NewMessage,
)
from aimltui.wire.models import ListModels
from aimltui.wire.operations import OPERATIONS, NoParams
from aimltui.wire.runs import CreateRun, ModifyRun, RunParams
from aimltui.wire.threads import TRASHED_AT, CreateThread, ListThreads, ModifyThread, ThreadParams
from tests.support.builders import (
    TestClock,
    a_run_wanted,
    a_thread,
    an_assistant,
    collect,
    messages_of,
    opened,
    play,
    run_of,
)
from tests.support.fake_model import FakeModel


async def refusal(awaitable: Any) -> APIError:
    with pytest.raises(APIError) as caught:
        await awaitable
    return caught.value


async def test_every_operation_has_its_method(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        for operation in OPERATIONS:
            assert (operation.name in engine._answers) == (operation.streams != "always")
            assert (operation.name in engine._streams) == (operation.streams != "never")


async def test_operations_can_be_called_by_name(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        thread = await engine.call("create_thread", CreateThread())
        assert thread == await engine.call("get_thread", ThreadParams(thread_id=thread.id))  # type: ignore[attr-defined]
        events = await collect(engine.stream("create_run", await a_run_wanted(engine)))
        assert events[-1].event == "done"
        assert isinstance(await refusal(engine.call("changes", NoParams())), BadRequest)
        assert isinstance(await refusal(engine.call("aclose", NoParams())), BadRequest)
        with pytest.raises(BadRequest):
            engine.stream("get_thread", ThreadParams(thread_id="thread_1"))


async def test_an_assistant_has_the_documented_defaults(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        assistant = await an_assistant(engine)
    body = assistant.to_json()
    assert body | {"id": "", "created_at": 0} == {
        "id": "", "object": "assistant", "created_at": 0, "name": None, "description": None, "model": "fake",
        "instructions": None, "tools": [], "tool_resources": {}, "metadata": {}, "temperature": 1.0, "top_p": 1.0,
        "response_format": "auto", "reasoning_effort": None,
    }  # fmt: skip


async def test_modifying_an_assistant_changes_what_is_given_and_merges_metadata(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        made = await an_assistant(engine, name="A", instructions="Be.", metadata={"a": "1"}, temperature=0.0)
        changed = await engine.assistants.modify_assistant(
            ModifyAssistant(assistant_id=made.id, name=None, metadata={"b": "2"}, model=None)
        )
    assert (changed.name, changed.instructions, changed.model) == (None, "Be.", "fake")
    assert changed.metadata == {"a": "1", "b": "2"}
    assert changed.temperature == 0.0


async def test_a_deleted_assistant_leaves_its_runs(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        run = run_of(await play(engine))
        gone = await engine.assistants.delete_assistant(AssistantParams(assistant_id=run.assistant_id))
        assert (gone.object, gone.deleted) == ("assistant.deleted", True)
        again = await engine.runs.get_run(RunParams(thread_id=run.thread_id, run_id=run.id))
        error = await refusal(
            engine.runs.create_run(CreateRun(thread_id=run.thread_id, assistant_id=run.assistant_id))
        )
    assert again.assistant_id == run.assistant_id
    assert error.message == f"No assistant found with id '{run.assistant_id}'."


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"tools": [{"type": "retrieval"}]}, "Invalid value: 'retrieval'. Supported values are: 'code_interpreter', 'file_search', and 'function'."),
        ({"tools": [{"type": "function", "function": {"name": "a b"}}]}, "does not match pattern"),
        ({"metadata": {str(n): "x" for n in range(17)}}, "at most 16 properties"),
        ({"metadata": {"k" * 65: "x"}}, "maximum length 64"),
        ({"metadata": {"k": "x" * 513}}, "maximum length 512"),
    ],
)  # fmt: skip
async def test_a_wrong_assistant_is_refused(tmp_path: Path, params: dict[str, Any], text: str) -> None:
    async with opened(tmp_path) as engine:
        error = await refusal(engine.call("create_assistant", CreateAssistant(model="fake", **params)))
    assert isinstance(error, BadRequest)
    assert text in error.message


async def test_unknown_ids_are_refused_with_the_documented_texts(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        thread = await a_thread(engine)
        found = [
            await refusal(engine.threads.get_thread(ThreadParams(thread_id="thread_X"))),
            await refusal(engine.assistants.get_assistant(AssistantParams(assistant_id="asst_X"))),
            await refusal(engine.runs.get_run(RunParams(thread_id=thread.id, run_id="run_X"))),
            await refusal(
                engine.messages.get_message(MessageParams(thread_id=thread.id, message_id="msg_X"))
            ),
            await refusal(engine.messages.list_messages(ListMessages(thread_id="thread_X"))),
        ]
        wrong = await refusal(engine.call("get_thread", ThreadParams(thread_id="undefined")))
    assert all(isinstance(error, NotFound) for error in found)
    assert found[0].message == "No thread found with id 'thread_X'."
    assert found[1].message == "No assistant found with id 'asst_X'."
    assert found[2].message == "No run found with id 'run_X'."
    assert wrong.message == "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'."
    assert wrong.status == 400


@pytest.mark.parametrize(
    "hostile", ["thread_'; DROP TABLE threads; --", "thread_\0", "thread_%", "thread_" + "é" * 5000]
)
async def test_hostile_ids_are_just_unknown(tmp_path: Path, hostile: str) -> None:
    async with opened(tmp_path) as engine:
        await a_thread(engine)
        assert isinstance(await refusal(engine.threads.get_thread(ThreadParams(thread_id=hostile))), NotFound)
        assert isinstance(await refusal(engine.threads.list_threads(ListThreads(after=hostile))), BadRequest)
        assert len((await engine.threads.list_threads(ListThreads())).data) == 1


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": ""}, "non-empty"),
        ({"content": [{"type": "text", "text": ""}]}, "non-empty"),
        ({"role": "system", "content": "x"}, "Supported values are: 'user' and 'assistant'."),
        ({"content": [{"type": "video", "url": "x"}]}, "Invalid value: 'video'"),
        ({"content": "x", "attachments": [{"file_id": "file-1"}]}, "No such File object: file-1"),
        (
            {"content": [{"type": "image_file", "image_file": {"file_id": "file-1"}}]},
            "No such File object: file-1",
        ),
    ],
)
async def test_a_wrong_message_is_refused(tmp_path: Path, message: dict[str, Any], text: str) -> None:
    async with opened(tmp_path) as engine:
        thread = await a_thread(engine)
        wanted = CreateMessage(**({"role": "user", "thread_id": thread.id} | message))
        assert text in (await refusal(engine.call("create_message", wanted))).message
        assert len(await messages_of(engine, thread.id)) == 1


async def test_a_megabyte_of_text_is_kept(tmp_path: Path) -> None:
    text = "wide 字 \U0001f600 " * 100_000
    async with opened(tmp_path) as engine:
        thread = await a_thread(engine, text)
        assert (await messages_of(engine, thread.id))[0].text == text
        summary = (await engine.threads.list_threads(ListThreads())).data[0]
    assert summary.preview is not None
    assert len(summary.preview) <= 200


async def test_a_run_needs_something_to_answer(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        thread = await engine.threads.create_thread(CreateThread())
        assistant = await an_assistant(engine)
        error = await refusal(
            engine.runs.create_run(CreateRun(thread_id=thread.id, assistant_id=assistant.id))
        )
    assert error.code == "invalid_thread"


async def test_what_a_run_is_given_counts_even_if_it_is_zero(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model) as engine:
        run = run_of(
            await play(
                engine,
                assistant={"temperature": 1.5, "top_p": 0.5, "instructions": "Assist."},
                temperature=0.0,
                instructions="",
                additional_instructions="More.",
                model="other",
            )
        )
    assert (run.temperature, run.top_p, run.instructions, run.model) == (0.0, 0.5, "More.", "other")
    assert (model.requests[0].temperature, model.requests[0].top_p) == (0.0, 0.5)


async def test_instructions_are_joined_by_one_space(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model) as engine:
        await play(engine, assistant={"instructions": "Be brief."}, additional_instructions="Be kind.")
    assert model.requests[0].messages[0] == {"role": "system", "content": "Be brief. Be kind."}


async def test_what_nobody_chose_is_not_sent_to_the_model(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model) as engine:
        run = run_of(await play(engine))
    request = model.requests[0]
    assert (run.temperature, run.top_p) == (1.0, 1.0)
    assert (request.temperature, request.top_p, request.max_tokens, request.response_format) == (None,) * 4
    assert (request.tool_choice, request.parallel_tool_calls, request.reasoning_effort) == (None,) * 3


async def test_additional_messages_stay_in_the_thread(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        run = run_of(await play(engine, additional_messages=[NewMessage(role="user", content="And this")]))
        assert [m.text for m in await messages_of(engine, run.thread_id)] == [
            "Hi",
            "And this",
            "Hello there.",
        ]


async def test_metadata_is_merged_everywhere(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        run = run_of(await play(engine, metadata={"a": "1"}))
        message = (await messages_of(engine, run.thread_id))[-1]
        thread_params = ModifyThread(thread_id=run.thread_id, metadata={"title": "T"})
        assert (await engine.threads.modify_thread(thread_params)).metadata == {"title": "T"}
        run_params = ModifyRun(thread_id=run.thread_id, run_id=run.id, metadata={"b": "2"})
        assert (await engine.runs.modify_run(run_params)).metadata == {"a": "1", "b": "2"}
        changed = await engine.messages.modify_message(
            ModifyMessage(thread_id=run.thread_id, message_id=message.id, metadata={"c": "3"})
        )
        assert (changed.metadata, changed.text) == ({"c": "3"}, "Hello there.")


async def test_a_deleted_message_is_not_told_to_the_model(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model) as engine:
        thread = await a_thread(engine, "forget me", "keep me")
        first = (await messages_of(engine, thread.id))[0]
        await engine.messages.delete_message(MessageParams(thread_id=thread.id, message_id=first.id))
        assistant = await an_assistant(engine)
        await collect(
            engine.runs.stream_create_run(CreateRun(thread_id=thread.id, assistant_id=assistant.id))
        )
        summary = (await engine.threads.list_threads(ListThreads())).data[0]
        assert (await engine.threads.list_threads(ListThreads(query="forget"))).data == []
    assert [message["content"] for message in model.requests[0].messages] == ["keep me"]
    assert summary.preview == "keep me"


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 3, 4, 10])
async def test_pages_lose_and_repeat_nothing_when_times_are_equal(
    tmp_path: Path, order: str, limit: int
) -> None:
    async with opened(tmp_path, clock=TestClock()) as engine:
        texts = [f"m{number}" for number in range(10)]
        thread = await a_thread(engine, *texts)
        expected = texts if order == "asc" else texts[::-1]

        async def page(**cursor: str) -> Any:
            return await engine.messages.list_messages(
                ListMessages(thread_id=thread.id, limit=limit, order=order, **cursor)
            )

        forward, cursor = [], {}
        while True:
            found = await page(**cursor)
            assert (found.first_id, found.last_id) == (found.data[0].id, found.data[-1].id)
            forward += [message.text for message in found.data]
            if not found.has_more:
                break
            cursor = {"after": found.last_id}
        backward, cursor = [], {"before": found.last_id}
        while True:
            found = await page(**cursor)
            backward = [message.text for message in found.data] + backward
            if not found.has_more:
                break
            cursor = {"before": found.first_id}
    assert forward == expected
    assert backward == expected[:-1]


async def test_lists_are_newest_first_by_twenties_unless_asked(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        made = [await an_assistant(engine, name=str(number)) for number in range(21)]
        page = await engine.assistants.list_assistants(ListAssistants())
    assert [assistant.id for assistant in page.data] == [assistant.id for assistant in made[:0:-1]]
    assert page.has_more


async def test_an_empty_list_has_no_ids(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        page = await engine.threads.list_threads(ListThreads())
    assert page.to_json() == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


@pytest.mark.parametrize("params", [{"order": "up"}, {"after": "thread_x"}, {"order_by": "title"}])
async def test_a_list_that_makes_no_sense_is_refused(tmp_path: Path, params: dict[str, str]) -> None:
    async with opened(tmp_path) as engine:
        assert isinstance(await refusal(engine.threads.list_threads(ListThreads(**params))), BadRequest)


async def test_threads_are_listed_by_their_last_activity(tmp_path: Path) -> None:
    clock = TestClock()
    async with opened(tmp_path, clock=clock) as engine:
        one, two, three = [await a_thread(engine, text) for text in ("one", "two", "three")]
        clock.advance(5)
        await engine.messages.create_message(CreateMessage(thread_id=one.id, role="user", content="again"))
        found = await engine.threads.list_threads(ListThreads(order_by="last_active_at", limit=2))
        rest = await engine.threads.list_threads(
            ListThreads(order_by="last_active_at", limit=2, after=found.last_id)
        )
    assert [thread.id for thread in found.data + rest.data] == [one.id, three.id, two.id]
    assert (found.has_more, rest.has_more) == (True, False)
    assert found.data[0].last_active_at == int(clock.now)
    assert found.data[0].preview == "one"
    assert found.data[0].latest_run is None


async def test_threads_in_the_trash_are_in_no_list_but_their_own(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        corn, wheat = await a_thread(engine, "corn fields"), await a_thread(engine, "wheat fields")

        async def found(**params: Any) -> list[str]:
            return [thread.id for thread in (await engine.threads.list_threads(ListThreads(**params))).data]

        async def mark(at: str) -> None:
            await engine.threads.modify_thread(ModifyThread(thread_id=corn.id, metadata={TRASHED_AT: at}))

        await mark("1800000000.5")
        assert await found() == await found(query="fields") == await found(trashed=False) == [wheat.id]
        assert await found(trashed=True) == await found(trashed=True, query="fields") == [corn.id]
        assert (await engine.threads.get_thread(ThreadParams(thread_id=corn.id))).trashed_at == 1800000000.5
        await mark("")
        assert await found() == [wheat.id, corn.id]
        assert await found(trashed=True) == []


async def test_threads_are_found_by_words_stems_beginnings_and_titles(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        walking = await a_thread(engine, "I was walking in Málaga")
        titled = await a_thread(engine, "x", metadata={"title": "Tax return"})

        async def found(query: str) -> list[str]:
            return [
                thread.id for thread in (await engine.threads.list_threads(ListThreads(query=query))).data
            ]

        assert await found("walk") == [walking.id]
        assert await found("malaga walking") == [walking.id]
        assert await found("mala") == [walking.id]
        assert await found("tax") == [titled.id]
        await engine.threads.modify_thread(ModifyThread(thread_id=titled.id, metadata={"title": "Holiday"}))
        assert await found("tax") == []
        assert await found("holiday") == [titled.id]
        await engine.threads.delete_thread(ThreadParams(thread_id=walking.id))
        assert await found("walk") == []
        assert len(await found("  ")) == 1


@pytest.mark.parametrize(
    "hostile",
    ['"', "a OR b", "NEAR(", "text:*", "*", "^", "-", "(((", "a\0b", '"; DROP TABLE words; --', "'", "𝔘 ²"],
)
async def test_a_query_is_never_syntax(tmp_path: Path, hostile: str) -> None:
    async with opened(tmp_path) as engine:
        await a_thread(engine, "alpha beta")
        assert (await engine.threads.list_threads(ListThreads(query=hostile))).data == []
        await a_thread(engine, f"so {hostile} it is 9")
        await engine.threads.list_threads(ListThreads(query=f"{hostile} 9"))


async def test_models_are_listed(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        page = await engine.models.list_models(ListModels())
    assert [(model.id, model.name, model.owned_by, model.context_length) for model in page.data] == [
        ("fake", "Fake", "test", 8_000)
    ]
