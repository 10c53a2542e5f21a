"""Answers requests of the Responses API with runs."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from typing import Any, cast

from aimltui.common.unstored import unstored
from aimltui.server.inline_files import InlineFiles, Keeper
from aimltui.server.responses.compaction import compacted, request_for
from aimltui.server.responses.conversations import Conversations, listed
from aimltui.server.responses.event_log import ResponseLogs
from aimltui.server.responses.ids import ResponseRef, no_previous, parse_response, thread_of_item
from aimltui.server.responses.items import function_calls, message_item, output_item
from aimltui.server.responses.request import ResponseRequest, items_of, parse
from aimltui.server.responses.run_start import RunStart, RunStarter
from aimltui.server.responses.snapshot import response_json
from aimltui.server.responses.store import DELETED, ResponseStore
from aimltui.server.responses.turns import ResponseTurns
from aimltui.server.responses.writer import ResponseWriter
from aimltui.wire import operations as op
from aimltui.wire.assistants import RESPONSES
from aimltui.wire.base import JSONObject
from aimltui.wire.errors import APIError
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import MessageDelta
from aimltui.wire.runs import (
    REQUIRES_ACTION,
    ModifyRun,
    Run,
    RunEventsParams,
    RunParams,
)
from aimltui.wire.threads import Thread, ThreadParams


class Responses:
    """The responses of an engine: each is a run, or the part of one after function outputs were submitted."""

    def __init__(self, engine: Keeper) -> None:
        self._engine = engine
        self._store = ResponseStore(engine)
        self._files = InlineFiles(engine)
        self.conversations = Conversations(engine, self._store, self._files)
        self._starter = RunStarter(engine, self._store, self.conversations, self._delete_thread)
        self._logs = ResponseLogs()
        self._temporary: set[str] = set()
        """The threads of responses that are not stored, as long as they exist."""

    async def create(self, body: JSONObject) -> JSONObject:
        """Return the response to a request, complete unless it runs in the background.

        Raises:
            APIError: The request was refused.
        """
        start = await self._start(await self._parse(body), None)
        if start.is_background:
            run = cast(Run, await self._engine.call(start.operation.name, start.params))
            return response_json(start.ref or ResponseRef(run.thread_id, run.id), run, [], None)
        async with aclosing(self._answer(start)) as found:
            writer = [one async for one, _ in found][-1]
        return writer.snapshot()

    async def stream(self, body: JSONObject) -> AsyncGenerator[bytes, None]:
        """Yield the server-sent events of the response to a request.

        Raises:
            APIError: The request was refused.
        """
        start = await self._start(await self._parse(body), None)
        if start.is_background:
            async with aclosing(self._stream_in_background(start)) as events:
                async for event in events:
                    yield _frame(event)
            return
        async with aclosing(self._events(start)) as found:
            async for event in found:
                yield _frame(event)

    async def compact(self, body: JSONObject) -> JSONObject:
        """Return a conversation as one item, its summary, which begins the next conversation.

        Raises:
            APIError: The request was refused, or the model gave no summary.
        """
        return compacted(await self.create(request_for(body, items_of(body.get("input")))))

    def turns(self) -> ResponseTurns:
        """Return the turns of one connection, on which a response that is not stored can be continued."""
        return ResponseTurns(self._turn, self._temporary.__contains__, self._delete_thread)

    async def _turn(self, body: JSONObject, held: str | None) -> AsyncGenerator[JSONObject, None]:
        """Yield the events of a response whose thread stays until it is deleted.

        Args:
            body: The request.
            held: The thread of the response before, if that is not stored.

        Raises:
            APIError: The request was refused.
        """
        request = await self._parse(body)
        start = await self._start(request, held)
        if start.thread_id == held and request.is_stored:
            self._temporary.discard(held)
        is_stored = start.is_stored and start.thread_id not in self._temporary
        start = replace(start, is_held=True, is_stored=is_stored)
        async with aclosing(self._events(start)) as found:
            async for event in found:
                yield event

    async def _start(self, request: ResponseRequest, held: str | None) -> RunStart:
        previous = thread_of_item(request.previous)
        if previous in self._temporary and previous != held:
            # not stored: only the connection that it was made on can continue it
            raise no_previous(request.previous)
        owner = object()
        # what is said in a conversation stays there
        is_unstored = not request.is_stored and not request.conversation
        with unstored(is_unstored):
            ids = await self._files.store(request.input.files, owner)
        try:
            with unstored(is_unstored):
                start = await self._starter.start(replace(request, input=request.input.with_ids(ids)))
        except BaseException:
            await asyncio.shield(self._files.release(owner))
            raise
        if start.is_temporary:
            self._files.give(owner, start.thread_id)
            # a copy of the thread before has its files, too
            self._files.share(previous or owner, start.thread_id)
        else:
            if start.thread_id in self._temporary and request.is_stored:
                await self._files.keep(start.thread_id)
            self._files.give(owner)
            self._files.give(start.thread_id)
        return start

    async def _stream_in_background(self, start: RunStart) -> AsyncGenerator[JSONObject, None]:
        """Yield the events of a response that goes on without this client, which may come back for the rest."""
        if start.ref is not None:
            log = self._logs.start(start.ref.id, self._events(start))
        else:
            run = cast(Run, await self._engine.call(start.operation.name, start.params))
            ref = ResponseRef(run.thread_id, run.id)
            log = self._logs.start(ref.id, self._read(ref, ResponseWriter(ref, start.thoughts)))
        async with aclosing(log.follow(-1)) as events:
            async for event in events:
                yield event

    async def get(self, response_id: str) -> JSONObject:
        """Return a response as it is now.

        Raises:
            NotFound: It does not exist, or was deleted.
        """
        ref = parse_response(response_id)
        return (await self._store.stored(ref)).response(ref)

    async def follow(self, response_id: str, after: str | None) -> AsyncGenerator[bytes, None]:
        """Yield the events of a stored response, from the one after a sequence number on.

        Raises:
            NotFound: It does not exist, or was deleted.
        """
        ref = parse_response(response_id)
        stored = await self._store.stored(ref)
        response = stored.response(ref)
        least = int(after) if after is not None and re.fullmatch("[0-9]{1,18}", after) else -1
        writer = ResponseWriter(ref, stored.thoughts_before(ref.leg))
        log = self._logs.get(ref.id)
        if log is None and response["status"] in ("queued", "in_progress"):
            log = self._logs.start(ref.id, self._read(ref, writer))
        if log is not None:
            async with aclosing(log.follow(least)) as events:
                async for event in events:
                    yield _frame(event)
            return
        for event in writer.replay(stored.run, response["output"], response, least):
            yield _frame(event)

    async def _events(self, start: RunStart) -> AsyncGenerator[JSONObject, None]:
        async with aclosing(self._answer(start)) as found:
            async for _, event in found:
                yield event

    async def _read(self, ref: ResponseRef, writer: ResponseWriter) -> AsyncGenerator[JSONObject, None]:
        """Yield the events of a response whose run goes on by itself."""
        asked = RunEventsParams(thread_id=ref.thread_id, run_id=ref.run_id)
        async with aclosing(self._engine.stream(op.RUN_EVENTS.name, asked)) as source:
            earlier = ref.leg
            async for event in source:
                if earlier:
                    # a response ends where the run waits for outputs, and the next one begins
                    earlier -= event.event == f"thread.run.{REQUIRES_ACTION}"
                    continue
                for sent in await self._events_of(event, writer):
                    yield sent
                if writer.is_over:
                    break
        for sent in await self._last_events(writer):
            yield sent

    async def cancel(self, response_id: str) -> JSONObject:
        """Stop a response, and return it.

        Raises:
            APIError: It does not exist, or is over.
        """
        ref = parse_response(response_id)
        run = await self._store.run(ref)
        if not run.is_terminal:
            asked = RunParams(thread_id=ref.thread_id, run_id=ref.run_id)
            await self._engine.call(op.CANCEL_RUN.name, asked)
            await self._ended(ref)
        return await self.get(response_id)

    async def _ended(self, ref: ResponseRef) -> None:
        asked = RunEventsParams(thread_id=ref.thread_id, run_id=ref.run_id)
        async with aclosing(self._engine.stream(op.RUN_EVENTS.name, asked)) as source:
            async for event in source:
                if isinstance(event.data, Run) and event.data.is_terminal:
                    return

    async def delete(self, response_id: str) -> JSONObject:
        """Delete a response; its thread goes with the last one, unless it is a conversation.

        Raises:
            NotFound: It does not exist, or was deleted.
        """
        ref = parse_response(response_id)
        await self._store.run(ref)
        self._logs.forget(ref.id)
        runs = await self._store.runs(ref.thread_id)
        left = [run for run in runs if run.id != ref.run_id and not (run.metadata or {}).get(DELETED)]
        thread = cast(
            Thread, await self._engine.call(op.GET_THREAD.name, ThreadParams(thread_id=ref.thread_id))
        )
        if not left and (thread.metadata or {}).get(RESPONSES):
            await self._delete_thread(ref.thread_id)
        else:
            mark = ModifyRun(thread_id=ref.thread_id, run_id=ref.run_id, metadata={DELETED: "true"})
            await self._engine.call(op.MODIFY_RUN.name, mark)
        return {"id": response_id, "object": "response", "deleted": True}

    async def input_items(self, response_id: str, query: Mapping[str, str]) -> JSONObject:
        """Return a page of what was said before a response, since the one before it.

        Raises:
            NotFound: It does not exist, or was deleted.
        """
        ref = parse_response(response_id)
        stored = await self._store.stored(ref)
        if ref.leg:
            if ref.leg >= len(stored.legs):
                stored.response(ref)
            step = stored.legs[ref.leg - 1][-1]
            return listed([output_item(step, call) for call in function_calls(step)], query)
        said: list[Any] = []
        for message in await self._store.messages(ref.thread_id):
            if message.run_id == ref.run_id:
                break
            said = [*said, message] if message.run_id is None else []
        return listed([message_item(message, {}) for message in said], query)

    async def _parse(self, body: JSONObject) -> ResponseRequest:
        wanted = [item.get("id") for item in items_of(body.get("input")) if _is_reference(item)]
        known: dict[str, JSONObject] = {}
        for thread_id in {thread_of_item(str(id_)) for id_ in wanted} - {None}:
            with suppress(APIError):
                known |= {item["id"]: item for item in await self._store.conversation(str(thread_id))}
        return parse(body, known.get)

    async def _answer(self, start: RunStart) -> AsyncGenerator[tuple[ResponseWriter, JSONObject], None]:
        """Yield the events of a response; stop the run if nobody wants them any longer."""
        writer: ResponseWriter | None = None
        if start.is_temporary:
            self._temporary.add(start.thread_id)
        try:
            async with aclosing(self._engine.stream(start.operation.name, start.params)) as source:
                async for event in source:
                    if writer is None:
                        if not isinstance(event.data, Run):
                            continue
                        ref = start.ref or ResponseRef(event.data.thread_id, event.data.id)
                        writer = ResponseWriter(ref, start.thoughts, is_stored=start.is_stored)
                    for sent in await self._events_of(event, writer):
                        yield writer, sent
                    if writer.is_over:
                        break
            if writer is not None:
                for sent in await self._last_events(writer):
                    yield writer, sent
        finally:
            # shielded: a client that is gone cancels this task
            await asyncio.shield(self._end(start, writer))

    async def _events_of(self, event: StreamEvent, writer: ResponseWriter) -> list[JSONObject]:
        await self._learn_names(event, writer)
        return writer.add(event)

    async def _last_events(self, writer: ResponseWriter) -> list[JSONObject]:
        made, run = list[JSONObject](), writer.run
        if run is None:
            return made
        if run.status == REQUIRES_ACTION:
            # the step with the calls ends only when their outputs are submitted
            for step in (await self._store.steps(run))[-1:]:
                made += writer.end_step(step)
        return made + writer.end()

    async def _learn_names(self, event: StreamEvent, writer: ResponseWriter) -> None:
        if isinstance(event.data, MessageDelta):
            found = {
                str(one["file_citation"]["file_id"])  # type: ignore[index]  # the engine's own annotation
                for content in event.data.delta.content or ()
                for one in (content.text.annotations or () if content.text is not None else ())
                if one.get("type") == "file_citation"
            }
            writer.names |= await self._store.names(found - writer.names.keys())

    async def _end(self, start: RunStart, writer: ResponseWriter | None) -> None:
        run = writer.run if writer is not None else None
        if start.is_temporary and start.is_held and writer is not None and writer.is_over:
            return
        if start.is_temporary:
            # this also stops its run
            await self._delete_thread(start.thread_id)
        elif run is not None and writer is not None and not writer.is_over and not start.is_background:
            with suppress(APIError):
                asked = RunParams(thread_id=run.thread_id, run_id=run.id)
                await self._engine.call(op.CANCEL_RUN.name, asked)

    async def aclose(self) -> None:
        """Delete the threads of responses that are not stored; this stops their runs."""
        await self._logs.aclose()
        for thread_id in list(self._temporary):
            await self._delete_thread(thread_id)

    async def _delete_thread(self, thread_id: str) -> None:
        self._temporary.discard(thread_id)
        with suppress(APIError):
            await self._engine.call(op.DELETE_THREAD.name, ThreadParams(thread_id=thread_id))
        await self._files.release(thread_id)


def response_error_frame(error: APIError) -> bytes:
    """Return the event that tells of an error after the response began."""
    fields = {"code": error.code, "message": error.message, "param": error.param, "sequence_number": 0}
    return _frame({"type": "error", **fields})


def _is_reference(item: JSONObject) -> bool:
    return item.get("type") == "item_reference" or (
        "id" in item and not item.get("type") and "role" not in item
    )


def _frame(event: JSONObject) -> bytes:
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"event: {event['type']}\ndata: {text}\n\n".encode("utf-8", "replace")
