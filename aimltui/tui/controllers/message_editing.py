"""MessageEditing: an earlier message in the prompt, which is sent again as another branch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from aimltui.tui.storage.drafts import joined


class Prompt(Protocol):
    """The prompt, as far as editing a message needs it."""

    @property
    def draft(self) -> str:
        """All of its text, with its files."""
        ...

    def load_draft(self, text: str) -> None:
        """Replace its text and files."""
        ...

    def exchange_draft(self, text: str) -> None:
        """Replace its text and files; undo brings the old text back."""
        ...


class MessageEditing:
    """The prompt while an earlier message is edited in it.

    What was written in the prompt before comes back afterwards. Until then a saved draft consists of both, so that
    nothing is lost when the program ends.

    Args:
        prompt: Returns the prompt.
    """

    def __init__(self, prompt: Callable[[], Prompt]) -> None:
        self._prompt = prompt
        self.message_id: str | None = None
        """The message that is edited; None if none is."""
        self._original = ""
        self._before = ""

    @property
    def draft(self) -> str:
        """What is saved as the draft: what was in the prompt before, then the edited message if it was changed."""
        draft = self._prompt().draft
        if self.message_id is None:
            return draft
        return joined((self._before, "" if draft == self._original else draft))

    def load_draft(self, text: str) -> None:
        """Replace the text in the prompt, as when another thread opens: no message is edited then."""
        self.message_id = None
        self._prompt().load_draft(text)

    def begin(self, message_id: str, draft: str) -> None:
        """Put a message into the prompt.

        Args:
            message_id: The message.
            draft: Its text with its files.
        """
        prompt = self._prompt()
        if self.message_id is None:
            self._before = prompt.draft
        prompt.load_draft(draft)
        self._original = prompt.draft
        self.message_id = message_id

    def leave(self) -> None:
        """Put back what was in the prompt before; undo brings the edited text back."""
        if self.message_id is None:
            return
        prompt, was_changed = self._prompt(), self._prompt().draft != self._original
        self.message_id = None
        if was_changed:
            prompt.exchange_draft(self._before)
        else:
            prompt.load_draft(self._before)

    def take(self) -> str | None:
        """Return the message that is edited and put back what was in the prompt before: the new text is being sent."""
        message_id, self.message_id = self.message_id, None
        if message_id is not None:
            prompt = self._prompt()
            prompt.load_draft(joined((self._before, prompt.draft)))
        return message_id
