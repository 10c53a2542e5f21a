"""AssistantAgent: answers an editor; its sessions are threads of the store that the screen shows, too."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any, Final, Literal

from acp import PROTOCOL_VERSION, RequestError
from acp.helpers import update_agent_message_text, update_user_message_text
from acp.interfaces import Client
from acp.schema import (
    AgentCapabilities,
    CloseSessionResponse,
    Implementation,
    InitializeResponse,
    ListSessionsResponse,
    LoadSessionResponse,
    NewSessionResponse,
    PromptCapabilities,
    PromptResponse,
    ResumeSessionResponse,
    SessionCapabilities,
    SessionCloseCapabilities,
    SessionInfo,
    SessionListCapabilities,
    SessionResumeCapabilities,
)

from aimltui import __version__
from aimltui.acp.calls import Calls
from aimltui.acp.prompts import text_of
from aimltui.acp.updates import RunUpdates
from aimltui.client.client import AssistantsClient, Events, every
from aimltui.client.errors import TransportError
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean, clean_line
from aimltui.local_tools.host import LocalTools
from aimltui.wire import runs as wire
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.messages import CreateMessage, ListMessages
from aimltui.wire.runs import CreateRun, RequiredToolCall, Run, SubmitToolOutputs, ToolOutput
from aimltui.wire.threads import TITLE, CreateThread, ListThreads, Thread, ThreadSummary

FOLDER: Final = "acp_cwd"
"""Metadata key of a thread: the folder of the editor in which it was started."""
_MOST_METADATA: Final = 512
_PAGE: Final = 50

StopReason = Literal["end_turn", "max_tokens", "refusal", "cancelled"]
Plan = Callable[[Thread], Awaitable[CreateRun]]
"""Returns who answers in a thread, and with which tools."""


class AssistantAgent:
    """One agent for one editor, with any number of sessions.

    Args:
        client: The engine.
        plan: Says who answers in a thread.
        marks: The metadata of new threads.
        local: The functions that run on this machine; None if there are none.
    """

    def __init__(
        self,
        client: AssistantsClient,
        plan: Plan,
        marks: Callable[[], Awaitable[dict[str, str]]],
        local: LocalTools | None = None,
    ) -> None:
        self._client = client
        self._plan = plan
        self._marks = marks
        self._local = local
        self._editor: Client
        self._active: dict[str, Run] = {}
        """The runs of this editor by session."""
        self._stopped: set[str] = set()
        """Sessions whose prompt was cancelled."""
        self._answering: dict[str, asyncio.Task[list[ToolOutput] | None]] = {}
        """What answers function calls, by session."""

    def on_connect(self, conn: Client) -> None:
        """Take the connection to the editor."""
        self._editor = conn

    async def initialize(self, protocol_version: int, **kwargs: Any) -> InitializeResponse:
        """Say what this agent can do."""
        return InitializeResponse(
            protocol_version=min(protocol_version, PROTOCOL_VERSION),
            agent_capabilities=AgentCapabilities(
                load_session=True,
                prompt_capabilities=PromptCapabilities(embedded_context=True),
                session_capabilities=SessionCapabilities(
                    list=SessionListCapabilities(),
                    resume=SessionResumeCapabilities(),
                    close=SessionCloseCapabilities(),
                ),
            ),
            agent_info=Implementation(name="aimltui", title="aimltui", version=__version__),
            auth_methods=[],
        )

    async def new_session(self, cwd: str, **kwargs: Any) -> NewSessionResponse:
        """Make a thread."""
        with _told():
            metadata = {**await self._marks(), FOLDER: cwd[:_MOST_METADATA]}
            thread = await self._client.threads.create(CreateThread(metadata=metadata))
        return NewSessionResponse(session_id=thread.id)

    async def list_sessions(
        self, cwd: str | None = None, cursor: str | None = None, **kwargs: Any
    ) -> ListSessionsResponse:
        """List threads, those that were active last first; a thread of the screen belongs to every folder."""
        params = ListThreads(limit=_PAGE, order_by="last_active_at", **({"after": cursor} if cursor else {}))
        with _told():
            page = await self._client.threads.list(params)
        found = [_session(thread, cwd) for thread in page.data if _is_in(thread, cwd)]
        return ListSessionsResponse(sessions=found, next_cursor=page.last_id if page.has_more else None)

    async def load_session(self, cwd: str, session_id: str, **kwargs: Any) -> LoadSessionResponse:
        """Open a thread and send what was said in it."""
        with _told():
            await self._client.threads.get(session_id)
            params = ListMessages(thread_id=session_id, order="asc", limit=100)
            async for message in every(self._client.messages.list, params):
                make = update_user_message_text if message.role == "user" else update_agent_message_text
                if text := clean(message.text):
                    await self._editor.session_update(session_id, make(text))
        return LoadSessionResponse()

    async def resume_session(self, session_id: str, **kwargs: Any) -> ResumeSessionResponse:
        """Open a thread without its messages."""
        with _told():
            await self._client.threads.get(session_id)
        return ResumeSessionResponse()

    async def close_session(self, session_id: str, **kwargs: Any) -> CloseSessionResponse:
        """Stop what is being written in a thread; the thread stays."""
        await self.cancel(session_id)
        return CloseSessionResponse()

    async def cancel(self, session_id: str, **kwargs: Any) -> None:
        """Stop the answer in a session; its text so far is saved."""
        self._stopped.add(session_id)
        if (answering := self._answering.get(session_id)) is not None:
            # neither a function nor an unanswered question delays the end
            answering.cancel()
        run = self._active.get(session_id)
        if run is not None:
            # it may have ended meanwhile
            with suppress(APIError, TransportError):
                await self._client.runs.cancel(run.thread_id, run.id)

    async def prompt(self, session_id: str, prompt: Sequence[Any], **kwargs: Any) -> PromptResponse:
        """Send a message, and the answer while it is being written."""
        self._stopped.discard(session_id)
        text = text_of(prompt)
        if not text.strip():
            raise RequestError.invalid_params({"details": "The prompt has no text."})
        with _told():
            thread = await self._client.threads.get(session_id)
            wanted = await self._plan(thread)
            await self._client.messages.create(CreateMessage(thread_id=thread.id, role="user", content=text))
            return await self._answer(session_id, wanted)

    async def _answer(self, session_id: str, wanted: CreateRun) -> PromptResponse:
        updates = RunUpdates(self._editor, session_id)
        calls = Calls(self._editor, session_id, self._local, updates)
        stream = self._client.runs.stream(wanted)
        try:
            while True:
                run = await self._follow(session_id, stream, updates)
                pending = run.required_action.submit_tool_outputs.tool_calls if run.required_action else []
                if run.status != wire.REQUIRES_ACTION or not pending:
                    return PromptResponse(stop_reason=_reason(run, was_refused=updates.was_refused))
                outputs: list[ToolOutput] | None = None
                if session_id not in self._stopped:
                    outputs = await self._outputs(session_id, calls, pending)
                if outputs is None or session_id in self._stopped:
                    await self.cancel(session_id)
                    return PromptResponse(stop_reason="cancelled")
                stream = self._client.runs.stream_tool_outputs(
                    SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs)
                )
        finally:
            self._active.pop(session_id, None)

    async def _outputs(
        self, session_id: str, calls: Calls, pending: Sequence[RequiredToolCall]
    ) -> list[ToolOutput] | None:
        """Return the outputs of calls; None if the prompt is cancelled meanwhile."""
        answering = self._answering[session_id] = asyncio.create_task(calls.answer(pending))
        try:
            return await answering
        except asyncio.CancelledError:
            if session_id in self._stopped:
                return None
            raise
        finally:
            del self._answering[session_id]

    async def _follow(self, session_id: str, stream: Events, updates: RunUpdates) -> Run:
        run: Run | None = None
        async with aclosing(stream) as events:
            async for event in events:
                if isinstance(event.data, Run):
                    run = self._active[session_id] = event.data
                    if session_id in self._stopped and run.status in (wire.QUEUED, wire.IN_PROGRESS):
                        # cancelled before there was a run
                        asyncio.get_running_loop().create_task(self.cancel(session_id))
                await updates.take(event)
        if run is None:
            raise RequestError.internal_error({"details": "The server ended the stream without a run."})
        return run


@contextmanager
def _told() -> Iterator[None]:
    """Turn refusals of the engine into errors of the protocol.

    Raises:
        RequestError: The engine refused.
    """
    try:
        yield
    except NotFound as error:
        raise RequestError(-32002, clean_line(error.message), {"details": error.message}) from error
    except (APIError, TransportError, AimltuiError) as error:
        said = f"{getattr(error, 'message', error)} {getattr(error, 'remedy', None) or ''}"
        told = clean_line(said.strip())
        raise RequestError(-32603, told, {"details": told}) from error


def _reason(run: Run, *, was_refused: bool) -> StopReason:
    """Return how a run ended, as the protocol says it.

    Raises:
        RequestError: It failed.
    """
    if run.status == wire.COMPLETED:
        return "refusal" if was_refused else "end_turn"
    if run.status in (wire.CANCELLED, wire.CANCELLING):
        return "cancelled"
    if run.status == wire.INCOMPLETE:
        reason = run.incomplete_details.reason if run.incomplete_details is not None else None
        return "max_tokens" if reason else "refusal"
    error = run.last_error
    told = (
        clean_line(f"{error.message} {error.remedy or ''}".strip())
        if error
        else f"The run ended with the status {run.status}."
    )
    raise RequestError(-32603, told, {"details": told})


def _is_in(thread: ThreadSummary, cwd: str | None) -> bool:
    folder = (thread.metadata or {}).get(FOLDER)
    return cwd is None or folder is None or folder == cwd[:_MOST_METADATA]


def _session(thread: ThreadSummary, cwd: str | None) -> SessionInfo:
    metadata = thread.metadata or {}
    at = datetime.fromtimestamp(thread.last_active_at or thread.created_at, UTC)
    return SessionInfo(
        session_id=thread.id,
        cwd=metadata.get(FOLDER) or cwd or "/",
        title=clean_line(metadata.get(TITLE) or thread.preview or "New thread"),
        updated_at=at.isoformat(),
    )
