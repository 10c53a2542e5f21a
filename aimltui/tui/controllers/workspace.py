"""Desk: everything behind the main screen that is no widget. It knows the client; it tells the screen by messages.

This is where the wire models come in, so it is imported once the first frame is out.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.tui.controllers.change_watcher import Watch
from aimltui.tui.controllers.conversation import Conversation, Selection
from aimltui.tui.controllers.file_cache import FileShelf
from aimltui.tui.controllers.messages import ConversationChanged, GivenBack, Remarked, ThreadListChanged
from aimltui.tui.controllers.model_selection import Choices
from aimltui.tui.controllers.run_follower import RunFollower
from aimltui.tui.controllers.run_plan import Plan
from aimltui.tui.controllers.thread_directory import Shelf
from aimltui.tui.controllers.thread_reader import read_thread
from aimltui.tui.controllers.usage_tracker import Purse
from aimltui.tui.startup import Connected, Startup
from aimltui.tui.state.guides import chosen_message, guides_for
from aimltui.tui.state.thread_list import ThreadListState
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.runs import Run
from aimltui.wire.threads import ASSISTANT, CONNECTION, MODEL

log = logging.getLogger(__name__)

Spawn = Callable[[Coroutine[Any, Any, None], str], None]
"""Runs something as a worker of the screen, in a group."""


class Desk:
    """The conversations, the shelf they come from, and the choices that hold for them.

    Args:
        connected: The server.
        startup: What the app was made with.
        post: Tells the screen something.
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
        self.client = connected.client
        self.connected = connected
        self.endpoint = connected.endpoint
        """What the models' endpoint is called on the screen."""
        self.clock = clock
        self._startup = startup
        self._post = post
        self._spawn = spawn
        model = startup.model or connected.default_model
        self.choices = Choices(
            connected.client,
            model,
            connected.default_tools,
            connections=connected.connection_names,
            is_asked=startup.model is not None,
        )
        self.before_run: Callable[[frozenset[str]], Awaitable[None]] | None = None
        """Told which tools the assistant has, before each run; it may ask the user something first."""
        self.purse = Purse(connected.client, lambda: self.current.buffer.notify())
        self.shelf = Shelf(connected.client, self._list_changed)
        self.files = FileShelf(connected.client)
        self._is_list_cut = False
        self._kept: dict[str, Conversation] = {}
        self._followers: dict[Conversation, RunFollower] = {}
        self.current = self._conversation(None)

    @property
    def threads(self) -> ThreadListState:
        """The list as the sidebar shows it."""
        return self.shelf.state

    # Opening

    async def prepare(self) -> str | None:
        """Read what there is: threads, assistants. Answers with a sentence if that did not go well."""
        try:
            self._is_list_cut = await self.shelf.read_newest()
            await self.choices.read_assistants()
        except (APIError, TransportError) as error:
            return f"The list of threads could not be read. {error}"
        return None

    async def learn(self) -> None:
        """Have the models at hand, and show which one answers if that was open."""
        await self.choices.learn()
        self._show_guides(self.current)
        self.current.buffer.notify()

    async def read_rest(self) -> None:
        """Read the threads that `prepare` left for later."""
        if not self._is_list_cut:
            return
        try:
            await self.shelf.read(self.current.thread_id)
        except (APIError, TransportError) as error:
            self._post(Remarked(f"The list of threads is not complete. {error}", True))

    async def has(self, thread_id: str) -> bool:
        """Whether the server has this thread."""
        if thread_id in self.threads or not self._is_list_cut:
            return thread_id in self.threads
        try:
            await self.client.threads.get(thread_id)
        except (APIError, TransportError):
            return False
        return True

    def new(self) -> Conversation:
        """Begin a conversation; its thread is made when something is said."""
        self._leave()
        self.current = self._conversation(None)
        self._show_guides(self.current)
        self.current.buffer.add(None, at_once=True)
        return self.current

    async def open(self, thread_id: str) -> Conversation:
        """Go to a thread, and read it unless it was kept because something goes on in it."""
        self._leave()
        conversation = self._kept.get(thread_id) or self._conversation(thread_id)
        self.current = self._kept[thread_id] = conversation
        self.threads.mark_read(thread_id)
        conversation.buffer.add(None, at_once=True)
        await self.read(conversation)
        return conversation

    async def read(self, conversation: Conversation) -> None:
        """Take what the server has of a conversation, and follow its run if one is active."""
        thread_id = conversation.thread_id
        if thread_id is None or not self._is_idle(conversation):
            return
        try:
            thread = await self.client.threads.get(thread_id)
            snapshot = await read_thread(self.client, thread_id)
        except (APIError, TransportError) as error:
            self._reading_failed(conversation, error)
            return
        if not self._is_idle(conversation):
            # A message was sent while the thread was read: its follower knows better.
            return
        metadata = thread.metadata or {}
        conversation.selection = Selection(
            metadata.get(MODEL) or None, metadata.get(ASSISTANT) or None, metadata.get(CONNECTION) or None
        )
        conversation.has_more = snapshot.has_more if not conversation.is_loaded else conversation.has_more
        conversation.is_loaded = True
        self.threads.put(thread)
        conversation.buffer.add(conversation.view.reconcile(snapshot), at_once=True)
        conversation.mark_reachable()
        self._show_guides(conversation)
        run = conversation.view.active_run
        if run is not None and run.status != "requires_action":
            self._spawn(self._follower(conversation).attach(run), _group(conversation))

    async def read_older(self, conversation: Conversation) -> None:
        """Read the part of the thread before what is shown."""
        before = conversation.view.oldest_message_id
        if not conversation.has_more or before is None or conversation.thread_id is None:
            return
        conversation.has_more = False
        known = conversation.view.run_ids
        try:
            snapshot = await read_thread(self.client, conversation.thread_id, before=before, known=known)
        except (APIError, TransportError) as error:
            conversation.has_more = True
            self._post(Remarked(f"Earlier messages could not be read. {error}", True))
            return
        conversation.has_more = snapshot.has_more
        conversation.buffer.add(conversation.view.prepend(snapshot))

    # Talking

    def send(self, text: str) -> None:
        """Send a message, or let it wait for the end of the run."""
        conversation = self.current
        if conversation.is_busy:
            conversation.enqueue(text)
            run = conversation.view.active_run
            if not conversation.is_sending and run is not None and run.status != "requires_action":
                # The connection to the run was lost: take hold of it again, or the message would wait for ever.
                self._spawn(self._follower(conversation).attach(run), _group(conversation))
            return
        conversation.buffer.add(conversation.view.show_guides(()))
        pending_id, changes = conversation.view.add_pending(text)
        conversation.buffer.add(changes, at_once=True)
        conversation.is_sending = True
        self._spawn(self._follower(conversation).converse(text, pending_id), _group(conversation))

    def send_again(self) -> None:
        """Let the last message be answered once more, by a new run."""
        conversation = self.current
        if conversation.is_busy or conversation.thread_id is None:
            return
        conversation.is_sending = True
        conversation.buffer.notify()
        self._spawn(self._follower(conversation).again(), _group(conversation))

    def stop(self) -> bool:
        """Stop what goes on in the open conversation; False if nothing does."""
        conversation = self.current
        if not conversation.is_busy:
            return False
        run = conversation.view.active_run
        conversation.is_stopping = True
        waiting = conversation.dequeue_all()
        if waiting:
            self.give_back(conversation, waiting)
        if run is not None:
            self._spawn(self._follower(conversation).cancel(run), f"stop:{run.id}")
        conversation.buffer.notify()
        return True

    def starter(self, choice_id: str) -> str | None:
        """The message that a line of the guide stands for."""
        return chosen_message(self, choice_id)

    # Choosing

    async def choose_model(self, model: str, connection: str = "") -> None:
        """Use this model in the open conversation; for new ones only if there was none for them.

        Args:
            model: Its id.
            connection: Whose it is, by the name; empty for the default one's or what is built in.
        """
        conversation = self.current
        conversation.selection.model, conversation.selection.connection = model, connection or None
        if not self.choices.default_model:
            self.choices.set_default_model(model, connection or None)
        await self._keep_choice(conversation, {MODEL: model, CONNECTION: connection})

    async def make_default(self, model: str, connection: str = "") -> None:
        """Make this model the default of who answers in the open conversation, which follows it from now on."""
        conversation = self.current
        try:
            await self.choices.make_default(conversation, model, connection)
        except (APIError, TransportError) as error:
            self._post(Remarked(f"The default was not changed. {error}", True))
            return
        conversation.selection.model, conversation.selection.connection = None, connection or None
        name = self.choices.assistant_name(conversation)
        self._post(Remarked(f"{model} is the default of {name} now.", False))
        await self._keep_choice(conversation, {MODEL: "", CONNECTION: connection})

    async def use_endpoint(self, name: str, model: str | None) -> None:
        """New threads, and those without a choice of their own, use another endpoint from now on.

        Args:
            name: What it is called on the screen.
            model: Its model; empty for the first of its list, None if there is none any more.
        """
        self.endpoint = name
        conversation = self.current
        conversation.retry()
        self.choices.set_default_model(model)
        # better now than with the first message: the header says which one answers
        await self.choices.settle()
        if conversation.thread_id is None or conversation.selection.model == self._startup.demo_model:
            conversation.selection.model = conversation.selection.connection = None
            await self._keep_choice(conversation, {MODEL: "", CONNECTION: ""})
        else:
            conversation.buffer.notify()

    async def choose_assistant(self, assistant_id: str) -> None:
        """Let this assistant answer in the open conversation."""
        conversation = self.current
        conversation.selection.assistant_id = assistant_id
        await self._keep_choice(conversation, {ASSISTANT: assistant_id})

    async def _keep_choice(self, conversation: Conversation, metadata: dict[str, str]) -> None:
        self._show_guides(conversation)
        conversation.buffer.notify()
        if conversation.thread_id is None:
            return
        try:
            await self.shelf.set_metadata(conversation.thread_id, metadata)
        except (APIError, TransportError) as error:
            self._post(Remarked(f"The choice holds until the program ends, but was not kept. {error}", True))

    # What a follower asks for

    async def plan(self, conversation: Conversation) -> Plan:
        """See `runs.RunHost`."""
        model = await self.choices.need_model(conversation)
        assistant_id = await self.choices.need_assistant(conversation, model)
        if self.before_run is not None:
            await self.before_run(self.choices.tools_of(assistant_id))
        await self._remember_connection(conversation, model)
        if conversation.thread_id is None:
            selection = conversation.selection
            chosen = {
                MODEL: selection.model,
                CONNECTION: selection.connection,
                ASSISTANT: selection.assistant_id,
            }
            thread = await self.shelf.create({key: value for key, value in chosen.items() if value})
            conversation.thread_id = thread.id
            self._kept[thread.id] = conversation
            conversation.buffer.notify()
        connection = self.choices.sent_connection(conversation)
        return Plan(conversation.thread_id, assistant_id, model, connection)

    async def _remember_connection(self, conversation: Conversation, model: str) -> None:
        """Let the thread keep to the connection that answers in it, whichever is the default one later."""
        if conversation.selection.model is not None:
            return
        name = self.choices.answering(conversation)
        has_any = self.connected.connections is not None and self.connected.connections.rows()
        if has_any and model != self._startup.demo_model and name != conversation.selection.connection:
            conversation.selection.connection = name
            await self._keep_choice(conversation, {CONNECTION: name or ""})

    def said(self, conversation: Conversation, text: str) -> None:
        """See `runs.RunHost`."""
        self.threads.note_message(conversation.thread_id or "", text, int(self.clock()))
        self._post(ThreadListChanged())

    def run_moved(self, conversation: Conversation, run: Run) -> None:
        """See `runs.RunHost`."""
        is_open = conversation is self.current
        self.threads.note_run(conversation.thread_id or "", run.id, run.status, is_open=is_open)
        self._post(ThreadListChanged())
        conversation.buffer.notify()
        if run.is_terminal:
            self._spawn(self.purse.refresh(), "purse")

    def give_back(self, conversation: Conversation, text: str) -> None:
        """See `runs.RunHost`."""
        self._post(GivenBack(conversation, text))
        self._show_guides(conversation)

    def forget_assistant(self, assistant_id: str) -> bool:
        """See `runs.RunHost`."""
        return self.choices.forget(assistant_id)

    # Other windows

    async def watch(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """Keep up with what other windows and processes do. Ends only with the program."""
        await Watch(self, sleep).go_on()

    async def catch_up(self, touched: set[str] | None) -> None:
        """Read again what changed: these threads, or with None nobody knows what."""
        conversation = self.current
        if touched is None:
            await self.shelf.read(conversation.thread_id)
        else:
            await self.shelf.refresh(touched, conversation.thread_id)
        if conversation.thread_id is None or conversation.is_sending:
            return
        if touched is None or conversation.thread_id in touched:
            await self.read(conversation)

    def is_mine(self, thread_id: str) -> bool:
        """Whether what happens to the thread is this window's own doing, and known."""
        conversation = self._kept.get(thread_id)
        return conversation is not None and conversation.is_sending

    # Inside

    async def close(self) -> None:
        """Finish what was put off."""
        await self.shelf.delete_all_hidden()
        for conversation in [*self._kept.values(), self.current]:
            conversation.buffer.close()

    def _conversation(self, thread_id: str | None) -> Conversation:
        return Conversation(thread_id, self.choices.names, self._changed)

    def _changed(self, conversation: Conversation) -> None:
        self._post(ConversationChanged(conversation))

    def _list_changed(self) -> None:
        self._post(ThreadListChanged())

    def _follower(self, conversation: Conversation) -> RunFollower:
        follower = self._followers.get(conversation)
        if follower is None:
            follower = self._followers[conversation] = RunFollower(self.client, conversation, self)
        return follower

    @staticmethod
    def _is_idle(conversation: Conversation) -> bool:
        return not conversation.is_sending

    def _leave(self) -> None:
        """Forget conversations in which nothing goes on: the server has them."""
        for thread_id, conversation in list(self._kept.items()):
            if not conversation.is_sending and not conversation.queue:
                conversation.buffer.close()
                del self._kept[thread_id]
                self._followers.pop(conversation, None)

    def _show_guides(self, conversation: Conversation) -> None:
        guides = () if conversation.view.has_messages else guides_for(self, conversation, self._startup)
        conversation.buffer.add(conversation.view.show_guides(guides), at_once=True)

    def _reading_failed(self, conversation: Conversation, error: Exception) -> None:
        if isinstance(error, NotFound):
            detail = "It was deleted, perhaps in another window."
            conversation.show_error("This thread is not there any more", detail, "ctrl+N begins a new one.")
            return
        remedy = getattr(error, "remedy", "") or "Open it again from the list."
        conversation.show_error("The thread could not be read", str(error), remedy)


def _group(conversation: Conversation) -> str:
    return f"run:{conversation.thread_id or id(conversation)}"
