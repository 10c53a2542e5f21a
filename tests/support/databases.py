"""Makes the new databases of the tests by copying one, and lets nothing wait for the disk.

A user's database is made once; the tests make thousands, and running the schema takes half of what it costs to open an
engine. The copied one was made by the program. Only a power cut could tell the difference of not waiting for the disk.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.store import database


class CopiedDatabases:
    """Replaces how `Database` makes a database and opens it for writing."""

    def __init__(self, directory: Path) -> None:
        self._template = directory / "template.db"
        self._numbers = itertools.count()
        self._open, self._open_writer = database._open, database._open_writer

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Copy new databases."""
        self._template.parent.mkdir()
        # what closes last moves all of the write-ahead log into the database
        self._open(self._template).close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "_open", self._open_copy)
            patch.setattr(database, "_open_writer", self._open_hasty_writer)
            yield

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Do it as the program does."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(database, "_open", self._open)
            patch.setattr(database, "_open_writer", self._open_writer)
            yield

    def _open_copy(self, path: Path) -> Any:
        # where a test makes any of it fail, the program shall fail with it
        with contextlib.suppress(OSError):
            if not path.exists():
                self._copy(path)
        return self._open(path)

    def _copy(self, path: Path) -> None:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # a link appears with all its content, and never over what another program has made by then
        whole = path.with_name(f".{path.name}-{os.getpid()}-{next(self._numbers)}")
        try:
            with os.fdopen(os.open(whole, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
                file.write(self._template.read_bytes())
            os.link(whole, path)
        finally:
            whole.unlink(missing_ok=True)

    def _open_hasty_writer(self, path: Path) -> Any:
        conn = self._open_writer(path)
        conn.execute("PRAGMA synchronous = OFF")
        return conn
