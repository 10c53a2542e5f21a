"""Conversations that were held elsewhere, written down with the times they have. An extension of the API."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from aimltui.wire.base import Metadata, Params, Timestamp, Wire
from aimltui.wire.messages import Content, MessageAttachment
from aimltui.wire.threads import Thread

ORIGIN: Final = "imported_from"
"""Metadata key: the format that a thread was read from and its id there."""
DIGEST: Final = "imported_digest"
"""Metadata key: what tells whether the same conversation has grown since."""
COUNT: Final = "imported_count"
"""Metadata key: messages that were written down; a thread with more was continued here."""
IMPORTED_MODEL: Final = "imported_model"
"""Metadata key: the model that answered there."""
BRANCH_OF: Final = "branch_of"
"""Metadata key: the origin of the conversation that a thread is another branch of."""

CODE = "code_interpreter"
FUNCTION = "function"
COMPLETED, INCOMPLETE, FAILED = "completed", "incomplete", "failed"
CREATED, PRESENT, EXTENDED = "created", "present", "extended"


class ImportedCall(Params):
    """A tool call and what came of it."""

    kind: str = FUNCTION
    """`function` or `code_interpreter`."""
    name: str = ""
    """The tool's name, as the other program has it."""
    arguments: str = ""
    """JSON text; for code, the code."""
    output: str | None = None
    images: list[str] | None = None
    """Ids of pictures that the code made."""


class ImportedStep(Params):
    """A decision before a message: what was thought, and the calls that came of it."""

    reasoning: str | None = None
    calls: list[ImportedCall] | None = None


class ImportedMessage(Params):
    """What was said."""

    role: str
    content: list[Content]
    """May be empty for an assistant that only called tools."""
    created_at: Timestamp = 0
    """Unix seconds; 0 if it is not known."""
    attachments: list[MessageAttachment] | None = None
    metadata: Metadata | None = None
    status: str = COMPLETED
    """completed, incomplete (the answer was cut off), or failed (the content is an error's words)."""
    model: str | None = None
    """Of an assistant: the model that answered."""
    steps: list[ImportedStep] | None = None
    """Of an assistant: what it did before this message."""


class ImportThread(Params):
    """POST /threads/import. In one transaction: all of it is written, or nothing."""

    origin: Annotated[str, Field(min_length=1, max_length=512)]
    digest: Annotated[str, Field(min_length=1, max_length=100)]
    """Of the whole conversation. A thread of this origin with the same digest is left as it is."""
    messages: Annotated[list[ImportedMessage], Field(min_length=1)]
    created_at: Timestamp | None = None
    last_active_at: Timestamp | None = None
    metadata: Metadata | None = None
    instructions: str | None = None
    """What the assistant was told; kept with the runs."""
    extends: str | None = None
    """A thread of this origin that the messages are put after, unless it was continued here."""


class ImportedThread(Wire):
    """What became of it."""

    id: str
    object: str = "thread.imported"
    outcome: str = CREATED
    """created, extended, or present: it was there."""
    thread: Thread
