"""Search: 100,000 chunks against 10,000, generated text, by the functions that the engine calls.

    python -m tests.bench.bench_search [words of a chunk]

The words follow Zipf's law, as those of real texts do, so that queries have frequent words and rare ones. Target: a
search in the large store takes at most 3 times that in the small one.
"""

from __future__ import annotations

import itertools
import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from aimltui.engine.extraction.chunks import Chunk
from aimltui.engine.store import migrations, passages
from aimltui.engine.store import vector_store_files as store_files
from aimltui.wire.vector_stores import IN_PROGRESS, VectorStoreFile
from tests.bench.measure import median, milliseconds, percentile, table, verdict

SMALL, LARGE = 10_000, 100_000
PER_FILE = 10
"""Chunks: a store of 10,000 files has 100,000 of them."""
TARGET = 3.0
RESULTS = 20
_WORDS = 50_000
_ROUNDS = 60


def vocabulary(chance: random.Random) -> tuple[list[str], list[float]]:
    """Return words, and how often each occurs together with those before it."""
    letters = "etaoinshrdlucmfwypvbg"
    words = ["".join(chance.choices(letters, k=chance.randint(3, 10))) for _ in range(_WORDS)]
    return words, list(itertools.accumulate(1 / rank for rank in range(1, _WORDS + 1)))


def fill(conn: sqlite3.Connection, count: int, length: int) -> list[str]:
    """Put chunks into a store; the words."""
    chance = random.Random(7)
    words, weights = vocabulary(chance)
    conn.execute("INSERT INTO vector_stores (id, last_active_at, body) VALUES ('vs_1', 0, '{}')")
    for number in range(count // PER_FILE):
        name = f"file-{number}"
        conn.execute(
            "INSERT INTO files (id, created_at, purpose, filename, body) VALUES (?, 0, '', ?, '{}')",
            (name, name),
        )
        store_files.put(conn, VectorStoreFile(id=name, vector_store_id="vs_1", status=IN_PROGRESS), "me")
        texts = (" ".join(chance.choices(words, cum_weights=weights, k=length)) for _ in range(PER_FILE))
        store_files.add_chunks(conn, number + 1, 0, [Chunk(text, 0, context=name) for text in texts])
        store_files.finish(conn, number + 1)
        if number % 100 == 99:
            conn.commit()
    conn.commit()
    return words


def searches(conn: sqlite3.Connection, words: list[str]) -> list[float]:
    """Search with questions of frequent, less frequent and rare words; the seconds of each."""
    chance = random.Random(11)
    seconds = []
    for _ in range(_ROUNDS):
        asked = [
            chance.choice(words[first:last])
            for first, last in ((0, 40), (40, 400), (400, 4_000), (4_000, 40_000))
        ]
        begin = time.perf_counter()
        found = passages.search(conn, ["vs_1"], [" ".join(asked)], RESULTS)
        seconds.append(time.perf_counter() - begin)
        assert found
    return seconds


def main() -> None:
    """Measure and print."""
    length = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    rows, medians = [], []
    for count in (SMALL, LARGE):
        with tempfile.TemporaryDirectory() as folder:
            conn = sqlite3.connect(Path(folder) / "a.db")
            conn.row_factory = sqlite3.Row
            for statement in migrations.statements(migrations.SCHEMA.read_text(encoding="utf-8")):
                conn.execute(statement)
            begin = time.perf_counter()
            words = fill(conn, count, length)
            filled = time.perf_counter() - begin
            seconds = searches(conn, words)
            conn.close()
        medians.append(median(seconds))
        rows.append(
            [
                f"{count:,} chunks",
                f"{filled:.0f} s",
                milliseconds(medians[-1]),
                milliseconds(percentile(seconds, 95)),
            ]
        )
    print(table(["", "indexed in", "a search", "95 %"], rows))
    print(verdict("large store over small one", medians[1] / medians[0], TARGET, "x"))


if __name__ == "__main__":
    main()
