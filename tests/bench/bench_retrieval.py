"""Retrieval: questions with known answers over real documents, beside plain FTS5.

    python -m tests.bench.bench_retrieval [questions.json]
    python -m tests.bench.bench_retrieval --list

The documents are those of `tests.bench.documents`; `--list` prints their names and paths. `retrieval_questions.json` is
a list of objects, written from the documents alone, before anything was indexed, by somebody who does not know the
ranking:

    question      a whole question in plain words
    queries       two or three searches that a model would make for it
    file          the document's name as `--list` prints it
    answer_span   a few words of the document that answer the question, character by character (white space aside)

With AIMLTUI_BENCH_EMBEDDINGS="URL MODEL" (and AIMLTUI_BENCH_KEY for a server with keys) the store is searched by meaning,
too, in two more rows; the documents are sent to that server.

A result is right if it is from the file and contains the answer. The baseline is an FTS5 table with its default
settings over chunks of the same size, the words OR-ed (of all queries, if there are several). A question whose answer is
not in the installed version of its file is left out and counted.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from aimltui.bootstrap.embedding import EmbeddingService
from aimltui.engine.engine import Engine
from aimltui.engine.extraction.chunks import split
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.registry import ModelRegistry
from aimltui.engine.store.vectors import missing
from aimltui.wire.binary import Blob
from aimltui.wire.embeddings import EMBEDDINGS
from aimltui.wire.files import CreateFile
from aimltui.wire.vector_stores import (
    CreateFileBatch,
    CreateVectorStore,
    ModifyVectorStore,
    SearchVectorStore,
    VectorStoreParams,
)
from tests.bench.documents import corpus
from tests.bench.measure import table
from tests.support.builders import opened

QUESTIONS = Path(__file__).with_name("retrieval_questions.json")
RESULTS = 10
RECALL_AT = 5
GAIN = 0.10
"""MRR of one query over the baseline's at least."""
SEVERAL_MRR = 0.80
RECALL = 0.90
_PATIENCE_S = 1_200


@dataclass(frozen=True, slots=True)
class Question:
    """A question with a known answer."""

    question: str
    queries: list[str]
    file: str
    answer: str


@dataclass(frozen=True, slots=True)
class Figures:
    """How well the answers were found."""

    name: str
    ranks: list[int]
    """The rank of each question's answer, from 1; 0 if it was not found."""
    seconds: float

    @property
    def recall(self) -> float:
        """The share of answers among the first few results."""
        return sum(0 < rank <= RECALL_AT for rank in self.ranks) / len(self.ranks)

    @property
    def mrr(self) -> float:
        """The mean reciprocal rank."""
        return sum(1 / rank for rank in self.ranks if rank) / len(self.ranks)

    def row(self) -> list[str]:
        """The figures as cells of a table."""
        ms = self.seconds * 1000 / len(self.ranks)
        return [self.name, f"{self.recall:.3f}", f"{self.mrr:.3f}", f"{ms:.0f} ms"]


Search = Callable[[list[str]], list[tuple[str, str]]]
"""Takes queries, returns names and texts of passages, best first."""


def plain(text: str) -> str:
    """Return the text with single spaces only."""
    return " ".join(text.split())


def load(path: Path, texts: dict[str, str]) -> list[Question]:
    """Return the questions whose answers are in the installed documents."""
    given = json.loads(path.read_text(encoding="utf-8"))
    asked = [
        Question(one["question"], list(one["queries"]), one["file"], plain(one["answer_span"]))
        for one in given
    ]
    known = [one for one in asked if one.answer in texts.get(one.file, "")]
    for one in asked:
        if one not in known:
            print(f"left out: {one.question} ({one.file})")
    print(f"{len(known)} of {len(asked)} questions, {len(texts)} files")
    return known


def baseline(documents: dict[str, Path]) -> Search:
    """Return a search in a plain FTS5 table."""
    conn = sqlite3.connect(":memory:")
    conn.execute("CREATE VIRTUAL TABLE plain USING fts5(name UNINDEXED, text)")
    for name, path in documents.items():
        text = path.read_text(encoding="utf-8", errors="replace")
        conn.executemany(
            "INSERT INTO plain VALUES (?, ?)", [(name, chunk.text) for chunk in split(text, 800, 400)]
        )

    def search(queries: list[str]) -> list[tuple[str, str]]:
        words = dict.fromkeys(re.findall(r"\w+", " ".join(queries).casefold()))
        query = " OR ".join(f'"{word}"' for word in words)
        sql = "SELECT name, text FROM plain WHERE plain MATCH ? ORDER BY rank LIMIT ?"
        return conn.execute(sql, (query, RESULTS)).fetchall()

    return search


def figures(
    name: str, questions: Sequence[Question], search: Search, ask: Callable[[Question], list[str]]
) -> Figures:
    """Search for each question."""
    ranks: list[int] = []
    begin = time.perf_counter()
    for one in questions:
        found = search(ask(one))
        right = (
            rank
            for rank, (file, text) in enumerate(found, 1)
            if file == one.file and one.answer in plain(text)
        )
        ranks.append(next(right, 0))
    return Figures(name, ranks, time.perf_counter() - begin)


async def fill(engine: Engine, documents: dict[str, Path]) -> tuple[str, dict[str, str]]:
    """Put the documents into a vector store and wait until they are indexed; its id, and the names of the files."""
    names: dict[str, str] = {}
    for name, path in documents.items():
        blob = Blob(content=path.read_bytes(), filename=_shown(name))
        file = await engine.files.create_file(CreateFile(file=blob, purpose="assistants"))
        names[file.id] = name
    store = await engine.vector_stores.create_vector_store(CreateVectorStore())
    await engine.vector_store_files.create_file_batch(
        CreateFileBatch(vector_store_id=store.id, file_ids=list(names))
    )
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            state = await engine.vector_stores.get_vector_store(VectorStoreParams(vector_store_id=store.id))
            if state.status == "completed":
                break
            await asyncio.sleep(0.5)
    print(f"indexed: {state.file_counts.completed} files, failed: {state.file_counts.failed}")
    return store.id, names


def _shown(name: str) -> str:
    """Return the name that a user's file would have: without its folder, unless it is the name's only telling part."""
    package, _, last = name.rpartition("/")
    return f"{package.split('/')[0]}-{last}" if last in ("README.md", "__init__.py") else last


async def measure(path: Path, *, tell: bool) -> bool:
    """Print the figures; return whether the targets are reached."""
    documents = corpus()
    texts = {
        name: plain(file.read_text(encoding="utf-8", errors="replace")) for name, file in documents.items()
    }
    questions = load(path, texts)

    def one(question: Question) -> list[str]:
        return [question.question]

    def several(question: Question) -> list[str]:
        return question.queries

    plainly = baseline(documents)
    results = [figures(f"plain FTS5, {word}", questions, plainly, ask) for word, ask in _ways(one, several)]
    with tempfile.TemporaryDirectory() as folder:
        vectors = _vectors()
        async with opened(Path(folder), embed=vectors.embed if vectors is not None else None) as engine:
            begin = time.perf_counter()
            store, names = await fill(engine, documents)
            print(f"indexing took {time.perf_counter() - begin:.0f} s")
            loop = asyncio.get_running_loop()

            async def found(queries: list[str]) -> list[tuple[str, str]]:
                page = await engine.vector_stores.search_vector_store(
                    SearchVectorStore(vector_store_id=store, query=queries, max_num_results=RESULTS)
                )
                return [(names[hit.file_id], hit.content[0].text) for hit in page.data]

            def search(queries: list[str]) -> list[tuple[str, str]]:
                return asyncio.run_coroutine_threadsafe(found(queries), loop).result()

            for word, ask in _ways(one, several):
                results.append(await asyncio.to_thread(figures, f"aimltui, {word}", questions, search, ask))
            if vectors is not None:
                await _search_by_meaning(engine, store, vectors)
                for word, ask in _ways(one, several):
                    name = f"with vectors, {word}"
                    results.append(await asyncio.to_thread(figures, name, questions, search, ask))
    print(table(["", f"recall@{RECALL_AT}", "MRR", "a search"], [result.row() for result in results]))
    if tell:
        for number, question in enumerate(questions):
            print([result.ranks[number] for result in results], question.question, question.file)
    return _verdict(*results[:4])


def _vectors() -> EmbeddingService | None:
    """Return the service of the environment; None without one."""
    url, _, model = os.environ.get("AIMLTUI_BENCH_EMBEDDINGS", "").partition(" ")
    if not model:
        return None
    key = os.environ.get("AIMLTUI_BENCH_KEY")
    return EmbeddingService(ModelRegistry(Endpoint("bench", url, Secret(key) if key else None)), model)


async def _search_by_meaning(engine: Engine, store: str, vectors: EmbeddingService) -> None:
    """Let the store be searched by meaning, too, and wait until each chunk has its vector."""
    place = vectors.place()
    assert place is not None
    begin = time.perf_counter()
    await engine.vector_stores.modify_vector_store(
        ModifyVectorStore(vector_store_id=store, metadata={EMBEDDINGS: place.written()})
    )
    database = engine._runtime.database
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            if not await database.read(lambda conn: missing(conn, store, 0, 1)):
                break
            await asyncio.sleep(0.5)
    print(f"computing the vectors took {time.perf_counter() - begin:.0f} s")


def _ways(
    one: Callable[[Question], list[str]], several: Callable[[Question], list[str]]
) -> list[tuple[str, Callable[[Question], list[str]]]]:
    return [("one query", one), ("several queries", several)]


def _verdict(plain_one: Figures, plain_several: Figures, one: Figures, several: Figures) -> bool:
    targets = [
        ("MRR of one query over plain FTS5", one.mrr - plain_one.mrr, GAIN),
        ("MRR of several queries over plain FTS5", several.mrr - plain_several.mrr, 0.0),
        ("MRR of several queries", several.mrr, SEVERAL_MRR),
        ("recall of several queries", several.recall, RECALL),
    ]
    for name, value, target in targets:
        word = "reached" if value >= target else "MISSED"
        print(f"{name}: {value:.3f}, target at least {target:.2f}: {word}")
    return all(value >= target for _, value, target in targets)


def main() -> None:
    """Measure, or list the documents."""
    if "--list" in sys.argv:
        for name, path in corpus().items():
            print(name, path)
        return
    given = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    path = Path(given[0]) if given else QUESTIONS
    sys.exit(0 if asyncio.run(measure(path, tell="--tell" in sys.argv)) else 1)


if __name__ == "__main__":
    main()
