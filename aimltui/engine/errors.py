"""Errors inside the engine. None of them reaches a client, which receives a refusal or a failed run instead."""

from __future__ import annotations


class EngineError(Exception):
    """An error inside the engine.

    Attributes:
        message: Sentences for the user: what happened, why, what to do.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class StoreError(EngineError):
    """The database cannot be opened, read or written."""


class RunGone(EngineError):
    """The run's row no longer exists: its thread was deleted."""


class RunOver(EngineError):
    """The run has already ended; nothing more may be stored about it."""


class RunCancelling(EngineError):
    """The run is being cancelled; only its end may be stored."""
