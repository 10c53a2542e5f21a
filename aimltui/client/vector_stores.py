"""Vector stores, as the client offers them."""

from __future__ import annotations

from aimltui.client.transport import Transport
from aimltui.wire import operations as op
from aimltui.wire import vector_stores as vs
from aimltui.wire.base import Deleted, Page


class VectorStores:
    """The vector stores' operations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.files = StoreFiles(transport)
        self.file_batches = FileBatches(transport)

    async def create(self, params: vs.CreateVectorStore) -> vs.VectorStore:
        """Make one."""
        return await self._transport.call(op.CREATE_VECTOR_STORE, params)

    async def list(self, params: vs.ListVectorStores) -> Page[vs.VectorStore]:
        """One page."""
        return await self._transport.call(op.LIST_VECTOR_STORES, params)

    async def get(self, vector_store_id: str) -> vs.VectorStore:
        """One by id."""
        params = vs.VectorStoreParams(vector_store_id=vector_store_id)
        return await self._transport.call(op.GET_VECTOR_STORE, params)

    async def modify(self, params: vs.ModifyVectorStore) -> vs.VectorStore:
        """Change what is given; metadata is merged."""
        return await self._transport.call(op.MODIFY_VECTOR_STORE, params)

    async def delete(self, vector_store_id: str) -> Deleted:
        """Delete it; its files stay."""
        params = vs.VectorStoreParams(vector_store_id=vector_store_id)
        return await self._transport.call(op.DELETE_VECTOR_STORE, params)

    async def search(self, params: vs.SearchVectorStore) -> vs.SearchResults:
        """Passages, best first."""
        return await self._transport.call(op.SEARCH_VECTOR_STORE, params)


class StoreFiles:
    """Operations on the files of a vector store."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: vs.CreateVectorStoreFile) -> vs.VectorStoreFile:
        """Add a file."""
        return await self._transport.call(op.CREATE_VECTOR_STORE_FILE, params)

    async def list(self, params: vs.ListVectorStoreFiles) -> Page[vs.VectorStoreFile]:
        """One page."""
        return await self._transport.call(op.LIST_VECTOR_STORE_FILES, params)

    async def get(self, vector_store_id: str, file_id: str) -> vs.VectorStoreFile:
        """One by id."""
        return await self._transport.call(op.GET_VECTOR_STORE_FILE, _file(vector_store_id, file_id))

    async def modify(self, params: vs.ModifyVectorStoreFile) -> vs.VectorStoreFile:
        """Give it other attributes."""
        return await self._transport.call(op.MODIFY_VECTOR_STORE_FILE, params)

    async def delete(self, vector_store_id: str, file_id: str) -> Deleted:
        """Take it out of the store; the file itself stays."""
        return await self._transport.call(op.DELETE_VECTOR_STORE_FILE, _file(vector_store_id, file_id))

    async def content(self, vector_store_id: str, file_id: str) -> vs.FileText:
        """The text that was found in it."""
        return await self._transport.call(op.GET_VECTOR_STORE_FILE_CONTENT, _file(vector_store_id, file_id))


class FileBatches:
    """Operations on files that are added together."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: vs.CreateFileBatch) -> vs.FileBatch:
        """Add files."""
        return await self._transport.call(op.CREATE_FILE_BATCH, params)

    async def get(self, vector_store_id: str, batch_id: str) -> vs.FileBatch:
        """One by id."""
        return await self._transport.call(op.GET_FILE_BATCH, _batch(vector_store_id, batch_id))

    async def cancel(self, vector_store_id: str, batch_id: str) -> vs.FileBatch:
        """Index no more of it."""
        return await self._transport.call(op.CANCEL_FILE_BATCH, _batch(vector_store_id, batch_id))

    async def list_files(self, params: vs.ListFileBatchFiles) -> Page[vs.VectorStoreFile]:
        """One page of its files."""
        return await self._transport.call(op.LIST_FILE_BATCH_FILES, params)


def _file(vector_store_id: str, file_id: str) -> vs.VectorStoreFileParams:
    return vs.VectorStoreFileParams(vector_store_id=vector_store_id, file_id=file_id)


def _batch(vector_store_id: str, batch_id: str) -> vs.FileBatchParams:
    return vs.FileBatchParams(vector_store_id=vector_store_id, batch_id=batch_id)
