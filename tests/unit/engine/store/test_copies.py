"""Copies of long threads: their words are found, some of them a moment later."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
from pathlib import Path

import pytest

from aimltui.engine.store import branches, messages, migrations, said, threads, words
from aimltui.engine.store.search.said_query import read_query
from aimltui.wire.messages import Message
from aimltui.wire.threads import Thread


def told(number: int) -> Message:
    return Message.model_validate(
        {
            "id": f"msg_{number}",
            "thread_id": "thread_1",
            "role": "user",
            "created_at": 1000,
            "content": [{"type": "text", "text": {"value": f"whale {number} 天気", "annotations": []}}],
        }
    )


def found(conn: sqlite3.Connection, query: str) -> list[str]:
    """The copies that a query finds once the thread of the originals is gone."""
    return sorted(
        hit.text.split()[1] for hit in said.search(conn, read_query(query), 10) if hit.thread_id == "thread_2"
    )


def test_the_words_of_the_newest_copies_are_found_at_once_and_those_of_the_others_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(branches, "_WORDS_AT_ONCE", 2)
    path = tmp_path / "copies.db"
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        migrations.migrate(conn, path)
        for thread_id in ("thread_1", "thread_2"):
            threads.insert(conn, Thread(id=thread_id, created_at=1000))
        for number in range(5):
            messages.insert(conn, told(number))
        numbers = itertools.count()
        last = branches.last_copied(conn, "thread_1", None, "msg_3")
        branches.Copier(conn, "thread_1", "thread_2", last, lambda kind: f"{kind}_{next(numbers)}").copy()
        conn.execute("DELETE FROM threads WHERE id = 'thread_1'")
        conn.execute("DELETE FROM messages WHERE thread_id = 'thread_1'")

        assert (found(conn, "whal"), found(conn, "天"), words.is_complete(conn)) == (
            ["2", "3"],
            ["2", "3"],
            False,
        )
        while words.index_older(conn):
            pass
        everything = ["0", "1", "2", "3"]
        assert (found(conn, "whal"), found(conn, "天"), words.is_complete(conn)) == (
            everything,
            everything,
            True,
        )
        indexed = conn.execute("SELECT count(*) FROM words WHERE words MATCH 'whale'").fetchone()[0]
        assert indexed == len(everything)
