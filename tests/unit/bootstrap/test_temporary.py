"""Temporary threads: nothing of them is in any file, and everything else works as with the store alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from aimltui.bootstrap.temporary import TemporaryThreads
from aimltui.client.client import AssistantsClient
from aimltui.common.temporary import is_temporary
from aimltui.engine.accounting.budget import BudgetLimits
from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatChunk, ChatUsage
from aimltui.tui.controllers.keeping import keep
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.base import Wire
from aimltui.wire.branches import CopyThread
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.events import Changed
from aimltui.wire.messages import CreateMessage, ListMessages
from aimltui.wire.runs import COMPLETED, CreateRun, ListRuns, Run
from aimltui.wire.threads import PINNED, TEMPORARY, CreateThread, ListThreads, ModifyThread
from aimltui.wire.tools import CodeInterpreterTool
from aimltui.wire.usage import UsageParams
from tests.support.builders import bounded, options, until
from tests.support.fake_model import FakeModel, FakeModels, says

SECRETS = (b"heronsong", b"kingfisher", b"waxwing")


def found_in(directory: Path) -> list[tuple[str, bytes]]:
    """The words of a temporary thread that are in files, or in their names, and where."""
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert files
    texts = [(path.name, path.name.encode() + path.read_bytes()) for path in files]
    return [(name, word) for name, text in texts for word in (*SECRETS, b"thread_temporary") if word in text]


@asynccontextmanager
async def served(
    directory: Path, model: FakeModel, limits: BudgetLimits | None = None
) -> AsyncIterator[AssistantsClient]:
    models, made = FakeModels(model), options(directory, limits=limits or BudgetLimits())
    client = AssistantsClient(TemporaryThreads(await Engine.open(made, models), made, models))
    try:
        yield client
    finally:
        await bounded(client.aclose())
        assert models.closed


async def ask(client: AssistantsClient, thread_id: str, text: str = "") -> Run:
    """Say something, unless it is said already, and return the run that answered."""
    tools = [CodeInterpreterTool(type="code_interpreter")] if is_temporary(thread_id) else []
    assistant = await client.assistants.create(
        CreateAssistant(model="fake", instructions="Be kind.", tools=tools)
    )
    if text:
        await client.messages.create(CreateMessage(thread_id=thread_id, role="user", content=text))
    wanted = CreateRun(thread_id=thread_id, assistant_id=assistant.id)
    last: Wire | None = None
    async with aclosing(client.runs.stream(wanted)) as events:
        async for event in events:
            last = event.data if isinstance(event.data, Run) else last
    assert isinstance(last, Run)
    return last


async def said(client: AssistantsClient, thread_id: str) -> list[str]:
    page = await client.messages.list(ListMessages(thread_id=thread_id, order="asc"))
    return [message.text for message in page.data]


async def test_nothing_of_a_temporary_thread_is_in_any_file(tmp_path: Path) -> None:
    answer = [ChatChunk(reasoning="A waxwing?"), *says("kingfisher")]
    model = FakeModel(answer, says("An ordinary answer."))
    async with served(tmp_path, model) as client:
        made = await client.threads.create(CreateThread(metadata={TEMPORARY: "true"}))
        assert is_temporary(made.id)
        run = await bounded(ask(client, made.id, "heronsong"))
        assert run.status == COMPLETED
        # tools would write files
        assert (model.requests[0].tools, model.requests[0].messages[0]["content"]) == ([], "Be kind.")
        await client.threads.modify(ModifyThread(thread_id=made.id, metadata={"title": "waxwing"}))
        branch = await client.threads.copy(CopyThread(thread_id=made.id))
        assert is_temporary(branch.id)
        assert await said(client, branch.id) == ["heronsong", "kingfisher"]
        ordinary = await client.threads.create(CreateThread())
        await bounded(ask(client, ordinary.id, "An ordinary question."))
        listed = [thread.id for thread in (await client.threads.list(ListThreads())).data]
        assert set(listed) == {made.id, branch.id, ordinary.id}
        assert [hit.thread_id for hit in (await client.search("ordinary")).data][:1] == [ordinary.id]
        assert (await client.search("heronsong")).data == []
        # now, while the write-ahead log is there, and afterwards
        assert found_in(tmp_path) == []
        assert not (tmp_path / "in-memory").exists()
    assert found_in(tmp_path) == []
    async with served(tmp_path, FakeModel()) as client:
        assert [thread.id for thread in (await client.threads.list(ListThreads())).data] == [ordinary.id]
        with pytest.raises(NotFound):
            await client.threads.get(made.id)


async def test_a_temporary_thread_can_be_kept_as_an_ordinary_one(tmp_path: Path) -> None:
    usage = ChatUsage(prompt_tokens=90, completion_tokens=10, total_tokens=100)
    answer = [
        ChatChunk(reasoning="A waxwing?"),
        *says("kingfisher")[:-1],
        ChatChunk(usage=usage, finish_reason="stop"),
    ]
    async with served(tmp_path, FakeModel(answer, says("More."))) as client:
        made = await client.threads.create(CreateThread(metadata={TEMPORARY: "true", PINNED: "true"}))
        await bounded(ask(client, made.id, "heronsong"))
        (told,) = (await client.runs.list(ListRuns(thread_id=made.id))).data
        saved = (await keep(client, made.id))[made.id]
        assert not is_temporary(saved)
        (thread,) = (await client.threads.list(ListThreads())).data
        metadata = thread.metadata or {}
        assert (thread.id, metadata[PINNED], TEMPORARY in metadata) == (saved, "true", False)
        # the receipt stays, and nothing is counted twice
        (run,) = (await client.runs.list(ListRuns(thread_id=saved))).data
        assert told.usage is not None
        assert (run.usage, run.duration_ms) == (told.usage, told.duration_ms)
        assert run.usage.prompt_tokens == 90
        today = (await client.usage(UsageParams(by="day"))).today
        assert today is not None
        assert today.prompt_tokens == 100
        await bounded(ask(client, saved, "And?"))
    async with served(tmp_path, FakeModel()) as client:
        assert await said(client, saved) == ["heronsong", "kingfisher", "And?", "More."]


async def test_the_branches_of_a_thread_are_kept_with_it(tmp_path: Path) -> None:
    async with served(tmp_path, FakeModel(says("Kingfisher."), says("Waxwing."))) as client:
        made = await client.threads.create(CreateThread(metadata={TEMPORARY: "true"}))
        await bounded(ask(client, made.id, "heronsong"))
        question = (await client.messages.list(ListMessages(thread_id=made.id, order="asc"))).data[0]
        copy = await client.threads.copy(CopyThread(thread_id=made.id, through=question.id, branch=True))
        assert is_temporary(copy.id)
        await bounded(ask(client, copy.id))
        kept = await keep(client, copy.id)
        assert list(kept) == [made.id, copy.id]
        (place,) = (await client.threads.branches(kept[copy.id])).data
        assert (place.number, place.threads) == (2, list(kept.values()))
        assert await said(client, kept[made.id]) == ["heronsong", "Kingfisher."]
        assert await said(client, kept[copy.id]) == ["heronsong", "Waxwing."]
        left = (await client.threads.list(ListThreads())).data
        assert [thread.id for thread in left if is_temporary(thread.id)] == []


async def test_what_it_costs_counts_for_the_day_without_its_words(tmp_path: Path) -> None:
    usage = ChatUsage(prompt_tokens=90, completion_tokens=10, total_tokens=100)
    model = FakeModel([*says("kingfisher")[:-1], ChatChunk(usage=usage, finish_reason="stop")])
    async with served(tmp_path, model, BudgetLimits(per_day_tokens=50)) as client:
        made = await client.threads.create(CreateThread(metadata={TEMPORARY: "true"}))
        await bounded(ask(client, made.id, "heronsong"))
        report = await client.usage(UsageParams(by="day"))
        assert report.today is not None
        assert report.today.prompt_tokens == 100
        with pytest.raises(APIError, match="budget"):
            await bounded(ask(client, made.id, "Again?"))
    assert found_in(tmp_path) == []


async def test_changes_of_both_kinds_of_threads_are_reported(tmp_path: Path) -> None:
    seen: set[str] = set()

    async def listen(client: AssistantsClient) -> None:
        async with aclosing(client.changes()) as events:
            async for event in events:
                if isinstance(event.data, Changed):
                    seen.update(event.data.thread_ids or ())

    async with served(tmp_path, FakeModel()) as client:
        listening = asyncio.create_task(listen(client))
        for metadata in ({}, {TEMPORARY: "true"}):
            made = await client.threads.create(CreateThread(metadata=metadata))
            renamed = ModifyThread(thread_id=made.id, metadata={"title": "again"})

            async def told(thread_id: str = made.id, renamed: ModifyThread = renamed) -> bool:
                # the listener may not listen yet
                await client.threads.modify(renamed)
                return thread_id in seen

            await until(told)
    # the stream ends with the engine that stores
    await bounded(listening)
