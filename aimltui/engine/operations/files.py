"""Operations on files."""

from __future__ import annotations

import asyncio

from aimltui.engine.files.blob_store import Incoming
from aimltui.engine.files.names import clean_filename
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import files as rows
from aimltui.engine.store import unstored
from aimltui.engine.store.database import Connection
from aimltui.wire import ids
from aimltui.wire.base import Deleted, Page
from aimltui.wire.binary import BinaryContent, Blob, OpenContent
from aimltui.wire.files import CreateFile, File, FileExpiresAfter, FileParams, ListFiles

_BATCH_S = 2_592_000
"""Seconds after which a file for a batch expires unless the request says otherwise, as in the API."""


class FileOperations:
    """The operations on files."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def create_file(self, params: CreateFile) -> File:
        """Store a file."""
        return await self._runtime.run_to_completion(
            keep_file(self._runtime, params.file, params.purpose, params.expires_after)
        )

    async def list_files(self, params: ListFiles) -> Page[File]:
        """Return one page of files."""
        now = self._runtime.options.now()
        return await self._runtime.read(lambda conn: rows.listed(conn, params, now))

    async def get_file(self, params: FileParams) -> File:
        """Return a file by id."""
        now = self._runtime.options.now()
        return await self._runtime.read(lambda conn: rows.get(conn, params.file_id, now))

    async def get_file_content(self, params: FileParams) -> BinaryContent:
        """Return a file's bytes, all of them in memory; see `open_file_content`."""
        content = await self.open_file_content(params)

        def read() -> bytes:
            with content.file:
                return content.file.read()

        return BinaryContent(content=await asyncio.to_thread(read), filename=content.filename)

    async def open_file_content(self, params: FileParams) -> OpenContent:
        """Open a file's bytes for reading piece by piece. Not an operation: for a server in the same process."""
        file = await self.get_file(params)
        source, size = await asyncio.to_thread(self._runtime.blobs.open, file.id)
        return OpenContent(source, size, file.filename)

    async def delete_file(self, params: FileParams) -> Deleted:
        """Delete a file, also from every vector store."""
        now = self._runtime.options.now()
        await self._runtime.write(lambda conn: rows.delete(conn, params.file_id, now))
        await asyncio.to_thread(self._runtime.blobs.remove, [params.file_id])
        self._runtime.indexer.wake()
        return Deleted(id=params.file_id, object="file")


async def keep_file(
    runtime: Runtime, blob: Blob, purpose: str, expires_after: FileExpiresAfter | None = None
) -> File:
    """Copy an upload or a tool's file into the blob store, and store its description.

    Raises:
        APIError: The file cannot be read or stored, or is too large.
    """
    incoming = await asyncio.to_thread(runtime.blobs.receive, blob, runtime.options.max_file_bytes)
    file = new_file(runtime, incoming, blob.filename, purpose, expires_after)
    try:
        await runtime.write(lambda conn: insert_file(conn, runtime, file, incoming))
    finally:
        await asyncio.to_thread(incoming.discard)
    return file


def new_file(
    runtime: Runtime, incoming: Incoming, filename: str, purpose: str, expires_after: FileExpiresAfter | None
) -> File:
    """Return a file that is not stored yet."""
    now = runtime.options.now()
    seconds = expires_after.seconds if expires_after is not None else _BATCH_S if purpose == "batch" else None
    return File(
        id=runtime.options.new_id(ids.FILE),
        bytes=incoming.size,
        created_at=now,
        expires_at=now + seconds if seconds is not None else None,
        filename=clean_filename(filename),
        purpose=purpose,
    )


def insert_file(conn: Connection, runtime: Runtime, file: File, incoming: Incoming) -> None:
    """Store a file and move its bytes in one transaction, so that the cleanup sees both or neither.

    Raises:
        ServerError: The bytes cannot be moved.
    """
    rows.insert(conn, file)
    unstored.mark_new(conn, runtime.owner.id, file.id)
    runtime.blobs.commit(incoming, file.id)
