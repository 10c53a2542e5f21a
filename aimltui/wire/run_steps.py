"""Run steps: what a run did, one model decision after the other."""

from typing import Annotated

from pydantic import Field, Tag

from aimltui.wire.base import JSONObject, ListParams, Metadata, Params, Timestamp, Wire, empty_list, extension
from aimltui.wire.messages import ImageFile
from aimltui.wire.runs import LastError, Usage
from aimltui.wire.tools import RankingOptions, Unknown, tagged

INCLUDE_SEARCH_CONTENT = "step_details.tool_calls[*].file_search.results[*].content"
"""The one legal value of `include`."""

FUNCTION = "function"
"""The type of a call that the caller of the API answers."""


class LogsOutput(Wire):
    """What the code printed."""

    type: str = "logs"
    logs: str = ""


class ImageOutput(Wire):
    """An image that the code made."""

    type: str = "image"
    image: ImageFile


CodeOutput = Annotated[
    Annotated[LogsOutput, Tag("logs")] | Annotated[ImageOutput, Tag("image")] | Annotated[Unknown, Tag("?")],
    tagged("logs", "image"),
]


class CodeInterpreter(Wire):
    """Code and its outputs."""

    input: str = ""
    outputs: list[CodeOutput] = Field(default_factory=empty_list)


class CodeInterpreterCall(Wire):
    """A call of the code interpreter."""

    id: str
    type: str = "code_interpreter"
    code_interpreter: CodeInterpreter


class SearchResultContent(Wire):
    """A passage."""

    type: str = "text"
    text: str = ""


class SearchResult(Wire):
    """A file that the search found."""

    file_id: str
    file_name: str = ""
    score: float = 0.0
    content: list[SearchResultContent] | None = extension()
    """Only in answers to requests that include it."""
    place: str | None = extension()
    """Where in the file the passage is, such as `page 3`. An extension of the API."""
    places: list[tuple[int, str]] | None = extension()
    """If it stands on several pages: the offsets at which they begin, with their places. An extension of the API."""


class FileSearch(Wire):
    """A search and what it found."""

    ranking_options: RankingOptions | None = extension()
    results: list[SearchResult] | None = extension()
    queries: list[str] | None = extension()
    """What was searched for. An extension of the API."""


class FileSearchCall(Wire):
    """A call of file search."""

    id: str
    type: str = "file_search"
    file_search: FileSearch = Field(default_factory=FileSearch)


class FunctionResult(Wire):
    """A function call; `output` is null until it is submitted."""

    name: str = ""
    arguments: str = ""
    output: str | None = None


class FunctionToolCall(Wire):
    """A call of one of the caller's functions."""

    id: str
    type: str = FUNCTION
    function: FunctionResult


ToolCall = Annotated[
    Annotated[CodeInterpreterCall, Tag("code_interpreter")]
    | Annotated[FileSearchCall, Tag("file_search")]
    | Annotated[FunctionToolCall, Tag("function")]
    | Annotated[Unknown, Tag("?")],
    tagged("code_interpreter", "file_search", "function"),
]


class MessageCreation(Wire):
    """The message that a step wrote."""

    message_id: str


class MessageCreationDetails(Wire):
    """The step wrote a message."""

    type: str = "message_creation"
    message_creation: MessageCreation


class ToolCallsDetails(Wire):
    """The step called tools: all parallel calls of one turn."""

    type: str = "tool_calls"
    tool_calls: list[ToolCall] = Field(default_factory=empty_list)


StepDetails = Annotated[
    Annotated[MessageCreationDetails, Tag("message_creation")]
    | Annotated[ToolCallsDetails, Tag("tool_calls")]
    | Annotated[Unknown, Tag("?")],
    tagged("message_creation", "tool_calls"),
]


class RunStep(Wire):
    """One decision of the model: a message or tool calls."""

    id: str
    object: str = "thread.run.step"
    created_at: Timestamp = 0
    assistant_id: str = ""
    thread_id: str = ""
    run_id: str = ""
    type: str = "message_creation"
    status: str = "in_progress"
    """in_progress, cancelled, failed, completed, expired."""
    step_details: StepDetails
    last_error: LastError | None = None
    expired_at: Timestamp | None = None
    expires_at: Timestamp | None = None
    """Missing in the API's types, but sent by the API."""
    cancelled_at: Timestamp | None = None
    failed_at: Timestamp | None = None
    completed_at: Timestamp | None = None
    metadata: Metadata | None = Field(default_factory=dict)
    usage: Usage | None = None
    duration_ms: int | None = extension()
    """Milliseconds, once the step has ended. An extension of the API, as are the next two."""
    reasoning: str | None = extension()
    """The model's reasoning before this step, if its provider sends it."""
    reasoning_ms: int | None = extension()
    """Milliseconds from the first to the last fragment of the reasoning."""

    @property
    def message_id(self) -> str:
        """The id of the message that the step wrote; empty for tool calls."""
        details = self.step_details
        return details.message_creation.message_id if isinstance(details, MessageCreationDetails) else ""


class ListRunSteps(ListParams):
    """GET /threads/{thread_id}/runs/{run_id}/steps."""

    thread_id: str
    run_id: str
    include: list[str] | None = None


class RunStepParams(Params):
    """One step, by id."""

    thread_id: str
    run_id: str
    step_id: str
    include: list[str] | None = None


class RunStepDeltaBody(Wire):
    """The changed details of a step."""

    step_details: JSONObject | None = extension()
    """`{type, tool_calls: [{index, id?, type, ...}]}`; fragments, merged by index."""


class RunStepDelta(Wire):
    """The data of `thread.run.step.delta`."""

    id: str
    object: str = "thread.run.step.delta"
    delta: RunStepDeltaBody
