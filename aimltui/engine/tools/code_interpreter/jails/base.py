"""A running jail, seen from outside. There are two: one for systems with POSIX, one for any system."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from aimltui.engine.tools.code_interpreter.jails.inbox import Item


class Channel(Protocol):
    """Reads what comes out of a jail."""

    @property
    def has_ended(self) -> bool:
        """Whether everything in the jail is gone."""
        ...

    @property
    def reason(self) -> str | None:
        """Why it was ended, where somebody ended it."""
        ...

    def clear(self) -> None:
        """Forget what was not asked for: it belongs to an earlier cell."""
        ...

    async def get(self, timeout_s: float | None = None) -> Item:
        """The next thing that happened.

        Raises:
            TimeoutError: Nothing did.
        """
        ...

    def close(self) -> None:
        """Read no more."""
        ...


class Jail(Protocol):
    """A kernel program behind walls, and what watches over it."""

    @property
    def pid(self) -> int:
        """The process whose end is the end of everything in the jail."""
        ...

    def listen(self) -> Channel:
        """Read what comes out of it; once, from inside the loop."""
        ...

    def ready(self) -> None:
        """The kernel program has said that it is there: whatever runs now is it."""
        ...

    def begin(self, wall_s: float, cpu_s: float) -> None:
        """A cell begins; its clocks run."""
        ...

    def end(self) -> None:
        """The cell is over: nothing in the jail may run until the next one."""
        ...

    def interrupt(self) -> None:
        """Press ctrl+c in the kernel program; where it cannot hear that, it ends."""
        ...

    async def request(self, message: Mapping[str, object]) -> None:
        """Send a request to the kernel program.

        Raises:
            SandboxError: It is gone.
        """
        ...

    def kill(self) -> None:
        """End everything in the jail; the channel tells when it is gone."""
        ...

    async def closed(self) -> None:
        """Kill, wait until everything is gone, and give back what it took."""
        ...
