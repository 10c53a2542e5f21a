"""AssistantsClient: a typed method for each operation of the API, over any transport."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import TypeVar

from aimltui.client.files import Files, Uploads
from aimltui.client.transport import Transport
from aimltui.client.vector_stores import VectorStores
from aimltui.wire import assistants, branches, imports, messages, models, run_steps, runs, threads, traces
from aimltui.wire import operations as op
from aimltui.wire import usage as money
from aimltui.wire.base import Deleted, ListParams, Page, Wire
from aimltui.wire.events import StreamEvent
from aimltui.wire.search import SearchHits, SearchParams

W = TypeVar("W", bound=Wire)
L = TypeVar("L", bound=ListParams)

Events = AsyncGenerator[StreamEvent, None]


class AssistantsClient:
    """Talks to one server of the Assistants API.

    Every method raises `wire.errors.APIError` if the server refuses and `client.errors.TransportError` if there
    is no answer. Consume streams under `contextlib.aclosing`.
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
        """Return the available models; with `refresh` the engine asks the endpoint again."""
        params = models.ListModels(refresh=True) if refresh else models.ListModels()
        page = await self._transport.call(op.LIST_MODELS, params)
        # a server lists its assistants too, for programs that only know chat completions
        kept = [model for model in page.data if model.owned_by != models.ASSISTANT_OWNER]
        return page if len(kept) == len(page.data) else page.model_copy(update={"data": kept})

    async def search(self, query: str, limit: int = 20) -> SearchHits:
        """Return the newest places where all words of a query were said. An extension."""
        return await self._transport.call(op.SEARCH, SearchParams(query=query, limit=limit))

    async def usage(self, params: money.UsageParams) -> money.UsageReport:
        """Return the usage of runs, and today's budget. An extension."""
        return await self._transport.call(op.USAGE, params)

    async def raise_budget(self, params: money.RaiseBudget) -> money.Budget:
        """Raise today's budget. An extension."""
        return await self._transport.call(op.RAISE_BUDGET, params)

    async def balance(self, connection: str | None = None) -> money.Balance:
        """Return the balance of the account, as the provider reports it. An extension."""
        params = money.BalanceParams(connection=connection) if connection else money.BalanceParams()
        return await self._transport.call(op.BALANCE, params)

    def changes(self) -> Events:
        """Yield an event at each change in the store, without end. An extension."""
        return self._transport.stream(op.CHANGES, op.NoParams())

    async def aclose(self) -> None:
        """Close the connections."""
        await self._transport.aclose()


class Assistants:
    """Operations on assistants."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: assistants.CreateAssistant) -> assistants.Assistant:
        """Create an assistant."""
        return await self._transport.call(op.CREATE_ASSISTANT, params)

    async def list(self, params: assistants.ListAssistants) -> Page[assistants.Assistant]:
        """Return one page of the assistants."""
        return await self._transport.call(op.LIST_ASSISTANTS, params)

    async def get(self, assistant_id: str) -> assistants.Assistant:
        """Return an assistant."""
        params = assistants.AssistantParams(assistant_id=assistant_id)
        return await self._transport.call(op.GET_ASSISTANT, params)

    async def modify(self, params: assistants.ModifyAssistant) -> assistants.Assistant:
        """Change the given fields."""
        return await self._transport.call(op.MODIFY_ASSISTANT, params)

    async def delete(self, assistant_id: str) -> Deleted:
        """Delete an assistant; its threads stay."""
        params = assistants.AssistantParams(assistant_id=assistant_id)
        return await self._transport.call(op.DELETE_ASSISTANT, params)


class Threads:
    """Operations on threads."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: threads.CreateThread) -> threads.Thread:
        """Create a thread."""
        return await self._transport.call(op.CREATE_THREAD, params)

    async def list(self, params: threads.ListThreads) -> Page[threads.ThreadSummary]:
        """Return one page of the threads. An extension."""
        return await self._transport.call(op.LIST_THREADS, params)

    async def get(self, thread_id: str) -> threads.Thread:
        """Return a thread."""
        return await self._transport.call(op.GET_THREAD, threads.ThreadParams(thread_id=thread_id))

    async def modify(self, params: threads.ModifyThread) -> threads.Thread:
        """Change the given fields; metadata is merged."""
        return await self._transport.call(op.MODIFY_THREAD, params)

    async def write_down(self, params: imports.ImportThread) -> imports.ImportedThread:
        """Store a conversation that another program saved. An extension."""
        return await self._transport.call(op.IMPORT_THREAD, params)

    async def copy(self, params: branches.CopyThread) -> threads.Thread:
        """Copy the first messages of a thread into a new one. An extension."""
        return await self._transport.call(op.COPY_THREAD, params)

    async def branches(self, thread_id: str) -> branches.ThreadBranches:
        """Return the places where a thread's conversation has several branches. An extension."""
        return await self._transport.call(op.LIST_BRANCHES, threads.ThreadParams(thread_id=thread_id))

    async def delete(self, thread_id: str) -> Deleted:
        """Delete a thread with its messages and runs."""
        return await self._transport.call(op.DELETE_THREAD, threads.ThreadParams(thread_id=thread_id))


class Messages:
    """Operations on messages."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: messages.CreateMessage) -> messages.Message:
        """Add a message to a thread."""
        return await self._transport.call(op.CREATE_MESSAGE, params)

    async def list(self, params: messages.ListMessages) -> Page[messages.Message]:
        """Return one page of a thread's messages."""
        return await self._transport.call(op.LIST_MESSAGES, params)

    async def get(self, thread_id: str, message_id: str) -> messages.Message:
        """Return a message."""
        params = messages.MessageParams(thread_id=thread_id, message_id=message_id)
        return await self._transport.call(op.GET_MESSAGE, params)

    async def modify(self, params: messages.ModifyMessage) -> messages.Message:
        """Change the metadata."""
        return await self._transport.call(op.MODIFY_MESSAGE, params)

    async def delete(self, thread_id: str, message_id: str) -> Deleted:
        """Remove a message from its thread."""
        params = messages.MessageParams(thread_id=thread_id, message_id=message_id)
        return await self._transport.call(op.DELETE_MESSAGE, params)


class Runs:
    """Operations on runs and their steps."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def create(self, params: runs.CreateRun) -> runs.Run:
        """Start a run; it continues without a client."""
        return await self._transport.call(op.CREATE_RUN, params)

    def stream(self, params: runs.CreateRun) -> Events:
        """Start a run and yield its events."""
        return self._transport.stream(op.CREATE_RUN, params)

    async def create_with_thread(self, params: runs.CreateThreadAndRun) -> runs.Run:
        """Start a run on a new thread."""
        return await self._transport.call(op.CREATE_THREAD_AND_RUN, params)

    def stream_with_thread(self, params: runs.CreateThreadAndRun) -> Events:
        """Start a run on a new thread and yield its events."""
        return self._transport.stream(op.CREATE_THREAD_AND_RUN, params)

    def events(self, thread_id: str, run_id: str, after: int | None = None) -> Events:
        """Yield the events of a run after the one with the index `after`: first past, then new ones. An extension."""
        params = runs.RunEventsParams(thread_id=thread_id, run_id=run_id, after=after)
        return self._transport.stream(op.RUN_EVENTS, params)

    async def trace(self, thread_id: str, run_id: str) -> traces.RunTrace:
        """Return what the engine remembers of a run: times and the model's requests. An extension."""
        return await self._transport.call(op.RUN_TRACE, runs.RunParams(thread_id=thread_id, run_id=run_id))

    async def list(self, params: runs.ListRuns) -> Page[runs.Run]:
        """Return one page of a thread's runs."""
        return await self._transport.call(op.LIST_RUNS, params)

    async def get(self, thread_id: str, run_id: str) -> runs.Run:
        """Return a run."""
        return await self._transport.call(op.GET_RUN, runs.RunParams(thread_id=thread_id, run_id=run_id))

    async def modify(self, params: runs.ModifyRun) -> runs.Run:
        """Change the metadata."""
        return await self._transport.call(op.MODIFY_RUN, params)

    async def cancel(self, thread_id: str, run_id: str) -> runs.Run:
        """Stop a run; its text so far stays."""
        return await self._transport.call(op.CANCEL_RUN, runs.RunParams(thread_id=thread_id, run_id=run_id))

    async def submit_tool_outputs(self, params: runs.SubmitToolOutputs) -> runs.Run:
        """Send the outputs of the pending tool calls."""
        return await self._transport.call(op.SUBMIT_TOOL_OUTPUTS, params)

    def stream_tool_outputs(self, params: runs.SubmitToolOutputs) -> Events:
        """Send the outputs of the pending tool calls and yield the run's events."""
        return self._transport.stream(op.SUBMIT_TOOL_OUTPUTS, params)

    async def list_steps(self, params: run_steps.ListRunSteps) -> Page[run_steps.RunStep]:
        """Return one page of a run's steps."""
        return await self._transport.call(op.LIST_RUN_STEPS, params)

    async def get_step(
        self, thread_id: str, run_id: str, step_id: str, include: Sequence[str] = ()
    ) -> run_steps.RunStep:
        """Return a run step, with the parts that are only sent when they are asked for."""
        given = {"include": list(include)} if include else {}
        params = run_steps.RunStepParams(thread_id=thread_id, run_id=run_id, step_id=step_id, **given)
        return await self._transport.call(op.GET_RUN_STEP, params)


async def every(list_page: Callable[[L], Awaitable[Page[W]]], params: L) -> AsyncIterator[W]:
    """Yield all objects of a list, page after page.

    Args:
        list_page: The method that returns one page.
        params: Its parameters for the first page.

    Yields:
        Each object, in the order of the list.
    """
    while True:
        page = await list_page(params)
        last = getattr(page.data[-1], "id", None) if page.data else None
        if last is not None and last == params.after:
            # a server without cursors would return this page forever
            return
        for item in page.data:
            yield item
        if not page.has_more or last is None:
            return
        params = params.model_copy(update={"after": last})
