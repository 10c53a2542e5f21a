"""Files: what goes in comes out, and what strangers call it does no harm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from aimltui.client.client import every
from aimltui.client.errors import TransportError
from aimltui.wire.binary import Blob
from aimltui.wire.errors import APIError, BadRequest, NotFound
from aimltui.wire.files import CreateFile, FileExpiresAfter, ListFiles
from tests.conformance.world import World, among, at, requirement

EVERY_BYTE = bytes(range(256)) * 3


@requirement("files:create")
async def test_a_file_shows_every_field(world: World) -> None:
    made = await world.file(EVERY_BYTE, "data.bin")
    assert made.to_json() == {
        "id": made.id,
        "object": "file",
        "bytes": 768,
        "created_at": at(),
        "expires_at": None,
        "filename": "data.bin",
        "purpose": "assistants",
        "status": "processed",
        "status_details": None,
    }
    assert await world.client.files.get(made.id) == made


@requirement("files:content")
@pytest.mark.parametrize("purpose", ["assistants", "vision", "user_data", "batch", "fine-tune"])
async def test_the_content_of_a_file_can_be_read_whatever_it_is_for(world: World, purpose: str) -> None:
    made = await world.file(EVERY_BYTE, "Ünï 1.bin", purpose=purpose)
    got = await world.client.files.content(made.id)
    assert (got.content, got.filename, got.media_type) == (
        EVERY_BYTE,
        "Ünï 1.bin",
        "application/octet-stream",
    )


@requirement("files:content:empty")
async def test_an_empty_file_is_a_file(world: World) -> None:
    made = await world.file(b"", "empty.txt")
    assert made.bytes == 0
    assert (await world.client.files.content(made.id)).content == b""


@requirement("files:create:path")
async def test_a_file_of_this_machine_is_copied(world: World, tmp_path: Path) -> None:
    source = tmp_path / "big.bin"
    source.write_bytes(EVERY_BYTE * 5_000)
    made = await world.client.files.create(CreateFile(file=Blob.of_file(source), purpose="user_data"))
    assert (made.filename, made.bytes) == ("big.bin", source.stat().st_size)
    assert (await world.client.files.content(made.id)).content == source.read_bytes()


@requirement("files:list")
async def test_files_are_listed_by_purpose_and_page_by_page(world: World) -> None:
    made = [(await world.file(name=f"{n}.txt")).id for n in range(5)]
    picture = await world.file(purpose="vision")
    listed = world.client.files.list
    newest_first = [picture.id, *made[::-1]]
    assert await among(every(listed, ListFiles()), newest_first) == newest_first
    pictures = (await listed(ListFiles(purpose="vision"))).data
    assert pictures[0] == picture
    assert {file.purpose for file in pictures} == {"vision"}
    params = ListFiles(limit=2, order="desc", purpose="assistants")
    assert await among(every(listed, params), made) == made[::-1]
    oldest_first = params.model_copy(update={"order": "asc", "after": made[0]})
    assert await among(every(listed, oldest_first), made[1:]) == made[1:]
    with pytest.raises(BadRequest, match="Supported values are"):
        await world.client.files.list(ListFiles(purpose="fun"))


@requirement("files:delete")
async def test_a_deleted_file_is_gone_from_the_disk_and_from_every_vector_store(world: World) -> None:
    made = await world.file()
    store = await world.store(made)
    told = await world.client.files.delete(made.id)
    assert told.to_json() == {"id": made.id, "object": "file", "deleted": True}
    assert (await world.client.vector_stores.get(store.id)).file_counts.total == 0
    assert world.keeps()
    for asked in (world.client.files.get, world.client.files.content, world.client.files.delete):
        with pytest.raises(NotFound):
            await asked(made.id)


@requirement("files:unknown")
async def test_an_unknown_file_is_not_found(world: World) -> None:
    with pytest.raises(NotFound) as caught:
        await world.client.files.get("file-none")
    assert (caught.value.message, caught.value.type) == (
        "No such File object: file-none",
        "invalid_request_error",
    )


@requirement("files:purpose")
async def test_a_purpose_that_only_the_service_gives_is_refused(world: World) -> None:
    with pytest.raises(BadRequest) as caught:
        await world.file(purpose="assistants_output")
    assert (caught.value.code, caught.value.param) == ("invalid_value", "purpose")


@requirement("files:expires_after")
async def test_a_file_is_gone_when_its_time_is_up(world: World) -> None:
    short = FileExpiresAfter(anchor="created_at", seconds=3_600)
    made = await world.file(expires_after=short)
    kept = await world.file()
    assert made.expires_at == at(3_600)
    assert (await world.file(purpose="batch")).expires_at == at(2_592_000)
    world.clock.advance(3_599)
    assert await world.client.files.get(made.id) == made
    world.clock.advance(1)
    with pytest.raises(NotFound, match="No such File object"):
        await world.client.files.get(made.id)
    assert made not in (await world.client.files.list(ListFiles())).data
    assert await world.client.files.get(kept.id) == kept
    with pytest.raises(BadRequest, match="'created_at'"):
        await world.file(expires_after=short.model_copy(update={"anchor": "last_active_at"}))


@requirement("files:names")
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\notes.txt", "notes.txt"),
        ("a\x1b[31mred\x07\r\nX: y.txt", "a[31mredX: y.txt"),
        ("gpj.\u202eexe.txt", "gpj.exe.txt"),
        ("x" * 300 + ".txt", "x" * 251 + ".txt"),
        ("ü" * 300, "ü" * 127),
        ("..", "unnamed"),
        ("   ", "unnamed"),
        ('say "hi".txt', 'say "hi".txt'),
        ("100% sure; really.txt", "100% sure; really.txt"),
        (".env", ".env"),
    ],
)
async def test_a_hostile_name_becomes_a_harmless_one(world: World, name: str, kept: str) -> None:
    made = await world.file(name=name)
    shown = made.filename
    if "embedded" not in world.leg and '"' in name:
        # a form writes them as %22, and nobody can tell that from a name that has these three characters
        shown = shown.replace("%22", '"')
    elif "embedded" not in world.leg and "\r" in name:
        shown = shown.replace("%0D%0A", "")
    assert shown == kept
    got = await world.client.files.content(made.id)
    assert got.filename == made.filename
    assert world.keeps(made.id)


@requirement("files:path")
async def test_what_is_no_plain_file_is_refused(world: World, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = (await world.client.files.list(ListFiles(limit=1))).first_id
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "none"):
        with pytest.raises((APIError, TransportError), match="cannot be read"):
            await world.client.files.create(CreateFile(file=Blob.of_file(path), purpose="assistants"))
    assert (await world.client.files.list(ListFiles(limit=1))).first_id == before
