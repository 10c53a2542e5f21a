"""Executes one run: calls the model, executes its tool calls, calls it again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from functools import partial

from aimltui.common.dataclass import dataclass
from aimltui.common.text import replace_surrogates
from aimltui.engine.models.base import ChatModel, ModelError
from aimltui.engine.runs.budget_guard import BudgetGuard
from aimltui.engine.runs.file_search import StoreSearch, search_before_question
from aimltui.engine.runs.given_code import GivenCode
from aimltui.engine.runs.hosted_tools import (
    HostedToolCalls,
    fingerprint,
    refused_after_the_last,
    refused_as_repeated,
    settled,
)
from aimltui.engine.runs.journal import Journal
from aimltui.engine.runs.notices import WaitNotices
from aimltui.engine.runs.prompt.turn_request import PreparedTurn, prepare_turn
from aimltui.engine.runs.run_memory import RunMemory
from aimltui.engine.runs.services import RunServices
from aimltui.engine.runs.status import Outcome
from aimltui.engine.runs.step_calls import answer_calls, set_calls
from aimltui.engine.runs.tool_calls import Call
from aimltui.engine.runs.tool_offer import why_off
from aimltui.engine.runs.tool_protocol import refuses_tools
from aimltui.engine.runs.transaction import RunTransaction
from aimltui.engine.runs.turn_writer import TurnWriter
from aimltui.engine.tools.base import ToolContext
from aimltui.engine.tools.file_search.tool import FILE_SEARCH
from aimltui.wire.runs import COMPLETED, FAILED, IN_PROGRESS, INCOMPLETE, LastError, Run, Usage

_SAME_CALLS = 3
"""Turns in a row that may make the same calls; after them the calls are refused."""
_GATEWAY_TRIES = 2
"""Attempts in all at a gateway, which asks its provider several times for each of them."""
_MOST_SHORTENINGS = 6
"""Times that a thread is shortened, by a quarter at least, after the server refused it as too long."""
_GOES_ON_CALLING = "The model keeps calling tools although it was told to answer."


@dataclass(frozen=True, slots=True)
class End:
    """The end of a run's leg; None for the outcome if there is nothing to store: the run waits, or is over already."""

    outcome: Outcome | None
    usage: Usage | None = None
    """The usage of the turn whose step is still open."""


def failure(message: str, *, code: str = "server_error", remedy: str | None = None) -> Outcome:
    """Return the outcome of a failed run, with sentences for the user."""
    return Outcome(FAILED, LastError(code=code, message=message, remedy=remedy))


def model_failure(error: ModelError) -> Outcome:
    """Return the outcome of a run whose model turn failed."""
    return Outcome(
        FAILED,
        LastError(
            code=error.code,
            message=replace_surrogates(error.message),
            remedy=replace_surrogates(error.remedy) or None,
            request_id=error.request_id,
            status=error.status,
        ),
    )


class RunLoop:
    """Executes one leg of a run: from `queued` to its end, or until it waits for the caller."""

    def __init__(self, services: RunServices, journal: Journal) -> None:
        self._services = services
        self._journal = journal
        self._notices = WaitNotices(journal, services.options)
        self._budget = BudgetGuard(services, journal, self._notices)
        self._too_long: ModelError | None = None
        self._refused_tokens = 0
        self._shortenings = 0

    async def run(self) -> End:
        """Execute the leg.

        Raises:
            ModelError: The model failed for good.
            EngineError: The store failed, or the run no longer exists.
        """
        run, memory = await self._journal.commit(_begin)
        missing = self._services.tools.missing(run.tools)
        if missing:
            return End(_no_such_tool(missing))
        model = self._given_code(memory)
        asks_model = model is None
        if model is None:
            model = self._services.models.resolve(run.model, run.connection)
            await self._services.models.learn_about(run.model, run.connection)
            run = await self._settle_tools(run, memory)
        while True:
            if memory.turns >= self._services.options.max_turns:
                return End(
                    failure(f"The run was stopped after {memory.turns} model turns: a loop of tool calls.")
                )
            if asks_model and (
                run.tools_off or self._services.protocols.uses_text_calls(run.model, run.connection)
            ):
                memory = await search_before_question(self._services, self._journal, run, memory)
            turn = await prepare_turn(self._services, run, memory)
            if isinstance(turn, PreparedTurn) and asks_model:
                turn = await self._budget.reserve(run, turn)
            if isinstance(turn, Outcome):
                return End(turn)
            if self._too_long is not None and turn.tokens >= self._refused_tokens:
                raise self._too_long
            try:
                writer = await self._turn(model, turn)
            except ModelError as error:
                if self._shortens(run, turn, error):
                    continue
                if not await self._switch_to_text_calls(run, turn, error):
                    raise
                continue
            end, memory = await self._conclude_turn(run, turn, writer)
            if end is not None:
                return end

    def _given_code(self, memory: RunMemory) -> ChatModel | None:
        """Return what takes the place of the model in a run that executes the user's code; None in other runs."""
        if not memory.code:
            return None
        return GivenCode(memory.code, self._services.options.new_id("call_"), is_done=memory.turns > 0)

    def clear_notice(self) -> None:
        """Withdraw the notice about waiting."""
        self._notices.end()
        self._notices.clear()

    async def _settle_tools(self, run: Run, memory: RunMemory) -> Run:
        """Decide at the start of a run whether its model is offered the hosted tools; see `tool_offer.why_off`."""
        if memory.turns or run.tools_off:
            return run
        services = self._services
        reason = why_off(
            memory.hosted_tools,
            run.tools,
            run.model,
            services.models.info(run.model, run.connection),
            services.protocols.learned(run.model, run.connection),
            services.options.tool_protocol,
        )
        if reason is None:
            return run
        return await self._journal.commit(lambda transaction: transaction.withhold_tools(reason))

    async def _turn(self, model: ChatModel, turn: PreparedTurn) -> TurnWriter:
        """Run one model turn; retry it while nothing of it has been streamed."""
        tried = 0
        while True:
            tried += 1
            writer = TurnWriter(self._journal, self._services.options.new_id, turn.plan)
            self._journal.stream_held_back = writer.save_rest
            self._journal.count_streamed = partial(self._budget.count_streamed, writer)
            if tried > 1:
                self._journal.discard_reasoning()
            self._notices.start(model)
            trace = self._services.traces.of(self._journal.run_id)
            request = replace(trace.begin(turn.request), on_text=partial(self._take_text, writer))
            if tried == 1 and turn.plan.number == 0:
                for text in turn.remarks:
                    self._notices.note(text)
            try:
                async with aclosing(model.stream(request)) as chunks:
                    async for chunk in chunks:
                        if trace.is_waiting:
                            trace.note_first()
                        self._notices.reset()
                        if chunk.remark:
                            self._notices.note(chunk.remark)
                        # after the closed block of code only the turn's usage is of interest
                        if writer.is_over and chunk.text.strip():
                            break
                        await writer.take(chunk)
                return writer
            except ModelError as error:
                if writer.is_over:
                    return writer
                tries = self._services.options.retry.tries
                if error.gateway:
                    tries = min(tries, _GATEWAY_TRIES)
                if writer.visible or not error.retryable or tried >= tries:
                    if not writer.visible and not error.cut:
                        await self._budget.drop()
                    raise
                self._notices.end()
                await self._notices.before_retry(error, tried, tries)
            finally:
                trace.note_end()
                self._notices.end()

    def _take_text(self, writer: TurnWriter, text: str) -> bool:
        """Stream text that comes alone, if that needs no waiting; see `ChatRequest.on_text`."""
        self._notices.reset()
        return writer.take_text(text)

    def _shortens(self, run: Run, turn: PreparedTurn, error: ModelError) -> bool:
        """Learn from a refusal that the context is smaller; return whether a shorter thread can be tried."""
        if not error.too_long or self._shortenings >= _MOST_SHORTENINGS:
            return False
        if not self._shortenings:
            size = f" of {error.context_tokens:,} tokens" if error.context_tokens else ""
            self._notices.note(
                f"The thread is longer than the context{size} of {run.model}: its older messages are left out."
            )
        self._shortenings += 1
        self._too_long, self._refused_tokens = error, turn.tokens
        tokens = min(error.context_tokens or turn.tokens, turn.tokens)
        self._services.contexts.learn(tokens, run.model, run.connection)
        return True

    async def _switch_to_text_calls(self, run: Run, turn: PreparedTurn, error: ModelError) -> bool:
        """Switch a model that rejects tools to text calls; return whether the turn can be repeated that way."""
        protocols = self._services.protocols
        if not turn.request.tools or not refuses_tools(error):
            return False
        if not protocols.may_change(run.model, run.connection):
            return False
        await protocols.learn_text_calls(run.model, run.connection)
        return True

    async def _conclude_turn(
        self, run: Run, turn: PreparedTurn, writer: TurnWriter
    ) -> tuple[End | None, RunMemory]:
        """Store the turn's end, and the run's if this was its last turn."""
        await writer.finish()
        self._journal.draft = self._journal.stream_held_back = None
        if writer.is_over and turn.request.tools:
            await self._services.protocols.learn_text_calls(run.model, run.connection)
        usage = self._budget.usage_of(writer)
        prompt, completion = self._budget.spent(usage, writer)
        calls = [_checked(settled(draft), run, self._services) for draft in writer.drafts]
        cut_off = self._budget.cut_off(writer.finish_reason)
        end = End(cut_off, usage) if cut_off else _end_of(writer, usage, first=turn.plan.number == 0)
        pending = [call for call in calls if call.output is None and not call.is_hosted]
        hosted = [call for call in calls if call.is_hosted]

        def write(transaction: RunTransaction) -> RunMemory:
            transaction.count_turn(usage, prompt, completion)
            transaction.tell_turn(writer.web_sources, turn.left_out, turn.shortened)
            self._budget.settle(transaction, usage, prompt, completion)
            if calls and writer.tool_step_id is not None:
                set_calls(transaction, writer.tool_step_id, calls, usage)
                if end is None and not hosted and not transaction.memory.no_more_tools:
                    _continue_after(transaction, pending)
            return transaction.memory

        memory = await self._journal.commit(write)
        self._journal.count_streamed = None
        if end is None and memory.no_more_tools:
            if memory.plain or writer.tool_step_id is None:
                return End(
                    failure(_GOES_ON_CALLING, remedy="Try again, or choose another model."), usage
                ), memory
            return None, await self._refuse_calls(writer.tool_step_id, calls)
        if end is None and hosted and writer.tool_step_id is not None:
            problems = {draft.id: draft.problem for draft in writer.drafts}
            memory = await self._run_hosted(run, turn, writer.tool_step_id, calls, problems, memory)
        elif end is not None and not writer.has_message and _has_made_something(end, memory):
            # files that tools made are attached to a message even if the model has no text
            await writer.begin_message()
        return (End(None) if end is None and pending else end), memory

    async def _refuse_calls(self, step_id: str, calls: Sequence[Call]) -> RunMemory:
        """Answer calls of a model that was told to make none; its last turn does not show it the calls of the run."""

        def write(transaction: RunTransaction) -> RunMemory:
            answer_calls(transaction, step_id, refused_after_the_last(calls))
            transaction.finish_tools({})
            transaction.remember(replace(transaction.memory, plain=True))
            return transaction.memory

        return await self._journal.commit(write)

    async def _run_hosted(
        self,
        run: Run,
        turn: PreparedTurn,
        step_id: str,
        calls: list[Call],
        problems: Mapping[str, str | None],
        memory: RunMemory,
    ) -> RunMemory:
        """Execute the hosted tool calls and store their results."""
        limit = self._services.options.max_tool_turns
        mark = fingerprint([call for call in calls if call.is_hosted])
        memory = memory.after_tool_turn(mark, limit=limit, most_same=_SAME_CALLS)
        files = turn.files
        searching = sum(call.type == FILE_SEARCH for call in calls)
        context = ToolContext(
            run,
            files.provided,
            self._services.keep,
            has_run_code=files.has_run_code,
            search=StoreSearch(self._services, turn.search, self._journal),
            searches=turn.search.searches,
            room=turn.room // max(1, searching),
        )
        work = HostedToolCalls(self._journal, step_id, context)
        if memory.same_calls >= _SAME_CALLS:
            await self._services.protocols.learn_loop(run.model, run.connection)
            done = refused_as_repeated(calls, memory.same_calls - 1)
        else:
            tools = {tool.type: tool for tool in turn.plan.hosted.values()}
            done = await work.run(calls, problems, tools)
        pending = [call for call in done if call.output is None]

        def write(transaction: RunTransaction) -> RunMemory:
            made = work.made
            transaction.remember(transaction.memory.after_tool_turn(mark, limit=limit, most_same=_SAME_CALLS))
            transaction.note_made(made.files, made.pictures, made.others)
            answer_calls(transaction, step_id, done)
            _continue_after(transaction, pending)
            return transaction.memory

        memory = await self._journal.commit(write)
        self._journal.unsaved = None
        return memory


def _continue_after(transaction: RunTransaction, pending: Sequence[Call]) -> None:
    """Continue after calls: wait for the caller if one is pending, otherwise for the model."""
    if pending:
        transaction.wait_for_outputs(pending)
    else:
        transaction.finish_tools({})


def _begin(transaction: RunTransaction) -> tuple[Run, RunMemory]:
    transaction.move(IN_PROGRESS)
    return transaction.run, transaction.memory


def _checked(call: Call, run: Run, services: RunServices) -> Call:
    known = services.tools.functions(run.tools)
    return call if call.is_hosted or call.name in known else _unknown_function(call, known)


def _has_made_something(end: End, memory: RunMemory) -> bool:
    completed = end.outcome is not None and end.outcome.status == COMPLETED
    return completed and bool(memory.pictures or memory.unlinked)


def _end_of(writer: TurnWriter, usage: Usage | None, *, first: bool) -> End | None:
    """Return how the run ends after this turn; None if it continues with the turn's calls."""
    reason = writer.finish_reason
    if reason == "length":
        return End(Outcome(INCOMPLETE, reason="max_completion_tokens"), usage)
    if reason == "content_filter":
        if not writer.visible:
            return End(
                failure(
                    "The provider's content filter stopped the answer before it started.",
                    code="invalid_prompt",
                    remedy="Rephrase the message, or choose another model.",
                )
            )
        return End(Outcome(INCOMPLETE, message_reason="content_filter"), usage)
    if writer.calls:
        return None
    if not writer.visible and first:
        if writer.has_reasoning:
            told = "The model returned reasoning, but no answer."
            return End(
                failure(told, remedy="Try again, allow more completion tokens, or choose another model.")
            )
        return End(failure("The model returned no answer.", remedy="Try again, or choose another model."))
    return End(Outcome(COMPLETED), usage)


def _unknown_function(call: Call, known: frozenset[str]) -> Call:
    names = ", ".join(sorted(known)) or "none at all"
    wrong = f"There is no function named {call.name!r}." if call.name else "This is not a call in JSON."
    output = json.dumps({"error": f"{wrong} There are: {names}."})
    return Call(call.id, call.name, call.arguments, call.extra, output)


def _no_such_tool(missing: Sequence[str]) -> Outcome:
    names = " and ".join(missing)
    return failure(
        f"This engine does not support the assistant's tool {names}.",
        remedy="Remove it from the assistant, or give the run other tools.",
    )
