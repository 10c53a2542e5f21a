"""The client's operations on files and uploads."""

from __future__ import annotations

from aimltui.client.transport import Transport
from aimltui.wire import files, uploads
from aimltui.wire import operations as op
from aimltui.wire.base import Deleted, Page
from aimltui.wire.binary import BinaryContent


class Files:
    """Operations on files."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: files.CreateFile) -> files.File:
        """Upload a file; with `Blob.of_file` it is never completely in memory."""
        return await self._transport.call(op.CREATE_FILE, params)

    async def list(self, params: files.ListFiles) -> Page[files.File]:
        """Return one page of the files."""
        return await self._transport.call(op.LIST_FILES, params)

    async def get(self, file_id: str) -> files.File:
        """Return a file's description."""
        return await self._transport.call(op.GET_FILE, files.FileParams(file_id=file_id))

    async def content(self, file_id: str) -> BinaryContent:
        """Return a file's bytes."""
        return await self._transport.call(op.GET_FILE_CONTENT, files.FileParams(file_id=file_id))

    async def delete(self, file_id: str) -> Deleted:
        """Delete a file, also in all vector stores."""
        return await self._transport.call(op.DELETE_FILE, files.FileParams(file_id=file_id))


class Uploads:
    """Operations on uploads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: uploads.CreateUpload) -> uploads.Upload:
        """Start an upload."""
        return await self._transport.call(op.CREATE_UPLOAD, params)

    async def add_part(self, params: uploads.AddUploadPart) -> uploads.UploadPart:
        """Send a part; several parts may be sent at the same time."""
        return await self._transport.call(op.ADD_UPLOAD_PART, params)

    async def complete(self, params: uploads.CompleteUpload) -> uploads.Upload:
        """Assemble the file from the parts."""
        return await self._transport.call(op.COMPLETE_UPLOAD, params)

    async def cancel(self, upload_id: str) -> uploads.Upload:
        """Cancel an upload."""
        return await self._transport.call(op.CANCEL_UPLOAD, uploads.UploadParams(upload_id=upload_id))
