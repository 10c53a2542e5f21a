"""Copies of threads, and the branches of a conversation. Extensions of the API: a branch is a thread as any other."""

from pydantic import Field

from aimltui.wire.base import Metadata, Params, Wire, empty_list


class CopyThread(Params):
    """POST /threads/{thread_id}/copy: a new thread with the first messages of another, their runs, steps and files.

    Without `before` and `through`, the whole thread is copied.
    """

    thread_id: str
    before: str | None = None
    """The first message that is not copied."""
    through: str | None = None
    """The last message that is copied."""
    branch: bool | None = None
    """True makes the copy a branch of the same conversation; otherwise it is a separate thread."""
    metadata: Metadata | None = None
    """Added to the metadata of the original."""


class BranchPlace(Wire):
    """A place in a thread where the conversation has several branches."""

    after: str | None = None
    """The message of this thread after which they differ; null if they differ from the beginning."""
    number: int = 1
    """Which of them this thread is, from 1."""
    threads: list[str] = Field(default_factory=empty_list)
    """A thread for each branch, the oldest branch first; where several threads go the same way, the one used last."""


class ThreadBranches(Wire):
    """The answer of GET /threads/{thread_id}/branches."""

    object: str = "list"
    data: list[BranchPlace] = Field(default_factory=empty_list)
