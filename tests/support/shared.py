"""One start of a program for several tests: a start takes longer than most of what is judged then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Generic, TypeVar

from tests.support.terminal import Terminal

T = TypeVar("T")
ENDS = ("running", "stopping", "stopped", "completed", "failed", "queued")
"""What is said of a run; nothing of it stands on the screen of a new thread."""


class Shared(Generic[T]):
    """Something costly that the tests of a module use in turns.

    A test that fails, or that ends it, closes it: the next test gets a new one, so no test depends on another.

    Args:
        rest: Brings it to where the next test may begin; raises where it cannot.
    """

    def __init__(self, rest: Callable[[T], None]) -> None:
        self._rest = rest
        self._stack = ExitStack()
        self._made: T | None = None

    @contextmanager
    def use(self, make: Callable[[], AbstractContextManager[T]]) -> Iterator[T]:
        """The shared one, at rest; made now if there is none.

        Args:
            make: Starts it.

        Yields:
            What `make` gave, to this test or to one before.
        """
        try:
            if self._made is None:
                self._made = self._stack.enter_context(make())
            yield self._made
            self._rest(self._made)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it, if there is one."""
        self._made = None
        self._stack.close()


def rest(terminal: Terminal) -> None:
    """Go to a new thread with nothing in the prompt; fail if anything of the test still stands there."""
    terminal.press("ctrl+n")
    terminal.wait_until(lambda: is_at_rest(terminal), "an empty new thread")


def is_at_rest(terminal: Terminal) -> bool:
    """Whether a new thread is open, nothing runs, and the prompt is empty."""
    text = terminal.text
    return (
        "New thread" in text.partition("\n")[0]
        and "enter sends" in text
        and not any(word in text for word in ENDS)
    )


def sidebar(terminal: Terminal) -> str:
    """The list of threads beside the transcript."""
    return "\n".join(line.partition("▕")[0] for line in terminal.text.splitlines())
