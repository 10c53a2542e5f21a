"""AssistantsClient: one typed line an operation, whatever is behind it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import TypeVar

from aimltui.client.files import Files, Uploads
from aimltui.client.transport import Transport
from aimltui.client.vector_stores import VectorStores
from aimltui.wire import assistants, imports, messages, models, run_steps, runs, threads
from aimltui.wire import operations as op
from aimltui.wire import usage as money
from aimltui.wire.base import Deleted, ListParams, Page, Wire
from aimltui.wire.events import StreamEvent

W = TypeVar("W", bound=Wire)
L = TypeVar("L", bound=ListParams)

Events = AsyncGenerator[StreamEvent, None]


class AssistantsClient:
    """Talks to one server of the Assistants API.

    Every method raises `wire.errors.APIError` if the server refuses and `client.errors.TransportError` if there
    is no answer. Streams are to be consumed under `contextlib.aclosing`.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.assistants = Assistants(transport)
        self.threads = Threads(transport)
        self.messages = Messages(transport)
        self.runs = Runs(transport)
        self.files = Files(transport)
        self.uploads = Uploads(transport)
        self.vector_stores = VectorStores(transport)

    async def list_models(self, *, refresh: bool = False) -> models.ModelPage:
        """The models on offer; `refresh` asks the endpoint anew."""
        params = models.ListModels(refresh=True) if refresh else models.ListModels()
        return await self._transport.call(op.LIST_MODELS, params)

    async def usage(self, params: money.UsageParams) -> money.UsageReport:
        """What runs have used, and today's budget. An extension."""
        return await self._transport.call(op.USAGE, params)

    async def raise_budget(self, params: money.RaiseBudget) -> money.Budget:
        """Let more be spent today. An extension."""
        return await self._transport.call(op.RAISE_BUDGET, params)

    async def balance(self, connection: str | None = None) -> money.Balance:
        """Ask the provider what is left on the account. An extension."""
        params = money.BalanceParams(connection=connection) if connection else money.BalanceParams()
        return await self._transport.call(op.BALANCE, params)

    def changes(self) -> Events:
        """Tells when something in the store changed, without end. An extension."""
        return self._transport.stream(op.CHANGES, op.NoParams())

    async def aclose(self) -> None:
        """Let go of the server."""
        await self._transport.aclose()


class Assistants:
    """The assistants' operations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: assistants.CreateAssistant) -> assistants.Assistant:
        """Make one."""
        return await self._transport.call(op.CREATE_ASSISTANT, params)

    async def list(self, params: assistants.ListAssistants) -> Page[assistants.Assistant]:
        """One page."""
        return await self._transport.call(op.LIST_ASSISTANTS, params)

    async def get(self, assistant_id: str) -> assistants.Assistant:
        """One by id."""
        params = assistants.AssistantParams(assistant_id=assistant_id)
        return await self._transport.call(op.GET_ASSISTANT, params)

    async def modify(self, params: assistants.ModifyAssistant) -> assistants.Assistant:
        """Change what is given."""
        return await self._transport.call(op.MODIFY_ASSISTANT, params)

    async def delete(self, assistant_id: str) -> Deleted:
        """Delete; its threads stay."""
        params = assistants.AssistantParams(assistant_id=assistant_id)
        return await self._transport.call(op.DELETE_ASSISTANT, params)


class Threads:
    """The threads' operations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: threads.CreateThread) -> threads.Thread:
        """Make one."""
        return await self._transport.call(op.CREATE_THREAD, params)

    async def list(self, params: threads.ListThreads) -> Page[threads.ThreadSummary]:
        """One page. An extension."""
        return await self._transport.call(op.LIST_THREADS, params)

    async def get(self, thread_id: str) -> threads.Thread:
        """One by id."""
        return await self._transport.call(op.GET_THREAD, threads.ThreadParams(thread_id=thread_id))

    async def modify(self, params: threads.ModifyThread) -> threads.Thread:
        """Change what is given; metadata is merged."""
        return await self._transport.call(op.MODIFY_THREAD, params)

    async def write_down(self, params: imports.ImportThread) -> imports.ImportedThread:
        """Keep a conversation that was held elsewhere. An extension."""
        return await self._transport.call(op.IMPORT_THREAD, params)

    async def delete(self, thread_id: str) -> Deleted:
        """Delete with everything in it."""
        return await self._transport.call(op.DELETE_THREAD, threads.ThreadParams(thread_id=thread_id))


class Messages:
    """The messages' operations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: messages.CreateMessage) -> messages.Message:
        """Say something."""
        return await self._transport.call(op.CREATE_MESSAGE, params)

    async def list(self, params: messages.ListMessages) -> Page[messages.Message]:
        """One page."""
        return await self._transport.call(op.LIST_MESSAGES, params)

    async def get(self, thread_id: str, message_id: str) -> messages.Message:
        """One by id."""
        params = messages.MessageParams(thread_id=thread_id, message_id=message_id)
        return await self._transport.call(op.GET_MESSAGE, params)

    async def modify(self, params: messages.ModifyMessage) -> messages.Message:
        """Change the metadata."""
        return await self._transport.call(op.MODIFY_MESSAGE, params)

    async def delete(self, thread_id: str, message_id: str) -> Deleted:
        """Take it out of the thread."""
        params = messages.MessageParams(thread_id=thread_id, message_id=message_id)
        return await self._transport.call(op.DELETE_MESSAGE, params)


class Runs:
    """The runs' and their steps' operations."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: runs.CreateRun) -> runs.Run:
        """Start one; it goes on by itself."""
        return await self._transport.call(op.CREATE_RUN, params)

    def stream(self, params: runs.CreateRun) -> Events:
        """Start one and follow it."""
        return self._transport.stream(op.CREATE_RUN, params)

    async def create_with_thread(self, params: runs.CreateThreadAndRun) -> runs.Run:
        """Start one on a new thread."""
        return await self._transport.call(op.CREATE_THREAD_AND_RUN, params)

    def stream_with_thread(self, params: runs.CreateThreadAndRun) -> Events:
        """Start one on a new thread and follow it."""
        return self._transport.stream(op.CREATE_THREAD_AND_RUN, params)

    def events(self, thread_id: str, run_id: str, after: int | None = None) -> Events:
        """Attach to a run: what happened after the event `after`, then what happens. An extension."""
        params = runs.RunEventsParams(thread_id=thread_id, run_id=run_id, after=after)
        return self._transport.stream(op.RUN_EVENTS, params)

    async def list(self, params: runs.ListRuns) -> Page[runs.Run]:
        """One page."""
        return await self._transport.call(op.LIST_RUNS, params)

    async def get(self, thread_id: str, run_id: str) -> runs.Run:
        """One by id."""
        return await self._transport.call(op.GET_RUN, runs.RunParams(thread_id=thread_id, run_id=run_id))

    async def modify(self, params: runs.ModifyRun) -> runs.Run:
        """Change the metadata."""
        return await self._transport.call(op.MODIFY_RUN, params)

    async def cancel(self, thread_id: str, run_id: str) -> runs.Run:
        """Stop it; the text so far is kept."""
        return await self._transport.call(op.CANCEL_RUN, runs.RunParams(thread_id=thread_id, run_id=run_id))

    async def submit_tool_outputs(self, params: runs.SubmitToolOutputs) -> runs.Run:
        """Answer the pending calls."""
        return await self._transport.call(op.SUBMIT_TOOL_OUTPUTS, params)

    def stream_tool_outputs(self, params: runs.SubmitToolOutputs) -> Events:
        """Answer the pending calls and follow the run."""
        return self._transport.stream(op.SUBMIT_TOOL_OUTPUTS, params)

    async def list_steps(self, params: run_steps.ListRunSteps) -> Page[run_steps.RunStep]:
        """One page of a run's steps."""
        return await self._transport.call(op.LIST_RUN_STEPS, params)

    async def get_step(self, thread_id: str, run_id: str, step_id: str) -> run_steps.RunStep:
        """One step by id."""
        params = run_steps.RunStepParams(thread_id=thread_id, run_id=run_id, step_id=step_id)
        return await self._transport.call(op.GET_RUN_STEP, params)


async def every(list_page: Callable[[L], Awaitable[Page[W]]], params: L) -> AsyncIterator[W]:
    """All objects of a list, page after page, following `after`."""
    while True:
        page = await list_page(params)
        last = getattr(page.data[-1], "id", None) if page.data else None
        if last is not None and last == params.after:
            # a server that knows no cursors gives the same page again and again
            return
        for item in page.data:
            yield item
        if not page.has_more or last is None:
            return
        params = params.model_copy(update={"after": last})
