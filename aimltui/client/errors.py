"""What can go wrong between a client and its server, beside the server's own refusals."""

from __future__ import annotations


class TransportError(Exception):
    """The request did not come through, or its answer did not come back whole.

    Attributes:
        message: One sentence for the user.
        remedy: What the user can do, one sentence.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Unreachable(TransportError):
    """No connection."""


class TimedOut(TransportError):
    """No answer in time."""


class Garbled(TransportError):
    """The answer is not what the API promises."""


class Unsupported(TransportError):
    """This server does not have the operation."""
