"""Operations on uploads."""

from __future__ import annotations

import asyncio

from aimltui.engine.files.blob_store import Incoming
from aimltui.engine.files.names import clean_filename
from aimltui.engine.operations.files import insert_file, new_file
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import uploads as rows
from aimltui.engine.store.database import Connection
from aimltui.wire import ids
from aimltui.wire.errors import BadRequest
from aimltui.wire.files import File, FileExpiresAfter
from aimltui.wire.uploads import (
    LIFETIME_S,
    MAX_PART,
    MAX_UPLOAD,
    AddUploadPart,
    CompleteUpload,
    CreateUpload,
    Upload,
    UploadParams,
    UploadPart,
)


class UploadOperations:
    """The operations on uploads."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def create_upload(self, params: CreateUpload) -> Upload:
        """Start the upload of a file in parts."""
        now = self._runtime.options.now()
        upload = Upload(
            id=self._runtime.options.new_id(ids.UPLOAD),
            bytes=params.bytes,
            created_at=now,
            expires_at=now + LIFETIME_S,
            filename=clean_filename(params.filename),
            purpose=params.purpose,
        )
        expires = params.expires_after.to_json() if params.expires_after is not None else None
        private = {"mime_type": params.mime_type, "expires_after": expires}
        await self._runtime.write(lambda conn: rows.insert(conn, upload, private))
        return upload

    async def add_upload_part(self, params: AddUploadPart) -> UploadPart:
        """Store a part; parts may arrive at the same time and in any order."""
        return await self._runtime.run_to_completion(self._add_part(params))

    async def complete_upload(self, params: CompleteUpload) -> Upload:
        """Create the file from the parts, in the order of the request."""
        return await self._runtime.run_to_completion(self._complete(params))

    async def cancel_upload(self, params: UploadParams) -> Upload:
        """Cancel an upload and delete its parts."""
        now = self._runtime.options.now()

        def cancel(conn: Connection) -> tuple[Upload, list[str]]:
            upload, _ = rows.pending(conn, params.upload_id, now)
            upload = upload.model_copy(update={"status": rows.CANCELLED})
            return upload, rows.save(conn, upload)

        upload, parts = await self._runtime.write(cancel)
        await asyncio.to_thread(self._runtime.blobs.remove, parts)
        return upload

    async def _add_part(self, params: AddUploadPart) -> UploadPart:
        runtime, now = self._runtime, self._runtime.options.now()
        await runtime.read(lambda conn: rows.pending(conn, params.upload_id, now))
        incoming = await asyncio.to_thread(runtime.blobs.receive, params.data, MAX_PART)
        part = UploadPart(
            id=runtime.options.new_id(ids.UPLOAD_PART), created_at=now, upload_id=params.upload_id
        )

        def insert(conn: Connection) -> None:
            rows.pending(conn, params.upload_id, now)
            rows.add_part(conn, params.upload_id, part.id, incoming.size)
            runtime.blobs.commit(incoming, part.id)

        try:
            await runtime.write(insert)
        finally:
            await asyncio.to_thread(incoming.discard)
        return part

    async def _complete(self, params: CompleteUpload) -> Upload:
        runtime, now = self._runtime, self._runtime.options.now()

        def look(conn: Connection) -> tuple[Upload, FileExpiresAfter | None]:
            upload, private = rows.pending(conn, params.upload_id, now)
            _check_size(upload, sum(rows.sizes(conn, upload.id, params.part_ids)))
            asked = private["expires_after"]
            return upload, FileExpiresAfter.model_validate(asked) if asked is not None else None

        upload, expires_after = await runtime.read(look)
        incoming = await asyncio.to_thread(runtime.blobs.join, params.part_ids, MAX_UPLOAD)
        try:
            _check_md5(params.md5, incoming)
            file = new_file(runtime, incoming, upload.filename, upload.purpose, expires_after)
            done, parts = await runtime.write(lambda conn: self._finish(conn, upload, file, incoming))
        finally:
            await asyncio.to_thread(incoming.discard)
        await asyncio.to_thread(runtime.blobs.remove, parts)
        return done

    def _finish(
        self, conn: Connection, upload: Upload, file: File, incoming: Incoming
    ) -> tuple[Upload, list[str]]:
        # the upload may have been completed or cancelled while its parts were joined
        rows.pending(conn, upload.id, file.created_at)
        insert_file(conn, self._runtime, file, incoming)
        done = upload.model_copy(update={"status": rows.COMPLETED, "file": file})
        return done, rows.save(conn, done)


def _check_size(upload: Upload, size: int) -> None:
    if size != upload.bytes:
        raise BadRequest(
            f"The parts have {size:,} bytes in all, but the upload was announced with {upload.bytes:,} bytes.",
            param="part_ids",
            code="invalid_upload_size",
        )


def _check_md5(expected: str | None, incoming: Incoming) -> None:
    if expected is not None and expected.strip().lower() != incoming.md5:
        raise BadRequest(
            f"The MD5 of the parts is {incoming.md5}, but {expected} was expected. Send the parts again.",
            param="md5",
            code="invalid_checksum",
        )
