"""RunStarter: finds the run that answers a request of the Responses API, and the thread in which it starts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from secrets import token_hex
from typing import Any, Final, cast

from aimltui.common.dataclass import dataclass
from aimltui.server.assistant_models import PREFIX, every_assistant, find_assistant
from aimltui.server.responses.conversations import Conversations
from aimltui.server.responses.ids import ResponseRef, no_previous, parse_response, thread_of
from aimltui.server.responses.items import function_calls
from aimltui.server.responses.request import ResponseRequest
from aimltui.server.responses.snapshot import own_metadata
from aimltui.server.responses.store import DELETED, ResponseStore, StoredRun
from aimltui.wire import operations as op
from aimltui.wire.assistants import RESPONSES, Assistant, CreateAssistant
from aimltui.wire.base import JSONObject, Params
from aimltui.wire.branches import CopyThread
from aimltui.wire.errors import BadRequest, NotFound
from aimltui.wire.imports import ImportedThread, ImportThread
from aimltui.wire.messages import CreateMessage
from aimltui.wire.parsing import validated
from aimltui.wire.runs import (
    REQUIRES_ACTION,
    CreateRun,
    Run,
    SubmitToolOutputs,
)
from aimltui.wire.threads import CreateThread, ModifyThread, Thread, ThreadParams
from aimltui.wire.tools import CodeInterpreterResources, FileSearchResources, ToolResources

PLAIN_NAME: Final = "Responses"


@dataclass(frozen=True, slots=True)
class RunStart:
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
    is_held: bool = False
    """Whether a temporary thread stays after a complete response, so that another one can continue it."""


class RunStarter:
    """Prepares runs.

    Args:
        engine: Runs them.
        store: The stored responses.
        conversations: The conversations that requests name.
        delete_thread: Deletes a thread.
    """

    def __init__(
        self,
        engine: op.OperationHandler,
        store: ResponseStore,
        conversations: Conversations,
        delete_thread: Callable[[str], Awaitable[None]],
    ) -> None:
        self._engine = engine
        self._store = store
        self._conversations = conversations
        self._delete_thread = delete_thread

    async def start(self, request: ResponseRequest) -> RunStart:
        """Return the run of a request; the thread has the request's messages.

        Raises:
            APIError: The request was refused.
        """
        if request.previous:
            return await self._continued(request)
        if request.conversation:
            thread_id = thread_of(request.conversation)
            await self._conversations.get(request.conversation)
            await self._say(request, thread_id)
            return await self._new_run(request, thread_id)
        return await self._new_run(request, None)

    async def _continued(self, request: ResponseRequest) -> RunStart:
        """Return the run that goes on with function outputs, or a new one."""
        try:
            ref = parse_response(request.previous)
            stored = await self._store.stored(ref)
        except NotFound as error:
            raise no_previous(request.previous) from error
        run = stored.run
        newest = (await self._store.runs(ref.thread_id))[-1]
        if run.status == REQUIRES_ACTION and ref.leg == len(stored.legs) - 1:
            return self._submitted(request, run, len(stored.legs), stored.thoughts_before(len(stored.legs)))
        _check_outputs(request, stored, ref)
        is_last = newest.id == run.id and ref.leg == len(stored.legs) - 1
        if not request.is_stored:
            return await self._beside(request, ref, is_last=is_last)
        thread_id = ref.thread_id if is_last else await self._copied(ref)
        await self._say(request, thread_id)
        return await self._new_run(request, thread_id)

    async def _beside(self, request: ResponseRequest, ref: ResponseRef, *, is_last: bool) -> RunStart:
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

    def _submitted(self, request: ResponseRequest, run: Run, leg: int, thoughts: int) -> RunStart:
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
                "The previous response waits for the outputs of its functions: send them alone, and new messages with "
                "the next request.",
                param="input",
            )
        outputs = [{"tool_call_id": call.id, "output": request.input.outputs[call.id]} for call in wanted]
        ids = {"thread_id": run.thread_id, "run_id": run.id}
        params = validated(SubmitToolOutputs, {**ids, "tool_outputs": outputs})
        ref = ResponseRef(run.thread_id, run.id, leg)
        return RunStart(
            ref, run.thread_id, op.SUBMIT_TOOL_OUTPUTS, params, thoughts, is_background=request.is_background
        )

    async def _copied(self, ref: ResponseRef, *, is_branch: bool = True) -> str:
        """Return a copy of the thread that ends with a response, because others followed it there."""
        messages = await self._store.messages(ref.thread_id)
        last = next((one for one in reversed(messages) if one.run_id == ref.run_id), None)
        if last is None:
            raise BadRequest(
                "The previous response has no message, and others followed it: it cannot be continued.",
                param="previous_response_id",
            )
        asked = CopyThread(thread_id=ref.thread_id, through=last.id, branch=is_branch)
        return cast(Thread, await self._engine.call(op.COPY_THREAD.name, asked)).id

    async def _say(self, request: ResponseRequest, thread_id: str) -> None:
        for message in request.input.new:
            fields = {**message.given(), "thread_id": thread_id}
            await self._engine.call(op.CREATE_MESSAGE.name, validated(CreateMessage, fields))

    async def _new_run(self, request: ResponseRequest, thread_id: str | None) -> RunStart:
        assistant = await self._assistant(request.model)
        is_plain = bool((assistant.metadata or {}).get(RESPONSES))
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
        return RunStart(
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
            raise BadRequest("'input' has no user message.", param="input")
        mark = {RESPONSES: "true"}
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
        known = next((one for one in assistants if (one.metadata or {}).get(RESPONSES)), None)
        if known is not None:
            return known
        made = CreateAssistant(
            model=model,
            name=PLAIN_NAME,
            description="Answers requests to /v1/responses that name a model.",
            metadata={RESPONSES: "true"},
        )
        return cast(Assistant, await self._engine.call(op.CREATE_ASSISTANT.name, made))


def _check_outputs(request: ResponseRequest, stored: StoredRun, ref: ResponseRef) -> None:
    """Check that the outputs of functions belong to calls of the response that is continued.

    Raises:
        BadRequest: One does not.
    """
    leg = stored.legs[ref.leg] if ref.leg < len(stored.legs) else []
    called = {call.id for step in leg for call in function_calls(step)}
    unknown = [id_ for id_ in request.input.lone if id_ not in called]
    if unknown:
        raise BadRequest(
            f"No tool call found for function call output with call_id {unknown[0]}.", param="input"
        )
