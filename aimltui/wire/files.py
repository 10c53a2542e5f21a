"""Files: bytes with a name and a purpose."""

from typing import Annotated, Final

from pydantic import Field

from aimltui.wire.base import ListParams, Params, Timestamp, Wire
from aimltui.wire.binary import Blob

ASSISTANTS = "assistants"
ASSISTANTS_OUTPUT = "assistants_output"
CREATED_PURPOSES: Final = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
"""The purposes that a client may use for an upload."""
PURPOSES: Final = (
    "assistants",
    "assistants_output",
    "batch",
    "batch_output",
    "fine-tune",
    "fine-tune-results",
    "vision",
    "user_data",
    "evals",
)
MAX_FILE: Final = 512 * 1024 * 1024
"""The limit for a file that is sent in one piece, in bytes."""


class File(Wire):
    """The description of a file."""

    id: str
    object: str = "file"
    bytes: int = 0
    created_at: Timestamp = 0
    expires_at: Timestamp | None = None
    filename: str = ""
    purpose: str = ""
    status: str = "processed"
    """Deprecated: uploaded, processed or error."""
    status_details: str | None = None


class FileExpiresAfter(Wire):
    """When a file expires."""

    anchor: str
    """`created_at`."""
    seconds: Annotated[int, Field(ge=3_600, le=2_592_000)]


class CreateFile(Params):
    """POST /files, a form."""

    file: Blob
    purpose: str
    expires_after: FileExpiresAfter | None = None


class ListFiles(ListParams):
    """GET /files: up to 10,000 at once, which is also the default."""

    limit: Annotated[int | None, Field(ge=1, le=10_000)] = None
    purpose: str | None = None


class FileParams(Params):
    """One file, by id."""

    file_id: str
