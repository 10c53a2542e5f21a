"""Searching by meaning: only where the user has agreed, little by little, and by words alone where it fails."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from aimltui.engine.accounting.budget import BudgetLimits
from aimltui.engine.embedding import Embedded, EmbeddingFailed
from aimltui.engine.engine import Engine
from aimltui.engine.files import vectors
from aimltui.formatting.usage_table import summary_text, table_of
from aimltui.wire.binary import Blob
from aimltui.wire.clients import CURRENT, ClientBudget, ServedClient
from aimltui.wire.embeddings import EMBEDDINGS, EmbeddingPlace, embedding_place
from aimltui.wire.files import CreateFile, FileParams
from aimltui.wire.usage import UsageParams
from aimltui.wire.vector_stores import (
    CreateVectorStore,
    CreateVectorStoreFile,
    ListVectorStores,
    ModifyVectorStore,
    SearchVectorStore,
    VectorProgress,
    VectorStoreParams,
)
from tests.support.builders import opened, until

PLACE = EmbeddingPlace(connection="AI/ML API", host="api.example", model="m")
TOPICS = (("car", "automobile", "vehicle"), ("cat", "feline"), ("rain", "drizzle"))
TEXTS = {"car.txt": "An automobile for two.", "cat.txt": "A feline asleep.", "rain.txt": "Some drizzle."}


class Meanings:
    """Knows what a few words mean, counts what it is sent, and fails on request."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.fails = False
        self.most = 1_000
        """Texts after which it answers no more."""

    async def __call__(self, place: EmbeddingPlace, texts: Sequence[str]) -> Embedded:
        assert place == PLACE
        if self.fails:
            raise EmbeddingFailed("The host does not answer.")
        if len(self.sent) >= self.most:
            await asyncio.Event().wait()
        self.sent += texts
        return Embedded([self.vector(text.lower()) for text in texts], 10 * len(texts), 0.001 * len(texts))

    @staticmethod
    def vector(text: str) -> list[float]:
        topics = [float(any(word in text for word in words)) for words in TOPICS]
        return [one - 0.1 for one in topics for _ in range(8)]


async def filled(engine: Engine, texts: dict[str, str], *, agreed: bool = True) -> str:
    ids = [
        (
            await engine.files.create_file(
                CreateFile(file=Blob(filename=name, content=text.encode()), purpose="assistants")
            )
        ).id
        for name, text in texts.items()
    ]
    metadata = {EMBEDDINGS: PLACE.written()} if agreed else {}
    made = await engine.vector_stores.create_vector_store(CreateVectorStore(file_ids=ids, metadata=metadata))

    async def done() -> bool:
        store = await engine.vector_stores.get_vector_store(VectorStoreParams(vector_store_id=made.id))
        return store.status == "completed"

    await until(done)
    return made.id


async def names(engine: Engine, store: str, query: str = "a vehicle") -> list[str]:
    found = await engine.vector_stores.search_vector_store(
        SearchVectorStore(vector_store_id=store, query=query)
    )
    return [one.filename for one in found.data]


def stored(data: Path) -> int:
    with closing(sqlite3.connect(data / "aimltui.db")) as conn:
        return int(conn.execute("SELECT count(*) FROM chunk_vectors").fetchone()[0])


async def agree(engine: Engine, store: str, *, agreed: bool) -> None:
    value = PLACE.written() if agreed else ""
    await engine.vector_stores.modify_vector_store(
        ModifyVectorStore(vector_store_id=store, metadata={EMBEDDINGS: value})
    )


async def test_text_is_sent_only_after_the_user_has_agreed_and_each_chunk_once(tmp_path: Path) -> None:
    meanings = Meanings()
    async with opened(tmp_path, embed=meanings) as engine:
        store = await filled(engine, TEXTS, agreed=False)
        assert await names(engine, store) == []
        assert meanings.sent == []

        await agree(engine, store, agreed=True)
        await until(lambda: stored(tmp_path) == 3)
        assert await names(engine, store) == ["car.txt"]
        assert len(meanings.sent) == 4

        # a file that comes later: only its text is sent
        file = await engine.files.create_file(
            CreateFile(file=Blob(filename="more.txt", content=b"Light drizzle again."), purpose="assistants")
        )
        await engine.vector_store_files.create_vector_store_file(
            CreateVectorStoreFile(vector_store_id=store, file_id=file.id)
        )
        await until(lambda: stored(tmp_path) == 4)
        assert [text for text in meanings.sent[4:] if "Light drizzle" not in text] == []

        # what words find and what meaning finds is fused
        assert set(await names(engine, store, "Does it rain on a feline?")) >= {
            "cat.txt",
            "rain.txt",
            "more.txt",
        }

        await agree(engine, store, agreed=False)
        assert stored(tmp_path) == 0
        before = len(meanings.sent)
        assert await names(engine, store) == []
        assert len(meanings.sent) == before


async def test_where_the_endpoint_fails_words_are_searched_and_it_is_tried_again_later(
    tmp_path: Path,
) -> None:
    meanings = Meanings()
    meanings.fails = True
    async with opened(tmp_path, embed=meanings) as engine:
        store = await filled(engine, TEXTS)
        keeper = engine._runtime.vectors
        await until(lambda: bool(keeper._failures))
        assert await names(engine, store, "automobile") == ["car.txt"]
        told = await keeper.of_queries([store], ["automobile"])
        assert told.problem == (
            "The files were searched by words alone, not by meaning. The host does not answer."
        )
        meanings.fails = False
        keeper._not_before.clear()
        keeper.wake()
        await until(lambda: stored(tmp_path) == 3)
        assert await names(engine, store) == ["car.txt"]


async def test_what_a_stopped_engine_left_is_done_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vectors, "_AT_ONCE", 1)
    meanings = Meanings()
    meanings.most = 1
    async with opened(tmp_path, embed=meanings) as engine:
        store = await filled(engine, TEXTS, agreed=False)
        await agree(engine, store, agreed=True)
        await until(lambda: stored(tmp_path) == 1)
    assert len(meanings.sent) == 1
    meanings.most = 1_000
    async with opened(tmp_path, embed=meanings) as engine:
        await until(lambda: stored(tmp_path) == 3)
        assert len(meanings.sent) == 3
        assert await names(engine, store) == ["car.txt"]
        # with the file its vectors go
        (file,) = [
            one.file_id
            for one in (
                await engine.vector_stores.search_vector_store(
                    SearchVectorStore(vector_store_id=store, query="vehicle")
                )
            ).data
        ]
        await engine.files.delete_file(FileParams(file_id=file))
        await until(lambda: stored(tmp_path) == 2)


async def test_two_engines_send_no_chunk_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "_AT_ONCE", 1)
    meanings, other = Meanings(), Meanings()
    meanings.most = 1
    async with opened(tmp_path, embed=meanings) as engine:
        store = await filled(engine, TEXTS)
        await until(lambda: stored(tmp_path) == 1)
        # the first engine waits for its endpoint; another one leaves the store to it
        async with opened(tmp_path, embed=other) as second:
            assert await second._runtime.vectors._round(other) == vectors._PAUSE_S
            assert other.sent == []
            found = await second.vector_stores.get_vector_store(VectorStoreParams(vector_store_id=store))
            assert found.vectors == VectorProgress(done=1, total=3)
    # its end leaves the rest to any engine
    async with opened(tmp_path, embed=other) as second:
        await until(lambda: stored(tmp_path) == 3)
        assert len(other.sent) == 2


async def test_what_vectors_cost_is_counted_and_a_spent_budget_stops_them(tmp_path: Path) -> None:
    meanings = Meanings()
    limits = BudgetLimits(per_day_usd=0.003)
    async with opened(tmp_path, embed=meanings, limits=limits) as engine:
        store = await filled(engine, TEXTS)
        await until(lambda: stored(tmp_path) == 3)
        report = await engine.usage.usage(UsageParams(by="thread"))
        (row,) = report.rows
        assert (row.key, row.label, row.runs) == ("", "the text of files", 0)
        assert (row.prompt_tokens, row.cost_usd) == (30, pytest.approx(0.003))
        assert report.budget.spent_usd == pytest.approx(0.003)
        assert summary_text("Today", table_of(report).today) == (
            "Today: no runs, ≈ $0.0030 for the text of files"
        )

        # a search by meaning would cost more than the budget allows
        told = await engine._runtime.vectors.of_queries([store], ["automobile"])
        assert told.by_store == {}
        assert "per_day_usd" in told.problem
        assert len(meanings.sent) == 3


async def test_a_search_by_meaning_costs_the_client_that_asks(tmp_path: Path) -> None:
    client = ServedClient("alice", ClientBudget(per_day_tokens=100))
    async with opened(tmp_path, embed=Meanings()) as engine:
        store = await filled(engine, TEXTS)
        await until(lambda: stored(tmp_path) == 3)
        mark = CURRENT.set(client)
        try:
            await names(engine, store)
        finally:
            CURRENT.reset(mark)
        spent = await engine.spent_by(client)
        report = await engine.usage.usage(UsageParams(by="client"))
    assert (spent.day_tokens, spent.day_usd) == (10, pytest.approx(0.001))
    assert {row.key: row.prompt_tokens for row in report.rows} == {"": 30, "alice": 10}


async def test_a_store_says_why_its_vectors_are_missing(tmp_path: Path) -> None:
    meanings = Meanings()
    meanings.fails = True
    async with opened(tmp_path, embed=meanings) as engine:
        store = await filled(engine, TEXTS)

        async def progress() -> VectorProgress | None:
            page = await engine.vector_stores.list_vector_stores(ListVectorStores())
            assert [one.id for one in page.data] == [store]
            return page.data[0].vectors

        wanted = VectorProgress(done=0, total=3, problem="The host does not answer.")

        async def is_told() -> bool:
            return await progress() == wanted

        await until(is_told)
        meanings.fails = False
        engine._runtime.vectors._not_before.clear()
        engine._runtime.vectors.wake()
        await until(lambda: stored(tmp_path) == 3)
        assert await progress() == VectorProgress(done=3, total=3)


def test_a_place_is_read_from_the_metadata_or_there_is_none() -> None:
    assert embedding_place({EMBEDDINGS: PLACE.written()}) == PLACE
    assert [embedding_place(one) for one in (None, {}, {EMBEDDINGS: ""}, {EMBEDDINGS: "[]"})] == [None] * 4
