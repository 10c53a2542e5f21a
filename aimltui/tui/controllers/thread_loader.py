"""ThreadLoader: reads threads from the server into conversations, and keeps them up to date."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.tui.controllers.conversation import Conversation, Selection
from aimltui.tui.controllers.messages import NoticePosted
from aimltui.tui.controllers.thread_reader import read_thread
from aimltui.tui.state.addressee import TO_ASSISTANT
from aimltui.tui.state.run_options import from_metadata
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.messages import ListMessages
from aimltui.wire.runs import TOOL_SWITCHES
from aimltui.wire.threads import ASSISTANT, CONNECTION, MODEL, TOOLS, WEB

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.controllers.thread_directory import ThreadDirectory
    from aimltui.tui.state.thread_view import Snapshot
    from aimltui.wire.runs import Run


class ThreadLoader:
    """Reads what the server has. Failures become cards and notices; nothing here raises unless it says so.

    Args:
        client: The server.
        threads: The list of threads.
        post: Sends a message to the screen.
        follow: Follows a run that is active in a conversation.
        loaded: Called when a conversation was read.
        answered: Tells which assistant goes on after these runs, in a thread for which none was chosen.
        can_follow: Whether to follow an active run.
    """

    def __init__(
        self,
        client: AssistantsClient,
        threads: ThreadDirectory,
        post: Callable[[TextualMessage], object],
        follow: Callable[[Conversation, Run], None],
        loaded: Callable[[Conversation], None],
        answered: Callable[[Sequence[Run]], Awaitable[str | None]],
        can_follow: Callable[[Run], bool] = lambda run: run.status != "requires_action",
    ) -> None:
        self._client = client
        self._threads = threads
        self._post = post
        self._follow = follow
        self._loaded = loaded
        self._answered = answered
        self._can_follow = can_follow
        self._newest: dict[str, str] = {}
        """The newest message of the open thread when it was last looked at."""

    async def read_rest(self, conversation: Conversation) -> None:
        """Read the threads that the start left for later.

        Args:
            conversation: The open one.
        """
        try:
            await self._threads.read_rest(conversation.thread_id)
        except (APIError, TransportError) as error:
            self._post(NoticePosted(f"The list of threads is not complete. {error}", True))

    async def read(self, conversation: Conversation) -> None:
        """Read the newest part of a conversation, and follow its run if one is active."""
        thread_id = conversation.thread_id
        if thread_id is None or not _is_idle(conversation):
            return
        try:
            thread = await self._client.threads.get(thread_id)
            snapshot = await read_thread(self._client, thread_id)
            metadata = thread.metadata or {}
            assistant_id = metadata.get(ASSISTANT) or await self._answered(_unaddressed(snapshot))
        except (APIError, TransportError) as error:
            _show_failure(conversation, error)
            return
        if not _is_idle(conversation):
            # a message was sent while the thread was read: its follower knows better
            return
        conversation.selection = Selection(
            metadata.get(MODEL) or None,
            assistant_id,
            metadata.get(CONNECTION) or None,
            switch if (switch := metadata.get(TOOLS)) in TOOL_SWITCHES else None,
            web if (web := metadata.get(WEB)) in ("on", "off") else None,
        )
        conversation.options.thread = from_metadata(metadata)
        conversation.has_more = snapshot.has_more if not conversation.is_loaded else conversation.has_more
        conversation.is_loaded = True
        self._threads.state.put(thread)
        conversation.buffer.add(conversation.view.reconcile(snapshot), at_once=True)
        conversation.mark_reachable()
        self._loaded(conversation)
        run = conversation.view.runs.active
        if run is not None and self._can_follow(run):
            self._follow(conversation, run)

    async def read_older(self, conversation: Conversation) -> None:
        """Read the part of the thread before what is shown."""
        before = conversation.view.facts.oldest_message_id
        if not conversation.has_more or before is None or conversation.thread_id is None:
            return
        conversation.has_more = False
        known = conversation.view.runs.ids
        try:
            snapshot = await read_thread(self._client, conversation.thread_id, before=before, known=known)
        except (APIError, TransportError) as error:
            conversation.has_more = True
            self._post(NoticePosted(f"Earlier messages could not be read. {error}", True))
            return
        conversation.has_more = snapshot.has_more
        conversation.buffer.add(conversation.view.prepend(snapshot))

    async def catch_up(self, conversation: Conversation, touched: set[str] | None) -> None:
        """Read again what changed elsewhere.

        Args:
            conversation: The open conversation.
            touched: The threads that changed; None if that is not known.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        if touched is None:
            await self._threads.read(conversation.thread_id)
        else:
            await self._threads.refresh(touched, conversation.thread_id)
        if conversation.thread_id is None or conversation.is_sending:
            return
        if touched is None or conversation.thread_id in touched:
            await self.read(conversation)

    async def look(self, conversation: Conversation) -> None:
        """See what changed, where the server sends no changes.

        The open thread is read only if it has another newest message, or was out of reach.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        await self._threads.read(conversation.thread_id)
        thread_id = conversation.thread_id
        if thread_id is None or (conversation.is_busy and not conversation.is_lost):
            self._newest.clear()
            return
        page = await self._client.messages.list(ListMessages(thread_id=thread_id, limit=1))
        last = page.data[0].id if page.data else ""
        if conversation.is_lost or self._newest.get(thread_id) != last:
            await self.read(conversation)
        self._newest = {thread_id: last}


def _is_idle(conversation: Conversation) -> bool:
    return not conversation.is_sending


def _unaddressed(snapshot: Snapshot) -> list[Run]:
    """The runs of the thread's assistant, not of one that a single message was addressed to."""
    addressed = {(message.metadata or {}).get(TO_ASSISTANT) for message in snapshot.messages}
    return [run for run in snapshot.runs if run.assistant_id not in addressed]


def _show_failure(conversation: Conversation, error: Exception) -> None:
    if isinstance(error, NotFound):
        detail = "It was deleted, perhaps in another window."
        conversation.show_error("This thread no longer exists", detail, "ctrl+n opens a new one.")
        return
    remedy = getattr(error, "remedy", "") or "Open it again from the list."
    conversation.show_error("The thread could not be read", str(error), remedy)
