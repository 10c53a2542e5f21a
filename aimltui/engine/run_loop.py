"""One run from queued to its end: ask the model, hand out its calls, ask again."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from aimltui.engine import context
from aimltui.engine.journal import Journal
from aimltui.engine.models.base import ChatModel, ChatRequest, ModelError
from aimltui.engine.options import EngineOptions
from aimltui.engine.run_state import Outcome
from aimltui.engine.store import window
from aimltui.engine.store.database import Connection, Database
from aimltui.engine.store.ledger import Call, Ledger
from aimltui.engine.tokens import estimate, estimate_message
from aimltui.engine.tools.registry import ToolRegistry
from aimltui.engine.turn import TurnWriter
from aimltui.engine.unicode import clean
from aimltui.engine.usage import usage_of
from aimltui.wire import events
from aimltui.wire.base import JSONObject
from aimltui.wire.events import Notice, StreamEvent
from aimltui.wire.runs import COMPLETED, FAILED, IN_PROGRESS, INCOMPLETE, LastError, Run, Usage
from aimltui.wire.tools import NamedToolChoice, ResponseFormatObject

_RESERVE = 4
"""The part of the context window that is left to the answer where nobody says how long it may be: a quarter."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """What every run of an engine has at hand."""

    database: Database
    options: EngineOptions
    tools: ToolRegistry
    resolve: Callable[[str], ChatModel]
    context_tokens: Callable[[str], int]


@dataclass(frozen=True, slots=True)
class End:
    """How a leg of a run ends; None for the outcome means that the run waits for tool outputs."""

    outcome: Outcome | None
    usage: Usage | None = None
    """Of the turn whose step is still open."""


def failure(message: str, *, code: str = "server_error", remedy: str | None = None) -> Outcome:
    """A failed run, with sentences."""
    return Outcome(FAILED, LastError(code=code, message=message, remedy=remedy))


def model_failure(error: ModelError) -> Outcome:
    """A failed run whose model turn failed."""
    return Outcome(
        FAILED,
        LastError(
            code=error.code,
            message=clean(error.message),
            remedy=clean(error.remedy) or None,
            request_id=error.request_id,
            status=error.status,
        ),
    )


class RunLoop:
    """Plays one leg of a run: from `queued` to its end, or to where it waits for the caller."""

    def __init__(self, place: Workplace, journal: Journal) -> None:
        self._place = place
        self._journal = journal
        self._notice_open = False

    async def play(self) -> End:
        """Play.

        Raises:
            ModelError: The model failed for good.
            EngineError: The store did, or the run is not there any more.
        """
        run, private = await self._journal.commit(_begin)
        missing = self._place.tools.missing(run.tools)
        if missing:
            return End(_no_such_tool(missing))
        model = self._place.resolve(run.model)
        while True:
            if private.get("turns", 0) >= self._place.options.max_turns:
                return End(
                    failure(
                        f"The run was stopped after {private['turns']} turns of the model: a loop of tool calls."
                    )
                )
            request = await self._request(run, private)
            if isinstance(request, Outcome):
                return End(request)
            writer = await self._turn(model, request, private.get("turns", 0))
            end, private = await self._conclude_turn(run, request, writer, first=private.get("turns", 0) == 0)
            if end is not None:
                return end

    def clear_notice(self) -> None:
        """Take back the remark that something is tried again."""
        if self._notice_open:
            self._notice_open = False
            self._journal.remark(
                StreamEvent(events.NOTICE, Notice(run_id=self._journal.run_id, kind="cleared"))
            )

    async def _turn(self, model: ChatModel, request: ChatRequest, turn: int) -> TurnWriter:
        """One model turn, tried again while nothing of it was seen."""
        tried = 0
        while True:
            tried += 1
            writer = TurnWriter(self._journal, self._place.options.new_id, turn)
            try:
                async with aclosing(model.stream(request)) as chunks:
                    async for chunk in chunks:
                        self.clear_notice()
                        await writer.take(chunk)
                return writer
            except ModelError as error:
                if writer.visible or not error.retryable or tried >= self._place.options.retry.tries:
                    raise
                await self._wait(error, tried)

    async def _wait(self, error: ModelError, tried: int) -> None:
        retry = self._place.options.retry
        delay = retry.delay_s(tried, error.retry_after_s)
        seconds = math.ceil(delay)
        text = f"{clean(error.message).rstrip('. ')}. Trying again in {seconds} s ({tried + 1}/{retry.tries})"
        until = self._place.options.clock() + delay
        self._notice_open = True
        self._journal.remark(
            StreamEvent(
                events.NOTICE, Notice(run_id=self._journal.run_id, kind="retry", text=text, until=until)
            )
        )
        await asyncio.sleep(delay)

    async def _request(self, run: Run, private: JSONObject) -> ChatRequest | Outcome:
        """The next turn's request, or the run's end if a token limit is used up."""
        left_prompt, left_completion = _left(run, private)
        if left_completion is not None and left_completion <= 0:
            return Outcome(INCOMPLETE, reason="max_completion_tokens")
        if left_prompt is not None and left_prompt <= 0:
            return Outcome(INCOMPLETE, reason="max_prompt_tokens")
        size = self._place.context_tokens(run.model)
        budget = size - min(left_completion or size // _RESERVE, size // 2)
        if left_prompt is not None:
            budget = min(budget, left_prompt)
        told = await self._place.database.read(lambda conn: _window(conn, run, budget))
        if left_prompt is not None and told.tokens > left_prompt:
            return Outcome(INCOMPLETE, reason="max_prompt_tokens")
        choice = run.tool_choice if private.get("turns", 0) == 0 or run.tool_choice == "none" else "auto"
        tools = [] if choice == "none" else self._place.tools.definitions(run.tools)
        sampling = private.get("sampling", {})
        return ChatRequest(
            model=run.model,
            messages=told.messages,
            tools=tools,
            tool_choice=_tool_choice(choice) if tools else None,
            parallel_tool_calls=False if tools and not run.parallel_tool_calls else None,
            temperature=sampling.get("temperature"),
            top_p=sampling.get("top_p"),
            max_tokens=left_completion,
            response_format=_response_format(run.response_format),
            reasoning_effort=run.reasoning_effort,
        )

    async def _conclude_turn(
        self, run: Run, request: ChatRequest, writer: TurnWriter, *, first: bool
    ) -> tuple[End | None, JSONObject]:
        """Write the turn's end; the run's, if this was its last turn."""
        await writer.close_calls()
        self._journal.draft = None
        usage = usage_of(writer.usage)
        prompt, completion = await asyncio.to_thread(_spent, usage, request, writer)
        calls = writer.calls
        known = self._place.tools.functions(run.tools)
        answered = [call if call.name in known else _unknown_function(call, known) for call in calls]
        pending = [call for call in answered if call.output is None]
        end = _end_of(writer, usage, first=first)

        def write(ledger: Ledger) -> JSONObject:
            ledger.count_turn(usage, prompt, completion)
            if calls and writer.tool_step_id is not None:
                ledger.set_calls(writer.tool_step_id, answered, usage)
                if end is None and pending:
                    ledger.wait_for_outputs(pending)
                elif end is None:
                    ledger.finish_tools({})
            return ledger.private

        private = await self._journal.commit(write)
        return (End(None) if end is None and pending else end), private


def _begin(ledger: Ledger) -> tuple[Run, JSONObject]:
    ledger.move(IN_PROGRESS)
    return ledger.run, ledger.private


def _window(conn: Connection, run: Run, budget: int) -> context.Window:
    strategy = run.truncation_strategy
    last = strategy.last_messages if strategy is not None and strategy.type == "last_messages" else None
    items = window.load(conn, run.thread_id, run.id, budget, last)
    return context.build(items, instructions=run.instructions, budget=budget, last_messages=last)


def _end_of(writer: TurnWriter, usage: Usage | None, *, first: bool) -> End | None:
    """How the run ends after this turn; None if it goes on with the turn's calls."""
    reason = writer.finish_reason
    if reason == "length":
        return End(Outcome(INCOMPLETE, reason="max_completion_tokens"), usage)
    if reason == "content_filter":
        if not writer.visible:
            return End(
                failure(
                    "The provider's content filter stopped the answer before it began.",
                    code="invalid_prompt",
                    remedy="Say it in other words, or choose another model.",
                )
            )
        return End(Outcome(INCOMPLETE, message_reason="content_filter"), usage)
    if writer.calls:
        return None
    if not writer.visible and first:
        if writer.thought:
            told = "The model thought about it and then answered nothing."
            return End(
                failure(told, remedy="Try again, allow more completion tokens, or choose another model.")
            )
        return End(failure("The model answered nothing.", remedy="Try again, or choose another model."))
    return End(Outcome(COMPLETED), usage)


def _spent(usage: Usage | None, request: ChatRequest, writer: TurnWriter) -> tuple[int, int]:
    """Prompt and completion tokens to hold against the run's limits."""
    if usage is not None:
        return usage.prompt_tokens, usage.completion_tokens
    prompt = sum(estimate_message(message) for message in request.messages)
    return prompt, writer.characters // 4 + sum(estimate(call.name) for call in writer.calls)


def _left(run: Run, private: Mapping[str, Any]) -> tuple[int | None, int | None]:
    prompt, completion = run.max_prompt_tokens, run.max_completion_tokens
    return (
        None if prompt is None else prompt - private.get("spent_prompt", 0),
        None if completion is None else completion - private.get("spent_completion", 0),
    )


def _tool_choice(choice: object) -> str | Mapping[str, Any] | None:
    if isinstance(choice, NamedToolChoice):
        name = choice.function.name if choice.function is not None else choice.type
        return {"type": "function", "function": {"name": name}}
    return choice if isinstance(choice, str) and choice != "auto" else None


def _response_format(given: object) -> Mapping[str, Any] | None:
    if isinstance(given, ResponseFormatObject) and given.type != "text":
        return given.to_json()
    return None


def _unknown_function(call: Call, known: frozenset[str]) -> Call:
    names = ", ".join(sorted(known)) or "none at all"
    output = json.dumps({"error": f"There is no function named {call.name!r}. There are: {names}."})
    return Call(call.id, call.name, call.arguments, call.extra, output)


def _no_such_tool(missing: Sequence[str]) -> Outcome:
    names = " and ".join(missing)
    return failure(
        f"This engine cannot carry out the tool {names} that the assistant has.",
        remedy="Take it off the assistant, or give the run other tools.",
    )
