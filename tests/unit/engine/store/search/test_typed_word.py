"""While a long word is typed, the newest messages are found without reading what the index has of all others."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.engine.store import migrations, said, words
from aimltui.engine.store.search.said_query import read_query
from aimltui.engine.store.search.typed_word import newest
from aimltui.wire.messages import Message
from tests.bench.bench_words import message

TEXTS = (
    "The condition holds.",
    "Conditioning hair.",
    "Caféterias and the conditionally open one.",
    "A conduit, no more.",
    "Two conditions, at least.",
)


@pytest.fixture(scope="module")
def conn() -> Iterator[sqlite3.Connection]:
    conn = sqlite3.connect(":memory:")
    conn.row_factory = sqlite3.Row
    migrations.migrate(conn, Path(":memory:"))
    conn.execute(
        "INSERT INTO threads (id, created_at, activity, last_active_at, body) VALUES ('thread_0', 0, 0, 0, '{}')"
    )
    for number, text in enumerate(TEXTS):
        store(conn, message(number, text))
    yield conn
    conn.close()


def store(conn: sqlite3.Connection, one: Message) -> None:
    cursor = conn.execute(
        "INSERT INTO messages (id, thread_id, role, status, created_at, body) VALUES (?, ?, ?, 'completed', ?, ?)",
        (one.id, one.thread_id, one.role, one.created_at, one.model_dump_json()),
    )
    words.index_message(conn, int(cursor.lastrowid or 0), one)


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("condit", [4, 2, 1, 0]),
        ("conditi", [4, 2, 1, 0]),
        ("conditio", [4, 2, 1, 0]),
        ("condition", [4, 2, 1, 0]),
        ("conditions", [4, 2, 1, 0]),
        ("the conditio", [2, 0]),
        ("cafeteri", [2]),
        ("caféteri", [2]),
        ("conditx", []),
    ],
)
def test_each_letter_of_a_long_word_finds_what_begins_with_it_and_its_forms(
    conn: sqlite3.Connection, typed: str, numbers: list[int]
) -> None:
    hits = said.search(conn, read_query(typed), 30)
    assert [hit.message_id for hit in hits] == [f"msg_{number}" for number in numbers]


def test_the_newest_ones_are_found_where_there_are_more_than_asked_for(conn: sqlite3.Connection) -> None:
    assert [hit.message_id for hit in said.search(conn, read_query("conditio"), 2)] == ["msg_4", "msg_2"]


def test_the_index_is_not_asked_for_all_words_that_begin_like_one_that_many_new_messages_have(
    conn: sqlite3.Connection,
) -> None:
    query = read_query("conditio")
    asked: list[str] = []

    def ask(expression: str, most: int) -> sqlite3.Cursor:
        asked.append(expression)
        sql = "SELECT rowid, text FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?"
        return conn.execute(sql, (expression, most))

    assert len(newest(ask, query.expression, query.typed, 4)) == 4
    assert asked == ['"conditio"', '"condi"*']
    assert len(newest(ask, query.expression, query.typed, 5)) == 4
    assert asked[2:] == ['"conditio"', '"condi"*', '"conditio"*']


def test_what_is_older_than_the_rows_that_are_read_is_not_passed_over_for_the_whole_word() -> None:
    query = read_query("condition")
    rows = [*["condition"] * 3, *["conditioning"] * 3, *["condiment"] * 600]

    def ask(expression: str, most: int) -> list[sqlite3.Row]:
        found = {'"condition"': 3, '"condition"*': 6, '"condi"*': len(rows)}[expression]
        return [{"rowid": at, "text": rows[at - 1]} for at in range(found, 0, -1)][:most]  # type: ignore[misc]

    assert [row["rowid"] for row in newest(ask, query.expression, query.typed, 3)] == [6, 5, 4]


def test_half_of_a_surrogate_pair_in_a_filter_can_be_asked_of_the_database() -> None:
    query = read_query("model:a\ud800 assistant:b\udcff word")
    assert (query.model, query.assistant) == ("a?", "b?")
