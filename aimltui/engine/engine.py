"""The engine: the Assistants API in this process."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import cast

from aimltui.engine.models.base import Models
from aimltui.engine.operations.assistants import AssistantOperations
from aimltui.engine.operations.files import FileOperations
from aimltui.engine.operations.imports import ImportOperations
from aimltui.engine.operations.messages import MessageOperations
from aimltui.engine.operations.runs import RunOperations
from aimltui.engine.operations.threads import ThreadOperations
from aimltui.engine.operations.uploads import UploadOperations
from aimltui.engine.operations.usage import UsageOperations
from aimltui.engine.operations.vector_store_files import VectorStoreFileOperations
from aimltui.engine.operations.vector_stores import VectorStoreOperations
from aimltui.engine.options import EngineOptions
from aimltui.engine.runtime import Runtime
from aimltui.engine.tools.base import Tool
from aimltui.wire.base import Params, Wire
from aimltui.wire.constraints import check_params
from aimltui.wire.errors import BadRequest
from aimltui.wire.events import StreamEvent
from aimltui.wire.operations import BY_NAME, NoParams

Events = AsyncGenerator[StreamEvent, None]


class Engine(
    AssistantOperations,
    ThreadOperations,
    ImportOperations,
    MessageOperations,
    RunOperations,
    FileOperations,
    UploadOperations,
    VectorStoreOperations,
    VectorStoreFileOperations,
    UsageOperations,
):
    """One method an operation of `wire.operations`, by its name; those that may stream have a twin `stream_...`.

    Every method raises `wire.errors.APIError` for a refusal. Several engines may work on one directory, in one
    process or in several.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    @classmethod
    async def open(cls, options: EngineOptions, models: Models, tools: Iterable[Tool] = ()) -> Engine:
        """Open the store, recover what a dead process left behind.

        Args:
            options: Directories, limits, clock, ids.
            models: Where chat models come from; closed with the engine.
            tools: What the engine carries out itself, beside the caller's functions; closed with the engine.

        Raises:
            StoreError: The store cannot be used; the message says why and what to do.
        """
        runtime = Runtime(options, models, tools)
        await runtime.open()
        return cls(runtime)

    async def aclose(self) -> None:
        """Stop the runs at work here, as if they had been cancelled, and let go of everything."""
        await self._runtime.aclose()

    def new_file_path(self) -> Path:
        """Where a server in the same process may write what arrives; a `Blob` of it is taken without a copy."""
        return self._runtime.blobs.new_path()

    async def changes(self, params: NoParams | None = None) -> Events:
        """Tells when something in the store changed, until the engine closes. An extension."""
        async with aclosing(self._runtime.hub.listen()) as told:
            async for event in told:
                yield event

    async def call(self, name: str, params: Params) -> Wire:
        """The answer of an operation.

        Raises:
            APIError: It was refused, or there is none of this name that answers.
        """
        operation = BY_NAME.get(name)
        if operation is None or operation.streams == "always":
            raise BadRequest(f"There is no operation '{name}' that gives an answer.")
        check_params(params)
        return cast(Wire, await getattr(self, name)(params))

    def stream(self, name: str, params: Params) -> Events:
        """The events of an operation, to be consumed under `aclosing`.

        Raises:
            APIError: There is none of this name that streams. Other refusals come before the first event.
        """
        operation = BY_NAME.get(name)
        if operation is None or operation.streams == "never":
            raise BadRequest(f"There is no operation '{name}' that streams.")
        check_params(params)
        method = name if operation.streams == "always" else f"stream_{name}"
        return cast(Events, getattr(self, method)(params))
