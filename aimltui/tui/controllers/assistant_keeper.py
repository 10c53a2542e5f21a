"""AssistantKeeper: saves assistants, moves them to the trash and back, and deletes those that are there too long.

As with threads, a mark in the metadata says that an assistant is in the trash. Threads that have it still get answers
from it until it is deleted for good.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from aimltui.client.errors import TransportError
from aimltui.tui.state.assistant_form import AssistantForm, create_params, modify_params
from aimltui.tui.state.assistant_rows import DAY_S, trashed_at
from aimltui.wire.assistants import Assistant, ModifyAssistant, version_of
from aimltui.wire.errors import APIError, NotFound
from aimltui.wire.threads import TRASHED_AT

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.controllers.assistant_directory import AssistantDirectory

log = logging.getLogger(__name__)


class ChangedElsewhere(Exception):
    """The assistant was changed by another window or program since the form was opened; its present state."""

    def __init__(self, assistant: Assistant) -> None:
        super().__init__("changed elsewhere")
        self.assistant = assistant


class AssistantKeeper:
    """Changes assistants. Every method raises `APIError` or `TransportError` if the server does not do it.

    Args:
        client: The server.
        directory: The saved assistants.
        days: Days for which an assistant stays in the trash.
        clock: Unix seconds.
    """

    def __init__(
        self,
        client: AssistantsClient,
        directory: AssistantDirectory,
        days: int,
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._directory = directory
        self.days = days
        self._clock = clock

    async def create(self, form: AssistantForm, model: str) -> Assistant:
        """Make a new assistant.

        Args:
            form: Its values.
            model: Its model if the form names none.
        """
        made = await self._client.assistants.create(create_params(form, model))
        await self._directory.read()
        return made

    async def change(self, form: AssistantForm, opened: Assistant) -> Assistant:
        """Change an assistant.

        Args:
            form: Its new values.
            opened: Its state when the form was opened.

        Raises:
            ChangedElsewhere: It has another state now.
        """
        now = await self._client.assistants.get(opened.id)
        if now != opened and (version_of(now), now.metadata) != (version_of(opened), opened.metadata):
            raise ChangedElsewhere(now)
        changed = await self._client.assistants.modify(modify_params(form, now))
        await self._directory.read()
        return changed

    async def put_in_trash(self, assistant_id: str) -> None:
        """Move an assistant to the trash."""
        await self._mark(assistant_id, f"{self._clock():.3f}")

    async def restore(self, assistant_id: str) -> None:
        """Move an assistant out of the trash."""
        await self._mark(assistant_id, "")

    async def _mark(self, assistant_id: str, mark: str) -> None:
        params = ModifyAssistant(assistant_id=assistant_id, metadata={TRASHED_AT: mark})
        await self._client.assistants.modify(params)
        await self._directory.read()

    async def undo(self) -> Assistant | None:
        """Restore the assistant that was deleted last; None if the trash is empty."""
        await self._directory.read()
        latest = max(self._directory.trashed, key=trashed_at, default=None)
        if latest is not None:
            await self.restore(latest.id)
        return latest

    async def delete(self, assistant_id: str) -> None:
        """Delete an assistant for good."""
        with suppress(NotFound):
            await self._client.assistants.delete(assistant_id)
        self._directory.forget(assistant_id)
        await self._directory.read()

    async def purge(self) -> None:
        """Delete the assistants that have been in the trash for too long; a failure is only logged."""
        try:
            for assistant in self._directory.trashed:
                if trashed_at(assistant) + self.days * DAY_S <= self._clock():
                    await self.delete(assistant.id)
        except (APIError, TransportError) as error:
            log.warning("old assistants in the trash could not be deleted: %s", error)
