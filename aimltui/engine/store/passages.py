"""Searches the chunks of vector stores by words, and by meaning where they have vectors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from aimltui.common.dataclass import dataclass
from aimltui.engine.store.database import Connection
from aimltui.engine.store.search.candidates import candidates, chunk_of, counts, scope_of, weights_of
from aimltui.engine.store.search.merging import Merged, merged
from aimltui.engine.store.search.query import words_of
from aimltui.engine.store.search.ranking import Candidate, fuse, scores
from aimltui.engine.store.vectors import nearest
from aimltui.wire.vector_stores import COMPLETED, Attributes, VectorStoreFile

_MEANING = 0.3
"""How much a list by meaning counts beside one by words: a small model finds less than the words of the question."""
CANDIDATES = 80
"""Chunks that are ranked in detail for a query."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a file that has words of the query."""

    place: tuple[int, int]
    """The numbers of the file in the store and of the first chunk in the file."""
    file_id: str
    filename: str
    attributes: Attributes
    text: str
    score: float
    """From 0 to 1."""
    where: str = ""
    """The place in the file, e.g. `page 3`; empty if it is unknown."""
    places: Sequence[tuple[int, str]] = ()
    """If it stands on several pages: the offsets at which they begin, with their places."""


def search(
    conn: Connection,
    store_ids: Sequence[str],
    queries: Sequence[str],
    limit: int,
    *,
    threshold: float = 0.0,
    wanted: Callable[[Attributes], bool] | None = None,
    meaning: Mapping[str, Sequence[Sequence[float]]] | None = None,
) -> list[Passage]:
    """Return the best passages of some vector stores, best first.

    Args:
        conn: The database.
        store_ids: The vector stores.
        queries: Any texts; nothing in them is syntax. Their results are fused by reciprocal rank.
        limit: Passages at most.
        threshold: The lowest score, from 0 to 1.
        wanted: Returns whether a file with these attributes is searched; None for all files.
        meaning: The vectors of the queries, for each store that is searched by meaning, too.
    """
    scope = scope_of(conn, store_ids)
    if scope is None:
        return []
    files = _Files(conn, frozenset(store_ids), wanted)
    known: dict[int, Candidate] = {}
    best: dict[int, float] = {}
    lists: list[tuple[list[int], float]] = []
    for query in queries:
        found = counts(conn, scope, words_of(query))
        if not found:
            continue
        chunks = candidates(conn, scope, found, max(CANDIDATES, 3 * limit), files.has)
        known |= {chunk.seq: chunk for chunk in chunks}
        scored = scores(chunks, list(found), weights_of(scope, found))
        best |= {seq: max(score, best.get(seq, 0.0)) for seq, score in scored.items()}
        lists.append((sorted(scored, key=lambda seq: (-scored[seq], *known[seq].order)), 1.0))
    for store_id, vectors in (meaning or {}).items():
        for vector in vectors if store_id in store_ids else ():
            near = nearest(conn, store_id, vector, CANDIDATES, files.has)
            known |= {seq: chunk_of(conn, seq) for seq, _ in near if seq not in known}
            best |= {seq: max(cosine, best.get(seq, 0.0)) for seq, cosine in near}
            lists.append(([seq for seq, _ in near], _MEANING))
    fused = fuse(lists)
    order = sorted(
        (seq for seq in fused if best[seq] >= threshold), key=lambda seq: (-fused[seq], *known[seq].order)
    )
    # the score follows the order, which takes all queries into account
    shown = sorted((best[seq] for seq in order), reverse=True)
    ranked = [(known[seq], score) for seq, score in zip(order, shown, strict=True)]
    return [files.passage(one) for one in merged(files.each_once(ranked), limit)]


class _Files:
    """The files of the chunks that were found, read when they are needed: a store has up to 10,000."""

    def __init__(
        self,
        conn: Connection,
        store_ids: frozenset[str],
        wanted: Callable[[Attributes], bool] | None,
    ) -> None:
        self._conn = conn
        self._store_ids = store_ids
        self._wanted = wanted
        self._known: dict[int, tuple[VectorStoreFile, str] | None] = {}

    def has(self, entry: int) -> bool:
        """Return whether the file is searched."""
        if entry not in self._known:
            self._known[entry] = self._read(entry)
        return self._known[entry] is not None

    def each_once(self, ranked: Sequence[tuple[Candidate, float]]) -> list[tuple[Candidate, float]]:
        """Return the chunks without those of a file that is in several stores, which are the same."""
        chosen: dict[str, int] = {}
        once: list[tuple[Candidate, float]] = []
        for chunk, score in ranked:
            file = self._known[chunk.entry]
            assert file is not None
            if chosen.setdefault(file[0].id, chunk.entry) == chunk.entry:
                once.append((chunk, score))
        return once

    def passage(self, found: Merged) -> Passage:
        """Return the passage of some chunks."""
        first = found.chunks[0]
        file = self._known[first.entry]
        assert file is not None
        return Passage(
            (first.entry, first.position),
            file[0].id,
            file[1],
            file[0].attributes or {},
            found.text,
            found.score,
            found.place,
            found.places,
        )

    def _read(self, entry: int) -> tuple[VectorStoreFile, str] | None:
        row = self._conn.execute(
            "SELECT s.store_id, s.status, s.body, f.filename FROM store_files s JOIN files f ON f.id = s.id "
            "WHERE s.seq = ?",
            (entry,),
        ).fetchone()
        if row is None or row["status"] != COMPLETED or row["store_id"] not in self._store_ids:
            return None
        file = VectorStoreFile.model_validate_json(row["body"])
        if self._wanted is not None and not self._wanted(file.attributes or {}):
            return None
        return file, row["filename"]
