"""KeyOrder: letters that are read together with a tab go to the field that the tab leads to."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Final

from textual import events
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

_MOVES: Final = frozenset({"tab", "shift+tab"})
_LONGEST_S: Final = 0.2
"""After that keys are delivered although the one before has not come back."""


class KeyOrder:
    """Holds keys while a tab is on its way through the widgets.

    Textual gives each key to the widget that has the focus when the key is read, and a tab moves the focus only when no
    widget on its way up to the app took it: letters that are read together with it would go to the field that is left.

    Args:
        set_timer: Calls a function later.
        deliver: Handles an event as if it had just come.
    """

    class Echo(Message):
        """Takes the same way as a tab, behind it."""

    def __init__(
        self,
        set_timer: Callable[[float, Callable[[], Any]], Timer],
        deliver: Callable[[events.Event], Awaitable[None]],
    ) -> None:
        self._set_timer = set_timer
        self._deliver = deliver
        self._held: deque[events.Event] = deque()
        self._echo: KeyOrder.Echo | None = None
        self._timer: Timer | None = None

    def holds(self, event: events.Event) -> bool:
        """Whether an event has to wait for the tab before it; it will be delivered."""
        if self._echo is None or not isinstance(event, events.Key | events.Paste):
            return False
        self._held.append(event)
        return True

    def follow(self, event: events.Event, widget: Widget) -> None:
        """Hold what comes until a tab that was given to a widget has taken effect."""
        if isinstance(event, events.Key) and event.key in _MOVES:
            echo = KeyOrder.Echo()
            if widget.post_message(echo):
                self._echo = echo
                self._timer = self._set_timer(_LONGEST_S, self.release)

    async def came_back(self, echo: Echo) -> None:
        """Let the held events go, if this is the echo of the last tab."""
        if echo is self._echo:
            await self.release()

    async def release(self) -> None:
        """Deliver the held events in order, up to the next tab."""
        if self._timer is not None:
            self._timer.stop()
        self._echo = self._timer = None
        while self._held and self._echo is None:
            await self._deliver(self._held.popleft())
