"""RunInspector: reads what the server says about the runs of a thread. It does nothing until the inspector is opened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing

from aimltui.client.client import AssistantsClient, every
from aimltui.client.errors import TransportError, Unsupported
from aimltui.tui.state.inspection import Inspection, TimedEvent, timed
from aimltui.wire import events as ev
from aimltui.wire.branches import CopyThread
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import ListMessages, Message
from aimltui.wire.run_steps import INCLUDE_SEARCH_CONTENT, ListRunSteps
from aimltui.wire.runs import CreateRun, ListRuns, Run
from aimltui.wire.traces import RunTrace

_MOST_RUNS = 100
_NO_TRACE = "This server does not say when events happened, nor what was sent to the model."
_NO_EVENTS = "This server does not offer the events of a run again."


class RunInspector:
    """Reads runs with their steps, times, requests and events.

    Args:
        client: The server.
    """

    def __init__(self, client: AssistantsClient) -> None:
        self._client = client

    async def runs(self, thread_id: str) -> list[Run]:
        """Return the last runs of a thread, the newest first.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        return (await self._client.runs.list(ListRuns(thread_id=thread_id, limit=_MOST_RUNS))).data

    async def read(self, run: Run) -> Inspection:
        """Return a run as it is now, with its steps and its trace, without its events.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        found = Inspection(await self._client.runs.get(run.thread_id, run.id))
        params = ListRunSteps(
            thread_id=run.thread_id, run_id=run.id, order="asc", limit=100, include=[INCLUDE_SEARCH_CONTENT]
        )
        found.steps = [step async for step in every(self._client.runs.list_steps, params)]
        found.trace = await self._trace(run)
        if found.trace is None:
            found.missing.append(_NO_TRACE)
        return found

    async def events(self, found: Inspection, known: Sequence[TimedEvent] = ()) -> list[TimedEvent]:
        """Return the events of a run so far; none if the server does not offer them.

        Args:
            found: The run.
            known: Its events as they were read before.
        """
        told: list[StreamEvent] = []
        after = next((one.event.index for one in reversed(known) if one.event.index is not None), None)
        last = max((index for index, _ in found.trace.times), default=-1) if found.trace is not None else -1
        if found.run.is_active and known and (after is None or after >= last):
            # nothing has happened since, and the stream would wait for it
            return list(known)
        try:
            async with aclosing(self._client.runs.events(found.run.thread_id, found.run.id, after)) as stream:
                async for event in stream:
                    if event.event == ev.DONE:
                        break
                    told.append(event)
                    if found.run.is_active and (event.index is None or event.index >= last):
                        # of a run that goes on, the stream would not end
                        break
        except (APIError, TransportError):
            found.missing.append(_NO_EVENTS)
        return [*known, *timed(told, found.trace)]

    async def retry(
        self,
        run: Run,
        instructions: str,
        model: str,
        temperature: float | None,
        copy: Callable[[CopyThread], Awaitable[str]],
    ) -> str:
        """Answer the question of a run again, in a branch of its thread, with other settings.

        Args:
            run: The run.
            instructions: Those of the new run.
            model: Its model.
            temperature: Its temperature; None for the model's default.
            copy: Makes the branch and returns its id.

        Returns:
            The id of the new thread.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        question = await self._question(run)
        given_question = {"through": question} if question else {}
        thread_id = await copy(CopyThread(thread_id=run.thread_id, branch=True, **given_question))
        given = {"connection": run.connection} if run.connection and model == run.model else {}
        await self._client.runs.create(
            CreateRun(
                thread_id=thread_id,
                assistant_id=run.assistant_id,
                model=model,
                instructions=instructions,
                temperature=temperature,
                tools=run.tools,
                hosted_tools="off" if run.tools_off else "on",
                **given,
            )
        )
        return thread_id

    async def messages_before(self, run: Run) -> list[Message]:
        """Return the messages of the thread that were there before the run, the oldest first.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        params = ListMessages(thread_id=run.thread_id, order="asc", limit=100)
        found: list[Message] = []
        async for message in every(self._client.messages.list, params):
            if message.run_id == run.id or message.created_at > run.created_at:
                break
            found.append(message)
        return found

    async def _question(self, run: Run) -> str | None:
        """The id of the last message before the run's own ones."""
        params = ListMessages(thread_id=run.thread_id, order="desc", limit=100)
        async for message in every(self._client.messages.list, params):
            if message.role == "user" and message.created_at <= run.created_at:
                return message.id
        return None

    async def _trace(self, run: Run) -> RunTrace | None:
        try:
            return await self._client.runs.trace(run.thread_id, run.id)
        except (Unsupported, NotFound):
            return None
