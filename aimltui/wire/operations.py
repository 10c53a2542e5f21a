"""The table of operations: the one vocabulary of client, engine and server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar

from aimltui.wire.assistants import (
    Assistant,
    AssistantParams,
    CreateAssistant,
    ListAssistants,
    ModifyAssistant,
)
from aimltui.wire.base import Deleted, Page, Params, Wire
from aimltui.wire.events import Changed
from aimltui.wire.messages import CreateMessage, ListMessages, Message, MessageParams, ModifyMessage
from aimltui.wire.models import ListModels, Model
from aimltui.wire.run_steps import ListRunSteps, RunStep, RunStepParams
from aimltui.wire.runs import (
    CreateRun,
    CreateThreadAndRun,
    ListRuns,
    ModifyRun,
    Run,
    RunEventsParams,
    RunParams,
    SubmitToolOutputs,
)
from aimltui.wire.threads import CreateThread, ListThreads, ModifyThread, Thread, ThreadParams, ThreadSummary

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)


@dataclass(frozen=True, slots=True)
class Operation(Generic[P, R]):
    """One thing that a client can ask for."""

    name: str
    """Also the name of the engine's and of the client's method."""
    method: Literal["GET", "POST", "DELETE"]
    path: str
    """With `{names}` of path parameters; what else is given goes into the query (GET, DELETE) or the body."""
    params: type[P]
    result: type[R]
    streams: Literal["never", "optional", "always"] = "never"
    """`optional`: a stream if the body says `stream: true`."""
    query: frozenset[str] = field(default=frozenset())
    """Parameters of a POST that go into the query."""
    extension: bool = False
    """True if OpenAI's API does not have it."""


class NoParams(Params):
    """Nothing to say."""


CREATE_ASSISTANT = Operation("create_assistant", "POST", "/assistants", CreateAssistant, Assistant)
LIST_ASSISTANTS = Operation("list_assistants", "GET", "/assistants", ListAssistants, Page[Assistant])
GET_ASSISTANT = Operation("get_assistant", "GET", "/assistants/{assistant_id}", AssistantParams, Assistant)
MODIFY_ASSISTANT = Operation(
    "modify_assistant", "POST", "/assistants/{assistant_id}", ModifyAssistant, Assistant
)
DELETE_ASSISTANT = Operation(
    "delete_assistant", "DELETE", "/assistants/{assistant_id}", AssistantParams, Deleted
)

CREATE_THREAD = Operation("create_thread", "POST", "/threads", CreateThread, Thread)
LIST_THREADS = Operation("list_threads", "GET", "/threads", ListThreads, Page[ThreadSummary], extension=True)
GET_THREAD = Operation("get_thread", "GET", "/threads/{thread_id}", ThreadParams, Thread)
MODIFY_THREAD = Operation("modify_thread", "POST", "/threads/{thread_id}", ModifyThread, Thread)
DELETE_THREAD = Operation("delete_thread", "DELETE", "/threads/{thread_id}", ThreadParams, Deleted)

CREATE_MESSAGE = Operation("create_message", "POST", "/threads/{thread_id}/messages", CreateMessage, Message)
LIST_MESSAGES = Operation(
    "list_messages", "GET", "/threads/{thread_id}/messages", ListMessages, Page[Message]
)
GET_MESSAGE = Operation(
    "get_message", "GET", "/threads/{thread_id}/messages/{message_id}", MessageParams, Message
)
MODIFY_MESSAGE = Operation(
    "modify_message", "POST", "/threads/{thread_id}/messages/{message_id}", ModifyMessage, Message
)
DELETE_MESSAGE = Operation(
    "delete_message", "DELETE", "/threads/{thread_id}/messages/{message_id}", MessageParams, Deleted
)

CREATE_THREAD_AND_RUN = Operation(
    "create_thread_and_run", "POST", "/threads/runs", CreateThreadAndRun, Run, streams="optional"
)
CREATE_RUN = Operation(
    "create_run",
    "POST",
    "/threads/{thread_id}/runs",
    CreateRun,
    Run,
    streams="optional",
    query=frozenset({"include"}),
)
LIST_RUNS = Operation("list_runs", "GET", "/threads/{thread_id}/runs", ListRuns, Page[Run])
GET_RUN = Operation("get_run", "GET", "/threads/{thread_id}/runs/{run_id}", RunParams, Run)
MODIFY_RUN = Operation("modify_run", "POST", "/threads/{thread_id}/runs/{run_id}", ModifyRun, Run)
CANCEL_RUN = Operation("cancel_run", "POST", "/threads/{thread_id}/runs/{run_id}/cancel", RunParams, Run)
SUBMIT_TOOL_OUTPUTS = Operation(
    "submit_tool_outputs",
    "POST",
    "/threads/{thread_id}/runs/{run_id}/submit_tool_outputs",
    SubmitToolOutputs,
    Run,
    streams="optional",
)
RUN_EVENTS = Operation(
    "run_events",
    "GET",
    "/threads/{thread_id}/runs/{run_id}/events",
    RunEventsParams,
    Run,
    streams="always",
    extension=True,
)
LIST_RUN_STEPS = Operation(
    "list_run_steps", "GET", "/threads/{thread_id}/runs/{run_id}/steps", ListRunSteps, Page[RunStep]
)
GET_RUN_STEP = Operation(
    "get_run_step", "GET", "/threads/{thread_id}/runs/{run_id}/steps/{step_id}", RunStepParams, RunStep
)

LIST_MODELS = Operation("list_models", "GET", "/models", ListModels, Page[Model])
CHANGES = Operation("changes", "GET", "/changes", NoParams, Changed, streams="always", extension=True)

OPERATIONS: tuple[Operation[Any, Any], ...] = tuple(
    value for value in list(globals().values()) if isinstance(value, Operation)
)
"""All of them, in the order above."""
BY_NAME: dict[str, Operation[Any, Any]] = {operation.name: operation for operation in OPERATIONS}
