"""Writes the chunks of a streamed answer to the connection, past the layers of the HTTP server.

For an event the server makes a message, an object and a list, and asks its state twice: that takes half as long as to send it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.types import Scope, Send
from uvicorn.protocols.http.h11_impl import RequestResponseCycle

Write = Callable[[bytes], Awaitable[None]]
"""Sends a piece of a body as one chunk; after the client has left it does nothing."""


def chunk_writer(send: Send, scope: Scope) -> Write | None:
    """Return what writes the body of an answer whose head was sent without a length.

    The HTTP server sees the head and the end. Between two chunks it has no state, so it misses nothing.

    Args:
        send: Sends messages, as the server gave it.
        scope: The request.

    Returns:
        None if the answer is not sent in chunks, or by another server.
    """
    cycle = getattr(send, "__self__", None)
    if (
        not isinstance(cycle, RequestResponseCycle)
        or scope["http_version"] != "1.1"
        or scope["method"] == "HEAD"
    ):
        return None
    flow, transport = cycle.flow, cycle.transport

    async def write(body: bytes) -> None:
        if flow.write_paused and not cycle.disconnected:
            await flow.drain()
        if body and not cycle.disconnected:
            transport.write(b"%x\r\n%b\r\n" % (len(body), body))

    return write
