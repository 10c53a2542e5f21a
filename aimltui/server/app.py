"""The ASGI application of an engine."""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from aimltui.server.auth import Auth
from aimltui.server.exchange import Exchange
from aimltui.server.response_socket import ResponseSocket
from aimltui.server.shared import ServedEngine, ServerLimits, Shared


def create_app(engine: ServedEngine, auth: Auth | None = None, limits: ServerLimits | None = None) -> App:
    """Return the ASGI application of an engine.

    Args:
        engine: The engine; the application does not close it.
        auth: Who may send requests; by default, programs on this machine.
        limits: Sizes and times.
    """
    return App(Shared(engine, auth or Auth(), limits or ServerLimits()))


class App:
    """An ASGI application; see `create_app`.

    Args:
        shared: What all requests share.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared

    async def aclose(self) -> None:
        """Delete what was stored only for the time of a request; the engine must still be open."""
        await self._shared.others.aclose()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http":
            await Exchange(self._shared, scope, receive, send).run()
        elif scope["type"] == "websocket":
            await ResponseSocket(self._shared, scope, receive, send).run()
        elif scope["type"] == "lifespan":
            await _lifespan(receive, send)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
