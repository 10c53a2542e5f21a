"""Databases of older programs become current ones, with all that is in them."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from pathlib import Path

import pytest

from aimltui.engine.store import migrations, said, words
from aimltui.engine.store.database import Database
from aimltui.engine.store.safety_copy import copy_path
from aimltui.engine.store.search.said_query import read_query
from aimltui.wire.messages import ListMessages, Message
from aimltui.wire.runs import Run, RunParams
from aimltui.wire.threads import ListThreads, Thread
from tests.support.builders import opened, options

FIRST = Path(__file__).parents[1] / "fixtures" / "schema_1.sql"
OLD = range(1, migrations.VERSION)
THREAD = Thread(id="thread_1", created_at=1000, metadata={"title": "Ships"})
RUN = Run(
    id="run_1", thread_id="thread_1", assistant_id="asst_1", status="completed", model="m", created_at=1000
)
MESSAGE = Message.model_validate(
    {
        "id": "msg_1",
        "thread_id": "thread_1",
        "role": "user",
        "created_at": 1000,
        "content": [{"type": "text", "text": {"value": "How long is it?", "annotations": []}}],
    }
)


def an_old_database(data_dir: Path, version: int) -> Path:
    """A database as the program of that version made it, with a conversation and, where there were any, a passage."""
    path = options(data_dir).database
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
        conn.executescript(FIRST.read_text(encoding="utf-8"))
        for step in migrations.MIGRATIONS[: version - 1]:
            step(conn)
        conn.execute(
            "INSERT INTO threads (id, created_at, activity, last_active_at, preview, body)"
            " VALUES ('thread_1', 1000, 1, 1000, 'How long is it?', ?)",
            (THREAD.model_dump_json(),),
        )
        conn.execute(
            "INSERT INTO messages (id, thread_id, role, status, created_at, body)"
            " VALUES ('msg_1', 'thread_1', 'user', 'completed', 1000, ?)",
            (MESSAGE.model_dump_json(),),
        )
        conn.execute("INSERT INTO words (rowid, text, thread_id) VALUES (1, 'How long is it?', 'thread_1')")
        conn.execute(
            "INSERT INTO runs (id, thread_id, status, ended_at, created_at, body)"
            " VALUES ('run_1', 'thread_1', 'completed', 1001, 1000, ?)",
            (RUN.model_dump_json(),),
        )
        if version > 1:
            conn.execute(
                "INSERT INTO chunks (entry, position, overlap, text) VALUES (7, 0, 0, 'A long ship.')"
            )
        conn.execute(f"PRAGMA user_version = {version}")
    return path


def copies_in(data_dir: Path) -> list[Path]:
    """The copies of databases in a directory."""
    return list(data_dir.glob("*-version-*"))


@pytest.mark.parametrize("version", OLD)
async def test_two_programs_that_open_an_old_database_at_once_lose_nothing(
    tmp_path: Path, version: int
) -> None:
    path = an_old_database(tmp_path, version)
    databases = [Database(path), Database(path)]
    await asyncio.gather(*(database.open() for database in databases))
    for database in databases:
        assert await database.read(migrations.version_of) == migrations.VERSION
        await database.aclose()
    with contextlib.closing(sqlite3.connect(path)) as conn:
        assert conn.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert conn.execute("PRAGMA foreign_key_check").fetchall() == []
        passages = conn.execute("SELECT text FROM chunks").fetchall()
    assert passages == ([("A long ship.",)] if version > 1 else [])
    copy = copy_path(path, version)
    assert copies_in(tmp_path) == [copy]
    with contextlib.closing(sqlite3.connect(copy)) as conn:
        assert migrations.version_of(conn) == version
        assert conn.execute("SELECT id FROM messages").fetchall() == [("msg_1",)]


async def test_the_conversation_of_the_first_version_is_read_and_found(tmp_path: Path) -> None:
    an_old_database(tmp_path, 1)
    async with opened(tmp_path, clock=lambda: 2000.0) as engine:
        (thread,) = (await engine.threads.list_threads(ListThreads(query="long"))).data
        assert (thread.id, thread.metadata) == (THREAD.id, THREAD.metadata)
        found = await engine.messages.list_messages(ListMessages(thread_id="thread_1"))
        assert found.data == [MESSAGE]
        run = await engine.runs.get_run(RunParams(thread_id="thread_1", run_id="run_1"))
        assert run.status == "completed"


@pytest.mark.parametrize("version", OLD)
def test_an_old_database_gets_the_schema_of_a_new_one(tmp_path: Path, version: int) -> None:
    sql = "SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    path = an_old_database(tmp_path, version)
    with (
        contextlib.closing(sqlite3.connect(path, isolation_level=None)) as old,
        contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as new,
    ):
        for conn in (old, new):
            migrations.migrate(conn, path)
        assert old.execute(sql).fetchall() == new.execute(sql).fetchall()


async def test_what_an_older_program_has_stored_is_indexed_little_by_little(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = an_old_database(tmp_path, 8)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as conn:
        for number in range(2, 6):
            told = MESSAGE.model_dump(mode="json")
            told["content"][0]["text"]["value"] = f"天気予報 {number}"
            conn.execute(
                "INSERT INTO messages (id, thread_id, role, status, created_at, body)"
                " VALUES (?, 'thread_1', 'user', 'completed', 1000, ?)",
                (f"msg_{number}", Message.model_validate({**told, "id": f"msg_{number}"}).model_dump_json()),
            )
    database = Database(path)
    await database.open()
    monkeypatch.setattr(words, "AT_ONCE", 2)
    try:
        wanted, found = read_query("予報"), list[int]()
        while True:
            found.append(len(await database.read(lambda conn: said.search(conn, wanted, 10))))
            if not await database.write(words.index_older):
                break
        assert found[:4] == [0, 2, 4, 4]
        assert await database.read(words.is_complete)
    finally:
        await database.aclose()


async def test_the_newest_messages_are_found_at_once_after_an_update_of_the_index(tmp_path: Path) -> None:
    path = an_old_database(tmp_path, 10)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as conn:
        newer = MESSAGE.model_copy(update={"id": "msg_2"}).model_dump_json()
        conn.execute(
            "INSERT INTO messages (seq, id, thread_id, role, status, created_at, body)"
            " VALUES (5000, 'msg_2', 'thread_1', 'user', 'completed', 2000, ?)",
            (newer,),
        )
        conn.execute(
            "INSERT INTO words (rowid, text, thread_id) VALUES (5000, 'How long is it?', 'thread_1')"
        )
        conn.execute("INSERT INTO words (rowid, text, thread_id) VALUES (-1, 'Ships', 'thread_1')")
    database = Database(path)
    await database.open()

    async def found() -> list[str | None]:
        hits = await database.read(lambda conn: said.search(conn, read_query("how lon"), 10))
        return [hit.message_id for hit in hits]

    try:
        assert (await found(), await database.read(words.is_complete)) == (["msg_2"], False)
        while await database.write(words.index_older):
            pass
        assert (await found(), await database.read(words.is_complete)) == (["msg_2", "msg_1"], True)
        titles = await database.read(
            lambda conn: conn.execute("SELECT text FROM words WHERE rowid < 0").fetchall()
        )
        assert [row["text"] for row in titles] == ["Ships"]
    finally:
        await database.aclose()
