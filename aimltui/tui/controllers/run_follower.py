"""RunFollower: sends a message, follows the run that answers it, then sends what is queued.

One follower serves one conversation at a time, in a worker of the screen, whether or not that conversation is the open
one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import aclosing
from dataclasses import replace
from time import perf_counter
from typing import Any, Protocol

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import TransportError, Unsupported
from aimltui.common.patterns import pattern
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.file_uploads import UploadFailed, lines_of, message_of, upload
from aimltui.tui.controllers.run_plan import NotSent, Plan
from aimltui.tui.controllers.taking_back import take_back
from aimltui.tui.controllers.thread_reader import read_thread
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.attached_files import AttachedFile, addressee_of, parted, tools_of, with_files
from aimltui.tui.state.entries import (
    CHANGE_CONNECTION,
    CHANGE_KEY,
    OTHER_MODEL,
    RETRY,
    SEND_AGAIN,
    CardAction,
)
from aimltui.tui.state.unanswered import unanswered
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.events import StreamEvent
from aimltui.wire.messages import Message
from aimltui.wire.models import NO_ANSWER, NO_MODELS
from aimltui.wire.runs import (
    CANCELLING,
    COMPLETED,
    MOST_RUN_TOOLS,
    REQUIRES_ACTION,
    CreateRun,
    ListRuns,
    Run,
    SubmitToolOutputs,
    ToolOutput,
)
from aimltui.wire.tools import TruncationStrategy

log = logging.getLogger(__name__)

_LOCKED = pattern(r"while a run|already has an active run", re.IGNORECASE)
_BREATH_S = 0.008
"""Time for folding events after which other tasks get a turn."""
_TRIES_S = (0.2, 1.0, 2.0, 4.0, 8.0)
"""Pauses before the attempts to reconnect to a run."""
_POLL_S = 1.0
_CUT_OFF = "The server ended the stream before the run was over."
_NOT_STARTED = "The run was not started"
_NOT_SENT = "The message was not sent"
"""The engine's error code if an endpoint returns no list of models, mostly because of its key."""


class RunHost(Protocol):
    """What a follower needs from the object that started it."""

    def plan(
        self,
        conversation: Conversation,
        needs: frozenset[str] = frozenset(),
        to: Addressee | None = None,
    ) -> Awaitable[Plan]:
        """Return the thread (created if there is none yet), the assistant, the model and the tools of the next run.

        Args:
            conversation: The thread.
            needs: The types of the tools that the files of the next message need.
            to: The assistant that the message is addressed to; None for the thread's.

        Raises:
            NotSent: Something is missing.
            APIError: The server refused.
            TransportError: There was no answer.
        """
        ...

    def said(self, conversation: Conversation, text: str) -> None:
        """Note that the server stored a message of the user."""
        ...

    def unsaid(self, conversation: Conversation) -> Awaitable[None]:
        """Note that a message was taken back."""
        ...

    def run_moved(self, conversation: Conversation, run: Run) -> None:
        """Note that the run has a new status."""
        ...

    def give_back(self, conversation: Conversation, text: str) -> None:
        """Return a text that was not sent to the prompt."""
        ...

    def forget_assistant(self, assistant_id: str) -> bool:
        """Note that the assistant was deleted; return whether the next plan will have another one."""
        ...

    def answers_calls(self) -> bool:
        """Whether functions can be called here."""
        ...

    def answer_calls(self, run: Run, *, is_own: bool) -> Awaitable[list[ToolOutput] | None]:
        """Return an output for each call that a run waits for, or None if the run no longer waits.

        Args:
            run: The run.
            is_own: Whether it was started here.
        """
        ...


class RunFollower:
    """Sends the messages of one conversation and follows their runs until the queue is empty."""

    def __init__(
        self,
        client: AssistantsClient,
        conversation: Conversation,
        host: RunHost,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._conversation = conversation
        self._host = host
        self._sleep = sleep
        self._stopped: str | None = None
        self._cannot_stop = False
        self.own_runs: set[str] = set()
        """The runs that were started here."""

    async def converse(self, draft: str, pending_id: str) -> None:
        """Send a message and follow its run; then the queued ones, each after the run before it.

        Args:
            draft: The message with its files.
            pending_id: Its entry on the screen.
        """
        await self._work(self._send_all(draft, pending_id))

    async def again(self, to: Addressee | None = None) -> None:
        """Start a new run for the last message, without a new message.

        Args:
            to: The assistant that answers; None for the thread's.
        """
        await self._work(self._run_again(to))

    async def run_code(self, code: str) -> None:
        """Start a run that executes the user's Python as a step; no model is asked."""
        await self._work(self._run_again(None, code))

    async def attach(self, run: Run) -> None:
        """Follow an existing run, then send what is queued."""
        await self._work(self._attach_and_send(run))

    async def _work(self, work: Awaitable[None]) -> None:
        conversation = self._conversation
        conversation.is_sending = True
        try:
            await work
        except Exception as error:
            # the outermost handler: no bug in here may end the screen
            log.exception("following a run failed")
            conversation.show_error(
                "A bug in this program interrupted the run",
                f"{type(error).__name__}: {error}",
                "The engine has saved the conversation. Open the thread again.",
            )
        finally:
            conversation.is_sending = False
            conversation.is_stopping = False
            conversation.buffer.notify()

    async def _attach_and_send(self, run: Run) -> None:
        await self._follow_run(run)
        await self._send_queued()

    async def _run_again(self, to: Addressee | None, code: str = "") -> None:
        conversation = self._conversation
        conversation.retry()
        try:
            plan = await self._host.plan(conversation, to=to)
        except (APIError, TransportError, NotSent) as error:
            conversation.unsent_card = self._show(error, _NOT_STARTED)
            return
        await self._start(replace(plan, options={**plan.options, "code": code}) if code else plan)
        await self._send_queued()

    async def _send_all(self, draft: str, pending_id: str) -> None:
        if await self._turn(draft, pending_id):
            await self._send_queued()

    async def _send_queued(self) -> None:
        conversation = self._conversation
        while conversation.queue:
            run = conversation.run
            if run is not None and run.status != COMPLETED:
                break
            draft = conversation.dequeue() or ""
            text, files = parted(draft)
            pending_id, changes = conversation.view.add_pending(text, lines_of(files), addressee_of(draft))
            conversation.buffer.add(changes)
            if not await self._turn(draft, pending_id):
                break
        if conversation.queue and conversation.view.runs.active is None:
            self._host.give_back(conversation, conversation.dequeue_all())

    async def _turn(self, draft: str, pending_id: str) -> bool:
        """Send one message with its files and follow its run.

        Returns:
            False if it was not sent, and is back in the prompt with its files.
        """
        conversation = self._conversation
        view = conversation.view
        text, files = parted(draft)
        to = addressee_of(draft)

        def note(sent: Sequence[AttachedFile], percent: int | None) -> None:
            lines = lines_of(sent, percent)
            conversation.buffer.add(view.show_pending_files(pending_id, lines), at_once=True)

        conversation.retry()
        try:
            plan = await self._host.plan(conversation, tools_of(files), to)
            if not conversation.is_stopping:
                files = await upload(self._client, files, note)
            if conversation.is_stopping:
                conversation.remove_entry(pending_id)
                self._give_back(with_files(text, files, to))
                return False
            message = await self._client.messages.create(message_of(plan.thread_id, text, files, to))
        except (APIError, TransportError, NotSent) as error:
            conversation.remove_entry(pending_id)
            # what was uploaded is not uploaded again
            draft = with_files(text, error.files if isinstance(error, UploadFailed) else files, to)
            if _is_locked(error):
                conversation.enqueue(draft, first=True)
                await self._follow_other()
                return True
            conversation.unsent_card = self._show(error, _NOT_SENT)
            self._give_back(draft)
            return False
        conversation.buffer.add(view.settle_pending(pending_id, message), at_once=True)
        self._host.said(conversation, text)
        await self._start(plan)
        return not await self._take_back(message, with_files(text, files, to))

    def _give_back(self, draft: str) -> None:
        """Return a message that was not sent, and the queued ones, to the prompt."""
        left = self._conversation.dequeue_all()
        self._host.give_back(self._conversation, f"{draft}\n\n{left}" if left else draft)

    async def _take_back(self, message: Message, draft: str) -> bool:
        """Return a message to the prompt if its run was stopped before the first token; else False."""
        conversation = self._conversation
        if not conversation.is_stopping or conversation.keeps_message:
            return False
        found = unanswered(conversation.view.entries, message.id)
        if found is None:
            return False
        # first of all into the prompt, so that the text is never in no place
        self._give_back(draft)
        await take_back(self._client, conversation, found)
        await self._host.unsaid(conversation)
        return True

    async def _start(self, plan: Plan) -> None:
        conversation = self._conversation
        if conversation.is_stopping:
            return
        try:
            conversation.view.begin_run()
            await self._follow(self._client.runs.stream(_create_run(plan)), is_own=True)
        except APIError as error:
            if _is_locked(error):
                await self._follow_other()
            elif isinstance(error, NotFound) and self._host.forget_assistant(plan.assistant_id):
                await self._start(await self._host.plan(conversation))
            elif isinstance(error, NotFound) and plan.assistant_id in error.message:
                conversation.show_error(
                    "The assistant of this thread no longer exists",
                    "It was deleted, perhaps by another program. Your message is saved in the thread.",
                    "Choose another assistant with f5, then continue.",
                )
            else:
                conversation.unsent_card = self._show(error, _NOT_STARTED)
            return
        except TransportError as error:
            await self._recover(error.message)
        await self._go_on()

    async def _go_on(self) -> None:
        """Follow the run to its end, with answers to the function calls that it waits for."""
        if self._goes_on():
            await self._recover(_CUT_OFF)
        view = self._conversation.view
        while self._host.answers_calls() and (run := view.runs.active) is not None:
            if run.status != REQUIRES_ACTION:
                return
            outputs = await self._host.answer_calls(run, is_own=run.id in self.own_runs)
            if not self._host.answers_calls():
                # the program ends; the next start asks again
                return
            try:
                await self._submit(run, outputs)
            except TransportError as error:
                await self._recover(error.message)
                if self._conversation.is_lost:
                    return
            if self._goes_on():
                await self._recover(_CUT_OFF)

    async def _submit(self, run: Run, outputs: list[ToolOutput] | None) -> None:
        """Send the outputs and follow the run; without outputs, or if they come too late, see what became of it."""
        params = SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs or [])
        try:
            if outputs is not None:
                self._conversation.view.begin_run()
                await self._follow(self._client.runs.stream_tool_outputs(params))
                return
        except APIError as error:
            # the run has ended, or another program was faster
            log.info("outputs were refused: %s", error.message)
        if await self._reread() and self._goes_on():
            self._conversation.view.begin_run()
            with contextlib.suppress(Unsupported, APIError):
                await self._follow(self._client.runs.events(run.thread_id, run.id))

    def _goes_on(self) -> bool:
        """Return whether the run is active and does not wait for outputs of functions."""
        run = self._conversation.view.runs.active
        return run is not None and run.status != "requires_action"

    async def _follow_run(self, run: Run) -> None:
        """Follow a run that was started elsewhere: by its events, or by polling if the server has no such events."""
        self._conversation.view.begin_run()
        try:
            await self._follow(self._client.runs.events(run.thread_id, run.id))
        except (Unsupported, APIError):
            await self._poll_or_fail()
        except TransportError as error:
            await self._recover(error.message)
        await self._go_on()

    async def _follow_other(self) -> None:
        """Follow the run that is active on the thread and that another program started."""
        thread_id = self._conversation.thread_id or ""
        await self._reread()
        page = await self._client.runs.list(ListRuns(thread_id=thread_id, limit=1, order="desc"))
        if page.data and page.data[0].is_active:
            await self._follow_run(page.data[0])

    async def _follow(self, stream: AsyncGenerator[StreamEvent, None], *, is_own: bool = False) -> None:
        conversation = self._conversation
        breath = perf_counter()
        async with aclosing(stream) as events:
            async for event in events:
                changes = conversation.view.apply(event)
                if isinstance(event.data, Run):
                    if is_own and event.data.id not in self.own_runs:
                        self.own_runs.add(event.data.id)
                        conversation.options.started()
                    await self._run_moved(event.data)
                if changes:
                    conversation.buffer.add(changes)
                if perf_counter() - breath > _BREATH_S:
                    # A complete answer may be ready; folding it without a pause would delay the keyboard.
                    await asyncio.sleep(0)
                    breath = perf_counter()

    async def _run_moved(self, run: Run) -> None:
        self._host.run_moved(self._conversation, run)
        if self._conversation.is_stopping and run.is_active and run.status != CANCELLING:
            await self.cancel(run)

    async def cancel(self, run: Run) -> None:
        """Stop the run; its text stays."""
        conversation = self._conversation
        if self._stopped == run.id:
            conversation.is_stopping = not self._cannot_stop
            return
        self._stopped, self._cannot_stop = run.id, False
        shown = run.model_copy(update={"status": CANCELLING})
        conversation.buffer.add(conversation.view.take_run(shown), at_once=True)
        try:
            run = await self._client.runs.cancel(run.thread_id, run.id)
        except APIError:
            # It has just ended; its stream, or the next request, tells how.
            try:
                run = await self._client.runs.get(run.thread_id, run.id)
            except (APIError, TransportError) as error:
                self._show(error, "The run could not be stopped")
                return
        except Unsupported:
            self._cannot_stop = True
            conversation.is_stopping = False
            conversation.buffer.add(conversation.view.take_run(run), at_once=True)
            conversation.show_notice(
                "This server cannot stop a run: the answer continues to its end. ctrl+n opens another thread."
            )
            return
        except TransportError as error:
            self._show(error, "The run could not be stopped")
            return
        conversation.buffer.add(conversation.view.take_run(run), at_once=True)
        self._host.run_moved(conversation, run)

    async def _reread(self) -> bool:
        """Read the thread from the server; return whether a run is active."""
        conversation = self._conversation
        active = conversation.view.runs.active
        snapshot = await read_thread(self._client, conversation.thread_id or "", active=active)
        conversation.buffer.add(conversation.view.reconcile(snapshot))
        conversation.mark_reachable()
        if conversation.run is not None:
            self._host.run_moved(conversation, conversation.run)
        return conversation.view.runs.active is not None

    async def _recover(self, why: str) -> None:
        """Reconnect to the run after its stream broke; the run itself continues on the server."""
        conversation = self._conversation
        notice = conversation.show_notice(f"{why} Reconnecting to the run…")
        last: Exception | None = None
        for wait_s in _TRIES_S:
            await self._sleep(wait_s)
            try:
                if await self._reread():
                    conversation.view.begin_run()
                    run = conversation.view.runs.active
                    assert run is not None
                    await self._follow(self._client.runs.events(run.thread_id, run.id))
                last = None
                if not self._goes_on():
                    break
            except (Unsupported, NotFound):
                last = None
                break
            except (APIError, TransportError) as error:
                last = error
        conversation.remove_entry(notice)
        if last is not None:
            conversation.mark_lost(self._show(last, "The connection was lost"))
        else:
            await self._poll_or_fail()

    async def _poll_or_fail(self) -> None:
        """Poll until the run is over: for servers without events of a run."""
        try:
            while self._goes_on():
                await self._sleep(_POLL_S)
                await self._reread()
        except (APIError, TransportError) as error:
            self._conversation.mark_lost(self._show(error, "The connection was lost"))

    def _show(self, error: Exception, title: str) -> str:
        """Add an error card at the end and return its id."""
        conversation = self._conversation
        match error:
            case NotSent():
                return conversation.show_error(error.title, error.detail, error.remedy, actions=error.actions)
            case APIError(code="budget_used_up"):
                remedy = "Your message is saved in the thread. Raise the budget or wait until tomorrow, then send it again."
                return conversation.show_error(title, error.message, remedy, actions=(SEND_AGAIN,))
            case APIError(param="connection") if title == _NOT_STARTED:
                remedy = "Your message is saved in the thread. Choose another model, then send it again."
                return conversation.show_error(
                    title, error.message, remedy, actions=(SEND_AGAIN, OTHER_MODEL)
                )
            case APIError():
                remedy = "Your text is back in the prompt." if title == _NOT_SENT else "Try again."
                actions = _actions(error, title)
                return conversation.show_error(title, error.message, remedy, error.request_id, actions)
            case TransportError():
                actions = (RETRY,) if title == _NOT_SENT else ()
                return conversation.show_error(title, error.message, error.remedy, actions=actions)
            case _:
                return conversation.show_error(title, str(error))


def _actions(error: APIError, title: str) -> tuple[CardAction, ...]:
    """Return what a card can offer about a refusal."""
    forms = {NO_MODELS: CHANGE_KEY, NO_ANSWER: CHANGE_CONNECTION}
    key = (OTHER_MODEL, forms[error.code]) if error.code in forms else ()
    if title != _NOT_STARTED:
        return (RETRY, *key) if title == _NOT_SENT else key
    return (SEND_AGAIN, *(key or (OTHER_MODEL,)))


def _create_run(plan: Plan) -> CreateRun:
    # only what is given is sent: other servers have no connections and no switch
    told = {
        "model": plan.model,
        "connection": plan.connection,
        "hosted_tools": plan.hosted_tools,
        "web": plan.web,
    }
    given = {name: value for name, value in told.items() if value}
    tools: dict[str, Any] = {}
    if plan.tools is not None:
        tools["tools"] = list(plan.tools[:MOST_RUN_TOOLS])
        if rest := list(plan.tools[MOST_RUN_TOOLS:]):
            tools["more_tools"] = rest
    if "model" in plan.options:
        # another model has another connection
        given.pop("connection", None)
    # what the user has chosen for a run comes before what this program would choose
    chosen = {"truncation_strategy": TruncationStrategy(type="auto", shorten=True)} if plan.shortens else {}
    given_by_user = {**chosen, **given, **plan.options}
    return CreateRun(thread_id=plan.thread_id, assistant_id=plan.assistant_id, **given_by_user, **tools)


def _is_locked(error: Exception) -> bool:
    """Return whether the thread is locked by a run of another program."""
    return isinstance(error, APIError) and error.status in (400, 409) and bool(_LOCKED.search(error.message))
