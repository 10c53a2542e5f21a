"""Opens other programs' SQLite files to read them: nothing is written, beside them neither, and nothing in them runs."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from aimltui.interchange.inputs import Member, readable
from aimltui.interchange.records import UnreadableInput

Row = sqlite3.Row
_MAX_CELL = 64 * 1024 * 1024
"""Bytes of one value."""
_STEPS = 100_000
_MAX_CALLS = 20_000
"""Times so many steps: a database made to keep a reader busy is given up."""


class Database:
    """A database that is only read.

    Attributes:
        tables: Its tables with the names of their columns; a view is none.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda data: data.decode("utf-8", "replace")
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_CELL)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA query_only = ON")
        self._calls = 0
        connection.set_progress_handler(self._count, _STEPS)
        self.tables = self._read_tables()

    def _count(self) -> int:
        self._calls += 1
        return int(self._calls > _MAX_CALLS)

    def _read_tables(self) -> Mapping[str, frozenset[str]]:
        names = [
            row[0] for row in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        quoted = [(name, str(name).replace('"', '""')) for name in names[:1000]]
        return {
            name: frozenset(row["name"] for row in self._connection.execute(f'PRAGMA table_info("{safe}")'))
            for name, safe in quoted
        }

    def has(self, table: str, *columns: str) -> bool:
        """True if the table has these columns."""
        return self.tables.get(table, frozenset()) >= set(columns) and table in self.tables

    def select(self, sql: str, *values: Any) -> Iterator[Row]:
        """The rows of a query.

        Raises:
            UnreadableInput: The database is broken.
        """
        try:
            yield from self._connection.execute(sql, values)
        except sqlite3.Error as error:
            raise UnreadableInput(f"the database is broken ({error})") from error


@contextmanager
def opened(member: Member) -> Iterator[Database]:
    """Open a database file for as long as the block lasts.

    Raises:
        UnreadableInput: It is broken.
    """
    with tempfile.TemporaryDirectory(prefix="aimltui-import-") as folder:
        path = _in_place(member) or _copied(member, Path(folder))
        address = f"{path.absolute().as_uri()}?mode=ro" + (
            "" if path.parent == Path(folder) else "&immutable=1"
        )
        try:
            with closing(sqlite3.connect(address, uri=True, check_same_thread=False)) as connection:
                yield Database(connection)
        except sqlite3.Error as error:
            raise UnreadableInput(f"{member.name} is a broken database ({error})") from error


def _in_place(member: Member) -> Path | None:
    """Where it lies, if it can be read there without writing beside it: without a journal that is still open."""
    if member.local is None or _journal(member.local).exists():
        return None
    return member.local


def _copied(member: Member, folder: Path) -> Path:
    path = folder / "copy.db"
    with readable(member) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target)
    if member.local is not None and _journal(member.local).exists():
        shutil.copyfile(_journal(member.local), _journal(path))
    return path


def _journal(path: Path) -> Path:
    return path.with_name(path.name + "-wal")
