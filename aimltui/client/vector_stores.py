"""The client's operations on vector stores."""

from __future__ import annotations

from aimltui.client.transport import Transport
from aimltui.wire import operations as op
from aimltui.wire import vector_stores as vs
from aimltui.wire.base import Deleted, Page


class VectorStores:
    """Operations on vector stores."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.files = StoreFiles(transport)
        self.file_batches = FileBatches(transport)

    async def create(self, params: vs.CreateVectorStore) -> vs.VectorStore:
        """Create a vector store."""
        return await self._transport.call(op.CREATE_VECTOR_STORE, params)

    async def list(self, params: vs.ListVectorStores) -> Page[vs.VectorStore]:
        """Return one page of the vector stores."""
        return await self._transport.call(op.LIST_VECTOR_STORES, params)

    async def get(self, vector_store_id: str) -> vs.VectorStore:
        """Return a vector store."""
        params = vs.VectorStoreParams(vector_store_id=vector_store_id)
        return await self._transport.call(op.GET_VECTOR_STORE, params)

    async def modify(self, params: vs.ModifyVectorStore) -> vs.VectorStore:
        """Change the given fields; metadata is merged."""
        return await self._transport.call(op.MODIFY_VECTOR_STORE, params)

    async def delete(self, vector_store_id: str) -> Deleted:
        """Delete a vector store; its files stay."""
        params = vs.VectorStoreParams(vector_store_id=vector_store_id)
        return await self._transport.call(op.DELETE_VECTOR_STORE, params)

    async def search(self, params: vs.SearchVectorStore) -> vs.SearchResults:
        """Return matching passages, the best first."""
        return await self._transport.call(op.SEARCH_VECTOR_STORE, params)


class StoreFiles:
    """Operations on the files of a vector store."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: vs.CreateVectorStoreFile) -> vs.VectorStoreFile:
        """Add a file to a vector store."""
        return await self._transport.call(op.CREATE_VECTOR_STORE_FILE, params)

    async def list(self, params: vs.ListVectorStoreFiles) -> Page[vs.VectorStoreFile]:
        """Return one page of a vector store's files."""
        return await self._transport.call(op.LIST_VECTOR_STORE_FILES, params)

    async def get(self, vector_store_id: str, file_id: str) -> vs.VectorStoreFile:
        """Return a file of a vector store."""
        return await self._transport.call(op.GET_VECTOR_STORE_FILE, _file(vector_store_id, file_id))

    async def modify(self, params: vs.ModifyVectorStoreFile) -> vs.VectorStoreFile:
        """Change the attributes of a file."""
        return await self._transport.call(op.MODIFY_VECTOR_STORE_FILE, params)

    async def delete(self, vector_store_id: str, file_id: str) -> Deleted:
        """Remove a file from the vector store; the file itself stays."""
        return await self._transport.call(op.DELETE_VECTOR_STORE_FILE, _file(vector_store_id, file_id))

    async def content(self, vector_store_id: str, file_id: str) -> vs.FileText:
        """Return the text that was extracted from a file."""
        return await self._transport.call(op.GET_VECTOR_STORE_FILE_CONTENT, _file(vector_store_id, file_id))


class FileBatches:
    """Operations on files that are added together, as a batch."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: vs.CreateFileBatch) -> vs.FileBatch:
        """Add files to a vector store."""
        return await self._transport.call(op.CREATE_FILE_BATCH, params)

    async def get(self, vector_store_id: str, batch_id: str) -> vs.FileBatch:
        """Return a batch of files."""
        return await self._transport.call(op.GET_FILE_BATCH, _batch(vector_store_id, batch_id))

    async def cancel(self, vector_store_id: str, batch_id: str) -> vs.FileBatch:
        """Stop the indexing of a batch."""
        return await self._transport.call(op.CANCEL_FILE_BATCH, _batch(vector_store_id, batch_id))

    async def list_files(self, params: vs.ListFileBatchFiles) -> Page[vs.VectorStoreFile]:
        """Return one page of a batch's files."""
        return await self._transport.call(op.LIST_FILE_BATCH_FILES, params)


def _file(vector_store_id: str, file_id: str) -> vs.VectorStoreFileParams:
    return vs.VectorStoreFileParams(vector_store_id=vector_store_id, file_id=file_id)


def _batch(vector_store_id: str, batch_id: str) -> vs.FileBatchParams:
    return vs.FileBatchParams(vector_store_id=vector_store_id, batch_id=batch_id)
