"""Pictures and files that a user shows: what goes out to the model, and what is told in their place."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.runs.prompt import attachments as enclosures
from aimltui.wire.binary import Blob
from aimltui.wire.events import Notice
from aimltui.wire.files import CreateFile, FileParams
from aimltui.wire.runs import CreateRun
from aimltui.wire.threads import CreateThread
from tests.support.builders import an_assistant, collect, opened
from tests.support.fake_model import FakeModel

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 8
PDF = b"%PDF-1.7\n\xff\xfe\x00"


@pytest.fixture
def model() -> FakeModel:
    return FakeModel()


async def uploaded(engine: Engine, name: str, content: bytes, purpose: str = "vision") -> str:
    file = await engine.files.create_file(
        CreateFile(file=Blob(filename=name, content=content), purpose=purpose)
    )
    return file.id


async def asked(engine: Engine, model: FakeModel, *messages: Any, **run: Any) -> list[Any]:
    """The contents of the user messages as the model got them."""
    shaped = [{"role": "user", **message} for message in messages]
    thread = await engine.threads.create_thread(CreateThread.model_validate({"messages": shaped}))
    assistant = await an_assistant(engine, **run)
    await collect(engine.runs.stream_create_run(CreateRun(thread_id=thread.id, assistant_id=assistant.id)))
    return [m["content"] for m in model.requests[-1].messages if m["role"] == "user"]


async def asked_after_deleting(engine: Engine, model: FakeModel, file_id: str) -> list[Any]:
    thread = await engine.threads.create_thread(
        CreateThread.model_validate({"messages": [{"role": "user", **shows(file_id)}]})
    )
    await engine.files.delete_file(FileParams(file_id=file_id))
    assistant = await an_assistant(engine)
    await collect(engine.runs.stream_create_run(CreateRun(thread_id=thread.id, assistant_id=assistant.id)))
    return [m["content"] for m in model.requests[-1].messages]


def shows(file_id: str, **more: str) -> dict[str, Any]:
    return {
        "content": [
            {"type": "text", "text": "Look"},
            {"type": "image_file", "image_file": {"file_id": file_id, **more}},
        ]
    }


def attaches(file_id: str, *tools: str) -> dict[str, Any]:
    return {
        "content": "Look",
        "attachments": [{"file_id": file_id, "tools": [{"type": tool} for tool in tools]}],
    }


async def test_a_picture_goes_out_as_a_data_url_with_its_detail(tmp_path: Path, model: FakeModel) -> None:
    async with opened(tmp_path, model) as engine:
        picture = await uploaded(engine, "cat.png", PNG)
        (content,) = await asked(engine, model, shows(picture, detail="high"))
    url = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert content == [
        {"type": "text", "text": "Look"},
        {"type": "image_url", "image_url": {"url": url, "detail": "high"}, "name": "cat.png"},
    ]


async def test_a_picture_that_cannot_be_shown_is_told_in_words(
    tmp_path: Path, model: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enclosures, "LARGEST", 100)
    monkeypatch.setattr(enclosures, "MOST", 20)
    async with opened(tmp_path, model) as engine:
        gone = await uploaded(engine, "gone.png", PNG)
        huge = await uploaded(engine, "huge.png", PNG + b"\x00" * 100)
        odd = await uploaded(engine, "odd.png", b"\x00\x01")
        picture = await uploaded(engine, "cat.png", PNG)
        thread = [shows(file) for file in (picture, huge, odd, picture)]
        contents = await asked(engine, model, *thread)
        (after,) = await asked_after_deleting(engine, model, gone)
    assert contents[0] == (
        "Look\n\n[image cat.png left out: newer ones fill the limit of 1.91e-05 MB for one request]"
    )
    assert contents[1].startswith("Look\n\n[image huge.png left out: its size is ")
    assert contents[2] == "Look\n\n[image odd.png left out: it is not a PNG, JPEG, GIF or WebP image]"
    assert contents[3][1]["type"] == "image_url"
    assert after == f"Look\n\n[image {gone}: the file no longer exists]"


@pytest.mark.parametrize(
    ("name", "content", "abilities", "told"),
    [
        ("a.txt", b"Hello", None, "[file a.txt, from here to its end mark]\nHello\n[end of a.txt]"),
        ("a.bin", b"\x00\x01", None, "[file a.bin not shown to this model]"),
        ("a.pdf", PDF, frozenset({"files"}), "data:application/pdf;base64,"),
        ("a.pdf", PDF, None, "data:application/pdf;base64,"),
        ("a.png", PNG, None, "data:image/png;base64,"),
    ],
)
async def test_an_attachment_that_no_tool_reads_is_shown_to_the_model(
    tmp_path: Path, name: str, content: bytes, abilities: frozenset[str] | None, told: str
) -> None:
    (tmp_path / "f").write_bytes(content)
    part = {
        "type": enclosures.ENCLOSED, "file_id": "f", "name": name, "size": len(content), "detail": None, "tokens": 1,
        "kind": enclosures.IMAGE if name.endswith(".png") else enclosures.FILE,
    }  # fmt: skip
    messages = [{"role": "user", "content": [{"type": "text", "text": "Look"}, part]}]
    ((message,), lost) = await enclosures.enclose(messages, lambda id_: tmp_path / id_, abilities)
    shown = message["content"]
    assert bool(lost) == ("not shown" in told)
    if isinstance(shown, str):
        assert shown == f"Look\n\n{told}"
    else:
        assert told in str(shown[-1])


async def test_attachments_for_a_tool_are_named_and_those_for_nobody_are_shown(
    tmp_path: Path, model: FakeModel
) -> None:
    async with opened(tmp_path, model) as engine:
        file = await uploaded(engine, "notes.txt", b"Remember.", "assistants")
        (shown,) = await asked(engine, model, attaches(file))
        (unread,) = await asked(engine, model, attaches(file, "code_interpreter"))
    assert (
        shown
        == unread
        == "Look\n\n[file notes.txt, from here to its end mark]\nRemember.\n[end of notes.txt]"
    )


async def test_the_user_is_told_what_the_newest_message_lost(tmp_path: Path, model: FakeModel) -> None:
    async with opened(tmp_path, model) as engine:
        odd = await uploaded(engine, "odd.png", b"\x00\x01")
        thread = await engine.threads.create_thread(
            CreateThread.model_validate({"messages": [{"role": "user", **shows(odd)}]})
        )
        assistant = await an_assistant(engine)
        wanted = CreateRun(thread_id=thread.id, assistant_id=assistant.id)
        events = await collect(engine.runs.stream_create_run(wanted))
    remarks = [event.data.text for event in events if isinstance(event.data, Notice)]
    assert remarks == ["The image odd.png was left out: it is not a PNG, JPEG, GIF or WebP image."]
