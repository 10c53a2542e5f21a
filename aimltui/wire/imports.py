"""Conversations that are imported from other programs, with their original times. An extension of the API."""

from typing import Annotated, Final

from pydantic import Field

from aimltui.wire.base import Metadata, Params, Timestamp, Wire
from aimltui.wire.messages import Content, MessageAttachment
from aimltui.wire.runs import Usage
from aimltui.wire.threads import Thread

ORIGIN: Final = "imported_from"
"""Metadata key: the format of the imported conversation and its id there."""
DIGEST: Final = "imported_digest"
"""Metadata key: the digest that shows whether the conversation has grown since the import."""
COUNT: Final = "imported_count"
"""Metadata key: the number of imported messages; a thread with more was continued here."""
IMPORTED_MODEL: Final = "imported_model"
"""Metadata key: the model that answered in the other program."""
BRANCH_OF: Final = "branch_of"
"""Metadata key: the origin of the conversation that the thread is a branch of."""

ELSEWHERE: Final = "asst_elsewhere"
"""The assistant id of imported runs, which this engine did not execute; no assistant has it."""

CODE = "code_interpreter"
FUNCTION = "function"
COMPLETED, INCOMPLETE, FAILED = "completed", "incomplete", "failed"
CREATED, PRESENT, EXTENDED = "created", "present", "extended"


class ImportedCall(Params):
    """A tool call and its result."""

    kind: str = FUNCTION
    """`function` or `code_interpreter`."""
    name: str = ""
    """The tool's name in the other program."""
    arguments: str = ""
    """JSON text; for code, the code."""
    output: str | None = None
    images: list[str] | None = None
    """Ids of images that the code made."""


class ImportedStep(Params):
    """A step before a message: the reasoning, and the calls that followed it."""

    reasoning: str | None = None
    calls: list[ImportedCall] | None = None


class ImportedMessage(Params):
    """A message of an imported conversation."""

    role: str
    content: list[Content]
    """Empty for an assistant that only called tools."""
    created_at: Timestamp = 0
    """Unix seconds; 0 if unknown."""
    attachments: list[MessageAttachment] | None = None
    metadata: Metadata | None = None
    status: str = COMPLETED
    """completed, incomplete (the answer was cut off), or failed (the content is an error message)."""
    model: str | None = None
    """The model that answered; for assistants."""
    steps: list[ImportedStep] | None = None
    """The steps before this message; for assistants."""
    usage: Usage | None = None
    """What the run that ended with this message used, if that is known; it is not counted again in the sums."""
    duration_ms: int | None = None
    """How long that run took, if that is known."""


class ImportThread(Params):
    """POST /threads/import. One transaction: everything is stored, or nothing."""

    origin: Annotated[str, Field(min_length=1, max_length=512)]
    digest: Annotated[str, Field(min_length=1, max_length=100)]
    """The digest of the whole conversation. A thread of this origin with the same digest is not changed."""
    messages: Annotated[list[ImportedMessage], Field(min_length=1)]
    created_at: Timestamp | None = None
    last_active_at: Timestamp | None = None
    metadata: Metadata | None = None
    instructions: str | None = None
    """The assistant's instructions; stored with the runs."""
    tells_calls: bool | None = None
    """True sends the function calls to the models of later runs, as those of this engine's runs. Without it what tools
    did in another program is shown, and not sent."""
    extends: str | None = None
    """A thread of this origin to which the messages are appended, unless it was continued here."""


class ImportedThread(Wire):
    """The result of an import."""

    id: str
    object: str = "thread.imported"
    outcome: str = CREATED
    """created, extended, or present (it already existed)."""
    thread: Thread
