"""Search while typing: 100,000 messages and 10,000 tool calls, by the function that the engine calls.

    python -m tests.bench.bench_words [messages]

Each query is typed letter by letter, as in the sheet of threads. Target: the slowest letter within one frame of 60 a
second. Words of up to five letters are found by their beginnings in an index; of longer ones the newest messages are read.
"""

from __future__ import annotations

import random
import sqlite3
import sys
import tempfile
import time
from pathlib import Path

from aimltui.engine.store import migrations, said, words
from aimltui.engine.store.search.said_query import read_query
from aimltui.wire.messages import Message
from tests.bench.bench_search import vocabulary
from tests.bench.measure import median, milliseconds, table, verdict

COUNT = 100_000
PER_THREAD = 100
EVERYWHERE = "configuration"
FRAME_S = 1 / 60
_HAN = "天気予報会議資料東京大阪電車時間今日明日作成確認連絡問題回答計算結果表示変更追加削除"


def message(number: int, text: str) -> Message:
    """A message of one of the threads."""
    return Message.model_validate(
        {
            "id": f"msg_{number}",
            "thread_id": f"thread_{number // PER_THREAD}",
            "role": "user" if number % 2 else "assistant",
            "created_at": 1_700_000_000 + number,
            "content": [{"type": "text", "text": {"value": text, "annotations": []}}],
        }
    )


def fill(conn: sqlite3.Connection, count: int) -> list[str]:
    """Store threads with messages, one in ten of them in Chinese characters and the others with `EVERYWHERE`; the words."""
    chance = random.Random(7)
    vocabulary_words, weights = vocabulary(chance)
    for number in range(count):
        if number % PER_THREAD == 0:
            name = f"thread_{number // PER_THREAD}"
            conn.execute(
                "INSERT INTO threads (id, created_at, activity, last_active_at, body) VALUES (?, 0, ?, 0, '{}')",
                (name, number),
            )
        if number % 10 == 0:
            text = "".join(chance.choices(_HAN, k=120))
        else:
            text = " ".join([*chance.choices(vocabulary_words, cum_weights=weights, k=80), EVERYWHERE])
        said_message = message(number, text)
        cursor = conn.execute(
            "INSERT INTO messages (id, thread_id, role, status, created_at, body) VALUES (?, ?, ?, 'completed', ?, ?)",
            (
                said_message.id,
                said_message.thread_id,
                said_message.role,
                said_message.created_at,
                said_message.model_dump_json(),
            ),
        )
        words.index_message(conn, int(cursor.lastrowid or 0), said_message)
    conn.commit()
    return vocabulary_words


def typed(conn: sqlite3.Connection, text: str) -> list[float]:
    """Search for each beginning of a text; the seconds of each."""
    seconds = []
    for end in range(1, len(text) + 1):
        begin = time.perf_counter()
        said.search(conn, read_query(text[:end]), 30)
        seconds.append(time.perf_counter() - begin)
    return seconds


def main() -> None:
    """Measure and print."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        conn = sqlite3.connect(Path(folder) / "words.db")
        conn.row_factory = sqlite3.Row
        migrations.migrate(conn, Path(folder) / "words.db")
        begin = time.perf_counter()
        known = fill(conn, count)
        print(f"{count:,} messages indexed in {time.perf_counter() - begin:.1f} s")
        chance = random.Random(11)
        queries = {
            "frequent words": " ".join([word for word in known[:40] if len(word) <= 5][:3]),
            "a frequent long word": next(word for word in known[10:] if len(word) > 5),
            "a long word in 9 of 10": EVERYWHERE,
            "rarer words": " ".join(chance.choices(known[400:4_000], k=3)),
            "a rare word": known[-10],
            "characters": "今日会議資料",
            "nothing": "zzzzqqqq",
            "with a filter": f"{next(word for word in known if len(word) <= 5)} before:2023-11-15",
        }
        rows, worst = [], 0.0
        for name, query in queries.items():
            # what else the machine does is not the search's
            seconds = [
                median(of_letter) for of_letter in zip(*(typed(conn, query) for _ in range(3)), strict=True)
            ]
            worst = max(worst, *seconds)
            rows.append([name, milliseconds(median(seconds)), milliseconds(max(seconds))])
        print(table(["query", "median", "slowest letter"], rows))
        print(verdict("slowest letter", worst, FRAME_S))


if __name__ == "__main__":
    main()
