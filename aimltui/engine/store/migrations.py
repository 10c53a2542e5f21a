"""Migrates an older database to the current schema: ordered functions, counted by `PRAGMA user_version`."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from aimltui.engine.errors import StoreError
from aimltui.engine.store.safety_copy import make_copy, remove_copy, remove_other_copies

SCHEMA = Path(__file__).with_name("schema.sql")
"""The current schema, for an empty database."""


def _files(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_2.sql"))


def _usage(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_3.sql"))


def _origins(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_4.sql"))


def _places(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_5.sql"))


def _context(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_6.sql"))


def _places_within(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_7.sql"))


def _branches(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_8.sql"))


def _more_words(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_9.sql"))


def _vectors(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_10.sql"))


def _beginnings(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_11.sql"))


def _embedder(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_12.sql"))


def _clients(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_13.sql"))


def _no_objects(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_14.sql"))


def _unstored(conn: sqlite3.Connection) -> None:
    _run(conn, SCHEMA.with_name("migration_15.sql"))


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _files,
    _usage,
    _origins,
    _places,
    _context,
    _places_within,
    _branches,
    _more_words,
    _vectors,
    _beginnings,
    _embedder,
    _clients,
    _no_objects,
    _unstored,
)
"""From version 1 on. Never changed once released; a change of the schema adds a function here, and the same change to
schema.sql."""

VERSION = len(MIGRATIONS) + 1


def version_of(conn: sqlite3.Connection) -> int:
    """Return the database's version; 0 for an empty one."""
    return int(conn.execute("PRAGMA user_version").fetchone()[0])


def check_version(found: int, path: Path) -> None:
    """Refuse a database of a newer program.

    Raises:
        StoreError: The database is newer.
    """
    if found > VERSION:
        raise StoreError(
            f"The database {path} has version {found}, and this program knows versions up to {VERSION}: a newer "
            "aimltui made it. Nothing was changed. Update aimltui, or choose another directory with --data-dir."
        )


def migrate(conn: sqlite3.Connection, path: Path) -> None:
    """Migrate the database to the current version in one transaction, after a copy of it was made.

    Two programs may start at once, so the version is read again under the lock.
    """
    if version_of(conn) == VERSION:
        return
    copy: Path | None = None
    conn.execute("BEGIN IMMEDIATE")
    try:
        found = version_of(conn)
        check_version(found, path)
        if found == 0:
            _run(conn, SCHEMA)
        elif found < VERSION:
            if conn.execute("PRAGMA database_list").fetchone()[2]:
                copy = make_copy(path, found)
            for step in MIGRATIONS[found - 1 :]:
                step(conn)
        conn.execute(f"PRAGMA user_version = {VERSION}")
        conn.execute("COMMIT")
    except BaseException:
        if copy is not None:
            remove_copy(copy)
        # SQLite itself has rolled back if the disk is full
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    if copy is not None:
        remove_other_copies(path, copy)


def _run(conn: sqlite3.Connection, script: Path) -> None:
    for statement in statements(script.read_text(encoding="utf-8")):
        conn.execute(statement)


def statements(script: str) -> Iterator[str]:
    """Yield the script's statements: `executescript` would commit, and a migration is all or nothing."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
