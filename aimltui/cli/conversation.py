"""Conversation: the turns of `aimltui chat` in a thread, and what the user switches between them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from aimltui.cli.addressing import read_address
from aimltui.cli.answer_printer import AnswerPrinter
from aimltui.cli.answers import Write
from aimltui.cli.wording import incomplete_reason, without_screen_keys
from aimltui.client.errors import TransportError
from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.tools import tools_off_text
from aimltui.wire.errors import APIError
from aimltui.wire.messages import CreateMessage, ListMessages
from aimltui.wire.run_steps import ListRunSteps
from aimltui.wire.runs import (
    COMPLETED,
    REQUIRES_ACTION,
    TOOL_SWITCHES,
    CreateRun,
    ListRuns,
    Run,
    SubmitToolOutputs,
)
from aimltui.wire.threads import ASSISTANT, CONNECTION, MODEL, TOOLS, WEB, ModifyThread, Thread
from aimltui.wire.tools import TruncationStrategy

if TYPE_CHECKING:
    from aimltui.cli.local_functions import AskedCall, Decision, LocalFunctions
    from aimltui.client.client import AssistantsClient, Events

FIRST_POLL_S, LAST_POLL_S = 0.1, 1.0
"""Seconds between two requests for the status of a run; the pause grows from the first value to the second."""
FIND_TRIES = 3
"""How often to look for a run that was requested and not listed yet."""


class Conversation:
    """A conversation with one assistant in one thread, shown as plain text.

    Args:
        client: The engine or server.
        thread_id: The thread.
        assistant_id: The assistant.
        write: Writes text to the terminal.
        streams: True to show answers while they are written.
        functions: The tools of this machine; None for none.
    """

    def __init__(
        self,
        client: AssistantsClient,
        thread_id: str,
        assistant_id: str,
        write: Write,
        *,
        streams: bool,
        functions: LocalFunctions | None = None,
    ) -> None:
        self._client = client
        self._thread_id = thread_id
        self._assistant_id = self._own_assistant_id = assistant_id
        self._model: str | None = None
        """The model that answers; None: the assistant's."""
        self._connection: str | None = None
        self._write = write
        self._streams = streams
        self._functions = functions
        self.asked: Sequence[AskedCall] = ()
        """The calls of the run that need a decision: give it with `decide`."""
        self._tools, self._web = "auto", ""
        self._told_off = ""
        """Why tools are off, if that was said."""
        self._printer = AnswerPrinter(write)

    @property
    def thread_id(self) -> str:
        """The thread of the messages to come."""
        return self._thread_id

    @property
    def assistant_id(self) -> str:
        """The assistant of the thread."""
        return self._assistant_id

    def go_to(self, thread: Thread) -> None:
        """Go on in a thread, with what it says of model, tools and web.

        Args:
            thread: A new thread, or a saved one.
        """
        marks = thread.metadata or {}
        self._thread_id = thread.id
        self._assistant_id = marks.get(ASSISTANT) or self._own_assistant_id
        self._model, self._connection = marks.get(MODEL) or None, marks.get(CONNECTION) or None
        self._tools, self._web, self._told_off = marks.get(TOOLS) or "auto", marks.get(WEB, ""), ""

    async def switch_model(self, model: str, connection: str | None) -> None:
        """Let another model answer the messages after this; the full-screen program finds it with the thread.

        Args:
            model: Its id.
            connection: The connection that offers it; None for the server's only one.
        """
        self._model, self._connection = model, connection
        self._write(f"\n{clean(model)} answers from now on.\n")
        await self._save({MODEL: model, CONNECTION: connection or ""})

    async def send(self, text: str) -> None:
        """Send a message and show the answer. If this is cancelled, it stops the run first.

        Args:
            text: The message; after an `@` and a name, that assistant answers it.
        """
        self._printer = AnswerPrinter(self._write)
        await self._guarded(self._answer(text))

    async def decide(self, decisions: Mapping[str, Decision]) -> None:
        """Go on with a run whose calls needed decisions, and show the rest of the answer.

        Args:
            decisions: By the ids of the calls; a call without one is not run.
        """
        self.asked = ()
        await self._guarded(self._go_on(decisions))

    async def withdraw(self) -> None:
        """Stop the run whose calls needed decisions."""
        self.asked = ()
        await self._stop()
        self._write("\n[stopped]\n")

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except asyncio.CancelledError:
            await self._stop()
            raise
        except (APIError, TransportError) as error:
            remedy = without_screen_keys(getattr(error, "remedy", "") or "")
            self._write(f"\n⚠ {clean(error.message)} {clean(remedy)}".rstrip() + "\n")

    async def _answer(self, text: str) -> None:
        from aimltui.tui.state.addressee import metadata_of

        addressed = await read_address(self._client, text)
        to = addressed.to
        if to is not None and not addressed.text:
            self._write(f"⚠ Write the message behind “@{clean_line(to.name)}”.\n")
            return
        if addressed.unknown:
            self._write(f"\n… No assistant is called “{addressed.unknown}”. “/assistants” lists them.\n")
        if to is not None:
            self._printer = AnswerPrinter(self._write, clean_line(to.name))
        metadata = metadata_of(to) if to is not None else {}
        await self._client.messages.create(
            CreateMessage(thread_id=self._thread_id, role="user", content=addressed.text, metadata=metadata)
        )
        wanted = await self._wanted(to.assistant_id if to is not None else None)
        if self._streams:
            await self._follow(self._client.runs.stream(wanted))
        else:
            await self._wait(await self._client.runs.create(wanted))
        await self._go_on()

    async def _go_on(self, decisions: Mapping[str, Decision] | None = None) -> None:
        """Answer the calls of the run until it ends or a call needs a decision."""
        functions = self._functions
        while (
            functions is not None and (run := self._printer.run) is not None and run.status == REQUIRES_ACTION
        ):
            self.asked = functions.asked(run) if decisions is None else ()
            if self.asked:
                return
            outputs = await functions.outputs(run, decisions)
            decisions = None
            params = SubmitToolOutputs(thread_id=run.thread_id, run_id=run.id, tool_outputs=outputs)
            if self._streams:
                await self._follow(self._client.runs.stream_tool_outputs(params))
            else:
                await self._wait(await self._client.runs.submit_tool_outputs(params))
        self._show_end()
        await self._printer.show_files(self._client, self._thread_id)

    async def switch_web(self, word: str) -> None:
        """Let the model use the web in the runs after this, or not; the full-screen program finds it with the thread."""
        if word not in ("on", "off"):
            self._write("⚠ Write “/web on” or “/web off”.\n")
            return
        self._web = word
        more = " You are asked before a page is read." if word == "on" else ""
        self._write(f"\nThe web is {word}.{more}\n")
        await self._save({WEB: word})

    async def switch_tools(self, word: str) -> None:
        """Switch the hosted tools for the runs after this; the full-screen program finds it with the thread."""
        if word not in TOOL_SWITCHES:
            self._write("⚠ Write “/tools on”, “/tools off” or “/tools auto”.\n")
            return
        self._tools = word
        self._write(f"\nTools: {word}.\n")
        await self._save({TOOLS: word})

    async def _save(self, metadata: dict[str, str]) -> None:
        try:
            await self._client.threads.modify(ModifyThread(thread_id=self._thread_id, metadata=metadata))
        except (APIError, TransportError) as error:
            self._write(f"⚠ This holds for this chat only. {clean(error.message)}\n")

    async def _wanted(self, other: str | None = None) -> CreateRun:
        """Return the parameters of the next run; of another assistant than the thread's, which has its own model."""
        is_model_chosen = self._model is not None and other is None
        chosen = {"model": self._model, "connection": self._connection} if is_model_chosen else {}
        assistant_id = other or self._assistant_id
        wanted = CreateRun(
            thread_id=self._thread_id,
            assistant_id=assistant_id,
            hosted_tools=self._tools,
            truncation_strategy=TruncationStrategy(type="auto", shorten=True),
            **{name: value for name, value in chosen.items() if value},
        )
        if self._functions is None:
            return wanted
        from aimltui.cli.local_functions import RunOf

        assistant = await self._client.assistants.get(assistant_id)
        is_own = assistant_id == self._own_assistant_id
        return await self._functions.added(wanted, RunOf(assistant, is_own, self._web))

    async def _follow(self, events: Events) -> None:
        async with aclosing(events) as stream:
            async for event in stream:
                self._printer.show_event(event)
        self._printer.end_part()

    async def _wait(self, run: Run) -> None:
        self._printer.run = run
        pause = FIRST_POLL_S
        while run.is_active and run.status != REQUIRES_ACTION:
            await asyncio.sleep(pause)
            pause = min(LAST_POLL_S, pause * 1.5)
            run = self._printer.run = await self._client.runs.get(run.thread_id, run.id)
        await self._show_all(run)

    async def _show_all(self, run: Run) -> None:
        steps = await self._client.runs.list_steps(
            ListRunSteps(thread_id=run.thread_id, run_id=run.id, order="asc", limit=100)
        )
        # only the messages of this run, oldest first: by default, a page could be full of other messages.
        messages = await self._client.messages.list(
            ListMessages(thread_id=run.thread_id, run_id=run.id, order="asc", limit=100)
        )
        self._printer.show_objects(steps.data, messages.data)

    def _show_end(self) -> None:
        self._printer.end_part()
        run = self._printer.run
        if run is not None and run.tools_off and run.tools_off != self._told_off and self._tools != "off":
            self._told_off = run.tools_off
            self._write(f"\n… {tools_off_text(run.tools_off)}; “/tools on” switches them on\n")
        if run is None or run.status == COMPLETED:
            return
        if run.status == REQUIRES_ACTION:
            self._write("\n⚠ The assistant called a function of a program, and this chat has no functions.\n")
        elif run.last_error is not None:
            text = f"{run.last_error.message} {without_screen_keys(run.last_error.remedy or '')}"
            self._write(f"\n⚠ {clean(text).strip()}\n")
        elif run.incomplete_details is not None:
            reason = run.incomplete_details.reason or self._printer.cut
            self._write(f"\n⚠ The answer is incomplete: {incomplete_reason(clean(reason))}.\n")
        else:
            self._write(f"\n⚠ The run ended with the status {clean(run.status)}.\n")

    async def _stop(self) -> None:
        self._printer.end_part()
        # If the run has ended or the server is gone, there is nothing to stop.
        with suppress(APIError, TransportError):
            await self._cancel_newest()

    async def _cancel_newest(self) -> None:
        # Not the last known run: it may have ended without an event yet, or the new one may not be listed yet.
        for _ in range(FIND_TRIES):
            newest = await self._client.runs.list(ListRuns(thread_id=self._thread_id, limit=1))
            if newest.data and newest.data[0].is_active:
                await self._client.runs.cancel(self._thread_id, newest.data[0].id)
                return
            if self._printer.run is not None:
                return
            await asyncio.sleep(FIRST_POLL_S)
