"""Threads out of an engine, and into another one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient, every
from aimltui.common import redaction
from aimltui.formatting.web_passages import WebPassage, written
from aimltui.interchange.exporting import FORMATS, SUFFIXES, Exporter, FormatName, Saved, each
from aimltui.interchange.importing import Importer
from aimltui.wire.branches import CopyThread
from aimltui.wire.messages import CreateMessage, ImageFileContent, ListMessages
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import ListRuns
from aimltui.wire.threads import TRASHED_AT, CreateThread, ListThreads, ModifyThread
from tests.unit.interchange.test_importing import SAMPLES, a_client


async def picture_of(client: AssistantsClient) -> list[Any]:
    """All threads with what is in them, without ids and what only one engine knows."""
    threads = [thread async for thread in every(client.threads.list, ListThreads(limit=100, order="asc"))]
    return sorted(
        [await whole(client, thread) for thread in threads], key=lambda told: json.dumps(told["messages"])
    )


async def whole(client: AssistantsClient, thread: Any) -> dict[str, Any]:
    messages = [m async for m in every(client.messages.list, ListMessages(thread_id=thread.id, order="asc"))]
    runs = [run async for run in every(client.runs.list, ListRuns(thread_id=thread.id, order="asc"))]
    steps = []
    for run in runs:
        listed = ListRunSteps(thread_id=thread.id, run_id=run.id, order="asc")
        steps += [step async for step in every(client.runs.list_steps, listed)]
    return {
        "title": (thread.metadata or {}).get("title"),
        "created": thread.created_at,
        "active": thread.last_active_at,
        "messages": [[m.role, m.text, m.created_at, m.status, await files_of(client, m)] for m in messages],
        "runs": [[run.model, run.status, run.last_error.message if run.last_error else None] for run in runs],
        "steps": [[step.type, step.reasoning, calls_of(step)] for step in steps],
    }


async def files_of(client: AssistantsClient, message: Any) -> list[Any]:
    ids = [part.image_file.file_id for part in message.content if isinstance(part, ImageFileContent)]
    ids += [attachment.file_id for attachment in message.attachments or ()]
    return [
        [(await client.files.get(i)).filename, (await client.files.content(i)).content.hex()] for i in ids
    ]


def calls_of(step: Any) -> list[Any]:
    told = step.step_details.to_json().get("tool_calls", [])
    return [{key: value for key, value in call.items() if key != "id"} for call in told]


async def exported(client: AssistantsClient, form: FormatName, folder: Path) -> Path:
    exporter = Exporter(client)
    for number, thread_id in enumerate([thread_id async for thread_id in exporter.every_id()]):
        pieces: list[str] = []

        async def one(thread_id: str = thread_id) -> Any:
            yield thread_id

        assert await exporter.write(one(), form, pieces.append) == 1
        put(folder / f"{number}{SUFFIXES[form]}", "".join(pieces))
    return folder


def put(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text.encode())


@pytest.mark.parametrize("form", FORMATS)
async def test_everything_that_came_in_goes_out_and_comes_in_again(form: FormatName, tmp_path: Path) -> None:
    async with a_client(tmp_path / "one") as first, a_client(tmp_path / "two") as second:
        # llm shares messages between threads, and gptme's times are local: the others are enough
        for name in (
            "chatgpt-one-file",
            "claude",
            "librechat-flat",
            "openwebui",
            "oterm",
            "jan",
            "assistants-api",
        ):
            await Importer(first).run([SAMPLES / name])
        folder = await exported(first, form, tmp_path / "out")
        await Importer(second).run([folder])
        assert await picture_of(second) == await picture_of(first)


@pytest.mark.parametrize("form", FORMATS)
async def test_an_export_of_a_thread_that_is_here_brings_nothing(form: FormatName, tmp_path: Path) -> None:
    async with a_client(tmp_path / "one") as client:
        await client.threads.create(
            CreateThread.model_validate({"messages": [{"role": "user", "content": "Hi"}]})
        )
        folder = await exported(client, form, tmp_path / "out")
        assert (await Importer(client).run([folder])).outcomes == {"present": 1}


async def test_lines_are_the_apis_own_objects(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        await Importer(client).run([SAMPLES / "oterm"])
        exporter, pieces = Exporter(client), list[str]()
        await exporter.write(exporter.every_id(), "jsonl", pieces.append)
        rows = [json.loads(line) for line in "".join(pieces).splitlines()]
        assert {row["object"] for row in rows} == {
            "thread",
            "file",
            "thread.run",
            "thread.run.step",
            "thread.message",
        }
        listed = await client.messages.list(ListMessages(thread_id=rows[0]["id"], order="asc"))
        mine = [
            row for row in rows if row["object"] == "thread.message" and row["thread_id"] == rows[0]["id"]
        ]
        assert mine == [message.to_json() for message in listed.data]


@pytest.mark.parametrize("form", FORMATS)
async def test_one_thread_comes_with_every_branch_of_its_conversation(
    form: FormatName, tmp_path: Path
) -> None:
    async with a_client(tmp_path / "from") as client:
        said = [{"role": "user", "content": "Begin"}, {"role": "user", "content": "FIRST way"}]
        root = await client.threads.create(CreateThread.model_validate({"messages": said}))
        second = (await client.messages.list(ListMessages(thread_id=root.id, order="asc"))).data[1]
        branch = await client.threads.copy(CopyThread(thread_id=root.id, before=second.id, branch=True))
        await client.messages.create(CreateMessage(thread_id=branch.id, role="user", content="OTHER way"))
        pieces: list[str] = []
        gone = await client.threads.copy(CopyThread(thread_id=root.id, before=second.id, branch=True))
        await client.messages.create(CreateMessage(thread_id=gone.id, role="user", content="SECRET way"))
        await client.threads.modify(ModifyThread(thread_id=gone.id, metadata={TRASHED_AT: "1"}))
        assert await Exporter(client).write(each([root.id]), form, pieces.append, with_branches=True) == 1
        assert "SECRET" not in "".join(pieces)
    text = "".join(pieces)
    assert text.count("FIRST way") >= 1
    assert "OTHER way" in text
    file = tmp_path / f"thread{SUFFIXES[form]}"
    file.write_text(text, encoding="utf-8")
    async with a_client(tmp_path / "to") as client:
        await Importer(client).run([file])
        told = [
            [m.text async for m in every(client.messages.list, ListMessages(thread_id=t.id, order="asc"))]
            async for t in every(client.threads.list, ListThreads(order="asc"))
        ]
        assert sorted(told) == [["Begin", "FIRST way"], ["Begin", "OTHER way"]]


async def test_an_empty_thread_is_left_out(tmp_path: Path) -> None:
    async with a_client(tmp_path) as client:
        await client.threads.create(CreateThread())
        exporter, pieces = Exporter(client), list[str]()
        assert await exporter.write(exporter.every_id(), "json", pieces.append) == 0
        assert json.loads("".join(pieces)) == []


@pytest.mark.parametrize("form", FORMATS)
async def test_no_key_goes_out(form: FormatName, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_in_use", set())
    used, pasted = "0123456789abcdef0123456789abcdef", "sk-" + "abc123DEF456" * 4
    redaction.hide(used)
    async with a_client(tmp_path) as client:
        said = [{"role": "user", "content": f"Keys: {used} and {pasted}."}]
        await client.threads.create(CreateThread.model_validate({"messages": said}))
        exporter, pieces = Exporter(client), list[str]()
        await exporter.write(exporter.every_id(), form, pieces.append)
        text = "".join(pieces)
        assert used not in text
        assert pasted not in text
        assert "Keys: [redacted] and sk-" in text


def test_citations_of_pages_become_links() -> None:
    output = written("Found:", 1, [WebPassage("https://a.example/x", "X", "It lasts a year.")])
    call = {"type": "function", "id": "call_1", "function": {"name": "web_search", "output": output}}
    step = {
        "id": "step_1",
        "run_id": "run_1",
        "type": "tool_calls",
        "step_details": {"type": "tool_calls", "tool_calls": [call]},
    }

    def said(run_id: str, text: str) -> dict[str, object]:
        part = {"type": "text", "text": {"value": text, "annotations": []}}
        return {"id": f"msg_{run_id}", "role": "assistant", "run_id": run_id, "content": [part]}

    messages = [said("run_1", "A year 【w1:1】."), said("run_2", "No 【w1:1】.")]
    thread = Saved({"id": "thread_1"}, messages, [], [step], {}).as_thread()
    assert thread is not None
    assert [message.text for message in thread.messages] == [
        "A year ([a.example](https://a.example/x)).",
        "No 【w1:1】.",
    ]
