"""The operations on the files of vector stores, single and in batches."""

from __future__ import annotations

from aimltui.engine.operations.references import add_files
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import vector_store_files as rows
from aimltui.engine.store import vector_stores as stores
from aimltui.engine.store.database import Connection
from aimltui.wire import ids
from aimltui.wire.base import Deleted, Page
from aimltui.wire.errors import BadRequest
from aimltui.wire.request_errors import missing
from aimltui.wire.vector_stores import (
    IN_PROGRESS,
    CreateFileBatch,
    CreateVectorStoreFile,
    FileBatch,
    FileBatchParams,
    FileText,
    ListFileBatchFiles,
    ListVectorStoreFiles,
    ModifyVectorStoreFile,
    NewStoreFile,
    TextPiece,
    VectorStoreFile,
    VectorStoreFileParams,
)


class VectorStoreFileOperations:
    """The operations on files in vector stores."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def create_vector_store_file(self, params: CreateVectorStoreFile) -> VectorStoreFile:
        """Add a file to a vector store; it is indexed in the background."""
        now = self._runtime.options.now()
        new = NewStoreFile(
            file_id=params.file_id, attributes=params.attributes, chunking_strategy=params.chunking_strategy
        )

        def add(conn: Connection) -> VectorStoreFile:
            stores.usable(conn, params.vector_store_id, now)
            return add_files(conn, self._runtime, params.vector_store_id, [new])[0]

        added = await self._runtime.write(add)
        self._runtime.indexer.wake()
        return added

    async def list_vector_store_files(self, params: ListVectorStoreFiles) -> Page[VectorStoreFile]:
        """Return one page of a vector store's files, optionally those with one status."""

        def look(conn: Connection) -> Page[VectorStoreFile]:
            stores.require(conn, params.vector_store_id)
            return rows.listed(conn, params)

        return await self._runtime.read(look)

    async def get_vector_store_file(self, params: VectorStoreFileParams) -> VectorStoreFile:
        """Return a file of a vector store by id."""

        def look(conn: Connection) -> VectorStoreFile:
            stores.require(conn, params.vector_store_id)
            return rows.get(conn, params.vector_store_id, params.file_id)

        return await self._runtime.read(look)

    async def modify_vector_store_file(self, params: ModifyVectorStoreFile) -> VectorStoreFile:
        """Replace the attributes of a file."""

        def change(conn: Connection) -> VectorStoreFile:
            stores.require(conn, params.vector_store_id)
            return rows.set_attributes(conn, params.vector_store_id, params.file_id, params.attributes)

        return await self._runtime.write(change)

    async def delete_vector_store_file(self, params: VectorStoreFileParams) -> Deleted:
        """Remove a file from the vector store; the file itself stays."""

        def delete(conn: Connection) -> None:
            stores.require(conn, params.vector_store_id)
            rows.delete(conn, params.vector_store_id, params.file_id)

        await self._runtime.write(delete)
        self._runtime.indexer.wake()
        return Deleted(id=params.file_id, object="vector_store.file.deleted")

    async def get_vector_store_file_content(self, params: VectorStoreFileParams) -> FileText:
        """Return the text of a file; empty while it is being indexed, or if it has none."""

        def look(conn: Connection) -> str:
            stores.require(conn, params.vector_store_id)
            return rows.text_of(conn, params.vector_store_id, params.file_id)

        text = await self._runtime.read(look)
        return FileText(data=[TextPiece(text=text)] if text else [])

    async def create_file_batch(self, params: CreateFileBatch) -> FileBatch:
        """Add several files to a vector store; they are indexed in the background."""
        wanted = _wanted(params)
        batch_id, now = self._runtime.options.new_id(ids.VECTOR_STORE_BATCH), self._runtime.options.now()

        def add(conn: Connection) -> FileBatch:
            stores.usable(conn, params.vector_store_id, now)
            stores.insert_batch(conn, batch_id, params.vector_store_id, now)
            add_files(conn, self._runtime, params.vector_store_id, wanted, batch_id)
            return stores.get_batch(conn, params.vector_store_id, batch_id)

        batch = await self._runtime.write(add)
        self._runtime.indexer.wake()
        return batch

    async def get_file_batch(self, params: FileBatchParams) -> FileBatch:
        """Return a batch by id."""
        return await self._runtime.read(
            lambda conn: stores.get_batch(conn, params.vector_store_id, params.batch_id)
        )

    async def cancel_file_batch(self, params: FileBatchParams) -> FileBatch:
        """Stop indexing a batch; what is already indexed stays."""

        def cancel(conn: Connection) -> FileBatch:
            batch = stores.get_batch(conn, params.vector_store_id, params.batch_id)
            if batch.status != IN_PROGRESS:
                raise BadRequest(f"Cannot cancel file batch with status '{batch.status}'.")
            rows.cancel_batch(conn, batch.id)
            stores.mark_cancelled(conn, batch.id)
            return stores.get_batch(conn, params.vector_store_id, batch.id)

        batch = await self._runtime.write(cancel)
        self._runtime.indexer.wake()
        return batch

    async def list_file_batch_files(self, params: ListFileBatchFiles) -> Page[VectorStoreFile]:
        """Return one page of a batch's files."""

        def look(conn: Connection) -> Page[VectorStoreFile]:
            stores.get_batch(conn, params.vector_store_id, params.batch_id)
            return rows.listed(conn, params)

        return await self._runtime.read(look)


def _wanted(params: CreateFileBatch) -> list[NewStoreFile]:
    """Return the files of a batch with the parameters of each.

    Raises:
        BadRequest: No files are named, or they are named in both ways.
    """
    if params.file_ids is not None and params.files is not None:
        raise BadRequest(
            "'file_ids' and 'files' are mutually exclusive; give one of them.",
            code="invalid_value",
            param="files",
        )
    if params.files is not None:
        return params.files
    if params.file_ids is None:
        raise missing("file_ids")
    return [
        NewStoreFile(file_id=id_, attributes=params.attributes, chunking_strategy=params.chunking_strategy)
        for id_ in params.file_ids
    ]
