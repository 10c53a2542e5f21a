"""Threads: conversations."""

import math

from pydantic import Field

from aimltui.wire.base import ListParams, Metadata, Params, Timestamp, Wire, extension
from aimltui.wire.messages import NewMessage
from aimltui.wire.tools import ToolResources

TITLE = "title"
"""Metadata key: the thread's title, if it has one."""
PINNED = "pinned"
"""Metadata key: `true` if the thread is pinned."""
MODEL = "model"
"""Metadata key: the model chosen for this thread."""
CONNECTION = "connection"
"""Metadata key: the name of the connection of the chosen model; for an assistant, that of its model."""
ASSISTANT = "assistant_id"
"""Metadata key: the assistant chosen for this thread."""
TRASHED_AT = "aimltui.trashed_at"
"""Metadata key: when the thread was moved to the trash, in Unix seconds; empty after it was restored."""
FAMILY = "aimltui.family"
"""Metadata key: the thread with which a family of branches began; all branches of a conversation have the same."""
BRANCH_OF = "aimltui.branch_of"
"""Metadata key: the thread that this one was copied from."""
BRANCH_AT = "aimltui.branch_at"
"""Metadata key: the message of that thread after which the copy goes its own way; empty for the beginning."""
USED_AT = "aimltui.used_at"
"""Metadata key: when a branch was chosen last, in Unix seconds."""

TEMPORARY = "aimltui.temporary"
"""Metadata key: `true` if the thread is only in the memory of the program that made it."""

TOOLS = "tools"
"""Metadata key: whether hosted tools are offered in this thread: `on`, `off` or `auto`; for an assistant, in its runs."""

WEB = "web"
"""Metadata key: whether the model may use the web in this thread: `on` or `off`; for an assistant, in its runs."""


class Thread(Wire):
    """A conversation. Its title, model and assistant are in the metadata."""

    id: str
    object: str = "thread"
    created_at: Timestamp = 0
    metadata: Metadata | None = Field(default_factory=dict)
    tool_resources: ToolResources | None = Field(default_factory=ToolResources)

    @property
    def trashed_at(self) -> float | None:
        """Unix seconds at which it was moved to the trash; infinite if the mark has no time, None if it has no mark."""
        mark = (self.metadata or {}).get(TRASHED_AT, "")
        if not mark:
            return None
        try:
            seconds = float(mark)
        except ValueError:
            return math.inf
        return seconds if math.isfinite(seconds) else math.inf


class LatestRun(Wire):
    """A summary of a thread's newest run."""

    id: str
    status: str


class ThreadSummary(Thread):
    """A thread in the answer of `GET /threads`, with the values that lists show. An extension of the API."""

    last_active_at: Timestamp | None = extension()
    """When the newest message or run started; the creation time for an empty thread."""
    preview: str | None = extension()
    """The start of the first user message, at most 200 characters, white space collapsed."""
    latest_run: LatestRun | None = extension()


class CreateThread(Params):
    """POST /threads; the body may be empty."""

    messages: list[NewMessage] | None = None
    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None


class NewThread(CreateThread):
    """The new thread inside `POST /threads/runs`."""


class ModifyThread(Params):
    """POST /threads/{thread_id}. Metadata is merged with the old keys; an empty value is stored as it is."""

    thread_id: str
    tool_resources: ToolResources | None = None
    metadata: Metadata | None = None


class ThreadParams(Params):
    """One thread, by id."""

    thread_id: str


class ListThreads(ListParams):
    """GET /threads: an extension of the API."""

    order_by: str | None = None
    """`created_at` (the default) or `last_active_at`."""
    query: str | None = None
    """Only threads with a message that matches these words (full text)."""
    trashed: bool | None = None
    """True lists the threads in the trash instead of all others."""
