"""Errors of the connection between a client and its server. What the server refuses is an `APIError`."""

from __future__ import annotations


class TransportError(Exception):
    """The request did not reach the server, or its answer did not arrive completely.

    Attributes:
        message: One sentence for the user.
        remedy: What the user can do, one sentence.
    """

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Unreachable(TransportError):
    """There is no connection to the server."""


class TimedOut(TransportError):
    """The server did not answer in time."""


class Garbled(TransportError):
    """The answer does not match the API."""


class Unsupported(TransportError):
    """This server does not have the operation."""
