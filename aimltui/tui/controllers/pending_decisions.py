"""PendingDecisions: what the user has to decide before runs continue, calls of functions and code alike."""

from __future__ import annotations

from collections.abc import Sequence

from aimltui.tui.controllers.code_approvals import CodeApprovals
from aimltui.tui.controllers.function_calls import FunctionCalls
from aimltui.tui.state.pending_calls import PendingCall


class PendingDecisions:
    """Finds what needs a decision.

    Args:
        calls: The calls that runs wait for; None if no functions are called here.
        code: The code that no sandbox contains.
    """

    def __init__(self, calls: FunctionCalls | None, code: CodeApprovals) -> None:
        self._calls = calls
        self._code = code

    def in_thread(self, thread_id: str | None) -> Sequence[PendingCall]:
        """What needs a decision in a thread: calls of functions, and code."""
        calls = self._calls.calls_of(thread_id) if self._calls is not None else ()
        return (*calls, *self._code.calls_of(thread_id))

    @property
    def threads(self) -> frozenset[str]:
        """The threads in which something needs a decision."""
        calls = self._calls.threads_asking if self._calls is not None else frozenset()
        return calls | self._code.threads_asking

    def has_calls(self, thread_id: str | None) -> bool:
        """Return whether a call of a function needs a decision in a thread."""
        return self._calls is not None and bool(self._calls.calls_of(thread_id))
