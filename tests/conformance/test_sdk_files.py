"""The openai package as judge of files, uploads and vector stores."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from openai import AsyncOpenAI, BadRequestError, NotFoundError, OpenAI

from tests.conformance.test_sdk import STRICT, client_over
from tests.conformance.world import World, among, requirement


@pytest.fixture
async def sdk(http_world: World) -> AsyncIterator[AsyncOpenAI]:
    async with client_over(http_world.socket) as client:
        yield client


@requirement("sdk:files")
async def test_its_files(sdk: AsyncOpenAI) -> None:
    made = await sdk.files.create(file=("a.txt", b"content"), purpose="assistants")
    assert (made.filename, made.bytes, made.status) == ("a.txt", 7, "processed")
    assert await sdk.files.retrieve(made.id) == made
    assert (await sdk.files.wait_for_processing(made.id)).id == made.id
    content = await sdk.files.content(made.id)
    assert (content.content, content.text) == (b"content", "content")
    async with sdk.files.with_streaming_response.content(made.id) as streamed:
        assert [piece async for piece in streamed.iter_bytes()] == [b"content"]
    more = [(await sdk.files.create(file=(f"{n}.txt", b"x"), purpose="user_data")).id for n in range(3)]
    newest_first = [*more[::-1], made.id]
    assert await among(aiter(sdk.files.list(limit=2)), newest_first) == newest_first
    assert await among(aiter(sdk.files.list(purpose="assistants")), [made.id]) == [made.id]
    assert (await sdk.files.delete(made.id)).deleted
    with pytest.raises(NotFoundError, match="No such File object"):
        await sdk.files.retrieve(made.id)


@requirement("sdk:files:forms")
async def test_its_forms(sdk: AsyncOpenAI, tmp_path: Path) -> None:
    path = tmp_path / "größe 1.txt"
    path.write_bytes(b"from a path")
    made = await sdk.files.create(file=path, purpose="vision")
    assert (made.filename, made.purpose) == ("größe 1.txt", "vision")
    with path.open("rb") as opened:
        made = await sdk.files.create(
            file=opened, purpose="batch", expires_after={"anchor": "created_at", "seconds": 3_600}
        )
    assert made.expires_at == made.created_at + 3_600
    assert (await sdk.files.create(file=b"bare bytes", purpose="assistants")).bytes == 10
    with pytest.raises(BadRequestError, match="Supported values are"):
        await sdk.files.create(file=b"x", purpose="nonsense")  # type: ignore[arg-type]


@requirement("sdk:uploads")
async def test_its_uploads(sdk: AsyncOpenAI, tmp_path: Path) -> None:
    upload = await sdk.uploads.create(bytes=6, filename="a.txt", mime_type="text/plain", purpose="assistants")
    parts = await asyncio.gather(
        *(sdk.uploads.parts.create(upload.id, data=piece) for piece in (b"abc", b"def"))
    )
    md5 = hashlib.md5(b"abcdef", usedforsecurity=False).hexdigest()
    done = await sdk.uploads.complete(upload.id, part_ids=[part.id for part in parts], md5=md5)
    assert done.file is not None
    assert (await sdk.files.content(done.file.id)).content == b"abcdef"
    other = await sdk.uploads.create(bytes=6, filename="a.txt", mime_type="text/plain", purpose="assistants")
    assert (await sdk.uploads.cancel(other.id)).status == "cancelled"
    with pytest.raises(BadRequestError):
        await sdk.uploads.complete(other.id, part_ids=[])

    path = tmp_path / "large.txt"
    path.write_bytes(bytes(range(256)) * 1_000)
    chunked = await sdk.uploads.upload_file_chunked(
        file=path, mime_type="text/plain", purpose="assistants", part_size=100_000
    )
    assert chunked.file is not None
    assert (await sdk.files.content(chunked.file.id)).content == path.read_bytes()


@requirement("sdk:vector_stores")
async def test_its_vector_stores(sdk: AsyncOpenAI) -> None:
    file = await sdk.files.create(file=("paris.txt", b"Paris is in France."), purpose="assistants")
    store = await sdk.vector_stores.create(
        name="Cities",
        file_ids=[file.id],
        metadata={"a": "b"},
        expires_after={"anchor": "last_active_at", "days": 3},
    )
    await sdk.vector_stores.files.poll(file.id, vector_store_id=store.id, poll_interval_ms=20)
    store = await sdk.vector_stores.retrieve(store.id)
    assert (store.name, store.status, store.file_counts.completed) == ("Cities", "completed", 1)
    store = await sdk.vector_stores.update(store.id, name="Towns")
    assert (await sdk.vector_stores.list(limit=1)).data == [store]
    results = [item async for item in sdk.vector_stores.search(store.id, query="Where is Paris?")]
    assert [(item.filename, item.content[0].text) for item in results] == [
        ("paris.txt", "Paris is in France.")
    ]
    assert (await sdk.vector_stores.delete(store.id)).deleted
    with pytest.raises(NotFoundError, match="No vector store found"):
        await sdk.vector_stores.retrieve(store.id)


@requirement("sdk:vector_stores:files")
async def test_its_files_of_vector_stores(sdk: AsyncOpenAI) -> None:
    store = await sdk.vector_stores.create()
    files = sdk.vector_stores.files
    good = await files.upload_and_poll(
        vector_store_id=store.id, file=("a.md", b"# Title\n\nText."), poll_interval_ms=20,
        attributes={"kind": "note"}, chunking_strategy={
            "type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 50},
        },
    )  # fmt: skip
    assert (good.status, good.attributes) == ("completed", {"kind": "note"})
    changed = await files.update(good.id, vector_store_id=store.id, attributes={"kind": "mail"})
    assert changed.attributes == {"kind": "mail"}
    texts = [piece.text async for piece in files.content(good.id, vector_store_id=store.id)]
    assert texts == ["# Title\n\nText."]
    picture = await sdk.files.create(file=("p.png", b"\x89PNG\0\0"), purpose="vision")
    bad = await files.create_and_poll(picture.id, vector_store_id=store.id, poll_interval_ms=20)
    assert bad.status == "failed"
    assert bad.last_error is not None
    assert bad.last_error.code == "unsupported_file"
    assert [f.id async for f in files.list(store.id, filter="failed")] == [bad.id]
    assert (await files.delete(good.id, vector_store_id=store.id)).deleted


@requirement("sdk:vector_stores:batches")
async def test_its_batches(sdk: AsyncOpenAI) -> None:
    store = await sdk.vector_stores.create()
    batches = sdk.vector_stores.file_batches
    batch = await batches.upload_and_poll(
        store.id, files=[(f"{n}.txt", f"number {n}".encode()) for n in range(6)], poll_interval_ms=20
    )
    assert (batch.status, batch.file_counts.completed) == ("completed", 6)
    names = [file.id async for file in batches.list_files(batch.id, vector_store_id=store.id, limit=4)]
    assert len(set(names)) == 6
    again = await batches.create_and_poll(store.id, file_ids=names[:2], poll_interval_ms=20)
    assert again.file_counts.total == 2
    assert (await batches.retrieve(again.id, vector_store_id=store.id)).status == "completed"


@requirement("sdk:files:sync")
async def test_the_synchronous_client(http_world: World, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("The quick brown fox.")

    def all_of_it() -> list[str]:
        transport = httpx2.HTTPTransport(uds=str(http_world.socket))
        with OpenAI(http_client=httpx2.Client(transport=transport), **STRICT) as sdk:
            store = sdk.vector_stores.create(name="S")
            batch = sdk.vector_stores.file_batches.upload_and_poll(
                store.id, files=[path], poll_interval_ms=20
            )
            assert batch.file_counts.completed == 1
            made = sdk.uploads.upload_file_chunked(file=path, mime_type="text/plain", purpose="assistants")
            assert made.file is not None
            assert sdk.files.content(made.file.id).read() == path.read_bytes()
            return [item.filename for item in sdk.vector_stores.search(store.id, query="fox")]

    assert await asyncio.to_thread(all_of_it) == ["a.txt"]
