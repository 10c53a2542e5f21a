"""Uploads: files that are sent in parts."""

from typing import Annotated, Final

from pydantic import Field

from aimltui.wire.base import Params, Timestamp, Wire
from aimltui.wire.binary import Blob
from aimltui.wire.files import File, FileExpiresAfter

MAX_UPLOAD: Final = 8 * 1024 * 1024 * 1024
"""The limit for all parts together, in bytes."""
MAX_PART: Final = 64 * 1024 * 1024
LIFETIME_S: Final = 3_600
"""Seconds after which an incomplete upload expires."""


class Upload(Wire):
    """A file that is being sent in parts."""

    id: str
    object: str = "upload"
    bytes: int = 0
    """The size from the request."""
    created_at: Timestamp = 0
    expires_at: Timestamp = 0
    filename: str = ""
    purpose: str = ""
    status: str = "pending"
    """pending, completed, cancelled, expired."""
    file: File | None = None
    """The resulting file, once the upload is completed."""


class UploadPart(Wire):
    """A received part."""

    id: str
    object: str = "upload.part"
    created_at: Timestamp = 0
    upload_id: str = ""


class CreateUpload(Params):
    """POST /uploads."""

    filename: str
    purpose: str
    bytes: Annotated[int, Field(ge=1, le=MAX_UPLOAD)]
    mime_type: str
    expires_after: FileExpiresAfter | None = None


class AddUploadPart(Params):
    """POST /uploads/{upload_id}/parts, a form."""

    upload_id: str
    data: Blob


class CompleteUpload(Params):
    """POST /uploads/{upload_id}/complete: the parts in the order of the file."""

    upload_id: str
    part_ids: list[str]
    md5: str | None = None
    """The MD5 of the whole file, in hexadecimal digits."""


class UploadParams(Params):
    """One upload, by id."""

    upload_id: str
