"""SQL for the vectors of chunks, and the search for the nearest ones."""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Callable, Sequence
from operator import mul
from typing import Final

from aimltui.common.dataclass import dataclass
from aimltui.engine.store.database import Connection
from aimltui.engine.store.leases import OtherOwners
from aimltui.wire.embeddings import EMBEDDINGS, EmbeddingPlace, embedding_place
from aimltui.wire.vector_stores import COMPLETED, VectorProgress, VectorStore

_CLOSER_LOOK: Final = 200
"""Chunks whose numbers are compared, of those whose signs are most like the query's."""
_LEAST, _SHARE = 0.2, 0.6
"""How near a chunk must be to count, as the cosine of an angle: by itself, and as a share of the nearest one's."""
_LARGEST: Final = 127


@dataclass(frozen=True, slots=True)
class Missing:
    """A chunk without a vector."""

    seq: int
    entry: int
    text: str
    """What its vector is computed from: where it stands, and its text."""


def places(conn: Connection) -> dict[str, EmbeddingPlace]:
    """Return the vector stores whose text may be sent away, with where."""
    sql = "SELECT id, body FROM vector_stores WHERE instr(body, ?)"
    found = {
        row["id"]: embedding_place(VectorStore.model_validate_json(row["body"]).metadata)
        for row in conn.execute(sql, (EMBEDDINGS,)).fetchall()
    }
    return {store: place for store, place in found.items() if place is not None}


def claim(conn: Connection, store_id: str, others: OtherOwners) -> bool:
    """Let this engine compute a store's vectors; return False if another one does, or the store is gone."""
    row = conn.execute("SELECT embedder FROM vector_stores WHERE id = ?", (store_id,)).fetchone()
    if row is None:
        return False
    if row["embedder"] not in (None, others.me) and others.is_alive(conn, row["embedder"]):
        return False
    conn.execute("UPDATE vector_stores SET embedder = ? WHERE id = ?", (others.me, store_id))
    return True


def release(conn: Connection, store_id: str, me: str) -> None:
    """Leave a store's vectors to any engine, if they are this one's."""
    conn.execute("UPDATE vector_stores SET embedder = NULL WHERE id = ? AND embedder = ?", (store_id, me))


def progress(conn: Connection, store: VectorStore) -> VectorProgress | None:
    """Return how many chunks of a store have a vector; None for a store that is searched by words alone."""
    if embedding_place(store.metadata) is None:
        return None
    files = "FROM store_files s JOIN {} c ON c.entry = s.seq WHERE s.store_id = ? AND s.status = ?"
    done, total = (
        int(conn.execute(f"SELECT count(*) {files.format(table)}", (store.id, COMPLETED)).fetchone()[0])
        for table in ("chunk_vectors", "chunks")
    )
    return VectorProgress(done=done, total=total)


def missing(conn: Connection, store_id: str, after: int, limit: int) -> list[Missing]:
    """Return chunks of a store's indexed files without a vector, in the order of their numbers.

    Args:
        conn: The database.
        store_id: The vector store.
        after: The number of a chunk; all before it have a vector.
        limit: Chunks at most.
    """
    rows = conn.execute(
        "SELECT c.seq, c.entry, c.context, c.text FROM store_files s JOIN chunks c ON c.entry = s.seq "
        "WHERE s.store_id = ? AND s.status = ? AND c.seq > ? "
        "AND NOT EXISTS (SELECT 1 FROM chunk_vectors v WHERE v.seq = c.seq) ORDER BY c.seq LIMIT ?",
        (store_id, COMPLETED, after, limit),
    ).fetchall()
    return [Missing(row["seq"], row["entry"], f"{row['context']}\n{row['text']}") for row in rows]


def save(conn: Connection, chunks: Sequence[Missing], vectors: Sequence[Sequence[float]]) -> bool:
    """Store the vectors of chunks that still exist; return True."""
    conn.executemany(
        "INSERT OR IGNORE INTO chunk_vectors (seq, entry, signs, numbers) "
        "SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM chunks WHERE seq = ?)",
        [
            (chunk.seq, chunk.entry, _signs(vector), _bytes(vector), chunk.seq)
            for chunk, vector in zip(chunks, vectors, strict=True)
        ],
    )
    return True


def forget(conn: Connection, store_id: str) -> None:
    """Delete the vectors of a store."""
    conn.execute(
        "DELETE FROM chunk_vectors WHERE entry IN (SELECT seq FROM store_files WHERE store_id = ?)",
        (store_id,),
    )


def nearest(
    conn: Connection,
    store_id: str,
    vector: Sequence[float],
    limit: int,
    is_wanted: Callable[[int], bool],
) -> list[tuple[int, float]]:
    """Return the chunks of a store whose meaning is nearest to a query's, with how near they are, from 0 to 1.

    Args:
        conn: The database.
        store_id: The vector store.
        vector: The query's.
        limit: Chunks at most.
        is_wanted: Returns whether chunks of this entry are searched.
    """
    signs = _signs(vector)
    wanted, size = int.from_bytes(signs, "big"), len(signs)
    rows = conn.execute(
        "SELECT v.seq, v.entry, v.signs FROM store_files s JOIN chunk_vectors v ON v.entry = s.seq "
        "WHERE s.store_id = ? AND s.status = ?",
        (store_id, COMPLETED),
    )
    alike = heapq.nsmallest(
        _CLOSER_LOOK,
        (
            ((int.from_bytes(found, "big") ^ wanted).bit_count(), seq)
            for seq, entry, found in rows
            if len(found) == size and is_wanted(entry)
        ),
    )
    query = array("b", _bytes(vector))
    scored = sorted(((_cosine(query, _numbers(conn, seq)), seq) for _, seq in alike), reverse=True)
    least = max(_LEAST, _SHARE * scored[0][0]) if scored else 0.0
    return [(seq, cosine) for cosine, seq in scored[:limit] if cosine >= least]


def _numbers(conn: Connection, seq: int) -> array[int]:
    row = conn.execute("SELECT numbers FROM chunk_vectors WHERE seq = ?", (seq,)).fetchone()
    return array("b", row["numbers"])


def _cosine(one: array[int], other: array[int]) -> float:
    if len(one) != len(other):
        return 0.0
    size = math.sqrt(sum(map(mul, one, one)) * sum(map(mul, other, other)))
    return sum(map(mul, one, other)) / size if size else 0.0


def _signs(vector: Sequence[float]) -> bytes:
    """Return a bit for each number: whether it is above zero."""
    bits = int("".join("1" if one > 0 else "0" for one in vector), 2)
    return bits.to_bytes((len(vector) + 7) // 8, "big")


def _bytes(vector: Sequence[float]) -> bytes:
    """Return a signed byte for each number, as a share of the largest one."""
    largest = max(map(abs, vector)) or 1.0
    return array("b", [round(one / largest * _LARGEST) for one in vector]).tobytes()
