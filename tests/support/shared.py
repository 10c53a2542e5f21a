"""One start of a program for several tests: a start takes longer than most of what is judged then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from typing import Generic, TypeVar

from tests.support.terminal import Terminal

T = TypeVar("T")
ENDS = ("running", "stopping", "stopped", "completed", "r Retry", "queued")
"""What is said of a run; nothing of it stands on the screen of a new thread."""


class NotAtRest(Exception):
    """It runs, but not where the next test could begin."""


class Shared(Generic[T]):
    """Something costly that the tests of a module use in turns.

    A test that fails, or that ends it, closes it, and so does a test after which it does not come to rest: the next test
    gets a new one, so no test depends on another.

    Args:
        rest: Brings it to where the next test may begin; raises `NotAtRest` where it goes on with what a test began.
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
            with suppress(NotAtRest):
                self._rest(self._made)
                return
            self.close()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """End it, if there is one."""
        self._made = None
        self._stack.close()


def rest(terminal: Terminal) -> None:
    """Go to a new thread with nothing in the prompt.

    Raises:
        NotAtRest: Something of the test still stands there.
        AssertionError: The program has ended.
    """
    terminal.press("ctrl+n")
    try:
        terminal.wait_until(lambda: is_at_rest(terminal), "an empty new thread")
    except AssertionError as error:
        if terminal.exit_status is not None:
            raise
        raise NotAtRest from error


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
