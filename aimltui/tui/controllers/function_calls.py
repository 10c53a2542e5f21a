"""FunctionCalls: the calls that runs wait for. It holds them until the card answers, runs what is approved, and gives each an output."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Literal

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.local_tools.host import REFUSED, BadArguments, LocalTools, read_arguments
from aimltui.local_tools.mcp.forms import Reply
from aimltui.tui.controllers.messages import CallsChanged
from aimltui.tui.state.pending_calls import PendingCall
from aimltui.wire.binary import Blob
from aimltui.wire.errors import APIError
from aimltui.wire.files import CreateFile
from aimltui.wire.runs import REQUIRES_ACTION, Run, ToolOutput

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.local_tools.mcp.forms import Form
    from aimltui.local_tools.types import LocalTool

log = logging.getLogger(__name__)

Scope = Literal["once", "thread", "always"]

_PICTURES = (".png", ".jpg", ".gif", ".webp")
WATCH_S = 2.0
"""Seconds between two looks at a run that waits: it may have ended, or another program may have answered."""


class FunctionCalls:
    """Answers the calls of all runs that this window follows.

    Args:
        client: The server.
        tools: What can run here.
        post: Sends a message to the screen.
        sleep: Waits between two looks at a run.
    """

    def __init__(
        self,
        client: AssistantsClient,
        tools: LocalTools,
        post: Callable[[TextualMessage], object],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.tools = tools
        self._client = client
        self._post = post
        self._sleep = sleep
        self._pending: dict[str, list[PendingCall]] = {}
        self._answers: dict[PendingCall, asyncio.Future[str]] = {}
        self._running: list[PendingCall] = []
        """In the order of their starts; each before its work begins, which may ask something at once."""
        self._tasks: dict[PendingCall, asyncio.Task[None]] = {}
        self._outputs: dict[str, dict[str, str]] = {}
        """Outputs that the server may not have received, by run and call: no function runs twice for one call."""
        self._questions: dict[PendingCall, asyncio.Future[Reply]] = {}
        """What servers ask during calls."""
        if tools.servers is not None:
            tools.servers.ask = self.ask_user
            tools.servers.save = self._save
        self.is_closed = False
        """True once the program ends: then no call is answered."""

    def calls_of(self, thread_id: str | None) -> Sequence[PendingCall]:
        """All calls of the run that waits in a thread, answered ones too, if one of them needs a decision; else none."""
        for run_id, calls in self._pending.items():
            found = [*calls, *(one for one in self._questions if one.run_id == run_id)]
            if calls[0].thread_id == thread_id and any(call.state == "asked" for call in found):
                return found
        return ()

    @property
    def threads_asking(self) -> frozenset[str]:
        """The threads in which a call needs a decision."""
        calls = [call for calls in self._pending.values() for call in calls]
        return frozenset(call.thread_id for call in (*calls, *self._questions) if call.state == "asked")

    async def answer(self, run: Run, *, is_own: bool) -> list[ToolOutput] | None:
        """Get an output for each call that the run waits for.

        Args:
            run: It waits for functions.
            is_own: Whether this window started it; the calls of other runs are always put to the user.

        Returns:
            The outputs; None if the run no longer waits.
        """
        await self.tools.refresh()
        calls = self._calls_of(run)
        if not calls:
            return []
        self._settle(run.id)
        self._pending[run.id] = calls
        for call in calls:
            self._answers[call] = asyncio.get_running_loop().create_future()
        try:
            for call in calls:
                self._begin(call, is_own=is_own)
            self._post(CallsChanged())
            return await self._wait(run, calls)
        finally:
            if self._pending.get(run.id) is calls:
                self._settle(run.id)

    def run_moved(self, run: Run) -> None:
        """Withdraw the calls of a run that no longer waits."""
        if run.status != REQUIRES_ACTION:
            self._settle(run.id)
            self._outputs.pop(run.id, None)

    def approve(self, call: PendingCall, scope: Scope = "once", arguments: str | None = None) -> None:
        """Run a call, if it still needs a decision.

        Args:
            call: The call.
            scope: Whether later calls of the same tool run without a question.
            arguments: What the user changed the arguments to.
        """
        if call.state != "asked" or call.tool is None or call.form is not None:
            return
        if self.tools.verdict(call.tool, call.thread_id) == "refuse":
            self.give(call, REFUSED)
            return
        if arguments is not None:
            call.arguments = arguments
            # another host may be meant than the one that was shown
            call.tool = self.tools.find(call.name, arguments) or call.tool
        self._start(call, self._run_approved(call, call.tool, scope))
        self._post(CallsChanged())

    def give(self, call: PendingCall, output: str) -> None:
        """Give an output by hand, if the call still needs a decision."""
        if call.state == "asked" and call.form is None:
            self._finish(call, output)
            self._post(CallsChanged())

    def reject(self, call: PendingCall, reason: str) -> None:
        """Refuse a call, if it still needs a decision; the model receives the reason."""
        why = f" Reason: {reason.strip()}" if reason.strip() else ""
        self.give(call, f"The user refused this call, so it was not run.{why}")

    async def ask_user(self, form: Form) -> Reply:
        """Put a question of a server to the user, in the thread whose call it runs."""
        running = [call for call in self._running if call.state == "running" and _is_of(call, form.server)]
        if not running:
            # it runs nothing that the user approved
            return Reply("cancel")
        call = running[-1]
        question = PendingCall(
            call.thread_id, call.run_id, f"{call.id}?", call.name, "", call.tool, call.expires_at, form=form
        )
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._questions[question] = answer
        self._post(CallsChanged())
        try:
            return await answer
        finally:
            question.state = "done"
            self._questions.pop(question, None)
            self._post(CallsChanged())

    async def _save(self, name: str, content: bytes) -> str:
        """Save what a tool returned besides text as a file of the server; returns its id."""
        purpose = "vision" if name.endswith(_PICTURES) else "user_data"
        blob = Blob(filename=name, content=content)
        return (await self._client.files.create(CreateFile(file=blob, purpose=purpose))).id

    def reply(self, question: PendingCall, reply: Reply) -> None:
        """Answer a question of a server, if it still needs an answer."""
        answer = self._questions.get(question)
        if answer is not None and not answer.done():
            question.state = "done"
            answer.set_result(reply)

    async def aclose(self) -> None:
        """Withdraw everything, and end what runs."""
        self.is_closed = True
        for run_id in list(self._pending):
            self._settle(run_id)
        await self.tools.aclose()

    def _calls_of(self, run: Run) -> list[PendingCall]:
        action = run.required_action
        asked = action.submit_tool_outputs.tool_calls if action is not None else []
        calls = []
        for one in asked:
            name = one.function.name
            tool = self.tools.find(name, one.function.arguments)
            may_always = tool is not None and self.tools.may_always(tool)
            calls.append(
                PendingCall(
                    run.thread_id,
                    run.id,
                    one.id,
                    name,
                    one.function.arguments,
                    tool,
                    run.expires_at,
                    may_always,
                )
            )
        return calls

    def _begin(self, call: PendingCall, *, is_own: bool) -> None:
        """Start, refuse or answer what needs no decision."""
        known = self._outputs.get(call.run_id, {}).get(call.id)
        if known is not None:
            self._finish(call, known)
            return
        if not is_own:
            return
        verdict = self.tools.verdict(call.tool, call.thread_id)
        if verdict == "refuse":
            self._finish(call, REFUSED)
        elif call.tool is not None and call.tool.kind != "schema":
            try:
                read_arguments(call.arguments)
            except BadArguments as error:
                # the model can mend this by itself
                self._finish(call, str(error))
            else:
                if verdict == "run":
                    self._start(call, self._run(call, call.tool))

    async def _wait(self, run: Run, calls: Sequence[PendingCall]) -> list[ToolOutput] | None:
        answers = [self._answers[call] for call in calls]
        everything = asyncio.gather(*answers, return_exceptions=True)
        watching = asyncio.ensure_future(self._watch(run))
        both: list[asyncio.Future[Any]] = [everything, watching]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if any(answer.cancelled() or not answer.done() for answer in answers):
                return None
            return [
                ToolOutput(tool_call_id=call.id, output=answer.result())
                for call, answer in zip(calls, answers, strict=True)
            ]
        finally:
            watching.cancel()
            everything.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _watch(self, run: Run) -> None:
        """Return when the run no longer waits for these calls."""
        asked = run.required_action
        while True:
            await self._sleep(WATCH_S)
            try:
                now = await self._client.runs.get(run.thread_id, run.id)
            except (APIError, TransportError):
                # the run's stream tells the user what is wrong
                continue
            if now.status != REQUIRES_ACTION or now.required_action != asked:
                return

    def _start(self, call: PendingCall, work: Coroutine[Any, Any, None]) -> None:
        call.state = "running"
        self._running.append(call)
        task = asyncio.create_task(work)
        self._tasks[call] = task
        task.add_done_callback(lambda _: self._ended(call))

    def _ended(self, call: PendingCall) -> None:
        self._running.remove(call)
        self._tasks.pop(call, None)

    async def _run_approved(self, call: PendingCall, tool: LocalTool, scope: Scope) -> None:
        try:
            if not tool.is_trusted:
                tool = await self.tools.trust(tool)
            if scope != "once" and call.may_always and tool.is_trusted:
                await self.tools.allow(tool, call.thread_id if scope == "thread" else None)
        except Exception as error:
            log.exception("an approval failed")
            self._finish(call, f"The function could not be run: {type(error).__name__}: {error}")
            return
        await self._run(call, tool)

    async def _run(self, call: PendingCall, tool: LocalTool) -> None:
        try:
            arguments = read_arguments(call.arguments)
        except BadArguments as error:
            self._finish(call, str(error))
            return
        result = await self.tools.call(tool, arguments, call.thread_id)
        self._finish(call, result.text)
        self._post(CallsChanged())

    def _finish(self, call: PendingCall, output: str) -> None:
        call.state = "done"
        answer = self._answers.get(call)
        if answer is not None and not answer.done():
            answer.set_result(output)
            self._outputs.setdefault(call.run_id, {})[call.id] = output

    def _settle(self, run_id: str) -> None:
        """Forget the calls of a run: they have been answered, or need no answer."""
        for call in self._pending.pop(run_id, ()):
            call.state = "done"
            if call in self._tasks:
                self._tasks[call].cancel()
            self._answers.pop(call).cancel()
        for question in [one for one in self._questions if one.run_id == run_id]:
            self.reply(question, Reply("cancel"))
        self._post(CallsChanged())


def _is_of(call: PendingCall, server: str) -> bool:
    return call.tool is not None and call.tool.kind == "server" and call.tool.server == server
