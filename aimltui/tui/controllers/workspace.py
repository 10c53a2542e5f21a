"""Workspace: everything behind the main screen that is no widget. It knows the client; it tells the screen by messages.

It imports the wire models, so it is imported after the first frame.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.formatting.web_passages import WEB_SEARCH
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.assistant_files import AssistantFiles
from aimltui.tui.controllers.branches import Branches
from aimltui.tui.controllers.change_watcher import ChangeWatcher
from aimltui.tui.controllers.code_approvals import CodeApprovals
from aimltui.tui.controllers.conversation import Addressed, Answering, Conversation
from aimltui.tui.controllers.file_cache import FileCache
from aimltui.tui.controllers.file_uploads import lines_of
from aimltui.tui.controllers.function_calls import FunctionCalls
from aimltui.tui.controllers.messages import (
    CallsChanged,
    ConversationChanged,
    TextReturned,
    ThreadListChanged,
)
from aimltui.tui.controllers.model_selection import ModelSelection
from aimltui.tui.controllers.run_follower import RunFollower
from aimltui.tui.controllers.run_plan import Plan
from aimltui.tui.controllers.run_tools import RunTools
from aimltui.tui.controllers.selection_keeper import SelectionKeeper
from aimltui.tui.controllers.thread_directory import ThreadDirectory
from aimltui.tui.controllers.thread_files import tools_of_thread
from aimltui.tui.controllers.thread_loader import ThreadLoader
from aimltui.tui.controllers.tool_switch import ToolSwitch
from aimltui.tui.controllers.trash import Trash
from aimltui.tui.controllers.usage_tracker import UsageTracker
from aimltui.tui.controllers.web_switch import WebSwitch
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.attached_files import addressee_of, parted
from aimltui.tui.state.branch_marks import END_ID
from aimltui.tui.state.entries import GuideEntry
from aimltui.tui.state.guides import guides_for
from aimltui.tui.state.pending_calls import PendingCall
from aimltui.tui.state.run_options import metadata_of
from aimltui.tui.state.thread_list import ThreadListState
from aimltui.wire.assistants import starters_of
from aimltui.wire.errors import APIError
from aimltui.wire.runs import MOST_MORE_TOOLS, MOST_RUN_TOOLS, Run, ToolOutput
from aimltui.wire.threads import ASSISTANT, CONNECTION, MODEL, TOOLS, WEB

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs a coroutine as a worker of the screen, in a group."""


class Workspace:
    """Holds the open conversation and those in which something still happens, and sends messages in them.

    Args:
        connected: The server.
        startup: What the app was made with.
        post: Sends a message to the screen.
        spawn: Starts a worker.
        clock: Unix seconds.
    """

    def __init__(
        self,
        connected: Connected,
        startup: Startup,
        post: Callable[[TextualMessage], object],
        spawn: Spawn,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.client = client = connected.client
        self.connected = connected
        self.endpoint = connected.endpoint
        """What the models' endpoint is called on the screen."""
        self.clock = clock
        self._startup = startup
        self._post = post
        self._spawn = spawn
        self.assistants = AssistantDirectory(client, connected.default_tools)
        self.assistant_files = AssistantFiles(connected.assistant_folder, self.assistants, post)
        self.models = ModelSelection(
            client,
            self.assistants,
            startup.model or connected.default_model,
            connections=connected.connection_names,
            is_asked=startup.model is not None,
        )
        self.directory = ThreadDirectory(client, self._list_changed)
        self.trash = Trash(client, self.directory, startup.trash_days, clock)
        self.selections = SelectionKeeper(
            self.models, self.assistants, self.directory, post, self._selection_changed
        )
        self.tools = ToolSwitch(self.assistants, self.selections, post, is_known=connected.has_tool_switch)
        local = connected.local_tools
        self.web = WebSwitch(
            self.assistants,
            self.models,
            self.selections,
            post,
            has_search=local is not None and local.find(WEB_SEARCH) is not None,
            is_known=connected.has_tool_switch,
        )
        self.loader = ThreadLoader(client, self.directory, post, self._follow, self._loaded, self._can_follow)
        self.branches = Branches(client, self.directory, clock)
        self.usage = UsageTracker(client, lambda: self.current.buffer.notify())
        self.files = FileCache(client)
        tools = connected.local_tools
        self.calls = FunctionCalls(client, tools, post) if tools is not None else None
        """The calls that runs wait for; None if no functions are called here."""
        self.code = CodeApprovals(post)
        """The code that needs a decision, since no sandbox contains it."""
        is_remote = connected.connections is None
        most = MOST_RUN_TOOLS if is_remote else MOST_RUN_TOOLS + MOST_MORE_TOOLS
        self.run_tools = RunTools(tools, self.assistants, post, most)
        self.before_run: Callable[[frozenset[str]], Awaitable[None]] | None = None
        """Called before each run with the types of the assistant's tools; it may ask the user something first."""
        self.is_importing = False
        """Whether threads come in that are not to be read one by one."""
        self._kept: dict[str, Conversation] = {}
        self._followers: dict[Conversation, RunFollower] = {}
        self.current = self._conversation(None)

    @property
    def threads(self) -> ThreadListState:
        """The list as the sidebar shows it."""
        return self.directory.state

    # Opening

    async def prepare(self) -> str | None:
        """Read the newest threads and the assistants; `ThreadLoader.read_rest` reads the other threads.

        Returns:
            Why that failed, as a sentence; None if it did not.
        """
        try:
            await self.directory.read_newest()
            await self.assistants.read()
            await self.assistant_files.refresh()
        except (APIError, TransportError) as error:
            return f"The list of threads could not be read. {error}"
        return None

    async def learn(self) -> None:
        """List the models, and show which one answers."""
        await self.models.learn()
        self._selection_changed(self.current)

    def new(self) -> Conversation:
        """Open a new conversation; its thread is made with the first message."""
        self._leave()
        self.threads.opened = None
        self.current = self._conversation(None)
        self._show_guides(self.current)
        self.current.buffer.add(None, at_once=True)
        self._post(CallsChanged())
        return self.current

    async def open(self, thread_id: str) -> Conversation:
        """Open a thread, and read it."""
        self._leave()
        conversation = self._kept.get(thread_id) or self._conversation(thread_id)
        self.current = self._kept[thread_id] = conversation
        self.threads.opened = thread_id
        self.threads.mark_read(thread_id)
        self._list_changed()
        conversation.buffer.add(None, at_once=True)
        self._post(CallsChanged())
        await self.loader.read(conversation)
        return conversation

    def assistants_changed(self) -> None:
        """Show what has changed about the assistant that answers in the open conversation."""
        self._selection_changed(self.current)

    def starters_of(self, conversation: Conversation) -> Sequence[tuple[str, str]]:
        """What a conversation offers to begin with: the line shown, and the message."""
        own = starters_of(self.assistants.metadata_of(conversation))
        # the other ones are about the program, and only the demo model knows it
        is_demo = self.models.model_of(conversation) == self._startup.demo_model
        return [(text, text) for text in own] or (self.connected.starters if is_demo else ())

    async def use_endpoint(self, name: str, model: str | None) -> None:
        """Use another endpoint for new threads, and for those without a choice.

        Args:
            name: What it is called on the screen.
            model: Its model; empty for the first one of its list, None if there is no endpoint left.
        """
        self.endpoint = name
        conversation = self.current
        conversation.retry()
        self.models.set_default(model)
        # before the first message, so that the header says which one answers
        await self.models.settle()
        if conversation.thread_id is None or conversation.selection.model == self._startup.demo_model:
            await self.selections.follow_default(conversation)
        else:
            conversation.buffer.notify()

    # Sending

    def send(self, draft: str) -> None:
        """Send a message with its files, or queue it until the run ends."""
        conversation = self.current
        conversation.retry_with = None
        if conversation.is_busy:
            conversation.enqueue(draft)
            run = conversation.view.runs.active
            if not conversation.is_sending and run is not None and self._can_follow(run):
                # the connection to the run was lost: without a follower the message would wait for ever
                self._follow(conversation, run)
            return
        conversation.buffer.add(conversation.view.show_guides(()))
        text, files = parted(draft)
        pending_id, changes = conversation.view.add_pending(text, lines_of(files), addressee_of(draft))
        conversation.buffer.add(changes, at_once=True)
        conversation.is_sending = True
        self._spawn(self._follower(conversation).converse(draft, pending_id), _group(conversation))

    def send_again(self, *, as_addressed: bool = True) -> None:
        """Start a new run for the last message.

        Args:
            as_addressed: Whether the assistant answers that the message is addressed to, if it is to one.
        """
        conversation = self.current
        if conversation.is_busy or conversation.thread_id is None:
            return
        conversation.is_sending = True
        conversation.buffer.add(conversation.view.remove(END_ID), at_once=True)
        self._spawn(
            self._follower(conversation).again(conversation.last_addressee if as_addressed else None),
            _group(conversation),
        )

    def run_code(self, code: str) -> None:
        """Run the user's Python as a step of the open thread."""
        conversation = self.current
        if conversation.is_busy or conversation.thread_id is None:
            return
        conversation.is_sending = True
        self._spawn(self._follower(conversation).run_code(code), _group(conversation))

    @property
    def writing(self) -> list[Conversation]:
        """The conversations with an answer that was asked for here, is being written and needs no decision."""
        found = dict.fromkeys([*self._kept.values(), self.current])
        return [conversation for conversation in found if self._is_writing(conversation)]

    def _is_writing(self, conversation: Conversation) -> bool:
        run = conversation.view.runs.active
        if not conversation.is_sending or (self.calls and self.calls.calls_of(conversation.thread_id)):
            return False
        if run is None:
            # a message is on its way; once its run has ended, nothing is left that quitting could cut off
            return bool(conversation.queue) or not conversation.view.facts.ends_with_run
        return run.id in self._follower(conversation).own_runs

    def stop(self, conversation: Conversation | None = None) -> bool:
        """Stop the run of a conversation, usually of the open one; False if there is none."""
        conversation = conversation or self.current
        if not conversation.is_busy:
            return False
        run = conversation.view.runs.active
        conversation.is_stopping = True
        waiting = conversation.dequeue_all()
        if waiting:
            self.give_back(conversation, waiting)
        if run is not None:
            self._spawn(self._follower(conversation).cancel(run), f"stop:{run.id}")
        conversation.buffer.notify()
        return True

    # What a run follower asks for: `run_follower.RunHost`

    async def plan(
        self, conversation: Conversation, needs: frozenset[str] = frozenset(), to: Addressee | None = None
    ) -> Plan:
        """The thread (made if there is none yet), the assistant, the model and the tools of the next run."""
        await self.assistant_files.refresh()
        answering: Answering = conversation
        if to is not None:
            await self.assistants.need(to)
            answering = Addressed.by(conversation, to.assistant_id)
        model = await self.models.need_model(answering)
        assistant_id = await self.models.need_assistant(answering, model)
        needs |= await tools_of_thread(self.client, conversation.thread_id)
        if self.before_run is not None:
            switch = self.tools.of(answering)
            is_off = switch == "off" or (switch == "auto" and self.models.has_no_tools(answering))
            tools = self.assistants.tools_of(assistant_id) | needs
            await self.before_run(frozenset() if is_off else tools)
        has_any = self.connected.connections is not None and self.connected.connections.rows()
        if has_any and model != self._startup.demo_model and answering is conversation:
            await self.selections.remember_connection(conversation)
        if conversation.thread_id is None:
            chosen = conversation.selection
            metadata = {
                MODEL: chosen.model,
                CONNECTION: chosen.connection,
                ASSISTANT: chosen.assistant_id,
                TOOLS: chosen.tools,
                WEB: chosen.web,
            }
            given = {key: value for key, value in metadata.items() if value}
            thread = await self.directory.create(given | metadata_of(conversation.options.thread))
            conversation.thread_id = thread.id
            self._kept[thread.id] = conversation
            conversation.buffer.notify()
        connection = self.models.sent_connection(answering)
        sent = self.tools.sent(answering)
        own = await self.run_tools.tools_of(assistant_id, needs, with_web=self.web.gives_tools(answering))
        own = self.tools.kept(answering, assistant_id, own)
        options = conversation.options.plan(is_addressed=to is not None)
        return Plan(
            conversation.thread_id,
            assistant_id,
            model,
            connection,
            own,
            sent,
            self.web.sent(answering),
            self.models.sent_options(options),
        )

    def stop_in(self, thread_id: str) -> None:
        """Stop the answer that is being written in a thread: it is about to be deleted."""
        for conversation in self.writing:
            if conversation.thread_id == thread_id:
                self.stop(conversation)

    def said(self, conversation: Conversation, text: str) -> None:
        """The server has a message of the user; another window may have deleted the thread meanwhile."""
        thread_id = conversation.thread_id or ""
        # one that is being stopped may have been deleted here, and its message is taken back
        if thread_id not in self.threads and not conversation.is_stopping:
            self._spawn(self._untrash(thread_id), "trash")
        self.threads.note_message(thread_id, text, int(self.clock()))
        self._list_changed()
        self._spawn(self.branches.refresh(conversation), "branches")

    async def unsaid(self, conversation: Conversation) -> None:
        """A message was taken back: the thread may have other first words."""
        self._show_guides(conversation)
        with suppress(APIError, TransportError):
            await self.directory.refresh((), self.current.thread_id)

    async def _untrash(self, thread_id: str) -> None:
        with suppress(APIError, TransportError):
            if (await self.client.threads.get(thread_id)).trashed_at is not None:
                await self.trash.restore(thread_id)

    def run_moved(self, conversation: Conversation, run: Run) -> None:
        """The run has another status."""
        is_open = conversation is self.current
        self.threads.note_run(conversation.thread_id or "", run.id, run.status, is_open=is_open)
        self._list_changed()
        if self.calls is not None:
            self.calls.run_moved(run)
        conversation.buffer.notify()
        if run.is_terminal:
            self._spawn(self.usage.refresh(), "usage")
            self._spawn(self.branches.refresh(conversation), "branches")

    def give_back(self, conversation: Conversation, text: str) -> None:
        """Return text to the prompt that was not sent."""
        self._post(TextReturned(conversation, text))
        self._show_guides(conversation)

    def forget_assistant(self, assistant_id: str) -> bool:
        """The assistant was deleted; True if the next plan will have another one."""
        return self.assistants.forget(assistant_id)

    def calls_asking(self, thread_id: str | None) -> Sequence[PendingCall]:
        """What needs a decision in a thread: calls of functions, and code."""
        calls = self.calls.calls_of(thread_id) if self.calls is not None else ()
        return (*calls, *self.code.calls_of(thread_id))

    @property
    def threads_asking(self) -> frozenset[str]:
        """The threads in which something needs a decision."""
        calls = self.calls.threads_asking if self.calls is not None else frozenset()
        return calls | self.code.threads_asking

    def answers_calls(self) -> bool:
        """Whether functions can be called here."""
        return self.calls is not None and not self.calls.is_closed

    async def answer_calls(self, run: Run, *, is_own: bool) -> list[ToolOutput] | None:
        """An output for each call that a run waits for; see `RunHost.answer_calls`."""
        assert self.calls is not None
        return await self.calls.answer(run, is_own=is_own)

    # Other windows

    async def watch(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Take over what other windows and processes change, until the program ends."""
        watcher = ChangeWatcher(
            self.client,
            catch_up=lambda touched: self.loader.catch_up(self.current, touched),
            look=lambda: self.loader.look(self.current),
            is_own=self._is_own,
            sleep=sleep,
        )
        await watcher.run()

    def _is_own(self, thread_id: str) -> bool:
        """Whether changes of the thread come from this window, which knows them already."""
        conversation = self._kept.get(thread_id)
        # an import is read as a whole when it is over: its threads come by the hundred
        return self.is_importing or (conversation is not None and conversation.is_sending)

    # Conversations

    async def close(self) -> None:
        """Announce no more changes."""
        if self.calls is not None:
            await self.calls.aclose()
        for conversation in [*self._kept.values(), self.current]:
            conversation.buffer.close()

    def _conversation(self, thread_id: str | None) -> Conversation:
        return Conversation(thread_id, self.assistants.names, self._changed)

    def _changed(self, conversation: Conversation) -> None:
        self._post(ConversationChanged(conversation))

    def _list_changed(self) -> None:
        self._post(ThreadListChanged())

    def _follower(self, conversation: Conversation) -> RunFollower:
        follower = self._followers.get(conversation)
        if follower is None:
            follower = self._followers[conversation] = RunFollower(self.client, conversation, self)
        return follower

    def _can_follow(self, run: Run) -> bool:
        """Whether something will come of an active run: one that waits for functions needs this window's answers."""
        return run.status != "requires_action" or self.answers_calls()

    def _follow(self, conversation: Conversation, run: Run) -> None:
        self._spawn(self._follower(conversation).attach(run), _group(conversation))

    def _leave(self) -> None:
        """Forget the conversations in which nothing happens: the server has them."""
        for thread_id, conversation in list(self._kept.items()):
            if not conversation.is_sending and not conversation.queue:
                conversation.buffer.close()
                del self._kept[thread_id]
                self._followers.pop(conversation, None)

    def _selection_changed(self, conversation: Conversation) -> None:
        self._show_guides(conversation)
        conversation.buffer.notify()

    def _loaded(self, conversation: Conversation) -> None:
        self._show_guides(conversation)
        self._spawn(self.branches.refresh(conversation), "branches")

    def _show_guides(self, conversation: Conversation) -> None:
        guides: tuple[GuideEntry, ...] = ()
        if not conversation.view.facts.has_messages:
            model = self.models.model_of(conversation)
            guides = guides_for(
                model,
                self.assistants.name_of(conversation),
                is_set_up=self.models.is_set_up,
                may_connect=self.connected.connections is not None,
                starters=self.starters_of(conversation),
                notes=self.connected.notes,
            )
        conversation.buffer.add(conversation.view.show_guides(guides), at_once=True)


def _group(conversation: Conversation) -> str:
    return f"run:{conversation.thread_id or id(conversation)}"
