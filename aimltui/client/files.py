"""Files and uploads, as the client offers them."""

from __future__ import annotations

from aimltui.client.transport import Transport
from aimltui.wire import files, uploads
from aimltui.wire import operations as op
from aimltui.wire.base import Deleted, Page
from aimltui.wire.binary import BinaryContent


class Files:
    """The files' operations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: files.CreateFile) -> files.File:
        """Send one; `Blob.of_file` sends a file of this machine without reading it into memory."""
        return await self._transport.call(op.CREATE_FILE, params)

    async def list(self, params: files.ListFiles) -> Page[files.File]:
        """One page."""
        return await self._transport.call(op.LIST_FILES, params)

    async def get(self, file_id: str) -> files.File:
        """One by id."""
        return await self._transport.call(op.GET_FILE, files.FileParams(file_id=file_id))

    async def content(self, file_id: str) -> BinaryContent:
        """Its bytes."""
        return await self._transport.call(op.GET_FILE_CONTENT, files.FileParams(file_id=file_id))

    async def delete(self, file_id: str) -> Deleted:
        """Delete it, also in every vector store."""
        return await self._transport.call(op.DELETE_FILE, files.FileParams(file_id=file_id))


class Uploads:
    """The uploads' operations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: uploads.CreateUpload) -> uploads.Upload:
        """Announce one."""
        return await self._transport.call(op.CREATE_UPLOAD, params)

    async def add_part(self, params: uploads.AddUploadPart) -> uploads.UploadPart:
        """Send a part; parts may be sent at the same time."""
        return await self._transport.call(op.ADD_UPLOAD_PART, params)

    async def complete(self, params: uploads.CompleteUpload) -> uploads.Upload:
        """Make the file of its parts."""
        return await self._transport.call(op.COMPLETE_UPLOAD, params)

    async def cancel(self, upload_id: str) -> uploads.Upload:
        """Give it up."""
        return await self._transport.call(op.CANCEL_UPLOAD, uploads.UploadParams(upload_id=upload_id))
