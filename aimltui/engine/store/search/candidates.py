"""Finds the chunks that have words of a query, in a time that hardly grows with the store."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence

from aimltui.common.dataclass import dataclass
from aimltui.engine.store.database import Connection
from aimltui.engine.store.search.query import Word, prefix_of
from aimltui.engine.store.search.ranking import Candidate

_COUNTED = 4_000
"""Chunks with a word that are counted; of a more frequent word the number is estimated."""
_READ = 24_000
"""Chunks with words of the query that are ranked by the index: the rarest words come first."""
_WHOLE, _PART = 1.5, 0.6
_WEIGHTS = "1.0, 1.5, 0.8, 0.0"
"""Of the index's columns: text, context, further words, vector store."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the index that belongs to some vector stores."""

    expression: str
    first: int
    last: int
    """The lowest and the highest number of their chunks."""

    def within(self, expression: str) -> str:
        """Return an expression for the chunks of these stores."""
        return f"({{text context extra}} : ({expression})) AND {self.expression}"

    @property
    def size(self) -> int:
        """The number of chunks at most."""
        return self.last - self.first + 1


def scope_of(conn: Connection, store_ids: Sequence[str]) -> Scope | None:
    """Return the scope of some vector stores; None if they have no chunks."""
    marks = ",".join("?" * len(store_ids))
    sql = f"SELECT seq FROM vector_stores WHERE id IN ({marks})"  # noqa: S608
    words = " OR ".join(f'"s{row[0]}"' for row in conn.execute(sql, tuple(store_ids)))
    if not words:
        return None
    expression = f"scope : ({words})"
    ends = [
        conn.execute(
            f"SELECT rowid FROM chunk_words WHERE chunk_words MATCH ? ORDER BY rowid {order} LIMIT 1",  # noqa: S608
            (expression,),
        ).fetchone()
        for order in ("ASC", "DESC")
    ]
    return Scope(expression, ends[0][0], ends[1][0]) if ends[0] is not None else None


def counts(conn: Connection, scope: Scope, words: Sequence[Word]) -> dict[Word, int]:
    """Return the number of chunks that have each word, without words that none has.

    A word that no chunk has is replaced by those that begin like it.
    """
    found: dict[Word, int] = {}
    for word in words:
        number = _count(conn, scope, word.expression)
        prefix = prefix_of(word) if not number else None
        if prefix is not None and (number := _count(conn, scope, prefix)):
            found[Word(word.text, prefix, prefix[1:-3])] = number
        elif number:
            found[word] = number
    return found


def _count(conn: Connection, scope: Scope, expression: str) -> int:
    sql = "SELECT rowid FROM chunk_words WHERE chunk_words MATCH ? LIMIT ?"
    rows = conn.execute(sql, (scope.within(expression), _COUNTED)).fetchall()
    if len(rows) < _COUNTED:
        return len(rows)
    share = (rows[-1][0] - scope.first + 1) / scope.size
    return int(_COUNTED / max(share, 1e-9))


def weights_of(scope: Scope, found: Mapping[Word, int]) -> dict[Word, float]:
    """Return how much each word tells: the fewer chunks have it, the more."""
    size = max(scope.size, *found.values())
    return {word: _rarity(number, size) * _worth(word) for word, number in found.items()}


def _rarity(number: int, size: int) -> float:
    return math.log(1 + (size - number + 0.5) / (number + 0.5)) + 0.1


def _worth(word: Word) -> float:
    """Return how much more a whole name counts than its parts."""
    return _WHOLE if word.is_phrase else _PART if word.is_part else 1.0


def candidates(
    conn: Connection,
    scope: Scope,
    found: Mapping[Word, int],
    limit: int,
    is_wanted: Callable[[int], bool],
) -> list[Candidate]:
    """Return the chunks that the index ranks best.

    Args:
        conn: The database.
        scope: Where to search.
        found: The words, with the numbers of chunks that have them.
        limit: Chunks at most.
        is_wanted: Returns whether chunks of this entry are searched.
    """
    sql = f"SELECT rowid, bm25(chunk_words, {_WEIGHTS}) AS worth FROM chunk_words WHERE chunk_words MATCH ? ORDER BY worth"  # noqa: S608
    chosen: list[tuple[float, Candidate]] = []
    for row in conn.execute(sql, (scope.within(_expression(found)),)):
        chunk = chunk_of(conn, row["rowid"])
        if is_wanted(chunk.entry):
            chosen.append((row["worth"], chunk))
            if len(chosen) == limit:
                break
    # the numbers of equal chunks depend on which file was indexed first
    chosen.sort(key=lambda one: (one[0], one[1].order))
    return [chunk for _, chunk in chosen]


def _expression(found: Mapping[Word, int]) -> str:
    """Return an expression for the rarest words: the frequent ones would read most of the store, and change little."""
    rarest = sorted(found, key=lambda word: found[word])
    if found[rarest[0]] > _READ and len(rarest) > 1:
        return " AND ".join(f"({word.expression})" for word in rarest[:3])
    return " OR ".join(f"({word.expression})" for word in _affordable(rarest, found))


def _affordable(rarest: Sequence[Word], found: Mapping[Word, int]) -> Iterator[Word]:
    left = _READ
    for number, word in enumerate(rarest):
        left -= found[word]
        if number and left < 0:
            return
        yield word


def chunk_of(conn: Connection, seq: int) -> Candidate:
    """Return a chunk by its number."""
    row = conn.execute(
        "SELECT seq, entry, position, overlap, text, context, place, places FROM chunks WHERE seq = ?", (seq,)
    ).fetchone()
    return Candidate(*row)
