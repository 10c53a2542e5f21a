"""Conversations brought into an engine."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient, every
from aimltui.client.embedded import EmbeddedTransport
from aimltui.client.errors import Unsupported
from aimltui.interchange.importing import CannotImport, Importer
from aimltui.interchange.report import Report
from aimltui.wire import operations as op
from aimltui.wire.assistants import ListAssistants
from aimltui.wire.errors import NotFound, ServerError
from aimltui.wire.files import ListFiles
from aimltui.wire.imports import BRANCH_OF, ORIGIN
from aimltui.wire.messages import ImageFileContent, ListMessages, Message
from aimltui.wire.run_steps import ListRunSteps, RunStep
from aimltui.wire.runs import ListRuns
from aimltui.wire.threads import ListThreads, ThreadSummary
from tests.support.builders import TestClock, opened

SAMPLES = Path(__file__).parent / "samples"
NAMES = sorted(folder.name for folder in SAMPLES.iterdir())


@asynccontextmanager
async def a_client(directory: Path, **changes: Any) -> AsyncIterator[AssistantsClient]:
    async with opened(directory, **changes) as engine:
        yield AssistantsClient(EmbeddedTransport(engine))


async def threads_of(client: AssistantsClient) -> list[ThreadSummary]:
    return [thread async for thread in every(client.threads.list, ListThreads(limit=100, order="asc"))]


async def messages_of(client: AssistantsClient, thread_id: str) -> list[Message]:
    query = ListMessages(thread_id=thread_id, limit=100, order="asc")
    return [message async for message in every(client.messages.list, query)]


async def steps_of(client: AssistantsClient, thread_id: str) -> list[RunStep]:
    runs = [run async for run in every(client.runs.list, ListRuns(thread_id=thread_id, order="asc"))]
    listed = [ListRunSteps(thread_id=thread_id, run_id=run.id, order="asc") for run in runs]
    return [step for query in listed async for step in every(client.runs.list_steps, query)]


def titled(threads: list[ThreadSummary], title: str) -> ThreadSummary:
    (found,) = [thread for thread in threads if (thread.metadata or {}).get("title") == title]
    return found


def conversation(*texts: str, **more: Any) -> dict[str, Any]:
    said = [
        {
            "uuid": f"m{n}",
            "sender": "assistant" if n % 2 else "human",
            "text": text,
            "created_at": f"2025-02-03T10:00:{n:02}Z",
        }
        for n, text in enumerate(texts)
    ]
    return {"uuid": "c1", "name": "Soup", "created_at": "2025-02-03T10:00:00Z", "chat_messages": said} | more


def saved(tmp_path: Path, *conversations: Any) -> Path:
    path = tmp_path / "saved.json"
    path.write_text(json.dumps(conversations), "utf-8")
    return path


@pytest.mark.parametrize("name", NAMES)
async def test_every_sample_comes_in_once(name: str, tmp_path: Path) -> None:
    expected = json.loads((SAMPLES / name / "expected.json").read_text("utf-8"))
    async with a_client(tmp_path) as client:
        first = await Importer(client).run([SAMPLES / name])
        threads = await threads_of(client)
        assert first.outcomes == {"created": len(threads)}
        assert len(threads) == sum(1 + thread["other_branches"] for thread in expected["threads"])
        assert first.skipped_count == len(expected["skipped"])
        # another program, later: it knows what has come only from the threads
        again = await Importer(client).run([SAMPLES / name])
        assert again.outcomes == {"present": len(threads)}
        assert len(await threads_of(client)) == len(threads)


async def test_texts_times_and_titles_are_those_of_the_file(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        await Importer(client).run([SAMPLES / "chatgpt-one-file"])
        thread = titled(await threads_of(client), "Harbour bridge")
        assert (thread.created_at, thread.last_active_at) == (1_750_000_000, 1_750_000_064)
        messages = await messages_of(client, thread.id)
        assert [(message.role, message.created_at) for message in messages] == [
            ("user", 1_750_000_010),
            ("assistant", 1_750_000_013),
            ("user", 1_750_000_060),
            ("assistant", 1_750_000_064),
        ]
        assert messages[1].text == (
            "It is 112 metres long. It was built in 1931.\n\n**Sources**\n\n"
            "1. [Bridge register](https://example.org/register) · example.org\n"
            "2. [Harbour office](https://example.org/office) · example.org\n"
            "3. [Town annals](https://example.org/annals?utm_source=chatgpt.com) · example.org"
        )
        (picture,) = [part for part in messages[2].content if isinstance(part, ImageFileContent)]
        file = await client.files.get(picture.image_file.file_id)
        assert (file.filename, file.expires_at) == ("crack.png", None)
        original = (SAMPLES / "chatgpt-one-file" / "file-AbC123xyz-crack.png").read_bytes()
        assert (await client.files.content(file.id)).content == original
        steps = await steps_of(client, thread.id)
        assert [step.type for step in steps] == ["tool_calls", "message_creation", "message_creation"]
        assert steps[0].reasoning == "THOUGHT check the harbour office first."


async def test_branches_become_threads_that_name_where_they_belong(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        await Importer(client).run([SAMPLES / "claude"])
        threads = await threads_of(client)
        branch = titled(threads, "leek soup for six (branch 1)")
        assert (branch.metadata or {})[BRANCH_OF] == (titled(threads, "leek soup for six").metadata or {})[
            ORIGIN
        ]
        assert [message.text for message in await messages_of(client, branch.id)] == [
            "How do I cook leek soup for six?",
            "OLD BRANCH double everything.",
        ]
        # each is reached from the other at the message where they differ
        whole = titled(threads, "leek soup for six")
        (place,) = (await client.threads.branches(branch.id)).data
        question = (await messages_of(client, branch.id))[0]
        assert (place.after, place.number, place.threads) == (question.id, 2, [whole.id, branch.id])


async def test_branches_can_be_left_out(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        report = await Importer(client, with_branches=False).run([SAMPLES / "claude"])
        assert report.outcomes == {"created": 2}


async def test_what_is_not_in_the_file_is_said_in_the_message(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        report = await Importer(client).run([SAMPLES / "claude"])
        thread = titled(await threads_of(client), "leek soup for six")
        asked = (await messages_of(client, thread.id))[2]
        assert asked.text == "Use my list.\n\n[Not in the saved conversation: pot.jpg]"
        (attachment,) = asked.attachments or []
        assert (await client.files.content(attachment.file_id or "")).content == b"leeks, potatoes, cream"
        assert report.missing_files == 1


async def test_a_conversation_that_has_grown_is_extended(tmp_path: Path) -> None:
    async with a_client(tmp_path / "data") as client:
        await Importer(client).run([saved(tmp_path, conversation("a", "b"))])
        report = await Importer(client).run([saved(tmp_path, conversation("a", "b", "c", "d"))])
        assert report.outcomes == {"extended": 1}
        (thread,) = await threads_of(client)
        assert [message.text for message in await messages_of(client, thread.id)] == ["a", "b", "c", "d"]
        assert (await Importer(client).run([saved(tmp_path, conversation("a", "b", "c", "d"))])).outcomes == {
            "present": 1
        }


async def test_a_thread_that_was_continued_here_stays_and_the_rest_comes_beside_it(tmp_path: Path) -> None:
    from aimltui.wire.messages import CreateMessage

    async with a_client(tmp_path / "data") as client:
        first = await Importer(client).run([saved(tmp_path, conversation("a", "b"))])
        await client.messages.create(
            CreateMessage(thread_id=first.thread_ids[0], role="user", content="here")
        )
        report = await Importer(client).run([saved(tmp_path, conversation("a", "b", "c"))])
        assert report.outcomes == {"changed": 1}
        old, new = await threads_of(client)
        assert [message.text for message in await messages_of(client, old.id)] == ["a", "b", "here"]
        assert [message.text for message in await messages_of(client, new.id)] == ["a", "b", "c"]


async def test_another_shown_branch_brings_nothing_twice(tmp_path: Path) -> None:
    """The person went back to the other answer: both are here already."""

    def tree(newest: str) -> dict[str, Any]:
        said = [
            ("q", None, "human", "q", "10:00:00"),
            ("one", "q", "assistant", "one", "10:00:09" if newest == "one" else "10:00:01"),
            ("two", "q", "assistant", "two", "10:00:05"),
        ]
        rows = [
            {
                "uuid": key,
                "parent_message_uuid": parent or "root",
                "sender": sender,
                "text": text,
                "created_at": f"2025-02-03T{at}Z",
            }
            for key, parent, sender, text, at in said
        ]
        return {"uuid": "c", "name": "n", "chat_messages": rows}

    async with a_client(tmp_path / "data") as client:
        assert (await Importer(client).run([saved(tmp_path, tree("two"))])).outcomes == {"created": 2}
        assert (await Importer(client).run([saved(tmp_path, tree("one"))])).outcomes == {"present": 2}


async def test_keys_are_not_kept(tmp_path: Path) -> None:
    key = "sk-" + "abc123DEF456" * 4
    async with a_client(tmp_path / "data") as client:
        await Importer(client).run([saved(tmp_path, conversation(f"My key is {key}.", "Do not sk-ip it"))])
        (thread,) = await threads_of(client)
        first, second = await messages_of(client, thread.id)
        assert first.text == f"My key is sk-{'*' * 48}."
        assert second.text == "Do not sk-ip it"
    assert not [
        path
        for path in (tmp_path / "data").rglob("*")
        if path.is_file() and key.encode() in path.read_bytes()
    ]


async def test_a_cancelled_import_leaves_whole_threads_and_can_be_taken_up(tmp_path: Path) -> None:
    path = saved(tmp_path, *(conversation("a", "b", uuid=f"c{n}") for n in range(30)))
    async with a_client(tmp_path / "data") as client:
        seen: list[int] = []

        def cancel_after_ten(report: Report) -> None:
            seen.append(report.done)
            if report.done == 10:
                task.cancel()

        task = asyncio.create_task(Importer(client).run([path], cancel_after_ten))
        with pytest.raises(asyncio.CancelledError):
            await task
        threads = await threads_of(client)
        assert 10 <= len(threads) < 30
        for thread in threads:
            assert [message.text for message in await messages_of(client, thread.id)] == ["a", "b"]
        report = await Importer(client).run([path])
        assert report.outcomes == {"present": len(threads), "created": 30 - len(threads)}


async def test_files_of_a_conversation_that_did_not_come_are_taken_back(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        transport = client.threads._transport

        class Refusing:
            async def call(self, operation: Any, params: Any) -> Any:
                if operation is op.IMPORT_THREAD:
                    raise asyncio.CancelledError
                return await transport.call(operation, params)

        with pytest.raises(asyncio.CancelledError):
            await Importer(AssistantsClient(Refusing())).run([SAMPLES / "oterm"])  # type: ignore[arg-type]
        assert (await client.files.list(ListFiles())).data == []


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unsupported("There is no such operation."), "only the Assistants API"),
        (NotFound("No thread found with id 'import'."), "only the Assistants API"),
        (ServerError("The disk is full."), "The disk is full. The import was stopped."),
    ],
)
async def test_what_would_fail_with_each_conversation_ends_the_import(error: Exception, said: str) -> None:
    class Poor:
        async def call(self, operation: Any, params: Any) -> Any:
            raise Unsupported("There is no such operation.") if operation is op.LIST_THREADS else error

    with pytest.raises(CannotImport, match=said):
        await Importer(AssistantsClient(Poor())).run([SAMPLES / "codex"])  # type: ignore[arg-type]


async def test_a_broken_conversation_does_not_stop_the_rest(tmp_path: Path) -> None:
    path = tmp_path / "saved.json"
    good = json.dumps(conversation("a", "b"))
    path.write_text(f'[{good}, {{"uuid": "x", "chat_messages": [tru]}}, 17, {good.replace("c1", "c2")}]')
    async with a_client(tmp_path / "data") as client:
        report = await Importer(client).run([path])
    assert report.outcomes == {"created": 2}
    assert [(item.source_id, item.why) for item in report.skipped] == [
        ("saved.json, element 2", "it is not valid JSON"),
        ("saved.json, element 3", "it is not a conversation"),
    ]


async def test_assistants_and_files_of_the_api_come_along(tmp_path: Path) -> None:
    assistant = {
        "id": "asst_1", "object": "assistant", "created_at": 1_700_000_000, "name": "Smith", "model": "gpt-4o",
        "instructions": "Be an expert on iron.", "tools": [{"type": "code_interpreter"}], "metadata": {"a": "b"},
        "temperature": 0.3, "tool_resources": {"code_interpreter": {"file_ids": ["file-gone"]}},
    }  # fmt: skip
    folder = tmp_path / "dump"
    folder.mkdir()
    (folder / "assistants.json").write_text(
        json.dumps({"object": "list", "data": [assistant], "has_more": False})
    )
    file = {"id": "file-1", "object": "file", "filename": "iron.csv", "purpose": "assistants", "bytes": 5}
    (folder / "files.json").write_text(json.dumps({"object": "list", "data": [file]}))
    (folder / "iron.csv").write_bytes(b"a,b,c")
    async with a_client(tmp_path / "data") as client:
        for _ in range(2):
            await Importer(client).run([folder])
        (made,) = (await client.assistants.list(ListAssistants())).data
        assert (made.name, made.model, made.instructions, made.temperature) == (
            "Smith", "gpt-4o", "Be an expert on iron.", 0.3,
        )  # fmt: skip
        assert [tool.type for tool in made.tools] == ["code_interpreter"]
        (kept,) = (await client.files.list(ListFiles())).data
        assert (await client.files.content(kept.id)).content == b"a,b,c"


async def test_a_survey_writes_nothing_and_says_what_is_new(tmp_path: Path) -> None:
    async with a_client(tmp_path / "data") as client:
        await Importer(client).run([saved(tmp_path, conversation("a", "b"))])
        path = saved(
            tmp_path, conversation("a", "b"), conversation("x", "y", uuid="c2"), conversation("a", uuid="c1")
        )
        survey = await Importer(client).survey([path])
        assert (survey.threads, survey.new, survey.present, survey.grown) == (2, 1, 1, 0)
        assert len(await threads_of(client)) == 1


async def test_times_that_are_not_known_are_not_made_up(tmp_path: Path) -> None:
    async with a_client(tmp_path, clock=TestClock()) as client:
        await Importer(client).run([SAMPLES / "oterm"])
        thread = titled(await threads_of(client), "The Rhine")
        assert thread.created_at == thread.last_active_at == 1_800_000_000
        assert {message.created_at for message in await messages_of(client, thread.id)} == {0}
