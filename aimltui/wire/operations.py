"""The table of operations, shared by client, engine and server."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import field
from typing import Any, Generic, Literal, Protocol, TypeVar

from aimltui.common.dataclass import dataclass
from aimltui.wire.assistants import (
    Assistant,
    AssistantParams,
    CreateAssistant,
    ListAssistants,
    ModifyAssistant,
)
from aimltui.wire.base import Deleted, Page, Params, Wire
from aimltui.wire.binary import BinaryContent, Blob
from aimltui.wire.branches import CopyThread, ThreadBranches
from aimltui.wire.events import Changed, StreamEvent
from aimltui.wire.files import CreateFile, File, FileParams, ListFiles
from aimltui.wire.imports import ImportedThread, ImportThread
from aimltui.wire.messages import CreateMessage, ListMessages, Message, MessageParams, ModifyMessage
from aimltui.wire.models import ListModels, ModelPage
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
from aimltui.wire.search import SearchHits, SearchParams
from aimltui.wire.threads import CreateThread, ListThreads, ModifyThread, Thread, ThreadParams, ThreadSummary
from aimltui.wire.traces import RunTrace
from aimltui.wire.uploads import (
    AddUploadPart,
    CompleteUpload,
    CreateUpload,
    Upload,
    UploadParams,
    UploadPart,
)
from aimltui.wire.usage import (
    Balance,
    BalanceParams,
    Budget,
    RaiseBudget,
    UsageParams,
    UsageReport,
)
from aimltui.wire.vector_stores import (
    CreateFileBatch,
    CreateVectorStore,
    CreateVectorStoreFile,
    FileBatch,
    FileBatchParams,
    FileText,
    ListFileBatchFiles,
    ListVectorStoreFiles,
    ListVectorStores,
    ModifyVectorStore,
    ModifyVectorStoreFile,
    SearchResults,
    SearchVectorStore,
    VectorStore,
    VectorStoreFile,
    VectorStoreFileParams,
    VectorStoreParams,
)

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)


@dataclass(frozen=True, slots=True)
class Operation(Generic[P, R]):
    """One operation of the API."""

    name: str
    """Also the name of the engine's method."""
    method: Literal["GET", "POST", "DELETE"]
    path: str
    """With `{names}` of path parameters; other parameters go into the query (GET, DELETE) or the body."""
    params: type[P]
    result: type[R]
    streams: Literal["never", "optional", "always"] = "never"
    """`optional`: a stream if the body says `stream: true`."""
    query: frozenset[str] = field(default=frozenset())
    """Parameters of a POST that go into the query."""
    extension: bool = False
    """True if OpenAI's API does not have it."""
    is_owners: bool = False
    """True for operations that only the owner may use, inside this program: the server does not offer them."""
    body: Literal["json", "multipart"] = "json"
    """The format of a POST's body."""

    @property
    def blob(self) -> str:
        """The parameter whose value is a file of the form; empty for an operation without one."""
        fields = self.params.model_fields.items()
        return next((name for name, info in fields if info.annotation is Blob), "")


class OperationHandler(Protocol):
    """Carries out the operations of this table by name."""

    async def call(self, name: str, params: Params) -> Wire:
        """Return the operation's answer."""
        ...

    def stream(self, name: str, params: Params) -> AsyncGenerator[StreamEvent, None]:
        """Yield the operation's events."""
        ...


class NoParams(Params):
    """The parameters of an operation without parameters."""


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
IMPORT_THREAD = Operation(
    "import_thread", "POST", "/threads/import", ImportThread, ImportedThread, extension=True
)
COPY_THREAD = Operation(
    "copy_thread", "POST", "/threads/{thread_id}/copy", CopyThread, Thread, extension=True
)
LIST_BRANCHES = Operation(
    "list_branches", "GET", "/threads/{thread_id}/branches", ThreadParams, ThreadBranches, extension=True
)

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
RUN_TRACE = Operation(
    "run_trace", "GET", "/threads/{thread_id}/runs/{run_id}/trace", RunParams, RunTrace, extension=True
)
LIST_RUN_STEPS = Operation(
    "list_run_steps", "GET", "/threads/{thread_id}/runs/{run_id}/steps", ListRunSteps, Page[RunStep]
)
GET_RUN_STEP = Operation(
    "get_run_step", "GET", "/threads/{thread_id}/runs/{run_id}/steps/{step_id}", RunStepParams, RunStep
)

CREATE_FILE = Operation("create_file", "POST", "/files", CreateFile, File, body="multipart")
LIST_FILES = Operation("list_files", "GET", "/files", ListFiles, Page[File])
GET_FILE = Operation("get_file", "GET", "/files/{file_id}", FileParams, File)
GET_FILE_CONTENT = Operation("get_file_content", "GET", "/files/{file_id}/content", FileParams, BinaryContent)
DELETE_FILE = Operation("delete_file", "DELETE", "/files/{file_id}", FileParams, Deleted)

CREATE_UPLOAD = Operation("create_upload", "POST", "/uploads", CreateUpload, Upload)
ADD_UPLOAD_PART = Operation(
    "add_upload_part", "POST", "/uploads/{upload_id}/parts", AddUploadPart, UploadPart, body="multipart"
)
COMPLETE_UPLOAD = Operation(
    "complete_upload", "POST", "/uploads/{upload_id}/complete", CompleteUpload, Upload
)
CANCEL_UPLOAD = Operation("cancel_upload", "POST", "/uploads/{upload_id}/cancel", UploadParams, Upload)

_STORE = "/vector_stores/{vector_store_id}"
CREATE_VECTOR_STORE = Operation(
    "create_vector_store", "POST", "/vector_stores", CreateVectorStore, VectorStore
)
LIST_VECTOR_STORES = Operation(
    "list_vector_stores", "GET", "/vector_stores", ListVectorStores, Page[VectorStore]
)
GET_VECTOR_STORE = Operation("get_vector_store", "GET", _STORE, VectorStoreParams, VectorStore)
MODIFY_VECTOR_STORE = Operation("modify_vector_store", "POST", _STORE, ModifyVectorStore, VectorStore)
DELETE_VECTOR_STORE = Operation("delete_vector_store", "DELETE", _STORE, VectorStoreParams, Deleted)
SEARCH_VECTOR_STORE = Operation(
    "search_vector_store", "POST", f"{_STORE}/search", SearchVectorStore, SearchResults
)

CREATE_VECTOR_STORE_FILE = Operation(
    "create_vector_store_file", "POST", f"{_STORE}/files", CreateVectorStoreFile, VectorStoreFile
)
LIST_VECTOR_STORE_FILES = Operation(
    "list_vector_store_files", "GET", f"{_STORE}/files", ListVectorStoreFiles, Page[VectorStoreFile]
)
GET_VECTOR_STORE_FILE = Operation(
    "get_vector_store_file", "GET", f"{_STORE}/files/{{file_id}}", VectorStoreFileParams, VectorStoreFile
)
MODIFY_VECTOR_STORE_FILE = Operation(
    "modify_vector_store_file", "POST", f"{_STORE}/files/{{file_id}}", ModifyVectorStoreFile, VectorStoreFile
)
DELETE_VECTOR_STORE_FILE = Operation(
    "delete_vector_store_file", "DELETE", f"{_STORE}/files/{{file_id}}", VectorStoreFileParams, Deleted
)
GET_VECTOR_STORE_FILE_CONTENT = Operation(
    "get_vector_store_file_content",
    "GET",
    f"{_STORE}/files/{{file_id}}/content",
    VectorStoreFileParams,
    FileText,
)

CREATE_FILE_BATCH = Operation(
    "create_file_batch", "POST", f"{_STORE}/file_batches", CreateFileBatch, FileBatch
)
GET_FILE_BATCH = Operation(
    "get_file_batch", "GET", f"{_STORE}/file_batches/{{batch_id}}", FileBatchParams, FileBatch
)
CANCEL_FILE_BATCH = Operation(
    "cancel_file_batch", "POST", f"{_STORE}/file_batches/{{batch_id}}/cancel", FileBatchParams, FileBatch
)
LIST_FILE_BATCH_FILES = Operation(
    "list_file_batch_files",
    "GET",
    f"{_STORE}/file_batches/{{batch_id}}/files",
    ListFileBatchFiles,
    Page[VectorStoreFile],
)

LIST_MODELS = Operation("list_models", "GET", "/models", ListModels, ModelPage)
SEARCH = Operation("search", "GET", "/search", SearchParams, SearchHits, extension=True)
USAGE = Operation("usage", "GET", "/usage", UsageParams, UsageReport, extension=True)
RAISE_BUDGET = Operation(
    "raise_budget", "POST", "/usage/budget", RaiseBudget, Budget, extension=True, is_owners=True
)
BALANCE = Operation(
    "balance", "GET", "/usage/balance", BalanceParams, Balance, extension=True, is_owners=True
)
CHANGES = Operation("changes", "GET", "/changes", NoParams, Changed, streams="always", extension=True)

OPERATIONS: tuple[Operation[Any, Any], ...] = (
    CREATE_ASSISTANT,
    LIST_ASSISTANTS,
    GET_ASSISTANT,
    MODIFY_ASSISTANT,
    DELETE_ASSISTANT,
    CREATE_THREAD,
    LIST_THREADS,
    GET_THREAD,
    MODIFY_THREAD,
    DELETE_THREAD,
    IMPORT_THREAD,
    COPY_THREAD,
    LIST_BRANCHES,
    CREATE_MESSAGE,
    LIST_MESSAGES,
    GET_MESSAGE,
    MODIFY_MESSAGE,
    DELETE_MESSAGE,
    CREATE_THREAD_AND_RUN,
    CREATE_RUN,
    LIST_RUNS,
    GET_RUN,
    MODIFY_RUN,
    CANCEL_RUN,
    SUBMIT_TOOL_OUTPUTS,
    RUN_EVENTS,
    RUN_TRACE,
    LIST_RUN_STEPS,
    GET_RUN_STEP,
    CREATE_FILE,
    LIST_FILES,
    GET_FILE,
    GET_FILE_CONTENT,
    DELETE_FILE,
    CREATE_UPLOAD,
    ADD_UPLOAD_PART,
    COMPLETE_UPLOAD,
    CANCEL_UPLOAD,
    CREATE_VECTOR_STORE,
    LIST_VECTOR_STORES,
    GET_VECTOR_STORE,
    MODIFY_VECTOR_STORE,
    DELETE_VECTOR_STORE,
    SEARCH_VECTOR_STORE,
    CREATE_VECTOR_STORE_FILE,
    LIST_VECTOR_STORE_FILES,
    GET_VECTOR_STORE_FILE,
    MODIFY_VECTOR_STORE_FILE,
    DELETE_VECTOR_STORE_FILE,
    GET_VECTOR_STORE_FILE_CONTENT,
    CREATE_FILE_BATCH,
    GET_FILE_BATCH,
    CANCEL_FILE_BATCH,
    LIST_FILE_BATCH_FILES,
    LIST_MODELS,
    SEARCH,
    USAGE,
    RAISE_BUDGET,
    BALANCE,
    CHANGES,
)
"""Every operation, in the order in which they are listed above."""
BY_NAME: dict[str, Operation[Any, Any]] = {operation.name: operation for operation in OPERATIONS}
