"""AssistantFiles: takes over what has changed in the watched folder of assistants."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.message import Message as TextualMessage

from aimltui.client.errors import TransportError
from aimltui.tui.controllers.messages import NoticePosted
from aimltui.wire.errors import APIError

if TYPE_CHECKING:
    from aimltui.interchange.assistants import AssistantFolder
    from aimltui.tui.controllers.assistant_directory import AssistantDirectory


class AssistantFiles:
    """Looks at the folder when the user needs assistants: at the start, before a run, in their list.

    Args:
        folder: The folder; None if there is none.
        assistants: Reads the assistants again after a change.
        post: Sends a message to the screen.
    """

    def __init__(
        self,
        folder: AssistantFolder | None,
        assistants: AssistantDirectory,
        post: Callable[[TextualMessage], object],
    ) -> None:
        self._folder = folder
        self._assistants = assistants
        self._post = post

    async def refresh(self) -> None:
        """Read the files that have changed; what is wrong with one is told, and hinders nothing."""
        folder = self._folder
        if folder is None:
            return
        before = folder.taken
        try:
            told = await folder.refresh()
            if folder.taken != before:
                await self._assistants.read()
        except (APIError, TransportError) as error:
            told = [f"The folder of assistants could not be read. {error}"]
        for sentence in told:
            self._post(NoticePosted(sentence, True))
