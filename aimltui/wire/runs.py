"""Runs: an assistant works on a thread."""

from typing import Annotated, Final, Literal

from pydantic import Field

from aimltui.wire.assistants import Instructions, Temperature, TopP
from aimltui.wire.base import ListParams, Metadata, Params, Timestamp, Wire, empty_list, extension
from aimltui.wire.messages import IncompleteDetails, NewMessage
from aimltui.wire.threads import NewThread
from aimltui.wire.tools import ResponseFormat, Tool, ToolChoice, ToolResources, TruncationStrategy

RunStatus = Literal[
    "queued",
    "in_progress",
    "requires_action",
    "cancelling",
    "cancelled",
    "failed",
    "completed",
    "incomplete",
    "expired",
]
"""The statuses that this program sets. A server may send others, so that `Run.status` is any text."""
ToolSwitch = Literal["on", "off", "auto"]
"""Whether a model is offered the hosted tools of its runs."""
TOOL_SWITCHES: tuple[ToolSwitch, ...] = ("on", "off", "auto")
EndStatus = Literal["completed", "incomplete", "failed", "cancelled", "expired"]
"""The statuses of a run that has ended."""

QUEUED: Final = "queued"
IN_PROGRESS: Final = "in_progress"
REQUIRES_ACTION: Final = "requires_action"
CANCELLING: Final = "cancelling"
CANCELLED: Final = "cancelled"
FAILED: Final = "failed"
COMPLETED: Final = "completed"
INCOMPLETE: Final = "incomplete"
EXPIRED: Final = "expired"

STATUSES: tuple[RunStatus, ...] = (
    QUEUED,
    IN_PROGRESS,
    REQUIRES_ACTION,
    CANCELLING,
    CANCELLED,
    FAILED,
    COMPLETED,
    INCOMPLETE,
    EXPIRED,
)
ACTIVE: frozenset[RunStatus] = frozenset({QUEUED, IN_PROGRESS, REQUIRES_ACTION, CANCELLING})
"""The statuses of a run that lock its thread."""
TAKEN_BACK: Final = "taken_back"
"""Metadata key: `true` for a run that was stopped before the first token, and whose message was deleted then."""
TERMINAL: frozenset[EndStatus] = frozenset({COMPLETED, INCOMPLETE, FAILED, CANCELLED, EXPIRED})


class FunctionCall(Wire):
    """A function to run; `arguments` is JSON text as the model wrote it."""

    name: str = ""
    arguments: str = ""


class RequiredToolCall(Wire):
    """A call whose output the run waits for."""

    id: str
    type: str = "function"
    function: FunctionCall


class SubmitToolOutputsAction(Wire):
    """The pending calls."""

    tool_calls: list[RequiredToolCall] = Field(default_factory=empty_list)


class RequiredAction(Wire):
    """What the run waits for."""

    type: str = "submit_tool_outputs"
    submit_tool_outputs: SubmitToolOutputsAction


class LastError(Wire):
    """Why a run or a step failed."""

    code: str = "server_error"
    message: str = ""
    remedy: str | None = extension()
    """What the user can do. An extension of the API, as are the next two."""
    request_id: str | None = extension()
    status: int | None = extension()
    """The HTTP status of the model's endpoint."""
    kind: str | None = extension()
    """`budget` if the budget stopped the run."""


class CachedTokens(Wire):
    """Prompt tokens that came from the provider's cache."""

    cached_tokens: int = 0


class ReasoningTokens(Wire):
    """Completion tokens that were used for reasoning."""

    reasoning_tokens: int = 0


class Usage(Wire):
    """Tokens, summed over all model turns."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    prompt_token_details: CachedTokens | None = extension()
    completion_tokens_details: ReasoningTokens | None = extension()
    cost_usd: float | None = extension()
    """Dollars, as the provider reported or computed from list prices. An extension of the API, as are all fields below."""
    cost_is_computed: bool | None = extension()
    """True if a part was computed from list prices."""
    cost_is_partial: bool | None = extension()
    """True if the cost of a turn is unknown: the real cost is higher than `cost_usd`."""
    tokens_are_partial: bool | None = extension()
    """True if the provider reported no tokens for a turn: the real numbers are higher."""
    context_tokens: int | None = extension()
    """Tokens of the last turn's prompt."""
    context_length: int | None = extension()
    """The model's context window in tokens, if it is known."""


class Run(Wire):
    """A run of an assistant on a thread."""

    id: str
    object: str = "thread.run"
    created_at: Timestamp = 0
    thread_id: str = ""
    assistant_id: str = ""
    status: str = QUEUED
    required_action: RequiredAction | None = None
    last_error: LastError | None = None
    expires_at: Timestamp | None = None
    started_at: Timestamp | None = None
    cancelled_at: Timestamp | None = None
    failed_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    incomplete_details: IncompleteDetails | None = None
    """max_completion_tokens, max_prompt_tokens."""
    model: str = ""
    instructions: str | None = None
    tools: list[Tool] = Field(default_factory=empty_list)
    tool_resources: ToolResources | None = Field(default_factory=ToolResources)
    metadata: Metadata | None = Field(default_factory=dict)
    usage: Usage | None = None
    temperature: float | None = 1.0
    top_p: float | None = 1.0
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation_strategy: TruncationStrategy | None = Field(default_factory=TruncationStrategy)
    tool_choice: ToolChoice | None = "auto"
    parallel_tool_calls: bool = True
    response_format: ResponseFormat | None = "auto"
    reasoning_effort: str | None = None
    duration_ms: int | None = extension()
    """Milliseconds from the start to the end, once the run has ended. An extension of the API, as are the next nine."""
    assistant_name: str | None = extension()
    """The name that the assistant had when the run was created: it may be deleted later."""
    assistant_version: str | None = extension()
    """The version of the assistant's settings with which the run was started; see `assistants.version_of`."""
    connection: str | None = extension()
    """The connection of the model, if it is not the default one."""
    tools_off: str | None = extension()
    """Why the model is not offered the hosted tools of the run, in two or three words; None if it is."""
    web_sources: int | None = extension()
    """The number of sources that a model named which searched the web by itself."""
    left_out: int | None = extension()
    """The number of messages of the thread that the model did not get because its context has no room for them."""
    shortened: int | None = extension()
    """The number of messages and outputs that the model got without their middle."""
    reasoning: str | None = extension()
    """The model's last reasoning if no step followed it: the run was stopped, or the answer was empty."""
    reasoning_ms: int | None = extension()

    @property
    def is_active(self) -> bool:
        """True while the run locks its thread."""
        return self.status in ACTIVE

    @property
    def is_terminal(self) -> bool:
        """True once the run has ended."""
        return self.status in TERMINAL

    @property
    def is_taken_back(self) -> bool:
        """True if its message was deleted when the user stopped it before the first token."""
        return (self.metadata or {}).get(TAKEN_BACK) == "true"


PromptLimit = Annotated[int | None, Field(ge=256)]
CompletionLimit = Annotated[int | None, Field(ge=1)]
"""OpenAI's documents say 256 at least; its service took less."""
MOST_RUN_TOOLS = 20
RunTools = Annotated[list[Tool] | None, Field(max_length=MOST_RUN_TOOLS)]


MOST_MORE_TOOLS = 108
MoreRunTools = Annotated[list[Tool] | None, Field(max_length=MOST_MORE_TOOLS)]


CodeToRun = Annotated[str | None, Field(max_length=256_000)]


class RunOverrides(Params):
    """The parameters of a run that override its assistant. None or missing: as in the assistant."""

    model: str | None = None
    instructions: Instructions = None
    tools: RunTools = None
    metadata: Metadata | None = None
    temperature: Temperature = None
    top_p: TopP = None
    max_prompt_tokens: PromptLimit = None
    max_completion_tokens: CompletionLimit = None
    truncation_strategy: TruncationStrategy | None = None
    tool_choice: ToolChoice | None = None
    parallel_tool_calls: bool | None = None
    response_format: ResponseFormat | None = None
    connection: str | None = None
    """The name of the connection for the model. An extension of the API."""
    more_tools: MoreRunTools = None
    """Tools besides `tools`, whose number the API limits: MCP servers bring more. An extension of the API."""
    hosted_tools: str | None = None
    """Whether the model is offered the hosted tools (all but the caller's functions): `on`, `off`, or `auto` for all
    models but those that are not good at calling tools. An extension of the API; without it they are always offered, so
    that a program gets the tools that it names."""
    web: str | None = None
    """`on` lets a model that can search the web by itself do so. An extension of the API."""


class CreateRun(RunOverrides):
    """POST /threads/{thread_id}/runs."""

    thread_id: str
    assistant_id: str
    additional_instructions: str | None = None
    additional_messages: list[NewMessage] | None = None
    reasoning_effort: str | None = None
    include: list[str] | None = None
    code: CodeToRun = None
    """Python that the run executes as a step instead of asking the model. An extension of the API."""


class CreateThreadAndRun(RunOverrides):
    """POST /threads/runs."""

    assistant_id: str
    thread: NewThread | None = None
    tool_resources: ToolResources | None = None


class ModifyRun(Params):
    """POST /threads/{thread_id}/runs/{run_id}: metadata only."""

    thread_id: str
    run_id: str
    metadata: Metadata | None = None


class RunParams(Params):
    """One run, by id."""

    thread_id: str
    run_id: str


class ListRuns(ListParams):
    """GET /threads/{thread_id}/runs."""

    thread_id: str


class ToolOutput(Params):
    """The output of one call."""

    tool_call_id: str | None = None
    output: str | None = None


class SubmitToolOutputs(Params):
    """POST .../submit_tool_outputs: the outputs of all pending calls, in one request."""

    thread_id: str
    run_id: str
    tool_outputs: list[ToolOutput]


class RunEventsParams(Params):
    """GET /threads/{thread_id}/runs/{run_id}/events: an extension; follows a run from any client."""

    thread_id: str
    run_id: str
    after: int | None = None
    """The index of the last event that the caller has; None replays from the first event."""
    include: list[str] | None = None
