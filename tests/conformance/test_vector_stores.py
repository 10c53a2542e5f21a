"""Vector stores as objects: files, states, counts, batches, time, and a search by words."""

from __future__ import annotations

from typing import Any

import pytest

from aimltui.client.client import every
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.vector_stores import (
    CreateFileBatch,
    CreateVectorStore,
    CreateVectorStoreFile,
    ListFileBatchFiles,
    ListVectorStoreFiles,
    ListVectorStores,
    ModifyVectorStore,
    ModifyVectorStoreFile,
    SearchVectorStore,
    StoreExpiresAfter,
)
from tests.conformance.world import World, among, at, requirement
from tests.support.builders import until


async def added(world: World, store_id: str, file_id: str, **given: Any) -> None:
    await world.client.vector_stores.files.create(
        CreateVectorStoreFile(vector_store_id=store_id, file_id=file_id, **given)
    )
    await world.indexed(store_id)


async def found(world: World, store_id: str, query: str | list[str], **given: Any) -> list[tuple[str, float]]:
    page = await world.client.vector_stores.search(
        SearchVectorStore(vector_store_id=store_id, query=query, **given)
    )
    return [(result.filename, result.score) for result in page.data]


@requirement("stores:create")
async def test_a_store_needs_nothing(world: World) -> None:
    made = await world.client.vector_stores.create(CreateVectorStore())
    assert made.to_json() == {
        "id": made.id,
        "object": "vector_store",
        "created_at": at(),
        "name": "",
        "usage_bytes": 0,
        "file_counts": {"in_progress": 0, "completed": 0, "failed": 0, "cancelled": 0, "total": 0},
        "status": "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": at(),
        "metadata": {},
    }


@requirement("stores:files")
async def test_files_of_a_creation_are_processed_and_counted(world: World) -> None:
    good, bad = await world.file("some text"), await world.file(b"\x89PNG\r\n\x1a\n\x00", "paper.pdf")
    store = await world.store(good, bad, name="Both", metadata={"a": "b"})
    assert (store.status, store.name, store.metadata) == ("completed", "Both", {"a": "b"})
    assert store.file_counts.to_json() == {
        "in_progress": 0, "completed": 1, "failed": 1, "cancelled": 0, "total": 2,
    }  # fmt: skip
    assert store.usage_bytes == len("some text")
    file = await world.client.vector_stores.files.get(store.id, good.id)
    assert file.to_json() == {
        "id": good.id,
        "object": "vector_store.file",
        "created_at": at(),
        "vector_store_id": store.id,
        "usage_bytes": len("some text"),
        "status": "completed",
        "last_error": None,
        "chunking_strategy": {
            "type": "static",
            "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400},
        },
        "attributes": {},
        "chunks": 1,
    }
    failed = await world.client.vector_stores.files.get(store.id, bad.id)
    assert failed.status == "failed"
    assert failed.last_error is not None
    assert failed.last_error.code == "unsupported_file"
    assert "Pictures cannot be searched" in failed.last_error.message


@requirement("stores:files:list")
async def test_files_of_a_store_are_listed_by_state(world: World) -> None:
    good = [await world.file(f"text {n}") for n in range(3)]
    bad = await world.file(b"\x89PNG\r\n\x1a\n\x00\x00", "a.png")
    store = await world.store(*good, bad)
    params = ListVectorStoreFiles(vector_store_id=store.id, limit=2, order="asc", filter="completed")
    listed = [file.id async for file in every(world.client.vector_stores.files.list, params)]
    assert listed == [file.id for file in good]
    page = await world.client.vector_stores.files.list(
        ListVectorStoreFiles(vector_store_id=store.id, filter="failed")
    )
    assert [file.id for file in page.data] == [bad.id]


@requirement("stores:files:content")
async def test_the_text_of_a_file_is_there_as_it_was_found(world: World) -> None:
    text = "\n".join(f"Line {n} has something to say. And more of it." for n in range(3_000))
    store = await world.store(file := await world.file(text))
    got = await world.client.vector_stores.files.content(store.id, file.id)
    assert "".join(piece.text for piece in got.data) == text


@requirement("stores:files:attributes")
async def test_attributes_are_kept_and_replaced(world: World) -> None:
    store = await world.store()
    file = await world.file()
    await added(world, store.id, file.id, attributes={"year": 2026, "kind": "note", "open": True, "p": 0.5})
    files = world.client.vector_stores.files
    assert (await files.get(store.id, file.id)).attributes == {
        "year": 2026, "kind": "note", "open": True, "p": 0.5,
    }  # fmt: skip
    changed = await files.modify(
        ModifyVectorStoreFile(vector_store_id=store.id, file_id=file.id, attributes={"year": 2027})
    )
    assert changed.attributes == {"year": 2027}
    assert changed.status == "completed"
    with pytest.raises(BadRequest, match="at most 16 properties"):
        await files.modify(
            ModifyVectorStoreFile(
                vector_store_id=store.id, file_id=file.id, attributes={str(n): n for n in range(17)}
            )
        )


@requirement("stores:files:delete")
async def test_a_file_that_is_taken_out_stays_a_file(world: World) -> None:
    store = await world.store(file := await world.file())
    told = await world.client.vector_stores.files.delete(store.id, file.id)
    assert told.to_json() == {"id": file.id, "object": "vector_store.file.deleted", "deleted": True}
    assert (await world.client.files.get(file.id)).id == file.id
    assert await found(world, store.id, "Paris") == []
    with pytest.raises(NotFound, match=f"No file found with id '{file.id}' in vector store '{store.id}'"):
        await world.client.vector_stores.files.get(store.id, file.id)


@requirement("stores:files:again")
async def test_a_file_that_is_added_again_is_processed_anew(world: World) -> None:
    store = await world.store(file := await world.file("word " * 500))
    strategy = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    await added(world, store.id, file.id, chunking_strategy=strategy)
    page = await world.client.vector_stores.search(SearchVectorStore(vector_store_id=store.id, query="word"))
    # five chunks of 100 words; up to four neighbours are one result
    assert sorted(len(result.content[0].text.split()) for result in page.data) == [100, 400]
    assert (await world.client.vector_stores.get(store.id)).file_counts.total == 1


@requirement("stores:chunking")
@pytest.mark.parametrize(
    ("strategy", "match"),
    [
        ({"type": "static"}, "Missing required parameter: 'chunking_strategy.static'"),
        ({"type": "semantic"}, "Supported values are: 'auto' and 'static'"),
        ({"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 51}}, "half"),
    ],
)
async def test_a_wrong_chunking_strategy_is_refused(world: World, strategy: Any, match: str) -> None:
    store = await world.store()
    with pytest.raises(BadRequest, match=match):
        await added(world, store.id, (await world.file()).id, chunking_strategy=strategy)


@requirement("stores:modify")
async def test_name_metadata_and_time_can_be_changed(world: World) -> None:
    store = await world.store(name="Old", metadata={"a": "1"})
    week = StoreExpiresAfter(anchor="last_active_at", days=7)
    modify = world.client.vector_stores.modify
    changed = await modify(
        ModifyVectorStore(vector_store_id=store.id, name="New", metadata={"b": "2"}, expires_after=week)
    )
    assert (changed.name, changed.metadata) == ("New", {"a": "1", "b": "2"})
    assert changed.expires_at == at(7 * 86_400)
    freed = await modify(ModifyVectorStore(vector_store_id=store.id, expires_after=None))
    assert (freed.name, freed.expires_after, freed.expires_at) == ("New", None, None)


@requirement("stores:expired")
async def test_a_store_expires_after_days_without_use_and_can_be_given_more(world: World) -> None:
    day = StoreExpiresAfter(anchor="last_active_at", days=1)
    store = await world.store(await world.file(), expires_after=day)
    world.clock.advance(86_000)
    assert await found(world, store.id, "Paris")
    world.clock.advance(86_000)
    assert (await world.client.vector_stores.get(store.id)).status == "completed"
    world.clock.advance(400)
    assert (await world.client.vector_stores.get(store.id)).status == "expired"
    with pytest.raises(BadRequest, match=f"Vector store '{store.id}' has expired"):
        await found(world, store.id, "Paris")
    with pytest.raises(BadRequest, match="has expired"):
        await added(world, store.id, (await world.file()).id)
    await world.client.vector_stores.modify(ModifyVectorStore(vector_store_id=store.id, expires_after=None))
    assert await found(world, store.id, "Paris")


@requirement("stores:list", "stores:delete")
async def test_stores_are_listed_and_deleted(world: World) -> None:
    made = [(await world.store(name=str(n))).id for n in range(5)]
    params = ListVectorStores(limit=2)
    assert await among(every(world.client.vector_stores.list, params), made) == made[::-1]
    told = await world.client.vector_stores.delete(made[0])
    assert told.to_json() == {"id": made[0], "object": "vector_store.deleted", "deleted": True}
    with pytest.raises(NotFound, match=f"No vector store found with id '{made[0]}'"):
        await world.client.vector_stores.get(made[0])


@requirement("stores:unknown")
async def test_what_is_not_there_is_named(world: World) -> None:
    store, file = await world.store(), await world.file()
    with pytest.raises(NotFound, match="No such File object: file-none"):
        await world.client.vector_stores.create(CreateVectorStore(file_ids=[file.id, "file-none"]))
    assert (await world.client.vector_stores.list(ListVectorStores(limit=1))).data == [store]
    with pytest.raises(NotFound, match="No vector store found with id 'vs_none'"):
        await added(world, "vs_none", file.id)
    with pytest.raises(BadRequest, match="Expected an ID that begins with 'vs'"):
        await world.client.vector_stores.get("store_1")
    with pytest.raises(NotFound, match="No file batch found with id 'vsfb_none'"):
        await world.client.vector_stores.file_batches.get(store.id, "vsfb_none")


@requirement("stores:batches")
async def test_a_batch_tells_how_its_files_are_doing(world: World) -> None:
    store = await world.store(await world.file("not of the batch"))
    files = [await world.file(f"text {n}") for n in range(4)]
    batches = world.client.vector_stores.file_batches
    batch = await batches.create(
        CreateFileBatch(
            vector_store_id=store.id, file_ids=[file.id for file in files], attributes={"of": "batch"}
        )
    )
    assert batch.file_counts.total == 4
    await world.indexed(store.id)
    batch = await batches.get(store.id, batch.id)
    assert (batch.status, batch.file_counts.completed) == ("completed", 4)
    params = ListFileBatchFiles(vector_store_id=store.id, batch_id=batch.id, limit=3, order="asc")
    listed = [file async for file in every(batches.list_files, params)]
    assert [file.id for file in listed] == [file.id for file in files]
    assert {str(file.attributes) for file in listed} == {"{'of': 'batch'}"}
    with pytest.raises(BadRequest, match="Cannot cancel file batch with status 'completed'"):
        await batches.cancel(store.id, batch.id)


@requirement("stores:batches:files")
async def test_the_files_of_a_batch_may_each_have_their_own(world: World) -> None:
    store = await world.store()
    one, two = await world.file("one"), await world.file("two")
    create = world.client.vector_stores.file_batches.create
    await create(
        CreateFileBatch.model_validate(
            {
                "vector_store_id": store.id,
                "files": [{"file_id": one.id, "attributes": {"n": 1}}, {"file_id": two.id}],
            }
        )
    )
    await world.indexed(store.id)
    assert (await world.client.vector_stores.files.get(store.id, one.id)).attributes == {"n": 1}
    assert (await world.client.vector_stores.files.get(store.id, two.id)).attributes == {}
    with pytest.raises(BadRequest, match="Missing required parameter: 'file_ids'"):
        await create(CreateFileBatch(vector_store_id=store.id))
    both = {"file_ids": [one.id], "files": [{"file_id": two.id}], "vector_store_id": store.id}
    with pytest.raises(BadRequest, match="mutually exclusive"):
        await create(CreateFileBatch.model_validate(both))


@requirement("stores:batches:failed")
async def test_a_batch_of_which_nothing_can_be_read_has_failed(world: World) -> None:
    store = await world.store()
    bad = await world.file(b"", "nothing.txt")
    batch = await world.client.vector_stores.file_batches.create(
        CreateFileBatch(vector_store_id=store.id, file_ids=[bad.id])
    )

    async def is_over() -> bool:
        now = await world.client.vector_stores.file_batches.get(store.id, batch.id)
        return now.status == "failed" and now.file_counts.failed == 1

    await until(is_over)


@requirement("stores:search")
async def test_a_search_finds_the_passage_with_the_most_words(world: World) -> None:
    france = await world.file("Paris is the capital of France.", "france.txt")
    italy = await world.file("Rome is the capital of Italy.", "italy.txt")
    cook = await world.file("Boil the noodles for ten minutes.", "cook.txt")
    store = await world.store(france, italy, cook)
    page = await world.client.vector_stores.search(
        SearchVectorStore(
            vector_store_id=store.id, query="What is the capital of France?", rewrite_query=True
        )
    )
    assert page.search_query == ["What is the capital of France?"]
    assert [result.filename for result in page.data][:2] == ["france.txt", "italy.txt"]
    assert page.data[0].content[0].text == "Paris is the capital of France."
    assert page.data[0].score > 0.5 > page.data[-1].score
    assert [name for name, _ in await found(world, store.id, "capital of France", max_num_results=1)] == [
        "france.txt"
    ]
    both = await found(world, store.id, ["noodles", "Italy"])
    assert {name for name, _ in both} == {"cook.txt", "italy.txt"}
    assert await found(world, store.id, "submarine") == []
    assert await found(world, store.id, '"* OR NEAR( :') == []


@requirement("stores:search:threshold")
async def test_a_threshold_leaves_only_what_is_good_enough(world: World) -> None:
    good, poor = await world.file("red green blue", "good.txt"), await world.file("red", "poor.txt")
    store = await world.store(good, poor)
    everything = dict(await found(world, store.id, "red green blue"))
    assert everything["good.txt"] > everything["poor.txt"]
    options: dict[str, Any] = {"ranking_options": {"ranker": "auto", "score_threshold": 0.6}}
    assert list(dict(await found(world, store.id, "red green blue", **options))) == ["good.txt"]
    with pytest.raises(BadRequest, match="default-2024-11-15"):
        await found(world, store.id, "red", ranking_options={"ranker": "best"})


@requirement("stores:search:filters")
@pytest.mark.parametrize(
    ("condition", "names"),
    [
        ({"type": "eq", "key": "year", "value": 2025}, "a"),
        ({"type": "ne", "key": "year", "value": 2025}, "bc"),
        ({"type": "gt", "key": "year", "value": 2025}, "b"),
        ({"type": "gte", "key": "year", "value": 2025.0}, "ab"),
        ({"type": "lt", "key": "kind", "value": "note"}, "b"),
        ({"type": "lte", "key": "kind", "value": "note"}, "ab"),
        ({"type": "in", "key": "year", "value": [2025, "2026"]}, "a"),
        ({"type": "nin", "key": "year", "value": [2025]}, "bc"),
        ({"type": "eq", "key": "open", "value": True}, "a"),
        ({"type": "eq", "key": "open", "value": 1}, ""),
        ({"type": "and", "filters": [
            {"type": "gt", "key": "year", "value": 2000},
            {"type": "or", "filters": [
                {"type": "eq", "key": "kind", "value": "mail"}, {"type": "eq", "key": "kind", "value": "fax"},
            ]},
        ]}, "b"),
    ],
)  # fmt: skip
async def test_filters_choose_files_by_their_attributes(world: World, condition: Any, names: str) -> None:
    store = await world.store()
    for name, attributes in (
        ("a", {"year": 2025, "kind": "note", "open": True}),
        ("b", {"year": 2026, "kind": "mail", "open": False}),
        ("c", {}),
    ):
        await added(world, store.id, (await world.file("same words", name)).id, attributes=attributes)
    assert sorted(dict(await found(world, store.id, "words", filters=condition))) == sorted(names)


@requirement("stores:search:filters:wrong")
@pytest.mark.parametrize(
    ("condition", "match"),
    [
        ({}, "Missing required parameter: 'filters.type'"),
        ({"type": "like", "key": "a", "value": "b"}, "Invalid value: 'like'"),
        ({"type": "eq", "key": "a"}, "Missing required parameter: 'filters.value'"),
        ({"type": "eq", "key": 1, "value": 1}, "Invalid type for 'filters.key'"),
        ({"type": "eq", "key": "a", "value": None}, "Invalid type for 'filters.value'"),
        ({"type": "in", "key": "a", "value": "b"}, "expected an array"),
        ({"type": "and", "filters": []}, "empty array"),
        ({"type": "or", "filters": [{"type": "eq", "key": "a", "value": 1, "x": 2}]}, r"filters\[0\].x"),
    ],
)
async def test_a_filter_that_makes_no_sense_is_refused(world: World, condition: Any, match: str) -> None:
    store = await world.store()
    with pytest.raises(BadRequest, match=match):
        await found(world, store.id, "x", filters=condition)
