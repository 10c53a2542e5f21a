"""StartQueue: holds what the user sends and asks for before the first thread is open, in order."""

from __future__ import annotations

from collections.abc import Callable

from aimltui.common.dataclass import dataclass

NEW_THREAD_ACTION = "new_thread"
TEMPORARY_THREAD_ACTION = "temporary_thread"


@dataclass(frozen=True, slots=True)
class EarlyAction:
    """What the user asked for, in the words of Textual's `run_action`."""

    action: str


class StartQueue:
    """Messages and actions that wait for the first thread.

    Args:
        hurry: Ends what the start waits for without need; called with each message and action.
    """

    def __init__(self, hurry: Callable[[], None]) -> None:
        self._hurry = hurry
        self.items: list[str | EarlyAction] = []
        """A text is a message to send."""
        self.is_open = False
        """Whether the first thread is open; a message sent before that would start another thread, out of sight."""

    def add(self, item: str | EarlyAction) -> None:
        """Have a message or an action wait."""
        self.items.append(item)
        self._hurry()

    def starts_new_thread(self) -> bool:
        """Whether a new thread was asked for before all else; the request is taken then."""
        is_new = self.items[:1] == [EarlyAction(NEW_THREAD_ACTION)]
        if is_new:
            del self.items[0]
        return is_new

    def take_messages(self) -> list[str]:
        """Remove the messages and return them; the actions stay."""
        messages = [item for item in self.items if isinstance(item, str)]
        self.items = [item for item in self.items if not isinstance(item, str)]
        return messages
