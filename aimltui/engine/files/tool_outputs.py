"""Stores the files that tools make as files of the API."""

from __future__ import annotations

import asyncio
from pathlib import Path

from aimltui.engine.errors import StoreError
from aimltui.engine.files.blob_store import BlobStore
from aimltui.engine.files.names import clean_filename
from aimltui.engine.options import EngineOptions
from aimltui.engine.store import files as rows
from aimltui.engine.store.database import Connection, Database
from aimltui.engine.tools.base import ToolError
from aimltui.wire import ids
from aimltui.wire.binary import Blob
from aimltui.wire.errors import APIError
from aimltui.wire.files import ASSISTANTS_OUTPUT, File


class ToolOutputStore:
    """An `OutputStore` that writes to an engine's database and blob store."""

    def __init__(self, database: Database, blobs: BlobStore, options: EngineOptions) -> None:
        self._database = database
        self._blobs = blobs
        self._options = options

    async def __call__(self, name: str, content: bytes | Path) -> str:
        """Store a file and return its id."""
        name = clean_filename(name)
        blob = (
            Blob(filename=name, content=content)
            if isinstance(content, bytes)
            else Blob.of_file(content, name)
        )
        try:
            incoming = await asyncio.to_thread(self._blobs.receive, blob, self._options.max_file_bytes)
        except APIError as error:
            raise ToolError(f"The file {name!r} cannot be stored: {error.message}") from error
        file = File(
            id=self._options.new_id(ids.FILE),
            bytes=incoming.size,
            created_at=self._options.now(),
            filename=name,
            purpose=ASSISTANTS_OUTPUT,
        )

        def write(conn: Connection) -> None:
            rows.insert(conn, file)
            self._blobs.commit(incoming, file.id)

        try:
            await self._database.write(write)
        except (APIError, StoreError) as error:
            raise ToolError(f"The file {name!r} cannot be stored: {error.message}") from error
        finally:
            await asyncio.to_thread(incoming.discard)
        return file.id
