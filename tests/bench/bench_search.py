"""Search: 100,000 chunks against 10,000, generated text, by the functions that the engine calls.

    python -m tests.bench.bench_search [--million] [words of a chunk]

The words follow Zipf's law, as those of real texts do, so that queries have frequent words and rare ones. Target: a
search in the large store takes at most 3 times that in the small one. With `--million` a store of 1,000,000 chunks is
filled, too (about ten minutes and 3 GB in the folder for temporary files), without a target.

Each store is filled by one process and searched by another, so that the memory is that of searching alone.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import random
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from aimltui.engine.extraction.chunks import Chunk
from aimltui.engine.store import migrations, passages, vector_stores
from aimltui.engine.store import vector_store_files as store_files
from aimltui.wire.vector_stores import IN_PROGRESS, VectorStoreFile
from tests.bench.measure import median, milliseconds, percentile, table, verdict

SMALL, LARGE, MILLION = 10_000, 100_000, 1_000_000
FILES = 10_000
"""Of the largest store; smaller ones have files of ten chunks."""
TARGET = 3.0
RESULTS = 20
_WORDS = 50_000
_PIECES, _PIECE = 100_000, 10
"""Texts are put together from so many pieces of so many words: drawing each word would take longer than indexing."""
_ROUNDS = 60

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Searched:
    """What searching in a store took."""

    first_s: float
    seconds: list[float]
    memory_mb: float
    """What the process used at most beyond what it had before its first search."""


def vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """Return words, and how often each occurs together with those before it."""
    letters = "etaoinshrdlucmfwypvbg"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 10))) for _ in range(_WORDS)]
    return words, list(itertools.accumulate(1 / rank for rank in range(1, _WORDS + 1)))


def texts(chance: random.Random, length: int) -> Iterator[str]:
    """Yield texts of about so many words without an end."""
    words, weights = vocabulary(random.Random(7))
    pieces = [" ".join(chance.choices(words, cum_weights=weights, k=_PIECE)) for _ in range(_PIECES)]
    while True:
        yield " ".join(chance.choices(pieces, k=max(1, length // _PIECE)))


def connect(path: Path) -> sqlite3.Connection:
    """Open a database as the engine does, but for the waiting for the disk."""
    conn = sqlite3.connect(path)
    conn.row_factory = sqlite3.Row
    for pragma in ("journal_mode = WAL", "synchronous = OFF", "foreign_keys = ON", "secure_delete = ON"):
        conn.execute(f"PRAGMA {pragma}")
    return conn


def fill(path: Path, count: int, length: int) -> float:
    """Put chunks into a store; return the seconds it took."""
    conn = connect(path)
    for statement in migrations.statements(migrations.SCHEMA.read_text(encoding="utf-8")):
        conn.execute(statement)
    made = texts(random.Random(3), length)
    begin = time.process_time()
    conn.execute("INSERT INTO vector_stores (id, last_active_at, body) VALUES ('vs_1', 0, '{}')")
    per_file = max(10, count // FILES)
    for number in range(count // per_file):
        name = f"file-{number}"
        conn.execute(
            "INSERT INTO files (id, created_at, purpose, filename, body) VALUES (?, 0, '', ?, '{}')",
            (name, name),
        )
        store_files.put(conn, VectorStoreFile(id=name, vector_store_id="vs_1", status=IN_PROGRESS), "me")
        some = [Chunk(text, 0, context=name) for text in itertools.islice(made, per_file)]
        for start in range(0, per_file, 16):
            store_files.add_chunks(conn, number + 1, start, some[start : start + 16])
        store_files.finish(conn, number + 1)
        if number % 100 == 99:
            conn.commit()
    conn.commit()
    conn.close()
    return time.process_time() - begin


def searches(path: Path) -> Searched:
    """Search with questions of frequent, less frequent and rare words."""
    words, _ = vocabulary(random.Random(7))
    chance = random.Random(11)
    conn = connect(path)
    before = _peak_mb()
    seconds = []
    for _ in range(_ROUNDS):
        asked = [
            chance.choice(words[first:last])
            for first, last in ((0, 40), (40, 400), (400, 4_000), (4_000, 40_000))
        ]
        begin = time.process_time()
        found = passages.search(conn, ["vs_1"], [" ".join(asked)], RESULTS)
        seconds.append(time.process_time() - begin)
        assert found
    conn.close()
    return Searched(seconds[0], seconds[1:], _peak_mb() - before)


def forget(path: Path) -> tuple[float, float, float]:
    """Delete the store; return the seconds until it is gone, until its chunks are, and the longest transaction of that."""
    conn = connect(path)
    begin = time.process_time()
    vector_stores.delete(conn, "vs_1")
    conn.commit()
    gone = time.process_time() - begin
    longest = 0.0
    while (entry := store_files.waste(conn)) is not None:
        started = time.process_time()
        store_files.clear_waste(conn, entry)
        conn.commit()
        longest = max(longest, time.process_time() - started)
    conn.close()
    return gone, time.process_time() - begin, longest


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _apart(work: Callable[..., T], *arguments: object) -> T:
    """Run a function in a fresh process."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--million", action="store_true")
    parser.add_argument("words", nargs="?", type=int, default=120)
    given = parser.parse_args()
    rows, medians = [], []
    for count in (SMALL, LARGE, *([MILLION] if given.million else [])):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "a.db"
            filled = _apart(fill, path, count, given.words)
            size = path.stat().st_size / 1e6
            found = _apart(searches, path)
            gone, cleared, longest = _apart(forget, path)
        medians.append(median(found.seconds))
        rows.append(
            [
                f"{count:,} chunks",
                f"{filled:.0f} s",
                f"{size:,.0f} MB",
                milliseconds(found.first_s),
                milliseconds(medians[-1]),
                milliseconds(percentile(found.seconds, 95)),
                f"{found.memory_mb:.0f} MB",
                milliseconds(gone),
                f"{cleared:.0f} s",
                milliseconds(longest),
            ]
        )
        print(rows[-1], flush=True)
    head = ["", "indexed in", "on disk", "first search", "a search", "95 %", "memory"]
    print(table([*head, "deleted in", "cleared in", "longest step"], rows))
    print(verdict("large store over small one", medians[1] / medians[0], TARGET, "x"))


if __name__ == "__main__":
    main()
