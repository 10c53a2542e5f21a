"""Reads from the engine what responses and conversations show."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import cast

from aimltui.common.dataclass import dataclass
from aimltui.server.paging import every
from aimltui.server.responses import items
from aimltui.server.responses.ids import ResponseRef, no_response
from aimltui.server.responses.snapshot import OWN, response_json, usage_of
from aimltui.wire import operations as op
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import NotFound
from aimltui.wire.files import File, FileParams
from aimltui.wire.messages import ListMessages, Message
from aimltui.wire.run_steps import INCLUDE_SEARCH_CONTENT, ListRunSteps, RunStep
from aimltui.wire.runs import ListRuns, Run, RunParams

DELETED = f"{OWN}deleted"
"""Metadata key of a run whose response was deleted; the thread may still have other responses."""


@dataclass(frozen=True, slots=True)
class StoredRun:
    """A run with everything that its responses show."""

    run: Run
    legs: list[list[RunStep]]
    outputs: list[list[JSONObject]]
    """The items of each leg."""

    def response(self, ref: ResponseRef) -> JSONObject:
        """Return a response of the run.

        Raises:
            NotFound: The run has no such leg.
        """
        # after the last outputs there is a leg without steps until the model answers
        if ref.leg >= len(self.legs):
            raise no_response(ref.id)
        is_last = ref.leg == len(self.legs) - 1
        usage = usage_of(self.legs[ref.leg])
        return response_json(ref, self.run, self.outputs[ref.leg], usage, is_last=is_last)

    def thoughts_before(self, leg: int) -> int:
        """Return how many thoughts the earlier responses have."""
        return sum(bool(step.reasoning) for steps in self.legs[:leg] for step in steps)


class ResponseStore:
    """What the engine has stored, as responses and conversations show it."""

    def __init__(self, engine: op.OperationHandler) -> None:
        self._engine = engine

    async def run(self, ref: ResponseRef) -> Run:
        """Return the run of a response.

        Raises:
            NotFound: There is none, or the response was deleted.
        """
        try:
            asked = RunParams(thread_id=ref.thread_id, run_id=ref.run_id)
            run = cast(Run, await self._engine.call(op.GET_RUN.name, asked))
        except NotFound as error:
            raise no_response(ref.id) from error
        if (run.metadata or {}).get(DELETED):
            raise no_response(ref.id)
        return run

    async def stored(self, ref: ResponseRef) -> StoredRun:
        """Return the run of a response with its steps and items.

        Raises:
            NotFound: There is none, or the response was deleted.
        """
        run = await self.run(ref)
        steps = await self.steps(run)
        messages = {message.id: message for message in await self._messages_of(run)}
        names = await self.names(items.files_named(messages.values()))
        legs = items.legs_of(steps)
        return StoredRun(run, legs, items.leg_items(run, legs, messages, names))

    async def steps(self, run: Run) -> list[RunStep]:
        """Return all steps of a run, oldest first."""
        asked = ListRunSteps(thread_id=run.thread_id, run_id=run.id, include=[INCLUDE_SEARCH_CONTENT])
        return await every(self._engine, op.LIST_RUN_STEPS, asked, "asc")

    async def messages(self, thread_id: str) -> list[Message]:
        """Return all messages of a thread, oldest first."""
        return await every(self._engine, op.LIST_MESSAGES, ListMessages(thread_id=thread_id), "asc")

    async def runs(self, thread_id: str) -> list[Run]:
        """Return all runs of a thread, oldest first."""
        return await every(self._engine, op.LIST_RUNS, ListRuns(thread_id=thread_id), "asc")

    async def conversation(self, thread_id: str) -> list[JSONObject]:
        """Return all items of a thread, oldest first."""
        messages, runs = await self.messages(thread_id), await self.runs(thread_id)
        steps = {run.id: await self.steps(run) for run in runs}
        names = await self.names(items.files_named(messages))
        return items.conversation_items(messages, runs, steps, names)

    async def names(self, file_ids: Iterable[str]) -> dict[str, str]:
        """Return the names of files by id; a file that was deleted has none."""
        found: dict[str, str] = {}
        for file_id in file_ids:
            with suppress(NotFound):
                file = cast(File, await self._engine.call(op.GET_FILE.name, FileParams(file_id=file_id)))
                found[file_id] = file.filename
        return found

    async def _messages_of(self, run: Run) -> list[Message]:
        return await every(
            self._engine, op.LIST_MESSAGES, ListMessages(thread_id=run.thread_id, run_id=run.id), "asc"
        )
