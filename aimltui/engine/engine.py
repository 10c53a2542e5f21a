"""The engine: the Assistants API in this process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any, TypeVar

from aimltui.engine.models.base import Models
from aimltui.engine.operations.assistants import AssistantOperations
from aimltui.engine.operations.branches import BranchOperations
from aimltui.engine.operations.files import FileOperations
from aimltui.engine.operations.imports import ImportOperations
from aimltui.engine.operations.messages import MessageOperations
from aimltui.engine.operations.models import ModelOperations
from aimltui.engine.operations.runs import RunOperations
from aimltui.engine.operations.search import SearchOperations
from aimltui.engine.operations.threads import ThreadOperations
from aimltui.engine.operations.traces import TraceOperations
from aimltui.engine.operations.uploads import UploadOperations
from aimltui.engine.operations.usage import UsageOperations
from aimltui.engine.operations.vector_store_files import VectorStoreFileOperations
from aimltui.engine.operations.vector_stores import VectorStoreOperations
from aimltui.engine.options import EngineOptions
from aimltui.engine.runtime import Runtime
from aimltui.engine.store import unstored
from aimltui.engine.tools.base import Tool
from aimltui.wire import operations as op
from aimltui.wire.base import Params, Wire
from aimltui.wire.binary import OpenContent
from aimltui.wire.clients import ClientSpent, ServedClient
from aimltui.wire.constraints import check_params
from aimltui.wire.errors import BadRequest
from aimltui.wire.events import StreamEvent
from aimltui.wire.files import FileParams
from aimltui.wire.operations import NoParams, Operation

Events = AsyncGenerator[StreamEvent, None]
Answer = Callable[[Any], Awaitable[Wire]]
Stream = Callable[[Any], Events]

P = TypeVar("P", bound=Params)
R = TypeVar("R", bound=Wire)


class Engine:
    """The operations of `wire.operations`, by name or as methods of the attributes, one attribute a resource.

    Every method raises `wire.errors.APIError` for a refusal. Several engines may share one directory, in one
    process or in several.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self.assistants = AssistantOperations(runtime)
        self.threads = ThreadOperations(runtime)
        self.branches = BranchOperations(runtime)
        self.messages = MessageOperations(runtime)
        self.runs = RunOperations(runtime)
        self.traces = TraceOperations(runtime)
        self.files = FileOperations(runtime)
        self.uploads = UploadOperations(runtime)
        self.vector_stores = VectorStoreOperations(runtime)
        self.vector_store_files = VectorStoreFileOperations(runtime)
        self.models = ModelOperations(runtime)
        self.search = SearchOperations(runtime)
        self.usage = UsageOperations(runtime)
        self.imports = ImportOperations(runtime)
        self._answers = self._answer_table()
        self._streams = self._stream_table()

    @classmethod
    async def open(cls, options: EngineOptions, models: Models, tools: Iterable[Tool] = ()) -> Engine:
        """Open the store and recover what a dead process left behind.

        Args:
            options: Directories, limits, clock, ids.
            models: Where chat models come from; closed with the engine.
            tools: The tools that the engine runs itself, beside the caller's functions; closed with the engine.

        Raises:
            StoreError: The store cannot be used; the message says why and what to do.
        """
        runtime = Runtime(options, models, tools)
        await runtime.open()
        return cls(runtime)

    async def aclose(self) -> None:
        """End the runs that this engine executes as failed, and release all resources."""
        await self._runtime.aclose()

    def new_file_path(self) -> Path:
        """Return where a server in the same process may write an upload; a `Blob` of it is taken without a copy."""
        return self._runtime.blobs.new_path()

    async def keep(self, ids: Sequence[str]) -> None:
        """Let threads and files stay that were made for a request that is not stored; see `common.unstored`."""
        await self._runtime.write(lambda conn: unstored.keep(conn, ids))

    async def spent_by(self, client: ServedClient) -> ClientSpent:
        """Return what a client of the server has spent today and in this month."""
        return await self.usage.spent_by(client.name)

    async def open_file_content(self, params: FileParams) -> OpenContent:
        """Open a file's bytes for reading piece by piece."""
        return await self.files.open_file_content(params)

    async def changes(self, params: NoParams | None = None) -> Events:
        """Report until the engine closes that something in the store changed. An extension of the API.

        Yields:
            `aimltui.changed` events.
        """
        async with aclosing(self._runtime.hub.listen()) as changes:
            async for event in changes:
                yield event

    async def call(self, name: str, params: Params) -> Wire:
        """Return the answer of an operation.

        Raises:
            APIError: The operation was refused, or no operation of this name has an answer.
        """
        method = self._answers.get(name)
        if method is None:
            raise BadRequest(f"There is no operation '{name}' that gives an answer.")
        check_params(params)
        return await method(params)

    def stream(self, name: str, params: Params) -> Events:
        """Return the events of an operation, to be consumed under `aclosing`.

        Raises:
            APIError: No operation of this name streams. Other refusals come before the first event.
        """
        method = self._streams.get(name)
        if method is None:
            raise BadRequest(f"There is no operation '{name}' that streams.")
        check_params(params)
        return method(params)

    def _answer_table(self) -> Mapping[str, Answer]:
        rows = (
            _answered(op.CREATE_ASSISTANT, self.assistants.create_assistant),
            _answered(op.LIST_ASSISTANTS, self.assistants.list_assistants),
            _answered(op.GET_ASSISTANT, self.assistants.get_assistant),
            _answered(op.MODIFY_ASSISTANT, self.assistants.modify_assistant),
            _answered(op.DELETE_ASSISTANT, self.assistants.delete_assistant),
            _answered(op.CREATE_THREAD, self.threads.create_thread),
            _answered(op.LIST_THREADS, self.threads.list_threads),
            _answered(op.GET_THREAD, self.threads.get_thread),
            _answered(op.MODIFY_THREAD, self.threads.modify_thread),
            _answered(op.DELETE_THREAD, self.threads.delete_thread),
            _answered(op.IMPORT_THREAD, self.imports.import_thread),
            _answered(op.COPY_THREAD, self.branches.copy_thread),
            _answered(op.LIST_BRANCHES, self.branches.list_branches),
            _answered(op.CREATE_MESSAGE, self.messages.create_message),
            _answered(op.LIST_MESSAGES, self.messages.list_messages),
            _answered(op.GET_MESSAGE, self.messages.get_message),
            _answered(op.MODIFY_MESSAGE, self.messages.modify_message),
            _answered(op.DELETE_MESSAGE, self.messages.delete_message),
            _answered(op.CREATE_THREAD_AND_RUN, self.runs.create_thread_and_run),
            _answered(op.CREATE_RUN, self.runs.create_run),
            _answered(op.LIST_RUNS, self.runs.list_runs),
            _answered(op.GET_RUN, self.runs.get_run),
            _answered(op.MODIFY_RUN, self.runs.modify_run),
            _answered(op.CANCEL_RUN, self.runs.cancel_run),
            _answered(op.SUBMIT_TOOL_OUTPUTS, self.runs.submit_tool_outputs),
            _answered(op.LIST_RUN_STEPS, self.runs.list_run_steps),
            _answered(op.GET_RUN_STEP, self.runs.get_run_step),
            _answered(op.RUN_TRACE, self.traces.run_trace),
            _answered(op.CREATE_FILE, self.files.create_file),
            _answered(op.LIST_FILES, self.files.list_files),
            _answered(op.GET_FILE, self.files.get_file),
            _answered(op.GET_FILE_CONTENT, self.files.get_file_content),
            _answered(op.DELETE_FILE, self.files.delete_file),
            _answered(op.CREATE_UPLOAD, self.uploads.create_upload),
            _answered(op.ADD_UPLOAD_PART, self.uploads.add_upload_part),
            _answered(op.COMPLETE_UPLOAD, self.uploads.complete_upload),
            _answered(op.CANCEL_UPLOAD, self.uploads.cancel_upload),
            _answered(op.CREATE_VECTOR_STORE, self.vector_stores.create_vector_store),
            _answered(op.LIST_VECTOR_STORES, self.vector_stores.list_vector_stores),
            _answered(op.GET_VECTOR_STORE, self.vector_stores.get_vector_store),
            _answered(op.MODIFY_VECTOR_STORE, self.vector_stores.modify_vector_store),
            _answered(op.DELETE_VECTOR_STORE, self.vector_stores.delete_vector_store),
            _answered(op.SEARCH_VECTOR_STORE, self.vector_stores.search_vector_store),
            _answered(op.CREATE_VECTOR_STORE_FILE, self.vector_store_files.create_vector_store_file),
            _answered(op.LIST_VECTOR_STORE_FILES, self.vector_store_files.list_vector_store_files),
            _answered(op.GET_VECTOR_STORE_FILE, self.vector_store_files.get_vector_store_file),
            _answered(op.MODIFY_VECTOR_STORE_FILE, self.vector_store_files.modify_vector_store_file),
            _answered(op.DELETE_VECTOR_STORE_FILE, self.vector_store_files.delete_vector_store_file),
            _answered(
                op.GET_VECTOR_STORE_FILE_CONTENT, self.vector_store_files.get_vector_store_file_content
            ),
            _answered(op.CREATE_FILE_BATCH, self.vector_store_files.create_file_batch),
            _answered(op.GET_FILE_BATCH, self.vector_store_files.get_file_batch),
            _answered(op.CANCEL_FILE_BATCH, self.vector_store_files.cancel_file_batch),
            _answered(op.LIST_FILE_BATCH_FILES, self.vector_store_files.list_file_batch_files),
            _answered(op.LIST_MODELS, self.models.list_models),
            _answered(op.SEARCH, self.search.search),
            _answered(op.USAGE, self.usage.usage),
            _answered(op.RAISE_BUDGET, self.usage.raise_budget),
            _answered(op.BALANCE, self.usage.balance),
        )
        return dict(rows)

    def _stream_table(self) -> Mapping[str, Stream]:
        return dict(
            (
                _streamed(op.CREATE_RUN, self.runs.stream_create_run),
                _streamed(op.CREATE_THREAD_AND_RUN, self.runs.stream_create_thread_and_run),
                _streamed(op.SUBMIT_TOOL_OUTPUTS, self.runs.stream_submit_tool_outputs),
                _streamed(op.RUN_EVENTS, self.runs.run_events),
                _streamed(op.CHANGES, self.changes),
            )
        )


def _answered(operation: Operation[P, R], method: Callable[[P], Awaitable[R]]) -> tuple[str, Answer]:
    """Return a row of the table; the types of the method are those of the operation."""
    return operation.name, method


def _streamed(operation: Operation[P, R], method: Callable[[P], Events]) -> tuple[str, Stream]:
    """Return a row of the table; the parameters of the method are those of the operation."""
    return operation.name, method
