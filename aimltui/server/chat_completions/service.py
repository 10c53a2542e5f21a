"""Answers chat completions with runs of saved assistants."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import replace
from secrets import token_hex
from typing import cast

from aimltui.common.dataclass import dataclass
from aimltui.common.unstored import unstored
from aimltui.server.assistant_models import find_assistant
from aimltui.server.chat_completions.answer import ChatAnswer
from aimltui.server.chat_completions.request import ChatRequest
from aimltui.server.inline_files import InlineFiles, Keeper, with_ids
from aimltui.wire import operations as op
from aimltui.wire.assistants import Assistant
from aimltui.wire.base import JSONObject, Page, Params
from aimltui.wire.errors import APIError, BadRequest
from aimltui.wire.events import StreamEvent
from aimltui.wire.imports import ImportedThread, ImportThread
from aimltui.wire.messages import CreateMessage
from aimltui.wire.parsing import validated
from aimltui.wire.runs import REQUIRES_ACTION, CreateRun, ListRuns, Run, RunParams, SubmitToolOutputs
from aimltui.wire.threads import ThreadParams

DONE = b"data: [DONE]\n\n"
MOST_WAITING = 1000
"""Runs without a thread of the caller that may wait for function outputs; the oldest is given up first."""


@dataclass(frozen=True, slots=True)
class _Place:
    """The thread of an answer, and whether it is the caller's."""

    thread_id: str
    is_kept: bool


_Waiting = tuple[str, str, frozenset[str]]
"""The model, a digest of what the user said, and the calls: many models use the ids of calls again and again."""


class ChatCompletions:
    """Runs assistants for requests of the Chat Completions API.

    A request without `metadata.thread_id` runs on a thread of its messages, which is deleted after the answer. If the
    answer is function calls, the run waits for the request that brings their outputs.
    """

    def __init__(self, engine: Keeper) -> None:
        self._engine = engine
        self._waiting: dict[_Waiting, Run] = {}
        """The runs that wait for function outputs, the oldest first; their threads are not the caller's."""
        self._files = InlineFiles(engine)
        self._temporary: set[str] = set()
        """The threads that were made for requests, as long as they exist."""

    async def answer(self, request: ChatRequest) -> JSONObject:
        """Return the whole answer.

        Raises:
            APIError: The request was refused, or the run failed.
        """
        answer = ChatAnswer(request.model)
        async with aclosing(self._events(request, answer)) as found:
            async for event in found:
                answer.add(event)
        return answer.whole()

    async def stream(self, request: ChatRequest) -> AsyncGenerator[bytes, None]:
        """Yield the server-sent events of the answer.

        Raises:
            APIError: The request was refused, or the run failed.
        """
        answer, has_begun = ChatAnswer(request.model), False
        async with aclosing(self._events(request, answer)) as found:
            async for event in found:
                part = answer.add(event)
                if not has_begun and answer.run is not None:
                    has_begun = True
                    yield _frame(answer.first_chunk())
                # text that was sent cannot be taken back
                if part is not None and not part.withdrawn:
                    yield _frame(answer.chunk(part))
        yield _frame(answer.last_chunk())
        if request.include_usage:
            yield _frame(answer.usage_chunk())
        yield DONE

    async def _events(self, request: ChatRequest, answer: ChatAnswer) -> AsyncGenerator[StreamEvent, None]:
        """Yield the events of the run; stop it if nobody wants them any longer, and delete a thread made for it."""
        assistant = await find_assistant(self._engine, request.model)
        await self._give_up_old()
        owner = object()
        is_unstored = not request.thread_id
        with unstored(is_unstored):
            request = await self._with_stored_files(request, owner)
        try:
            with unstored(is_unstored):
                place, operation, params = await self._begin(request, assistant)
        except BaseException:
            await asyncio.shield(self._files.release(owner))
            raise
        if place.is_kept:
            self._files.give(owner)
        else:
            self._files.give(owner, place.thread_id)
        try:
            async with aclosing(self._engine.stream(operation.name, params)) as found:
                async for event in found:
                    yield event
        finally:
            # shielded: a client that is gone cancels this task
            await asyncio.shield(self._end(request, place, answer.run))

    async def _with_stored_files(self, request: ChatRequest, owner: object) -> ChatRequest:
        if not request.files:
            return request
        ids = await self._files.store(request.files, owner)
        return replace(request, said=with_ids(request.said, ids), new=with_ids(request.new, ids))

    async def _begin(
        self, request: ChatRequest, assistant: Assistant
    ) -> tuple[_Place, op.Operation[Params, Run], Params]:
        waiting = await self._waiting_run(request)
        if waiting is not None:
            outputs = [{"tool_call_id": id_, "output": text} for id_, text in request.outputs.items()]
            ids = {"thread_id": waiting.thread_id, "run_id": waiting.id}
            params: Params = validated(SubmitToolOutputs, {**ids, "tool_outputs": outputs})
            place = _Place(waiting.thread_id, bool(request.thread_id))
            return place, cast("op.Operation[Params, Run]", op.SUBMIT_TOOL_OUTPUTS), params
        fields: JSONObject = {
            **request.settings,
            "thread_id": request.thread_id or "thread_",
            "assistant_id": assistant.id,
            "additional_instructions": request.instructions or None,
        }
        validated(CreateRun, fields)
        if request.thread_id:
            for message in request.new:
                said = CreateMessage(
                    thread_id=request.thread_id,
                    role=message.role,
                    content=message.content,
                    attachments=message.attachments,
                )
                await self._engine.call(op.CREATE_MESSAGE.name, said)
        else:
            fields["thread_id"] = await self._new_thread(request)
            self._temporary.add(fields["thread_id"])
        place = _Place(fields["thread_id"], bool(request.thread_id))
        return place, cast("op.Operation[Params, Run]", op.CREATE_RUN), validated(CreateRun, fields)

    async def _new_thread(self, request: ChatRequest) -> str:
        if not request.said:
            raise BadRequest("'messages' has no user message.", param="messages")
        name = token_hex(8)
        made = ImportThread(
            origin=f"chat.completions:{name}",
            digest=name,
            messages=request.said,
            created_at=int(time.time()),
            tells_calls=True,
        )
        return cast(ImportedThread, await self._engine.call(op.IMPORT_THREAD.name, made)).thread.id

    async def _waiting_run(self, request: ChatRequest) -> Run | None:
        """Return the run that waits for the outputs at the end of the request, if there is one."""
        calls = frozenset(request.outputs)
        if not calls:
            return None
        if not request.thread_id:
            return self._waiting.pop(_waiting(request, calls), None)
        asked = ListRuns(thread_id=request.thread_id, limit=1)
        newest = cast(Page[Run], await self._engine.call(op.LIST_RUNS.name, asked)).data
        if newest and newest[0].status == REQUIRES_ACTION and _calls_of(newest[0]) == calls:
            return newest[0]
        raise BadRequest(
            "The thread has no run that waits for these function outputs; it may have expired.",
            param="messages",
        )

    async def _end(self, request: ChatRequest, place: _Place, run: Run | None) -> None:
        if run is not None and run.status == REQUIRES_ACTION:
            if not place.is_kept:
                key = _waiting(request, _calls_of(run))
                older = self._waiting.pop(key, None)
                self._waiting[key] = run
                if older is not None:
                    await self._delete(older.thread_id)
            return
        if not place.is_kept:
            # this also stops its run
            await self._delete(place.thread_id)
        elif run is not None and run.is_active:
            with suppress(APIError):
                await self._engine.call(op.CANCEL_RUN.name, RunParams(thread_id=run.thread_id, run_id=run.id))

    async def _give_up_old(self) -> None:
        now = time.time()
        for key, run in list(self._waiting.items()):
            if len(self._waiting) < MOST_WAITING and (run.expires_at or now) >= now:
                return
            if self._waiting.get(key) is not run:
                # another request has taken it
                continue
            del self._waiting[key]
            await self._delete(run.thread_id)

    async def aclose(self) -> None:
        """Delete the threads that were made for requests; this stops their runs."""
        self._waiting.clear()
        for thread_id in list(self._temporary):
            await self._delete(thread_id)

    async def _delete(self, thread_id: str) -> None:
        self._temporary.discard(thread_id)
        with suppress(APIError):
            await self._engine.call(op.DELETE_THREAD.name, ThreadParams(thread_id=thread_id))
        await self._files.release(thread_id)


def error_frame(error: APIError) -> bytes:
    """Return the event that tells of an error after the answer began."""
    return _frame(error.to_json())


def _waiting(request: ChatRequest, calls: frozenset[str]) -> _Waiting:
    digest = hashlib.sha256()
    for message in request.said:
        if message.role == "user":
            digest.update(message.model_dump_json().encode())
    return request.model, digest.hexdigest(), calls


def _calls_of(run: Run) -> frozenset[str]:
    action = run.required_action
    return frozenset(call.id for call in action.submit_tool_outputs.tool_calls) if action else frozenset()


def _frame(value: JSONObject) -> bytes:
    return f"data: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n\n".encode(
        "utf-8", "replace"
    )
