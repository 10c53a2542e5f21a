"""Uploads: a file that comes in parts."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from aimltui.wire.base import Params, Timestamp, Wire
from aimltui.wire.binary import Blob
from aimltui.wire.files import File, FileExpiresAfter

MAX_UPLOAD: Final = 8 * 1024 * 1024 * 1024
"""Bytes of all parts together."""
MAX_PART: Final = 64 * 1024 * 1024
LIFETIME_S: Final = 3_600
"""Seconds in which it has to be completed."""


class Upload(Wire):
    """A file that is being sent in parts."""

    id: str
    object: str = "upload"
    bytes: int = 0
    """As announced."""
    created_at: Timestamp = 0
    expires_at: Timestamp = 0
    filename: str = ""
    purpose: str = ""
    status: str = "pending"
    """pending, completed, cancelled, expired."""
    file: File | None = None
    """What came of it, once it is completed."""


class UploadPart(Wire):
    """A part that arrived."""

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
    """Of the whole file, in hexadecimal digits."""


class UploadParams(Params):
    """One upload, by id."""

    upload_id: str
