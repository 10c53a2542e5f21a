"""What can go wrong inside the engine. None of these reaches a client: it gets a refusal or a failed run."""

from __future__ import annotations


class EngineError(Exception):
    """Something inside the engine failed.

    Attributes:
        message: Sentences for the user: what happened, why, what to do.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StoreError(EngineError):
    """The database cannot be opened, read or written."""


class RunGone(EngineError):
    """The run's row is not there any more: somebody deleted the thread."""


class RunOver(EngineError):
    """The run has ended already; nothing more may be written about it."""


class RunCancelling(EngineError):
    """Somebody asked to cancel the run; only its end may be written."""
