"""Uploads: a file in parts."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

import pytest

from aimltui.wire.binary import Blob
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.files import FileExpiresAfter
from aimltui.wire.uploads import AddUploadPart, CompleteUpload, CreateUpload, Upload
from tests.conformance.world import World, at, requirement

PARTS = [b"first ", b"second ", b"third"]
WHOLE = b"".join(PARTS)


async def announced(world: World, size: int = len(WHOLE), **given: Any) -> Upload:
    wanted = {"filename": "whole.txt", "purpose": "assistants", "bytes": size, "mime_type": "text/plain"}
    return await world.client.uploads.create(CreateUpload(**(wanted | given)))


async def sent(world: World, upload: Upload, *parts: bytes) -> list[str]:
    """The parts all at once; their ids in order."""

    async def send(part: bytes) -> str:
        blob = Blob(filename="blob", content=part)
        return (await world.client.uploads.add_part(AddUploadPart(upload_id=upload.id, data=blob))).id

    return list(await asyncio.gather(*(send(part) for part in parts)))


@requirement("uploads:create")
async def test_an_upload_begins_pending_and_lasts_an_hour(world: World) -> None:
    upload = await announced(world)
    assert upload.to_json() == {
        "id": upload.id,
        "object": "upload",
        "bytes": len(WHOLE),
        "created_at": at(),
        "expires_at": at(3_600),
        "filename": "whole.txt",
        "purpose": "assistants",
        "status": "pending",
        "file": None,
    }


@requirement("uploads:complete")
async def test_the_order_of_the_ids_is_the_order_of_the_file(world: World) -> None:
    upload = await announced(world, expires_after=FileExpiresAfter(anchor="created_at", seconds=7_200))
    ids = await sent(world, upload, *PARTS[::-1])
    md5 = hashlib.md5(WHOLE, usedforsecurity=False).hexdigest()
    done = await world.client.uploads.complete(
        CompleteUpload(upload_id=upload.id, part_ids=ids[::-1], md5=md5.upper())
    )
    assert done.status == "completed"
    assert done.file is not None
    assert (done.file.filename, done.file.bytes, done.file.purpose) == ("whole.txt", len(WHOLE), "assistants")
    assert done.file.expires_at == at(7_200)
    assert (await world.client.files.content(done.file.id)).content == WHOLE
    assert world.keeps(done.file.id)


@requirement("uploads:checks")
async def test_what_does_not_add_up_is_refused_and_can_be_tried_again(world: World) -> None:
    upload = await announced(world)
    ids = await sent(world, upload, *PARTS)

    async def refused(part_ids: list[str], match: str, **given: Any) -> None:
        with pytest.raises(BadRequest, match=match):
            await world.client.uploads.complete(
                CompleteUpload(upload_id=upload.id, part_ids=part_ids, **given)
            )

    await refused(ids[:2], r"13 bytes in all, but the upload was announced with 18 bytes")
    await refused([*ids, ids[0]], "a part is named twice")
    await refused([*ids[:2], "part_none"], "has no part with id 'part_none'")
    await refused(ids, "The MD5 of the parts is", md5="0" * 32)
    done = await world.client.uploads.complete(CompleteUpload(upload_id=upload.id, part_ids=ids))
    assert done.status == "completed"
    await refused(ids, "has status 'completed'")


@requirement("uploads:cancel")
async def test_a_cancelled_upload_takes_nothing_more_and_leaves_nothing_behind(world: World) -> None:
    upload = await announced(world)
    ids = await sent(world, upload, *PARTS)
    cancelled = await world.client.uploads.cancel(upload.id)
    assert cancelled.status == "cancelled"
    assert world.keeps()
    for asked in (
        sent(world, upload, b"more"),
        world.client.uploads.complete(CompleteUpload(upload_id=upload.id, part_ids=ids)),
        world.client.uploads.cancel(upload.id),
    ):
        with pytest.raises(BadRequest, match="has status 'cancelled'"):
            await asked


@requirement("uploads:expired")
async def test_an_upload_expires_after_an_hour(world: World) -> None:
    upload = await announced(world)
    await sent(world, upload, *PARTS)
    world.clock.advance(3_600)
    with pytest.raises(BadRequest, match="has status 'expired'"):
        await sent(world, upload, b"late")


@requirement("uploads:unknown")
async def test_an_unknown_upload_is_not_found(world: World) -> None:
    with pytest.raises(NotFound, match="No upload found with id 'upload_none'"):
        await world.client.uploads.cancel("upload_none")
    with pytest.raises(BadRequest, match="Expected an ID that begins with 'upload'"):
        await world.client.uploads.cancel("file-1")


@requirement("uploads:race")
async def test_of_two_that_complete_at_once_one_does(world: World) -> None:
    upload = await announced(world)
    ids = await sent(world, upload, *PARTS)
    wanted = CompleteUpload(upload_id=upload.id, part_ids=ids)
    results = await asyncio.gather(
        world.client.uploads.complete(wanted), world.client.uploads.complete(wanted), return_exceptions=True
    )
    assert sum(isinstance(result, Upload) for result in results) == 1
    (done,) = [result for result in results if isinstance(result, Upload)]
    assert done.file is not None
    assert world.keeps(done.file.id)
