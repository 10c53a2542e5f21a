"""Workspace: everything behind the main screen that is no widget. It knows the client; it tells the screen by messages.

It imports the wire models, so it is imported after the first frame.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.formatting.web_passages import WEB_SEARCH
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.tui.controllers.assistant_files import AssistantFiles
from aimltui.tui.controllers.branches import Branches
from aimltui.tui.controllers.change_watcher import ChangeWatcher
from aimltui.tui.controllers.code_approvals import CodeApprovals
from aimltui.tui.controllers.comparison import Comparisons
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.conversation_guides import ConversationGuides
from aimltui.tui.controllers.file_cache import FileCache
from aimltui.tui.controllers.file_uploads import lines_of
from aimltui.tui.controllers.follower_host import FollowerHost, Spawn
from aimltui.tui.controllers.function_calls import FunctionCalls
from aimltui.tui.controllers.messages import (
    CallsChanged,
    ConversationChanged,
    ThreadListChanged,
)
from aimltui.tui.controllers.model_selection import ModelSelection
from aimltui.tui.controllers.open_conversations import OpenConversations
from aimltui.tui.controllers.pending_decisions import PendingDecisions
from aimltui.tui.controllers.run_follower import RunFollower
from aimltui.tui.controllers.run_planner import RunPlanner
from aimltui.tui.controllers.run_tools import RunTools
from aimltui.tui.controllers.selection_keeper import SelectionKeeper
from aimltui.tui.controllers.thread_directory import ThreadDirectory
from aimltui.tui.controllers.thread_loader import ThreadLoader
from aimltui.tui.controllers.tool_switch import ToolSwitch
from aimltui.tui.controllers.trash import Trash
from aimltui.tui.controllers.usage_tracker import UsageTracker
from aimltui.tui.controllers.web_switch import WebSwitch
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.addressee import Addressee
from aimltui.tui.state.attached_files import addressee_of, parted
from aimltui.tui.state.branch_marks import END_ID
from aimltui.tui.state.entries import CONNECT, LOOK_AGAIN, OTHER_MODEL
from aimltui.tui.state.thread_list import ThreadListState
from aimltui.wire.errors import APIError
from aimltui.wire.runs import MOST_MORE_TOOLS, MOST_RUN_TOOLS, Run


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
        self.guides = ConversationGuides(connected, startup.demo_model, self.assistants, self.models)
        self.directory = ThreadDirectory(client, self._list_changed)
        self.trash = Trash(client, self.directory, startup.trash_days, clock)
        self.selections = SelectionKeeper(
            self.models, self.assistants, self.directory, post, self._selection_changed
        )
        self.tools = ToolSwitch(self.assistants, self.selections, post, is_known=connected.has_tool_switch)
        tools = connected.local_tools
        self.web = WebSwitch(
            self.assistants,
            self.models,
            self.selections,
            post,
            has_search=tools is not None and tools.find(WEB_SEARCH) is not None,
            is_known=connected.has_tool_switch,
        )
        self.loader = ThreadLoader(
            client,
            self.directory,
            post,
            self._follow,
            self._loaded,
            self.assistants.that_answered,
            self._can_follow,
        )
        self.branches = Branches(client, self.directory, clock)
        self.usage = UsageTracker(client, lambda: self.current.buffer.notify())
        self.files = FileCache(client)
        self.calls = FunctionCalls(client, tools, post) if tools is not None else None
        """The calls that runs wait for; None if no functions are called here."""
        self.code = CodeApprovals(post)
        """The code that needs a decision, since no sandbox contains it."""
        self.decisions = PendingDecisions(self.calls, self.code)
        is_remote = connected.connections is None
        most = MOST_RUN_TOOLS if is_remote else MOST_RUN_TOOLS + MOST_MORE_TOOLS
        self.run_tools = RunTools(tools, self.assistants, post, most)
        self.planner = RunPlanner(
            connected,
            startup.demo_model,
            assistants=self.assistants,
            assistant_files=self.assistant_files,
            models=self.models,
            directory=self.directory,
            selections=self.selections,
            tools=self.tools,
            web=self.web,
            run_tools=self.run_tools,
            thread_made=lambda conversation: self.conversations.add(conversation),
        )
        self.host = FollowerHost(
            client=client,
            planner=self.planner,
            assistants=self.assistants,
            directory=self.directory,
            trash=self.trash,
            branches=self.branches,
            usage=self.usage,
            guides=self.guides,
            calls=self.calls,
            current=lambda: self.current,
            begin_comparison=lambda conversation: self.comparisons.begin(conversation),
            post=post,
            spawn=spawn,
            clock=clock,
        )
        self.is_importing = False
        """Whether threads come in that are not to be read one by one."""
        self.conversations = OpenConversations(self._conversation, self._new_follower, self.decisions)
        self.comparisons = Comparisons(
            self.branches,
            self.conversations,
            self.loader,
            self.selections,
            answer=self._answer,
            post=post,
            spawn=spawn,
        )

    @property
    def current(self) -> Conversation:
        """The conversation on the screen."""
        return self.conversations.current

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

    async def learn(self, *, refresh: bool = False) -> None:
        """List the models, and show which one answers, or in a new thread why none does.

        Args:
            refresh: Whether a list that is known is fetched again.
        """
        await self.models.learn(refresh=refresh)
        conversation = self.current
        self._selection_changed(conversation)
        if self.models.problem and conversation.view.facts.is_blank and not conversation.is_busy:
            actions = (LOOK_AGAIN, OTHER_MODEL, *((CONNECT,) if self.connected.connections else ()))
            conversation.unsent_card = conversation.show_error(
                "No model answers yet", self.models.problem, actions=actions
            )

    def new(self, *, is_temporary: bool = False) -> Conversation:
        """Open a new conversation; its thread is made with the first message."""
        conversation = self.conversations.show_new(is_temporary=is_temporary)
        self.threads.opened = None
        self.guides.show(conversation)
        conversation.buffer.add(None, at_once=True)
        self._post(CallsChanged())
        return conversation

    async def open(self, thread_id: str) -> Conversation:
        """Open a thread, and read it."""
        conversation = self.conversations.show(thread_id)
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

    def send(self, draft: str, conversation: Conversation | None = None) -> None:
        """Send a message with its files, usually in the open conversation, or queue it until the run ends."""
        conversation = conversation or self.current
        if conversation.choice is not None:
            conversation.enqueue(draft)
            return
        conversation.retry_with = None
        conversation.keeps_message = False
        if conversation.compared:
            draft = self.comparisons.prepare(conversation, draft)
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
        self._spawn(
            self.conversations.follower(conversation).converse(draft, pending_id), _group(conversation)
        )

    def send_again(self, *, as_addressed: bool = True) -> None:
        """Start a new run for the last message.

        Args:
            as_addressed: Whether the assistant answers that the message is addressed to, if it is to one.
        """
        conversation = self.current
        if conversation.is_busy or conversation.thread_id is None:
            return
        self._answer(conversation, conversation.last_addressee if as_addressed else None)

    def _answer(self, conversation: Conversation, to: Addressee | None = None) -> None:
        """Start a new run for the last message of an idle conversation."""
        conversation.is_sending = True
        conversation.buffer.add(conversation.view.remove(END_ID), at_once=True)
        self._spawn(self.conversations.follower(conversation).again(to), _group(conversation))

    def run_code(self, code: str) -> None:
        """Run the user's Python as a step of the open thread."""
        conversation = self.current
        if conversation.is_busy or conversation.thread_id is None:
            return
        conversation.is_sending = True
        self._spawn(self.conversations.follower(conversation).run_code(code), _group(conversation))

    def stop(self, conversation: Conversation | None = None) -> bool:
        """Stop the run of a conversation, usually of the open one; False if there is none."""
        conversation = conversation or self.current
        if not conversation.is_busy:
            return False
        run = conversation.view.runs.active
        conversation.is_stopping = True
        waiting = conversation.dequeue_all()
        if waiting:
            self.host.give_back(conversation, waiting)
        if run is not None:
            self._spawn(self.conversations.follower(conversation).cancel(run), f"stop:{run.id}")
        conversation.buffer.notify()
        return True

    def stop_in(self, thread_id: str) -> None:
        """Stop the answer that is being written in a thread: it is about to be deleted."""
        for conversation in self.conversations.writing:
            if conversation.thread_id == thread_id:
                self.stop(conversation)

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
        conversation = self.conversations.find(thread_id)
        # an import is read as a whole when it is over: its threads come by the hundred
        return self.is_importing or (conversation is not None and conversation.is_sending)

    # Conversations

    async def close(self) -> None:
        """Announce no more changes."""
        if self.calls is not None:
            await self.calls.aclose()
        self.conversations.close()

    def _conversation(self, thread_id: str | None, is_temporary: bool) -> Conversation:
        return Conversation(thread_id, self.assistants.names, self._changed, is_temporary=is_temporary)

    def _changed(self, conversation: Conversation) -> None:
        self._post(ConversationChanged(conversation))

    def _list_changed(self) -> None:
        self._post(ThreadListChanged())

    def _new_follower(self, conversation: Conversation) -> RunFollower:
        return RunFollower(self.client, conversation, self.host)

    def _can_follow(self, run: Run) -> bool:
        """Whether something will come of an active run: one that waits for functions needs this window's answers."""
        return run.status != "requires_action" or self.host.answers_calls()

    def _follow(self, conversation: Conversation, run: Run) -> None:
        self._spawn(self.conversations.follower(conversation).attach(run), _group(conversation))

    def _selection_changed(self, conversation: Conversation) -> None:
        self.guides.show(conversation)
        conversation.buffer.notify()

    def _loaded(self, conversation: Conversation) -> None:
        self.guides.show(conversation)
        self.host.refresh_branches(conversation)


def _group(conversation: Conversation) -> str:
    return f"run:{conversation.thread_id or id(conversation)}"
