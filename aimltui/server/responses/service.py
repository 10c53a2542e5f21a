"""Answers requests of the Responses API with runs."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from secrets import token_hex
from typing import Any, Final, cast

from aimltui.server.assistant_models import PREFIX, every_assistant, find_assistant
from aimltui.server.responses.conversations import Conversations, listed
from aimltui.server.responses.ids import ResponseRef, parse_response, thread_of, thread_of_item
from aimltui.server.responses.items import function_calls, message_item, output_item
from aimltui.server.responses.request import ResponseRequest, items_of, parse
from aimltui.server.responses.snapshot import own_metadata, response_json
from aimltui.server.responses.store import DELETED, ResponseStore
from aimltui.server.responses.writer import ResponseWriter
from aimltui.wire import operations as op
from aimltui.wire.assistants import Assistant, CreateAssistant
from aimltui.wire.base import JSONObject, Params
from aimltui.wire.branches import CopyThread
from aimltui.wire.errors import APIError, BadRequest
from aimltui.wire.events import StreamEvent
from aimltui.wire.imports import ImportedThread, ImportThread
from aimltui.wire.messages import CreateMessage, MessageDelta
from aimltui.wire.parsing import validated
from aimltui.wire.runs import (
    REQUIRES_ACTION,
    CreateRun,
    ModifyRun,
    Run,
    RunEventsParams,
    RunParams,
    SubmitToolOutputs,
)
from aimltui.wire.threads import CreateThread, ModifyThread, Thread, ThreadParams
from aimltui.wire.tools import CodeInterpreterResources, FileSearchResources, ToolResources

PLAIN: Final = "aimltui.responses"
"""Metadata key of the assistant that runs requests whose model is no assistant."""
PLAIN_NAME: Final = "Responses"


@dataclass(frozen=True, slots=True)
class _Start:
    """A run that is about to start, or to go on."""

    ref: ResponseRef | None
    """The response, if the run exists."""
    thread_id: str
    operation: op.Operation[Any, Run]
    params: Params
    thoughts: int = 0
    is_stored: bool = True
    is_background: bool = False
    is_temporary: bool = False
    """Whether the thread was made for this response alone, which is not stored."""


class Responses:
    """The responses of an engine: each is a run, or the part of one after function outputs were submitted."""

    def __init__(self, engine: op.OperationHandler) -> None:
        self._engine = engine
        self._store = ResponseStore(engine)
        self.conversations = Conversations(engine, self._store)
        self._temporary: set[str] = set()
        """The threads of responses that are not stored, as long as they exist."""

    async def create(self, body: JSONObject) -> JSONObject:
        """Return the response to a request, complete unless it runs in the background.

        Raises:
            APIError: The request was refused.
        """
        start = await self._start(await self._parse(body))
        if start.is_background:
            run = cast(Run, await self._engine.call(start.operation.name, start.params))
            return response_json(start.ref or ResponseRef(run.thread_id, run.id), run, [], None)
        async with aclosing(self._written(start)) as found:
            writer = [one async for one, _ in found][-1]
        return {**writer.snapshot(), "store": start.is_stored}

    async def stream(self, body: JSONObject) -> AsyncGenerator[bytes, None]:
        """Yield the server-sent events of the response to a request.

        Raises:
            APIError: The request was refused.
        """
        start = await self._start(await self._parse(body))
        async with aclosing(self._written(start)) as found:
            async for _, event in found:
                yield _frame(event)

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
        if response["status"] in ("queued", "in_progress") and ref.leg == 0:
            asked = RunEventsParams(thread_id=ref.thread_id, run_id=ref.run_id)
            async with aclosing(self._engine.stream(op.RUN_EVENTS.name, asked)) as source:
                async for event in source:
                    for told in await self._told(event, writer):
                        if told["sequence_number"] > least:
                            yield _frame(told)
                    if writer.is_over:
                        break
            for told in await self._last(writer):
                yield _frame(told)
            return
        for told in writer.replay(stored.run, response["output"], response):
            if told["sequence_number"] > least:
                yield _frame(told)

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
        runs = await self._store.runs(ref.thread_id)
        left = [run for run in runs if run.id != ref.run_id and not (run.metadata or {}).get(DELETED)]
        thread = cast(
            Thread, await self._engine.call(op.GET_THREAD.name, ThreadParams(thread_id=ref.thread_id))
        )
        if not left and (thread.metadata or {}).get(PLAIN):
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

    async def _start(self, request: ResponseRequest) -> _Start:
        if request.previous:
            return await self._continued(request)
        if request.conversation:
            thread_id = thread_of(request.conversation)
            await self.conversations.get(request.conversation)
            await self._say(request, thread_id)
            return await self._new_run(request, thread_id)
        return await self._new_run(request, None)

    async def _continued(self, request: ResponseRequest) -> _Start:
        """Return the run that goes on with function outputs, or a new one."""
        ref = parse_response(request.previous)
        stored = await self._store.stored(ref)
        run = stored.run
        newest = (await self._store.runs(ref.thread_id))[-1]
        if run.status == REQUIRES_ACTION and ref.leg == len(stored.legs) - 1:
            return self._submitted(request, run, len(stored.legs), stored.thoughts_before(len(stored.legs)))
        is_last = newest.id == run.id and ref.leg == len(stored.legs) - 1
        if not request.is_stored:
            return await self._beside(request, ref, is_last=is_last)
        thread_id = ref.thread_id if is_last else await self._copied(ref)
        await self._say(request, thread_id)
        return await self._new_run(request, thread_id)

    async def _beside(self, request: ResponseRequest, ref: ResponseRef, *, is_last: bool) -> _Start:
        """Return a run on a copy of the thread, which is deleted with the response."""
        whole = CopyThread(thread_id=ref.thread_id)
        copied = cast(Thread, await self._engine.call(op.COPY_THREAD.name, whole)).id if is_last else ""
        thread_id = copied or await self._copied(ref, is_branch=False)
        try:
            await self._say(request, thread_id)
            return replace(await self._new_run(request, thread_id), is_temporary=True)
        except BaseException:
            await asyncio.shield(self._delete_thread(thread_id))
            raise

    def _submitted(self, request: ResponseRequest, run: Run, leg: int, thoughts: int) -> _Start:
        wanted = run.required_action.submit_tool_outputs.tool_calls if run.required_action else []
        lacking = [call.id for call in wanted if call.id not in request.input.outputs]
        if lacking:
            raise BadRequest(
                f"No tool output found for function call {lacking[0]}.",
                code="missing_tool_output",
                param="input",
            )
        if request.input.new:
            raise BadRequest(
                "The response before waits for the outputs of its functions: send them alone, and new messages with "
                "the next request.",
                param="input",
            )
        outputs = [{"tool_call_id": call.id, "output": request.input.outputs[call.id]} for call in wanted]
        ids = {"thread_id": run.thread_id, "run_id": run.id}
        params = validated(SubmitToolOutputs, {**ids, "tool_outputs": outputs})
        ref = ResponseRef(run.thread_id, run.id, leg)
        return _Start(
            ref, run.thread_id, op.SUBMIT_TOOL_OUTPUTS, params, thoughts, is_background=request.is_background
        )

    async def _copied(self, ref: ResponseRef, *, is_branch: bool = True) -> str:
        """Return a copy of the thread that ends with a response, because others followed it there."""
        messages = await self._store.messages(ref.thread_id)
        last = next((one for one in reversed(messages) if one.run_id == ref.run_id), None)
        if last is None:
            raise BadRequest(
                "The response before has no message, and others followed it: it cannot be continued.",
                param="previous_response_id",
            )
        asked = CopyThread(thread_id=ref.thread_id, through=last.id, branch=is_branch)
        return cast(Thread, await self._engine.call(op.COPY_THREAD.name, asked)).id

    async def _say(self, request: ResponseRequest, thread_id: str) -> None:
        for message in request.input.new:
            fields = {**message.given(), "thread_id": thread_id}
            await self._engine.call(op.CREATE_MESSAGE.name, validated(CreateMessage, fields))

    async def _new_run(self, request: ResponseRequest, thread_id: str | None) -> _Start:
        assistant = await self._assistant(request.model)
        is_plain = bool((assistant.metadata or {}).get(PLAIN))
        told = "\n\n".join(text for text in (request.instructions, *request.input.instructions) if text)
        own = {tool.type for tool in assistant.tools}
        fields: JSONObject = {
            **request.settings,
            "assistant_id": assistant.id,
            "additional_instructions": told or None,
            "more_tools": [
                tool for tool in request.tools if tool["type"] == "function" or tool["type"] not in own
            ]
            or None,
            "metadata": own_metadata(
                request.metadata,
                model=request.model,
                previous=request.previous,
                conversation="true" if request.conversation else "",
                background="true" if request.is_background else "",
            ),
        }
        if is_plain:
            fields["model"] = request.model
        if request.conversation and not request.is_stored:
            # what is said in a conversation stays there, but the response cannot be found
            fields["metadata"][DELETED] = "true"
        # refused before anything is stored
        validated(CreateRun, {**fields, "thread_id": "thread_"})
        is_temporary = thread_id is None and not request.is_stored
        if thread_id is None:
            thread_id = await self._new_thread(request)
        await self._add_resources(request, thread_id)
        params = validated(CreateRun, {**fields, "thread_id": thread_id})
        return _Start(
            None,
            thread_id,
            op.CREATE_RUN,
            params,
            is_stored=request.is_stored,
            is_background=request.is_background,
            is_temporary=is_temporary,
        )

    async def _new_thread(self, request: ResponseRequest) -> str:
        if not request.input.said:
            raise BadRequest("'input' has no message of the user.", param="input")
        mark = {PLAIN: "true"}
        if all(message.role == "user" for message in request.input.said):
            fields = {"messages": [message.given() for message in request.input.new], "metadata": mark}
            made = validated(CreateThread, fields)
            return cast(Thread, await self._engine.call(op.CREATE_THREAD.name, made)).id
        name = token_hex(8)
        imported = ImportThread(
            origin=f"responses:{name}",
            digest=name,
            messages=list(request.input.said),
            created_at=int(time.time()),
            metadata=mark,
            tells_calls=True,
        )
        return cast(ImportedThread, await self._engine.call(op.IMPORT_THREAD.name, imported)).thread.id

    async def _add_resources(self, request: ResponseRequest, thread_id: str) -> None:
        """Give the thread the stores and files that the request's tools name."""
        if not request.store_ids and not request.file_ids:
            return
        asked = ThreadParams(thread_id=thread_id)
        thread = cast(Thread, await self._engine.call(op.GET_THREAD.name, asked))
        resources = thread.tool_resources or ToolResources()
        update: dict[str, Any] = {}
        if request.store_ids:
            update["file_search"] = FileSearchResources(vector_store_ids=request.store_ids[:1])
        if request.file_ids:
            known = resources.code_interpreter.file_ids if resources.code_interpreter else []
            update["code_interpreter"] = CodeInterpreterResources(
                file_ids=[*known, *(id_ for id_ in request.file_ids if id_ not in known)]
            )
        fields = {"thread_id": thread_id, "tool_resources": resources.model_copy(update=update).to_json()}
        await self._engine.call(op.MODIFY_THREAD.name, validated(ModifyThread, fields))

    async def _assistant(self, model: str) -> Assistant:
        """Return the assistant that a model names, or the one that runs plain models."""
        if model.startswith((PREFIX, "asst_")):
            return await find_assistant(self._engine, model)
        assistants = await every_assistant(self._engine)
        known = next((one for one in assistants if (one.metadata or {}).get(PLAIN)), None)
        if known is not None:
            return known
        made = CreateAssistant(
            model=model,
            name=PLAIN_NAME,
            description="Answers requests to /v1/responses that name a model.",
            metadata={PLAIN: "true"},
        )
        return cast(Assistant, await self._engine.call(op.CREATE_ASSISTANT.name, made))

    async def _written(self, start: _Start) -> AsyncGenerator[tuple[ResponseWriter, JSONObject], None]:
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
                        writer = ResponseWriter(ref, start.thoughts)
                    for told in await self._told(event, writer):
                        yield writer, told
                    if writer.is_over:
                        break
            if writer is not None:
                for told in await self._last(writer):
                    yield writer, told
        finally:
            # shielded: a client that is gone cancels this task
            await asyncio.shield(self._end(start, writer))

    async def _told(self, event: StreamEvent, writer: ResponseWriter) -> list[JSONObject]:
        await self._learn_names(event, writer)
        return writer.add(event)

    async def _last(self, writer: ResponseWriter) -> list[JSONObject]:
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

    async def _end(self, start: _Start, writer: ResponseWriter | None) -> None:
        run = writer.run if writer is not None else None
        if start.is_temporary:
            # this also stops its run
            await self._delete_thread(start.thread_id)
        elif run is not None and writer is not None and not writer.is_over and not start.is_background:
            with suppress(APIError):
                asked = RunParams(thread_id=run.thread_id, run_id=run.id)
                await self._engine.call(op.CANCEL_RUN.name, asked)

    async def aclose(self) -> None:
        """Delete the threads of responses that are not stored; this stops their runs."""
        for thread_id in list(self._temporary):
            await self._delete_thread(thread_id)

    async def _delete_thread(self, thread_id: str) -> None:
        self._temporary.discard(thread_id)
        with suppress(APIError):
            await self._engine.call(op.DELETE_THREAD.name, ThreadParams(thread_id=thread_id))


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
