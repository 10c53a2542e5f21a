"""Searches the chunks of vector stores by words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from aimltui.engine.store.database import Connection, Row
from aimltui.wire.vector_stores import Attributes, VectorStoreFile

MAX_WORDS = 32
"""The number of words of a query that are used: the first ones."""
CANDIDATES = 200
"""Chunks that are ranked in detail."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk that contains words of the query."""

    place: tuple[int, int]
    """The numbers of the file in the store and of the chunk in the file."""
    file_id: str
    filename: str
    attributes: Attributes
    text: str
    score: float
    """From 0 to 1: the share of the query's words in the chunk, rare ones counting more, and its rank."""
    where: str = ""
    """The place in the file, e.g. `page 3`; empty if it is unknown."""


def search(
    conn: Connection,
    store_ids: Sequence[str],
    queries: Sequence[str],
    limit: int,
    *,
    threshold: float = 0.0,
    wanted: Callable[[Attributes], bool] | None = None,
) -> list[Passage]:
    """Return the best chunks of some vector stores, best first.

    Args:
        conn: The database.
        store_ids: The vector stores.
        queries: Any texts; nothing in them is syntax.
        limit: Chunks at most.
        threshold: The lowest score, from 0 to 1.
        wanted: Returns whether a file with these attributes is searched; None for all files.
    """
    best: dict[tuple[int, int], Passage] = {}
    for store_id in store_ids:
        for query in queries:
            for passage in find(conn, store_id, query, wanted, limit):
                if passage.place not in best or best[passage.place].score < passage.score:
                    best[passage.place] = passage
    good = [passage for passage in best.values() if passage.score >= threshold]
    return sorted(good, key=lambda passage: (-passage.score, passage.place))[:limit]


def find(
    conn: Connection,
    store_id: str,
    question: str,
    wanted: Callable[[Attributes], bool] | None,
    limit: int,
) -> list[Passage]:
    """Return the best chunks of a vector store, best first.

    Args:
        conn: The database.
        store_id: The vector store.
        question: Any text; nothing in it is syntax.
        wanted: Returns whether a file with these attributes is searched; None for all files.
        limit: Chunks at most.
    """
    words = _words(question)
    if not words:
        return []
    files = _files(conn, store_id, wanted)
    rows = _candidates(conn, store_id, words, files, max(limit, CANDIDATES)) if files else []
    if not rows:
        return []
    shares = _shares(conn, words, [row["seq"] for row in rows])
    best = max(-row["rank"] for row in rows)
    found = []
    for row in rows:
        file, filename = files[row["entry"]]
        # if every chunk contains the words, their rank is close to zero and says nothing
        ranked = -row["rank"] / best if best > 0 else 1.0
        score = shares[row["seq"]] * (0.5 + 0.5 * min(1.0, max(0.0, ranked)))
        found.append(
            Passage(
                (row["entry"], row["position"]),
                file.id,
                filename,
                file.attributes or {},
                row["text"],
                score,
                row["place"],
            )
        )
    return sorted(found, key=lambda passage: (-passage.score, passage.place))[:limit]


def _words(question: str) -> list[str]:
    # the tokenizer splits at anything but letters and digits; quoted, the rest is a phrase
    cleaned = "".join(char if char.isalnum() else " " for char in question)
    return [f'"{word}"' for word in dict.fromkeys(cleaned.casefold().split())][:MAX_WORDS]


def _files(
    conn: Connection, store_id: str, wanted: Callable[[Attributes], bool] | None
) -> dict[int, tuple[VectorStoreFile, str]]:
    rows = conn.execute(
        "SELECT s.seq, s.body, f.filename FROM store_files s JOIN files f ON f.id = s.id "
        "WHERE s.store_id = ? AND s.status = 'completed'",
        (store_id,),
    )
    files = {row["seq"]: (VectorStoreFile.model_validate_json(row["body"]), row["filename"]) for row in rows}
    if wanted is None:
        return files
    return {seq: file for seq, file in files.items() if wanted(file[0].attributes or {})}


def _candidates(
    conn: Connection, store_id: str, words: Sequence[str], files: Mapping[int, object], limit: int
) -> list[Row]:
    rows = conn.execute(
        "SELECT c.seq, c.entry, c.position, c.text, c.place, bm25(chunk_words) AS rank FROM chunk_words "
        "JOIN chunks c ON c.seq = chunk_words.rowid JOIN store_files s ON s.seq = c.entry "
        "WHERE chunk_words MATCH ? AND s.store_id = ? ORDER BY rank",
        (" OR ".join(words), store_id),
    )
    found: list[Row] = []
    for row in rows:
        if row["entry"] in files:
            found.append(row)
            if len(found) == limit:
                break
    return found


def _shares(conn: Connection, words: Sequence[str], seqs: Sequence[int]) -> dict[int, float]:
    """Return each chunk's share of the query's words, each weighted by how few chunks contain it."""
    marks = ",".join("?" * len(seqs))
    has: dict[str, set[int]] = {}
    for word in words:
        sql = f"SELECT rowid FROM chunk_words WHERE chunk_words MATCH ? AND rowid IN ({marks})"  # noqa: S608
        has[word] = {row[0] for row in conn.execute(sql, (word, *seqs))}
    weights = {word: 1 + math.log((len(seqs) + 1) / (len(having) + 1)) for word, having in has.items()}
    total = sum(weights.values())
    return {seq: sum(weights[word] for word in words if seq in has[word]) / total for seq in seqs}
