"""Branches: copies of threads up to a message, and the ways between the branches of a conversation."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError, Unsupported
from aimltui.tui.controllers.conversation import Conversation
from aimltui.wire.branches import CopyThread
from aimltui.wire.errors import APIError
from aimltui.wire.threads import FAMILY, USED_AT

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.controllers.thread_directory import ThreadDirectory

log = logging.getLogger(__name__)


class Branches:
    """Copies threads, and finds the other branches of the open one.

    Args:
        client: The server.
        directory: The list of threads.
        clock: Unix seconds.
    """

    def __init__(
        self, client: AssistantsClient, directory: ThreadDirectory, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._directory = directory
        self._clock = clock

    async def copy(self, params: CopyThread) -> str:
        """Copy a thread up to a message.

        Returns:
            The id of the copy.

        Raises:
            APIError: The server refused.
            TransportError: There was no answer.
        """
        thread = await self._client.threads.copy(params)
        self._directory.state.put(thread)
        with suppress(APIError, TransportError):
            # the copy has the first words of the original, which may have become the first of a family
            await self._directory.refresh([params.thread_id], thread.id)
        return thread.id

    async def refresh(self, conversation: Conversation) -> None:
        """Find where the conversation has other branches, and mark the messages there. A failure is only logged."""
        thread_id = conversation.thread_id
        thread = self._directory.state.get(thread_id or "")
        if thread_id is None or thread is None or not (thread.metadata or {}).get(FAMILY):
            return
        try:
            places = (await self._client.threads.branches(thread_id)).data
        except (APIError, TransportError, Unsupported) as error:
            log.info("the branches of a thread could not be read: %s", error)
            return
        shows_end = not (conversation.is_busy or conversation.queue)
        conversation.buffer.add(conversation.view.show_branches(places, shows_end=shows_end), at_once=True)

    def beside(self, conversation: Conversation, entry_id: str | None, step: int) -> str | None:
        """The thread of the branch before or behind the open one at a message; None if there is none.

        Args:
            conversation: The open conversation.
            entry_id: The message; None for the last one that has branches.
            step: -1 or 1.
        """
        marks = conversation.view.branches
        place = marks.place_of(entry_id or marks.last or "")
        index = place.number - 1 + step if place is not None else -1
        return place.threads[index] if place is not None and 0 <= index < len(place.threads) else None

    async def note_use(self, thread_id: str) -> None:
        """Remember that a branch was chosen, so that its conversation opens with it. A failure is only logged."""
        try:
            await self._directory.set_metadata(thread_id, {USED_AT: f"{self._clock():.3f}"})
        except (APIError, TransportError) as error:
            log.info("the chosen branch could not be noted: %s", error)
