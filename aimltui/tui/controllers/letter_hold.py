"""LetterHold: tells a letter that should act from the first letter of a sentence that is meant for the prompt.

Where letters act, a letter waits for `KeyTimes.hold_s`. If another one follows, both are typed into the prompt, and so is
everything until the user pauses; otherwise the letter acts.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from textual import events

from aimltui.tui.state.dead_time import DeadTime, KeyTimes


class Timer(Protocol):
    """A timer that can be stopped before it fires."""

    def stop(self) -> None:
        """Never fire."""
        ...


class LetterHold:
    """Holds one letter at most.

    Args:
        keys: When keys came.
        letters_act: Whether a letter would act now.
        repeats: Whether a letter is one that users press several times in a row, such as for the next match.
        deliver: Lets a key act.
        type_in: Types a key into the prompt.
        call_later: Calls a function after so many seconds.
    """

    def __init__(
        self,
        keys: KeyTimes,
        letters_act: Callable[[], bool],
        repeats: Callable[[str], bool],
        deliver: Callable[[events.Key], Awaitable[None]],
        type_in: Callable[[events.Key], None],
        call_later: Callable[[float, Callable[[], Awaitable[None]]], Timer],
    ) -> None:
        self._keys = keys
        self._letters_act = letters_act
        self._repeats = repeats
        self._deliver = deliver
        self._type_in = type_in
        self._call_later = call_later
        self._typing = DeadTime(keys)
        """Shown since the last letter of a sentence; alive when the user has paused."""
        self._held: events.Key | None = None
        self._held_at = 0.0
        self._timer: Timer | None = None

    async def takes(self, event: events.Key) -> bool:
        """Whether a key is held or typed into the prompt instead of acting now."""
        text = event.character if event.is_printable and event.character else ""
        if (held := self._release()) is not None:
            if text and self._letters_act() and self._is_sentence(held, event):
                for key in (held, event):
                    self._type_in(key)
                self._typing.show()
                return True
            await self._deliver(held)
        if not self._letters_act():
            self._typing.hide()
            return False
        if self._typing.is_shown and not self._typing.is_alive:
            self._type_in(event)
            return True
        self._typing.hide()
        # a sign such as / opens a search, and what follows is for it
        if (text.isalpha() or text.isspace()) and self._keys.hold_s > 0:
            self._hold(event)
        return self._held is not None

    def _is_sentence(self, held: events.Key, event: events.Key) -> bool:
        is_repeated = event.character == held.character and self._repeats(held.character or "")
        return not is_repeated and self._keys.last - self._held_at < self._keys.hold_s

    def _hold(self, event: events.Key) -> None:
        self._held, self._held_at = event, self._keys.last
        self._timer = self._call_later(self._keys.hold_s, self._end)

    def _release(self) -> events.Key | None:
        held, self._held = self._held, None
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
        return held

    async def _end(self) -> None:
        """Let the letter act if nothing has followed it."""
        if self._keys.now() - self._held_at < self._keys.hold_s:
            # a timer may fire early
            self._timer = self._call_later(self._keys.hold_s, self._end)
        elif (held := self._release()) is not None:
            await self._deliver(held)
