"""Runs the server on TCP or on a Unix socket until it is stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import stat
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from aimltui.common.dataclass import dataclass
from aimltui.common.disk import ensure_private_dir
from aimltui.common.errors import ConfigError
from aimltui.server.auth import MIN_TOKEN_LENGTH, is_loopback
from aimltui.server.patience import HEADERS_S, patient_protocol
from aimltui.server.shared import MAX_BODY

GRACE_S = 2.0
"""Seconds that open answers have to end when the server stops."""
_CHECK_S = 0.02
"""Seconds between two checks whether they have ended."""
BACKLOG = 256
_LONGEST_SOCKET_PATH = 104
"""Bytes; the smallest limit of the operating systems."""


@dataclass(frozen=True, slots=True)
class Address:
    """The address to listen on."""

    host: str = "127.0.0.1"
    port: int = 8765
    """The port; 0 uses any free port."""
    uds: Path | None = None
    """A Unix socket, instead of host and port."""


def check_address(address: Address, token: str | None) -> None:
    """Check that the server is not open to other machines by accident.

    Raises:
        ConfigError: Other machines could reach the server without a token, or the token is too short.
    """
    if token is not None and len(token) < MIN_TOKEN_LENGTH:
        raise ConfigError(
            f"The token is too short to protect a server: use at least {MIN_TOKEN_LENGTH} characters, "
            "for example the output of: openssl rand -hex 24"
        )
    if token is None and address.uds is None and not is_loopback(address.host):
        raise ConfigError(
            f"A server on {address.host} can be reached from other machines, and without a token anyone there can use it. "
            "Put a token into an environment variable and name it with --token-env NAME, or listen on this machine only "
            "with --host 127.0.0.1."
        )


async def serve(
    app: ASGIApp,
    address: Address,
    *,
    announce: Callable[[str], None],
    on_stop: Callable[[], Awaitable[None]],
    handle_signals: bool = True,
    stop: asyncio.Event | None = None,
    headers_s: float = HEADERS_S,
) -> None:
    """Listen and answer until a signal arrives or `stop` is set.

    Args:
        app: The application.
        address: The address to listen on.
        announce: Called once with a line for the user when the server listens.
        on_stop: Ends active runs, so that open streams end properly; called once.
        handle_signals: Whether SIGINT and SIGTERM stop the server.
        stop: Stops the server when set.
        headers_s: Seconds for the headers of a request.

    Raises:
        ConfigError: The address is in use or cannot be used.
    """
    with _listening(address) as listener:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            date_header=True,
            timeout_keep_alive=65,
            ws="wsproto",
            ws_max_size=MAX_BODY,
            # a small frame could become a very large message
            ws_per_message_deflate=False,
            http=patient_protocol(headers_s),
        )
        server = _Server(config, on_stop, handle_signals=handle_signals)
        if handle_signals:
            # A program that reads the line may send a signal at once.
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, server.handle_exit, number, None)
        announce(_announcement(address, listener))
        async with _stopped_by(stop, server):
            await server.serve(sockets=[listener])


class _Server(uvicorn.Server):
    """A uvicorn server that ends active runs first, then waits for open answers, and does not end the process."""

    def __init__(
        self, config: uvicorn.Config, on_stop: Callable[[], Awaitable[None]], *, handle_signals: bool
    ) -> None:
        super().__init__(config)
        self._on_stop = on_stop
        self._handle_signals = handle_signals
        self._stopping = asyncio.Event()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Stop after a signal."""
        super().handle_exit(sig, frame)
        self._stopping.set()

    def stop(self) -> None:
        """Stop like after a signal."""
        self.should_exit = True
        self._stopping.set()

    async def main_loop(self) -> None:
        """Run until the server stops. Uvicorn's loop wakes up ten times a second; once is enough, for the date header."""
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._stopping.wait()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Let signals stop the server. They are not raised again afterwards, because a socket file has to be removed."""
        if not self._handle_signals:
            yield
            return
        loop = asyncio.get_running_loop()
        signals = (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop listening, end the runs, and wait for a limited time until the answers are sent."""
        # The listeners close before the runs end, so that no new run starts in between.
        for listening in (*self.servers, *(sockets or ())):
            listening.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await self._on_stop()
        try:
            async with asyncio.timeout(GRACE_S):
                await self._wait_for_answers()
        except TimeoutError:
            for task in self.server_state.tasks:
                task.cancel()

    async def _wait_for_answers(self) -> None:
        state = self.server_state
        while (state.connections or state.tasks) and not self.force_exit:  # noqa: ASYNC110  # uvicorn tells nobody
            await asyncio.sleep(_CHECK_S)
        for listening in self.servers:
            await listening.wait_closed()


@contextlib.asynccontextmanager
async def _stopped_by(stop: asyncio.Event | None, server: _Server) -> AsyncIterator[None]:
    async def wait(event: asyncio.Event) -> None:
        await event.wait()
        server.stop()

    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(wait(stop)) if stop is not None else None
        try:
            yield
        finally:
            if waiting is not None:
                waiting.cancel()


def _announcement(address: Address, listener: socket.socket) -> str:
    if address.uds is not None:
        return f"Serving the Assistants API on the socket {address.uds} (base URL: http://localhost/v1)"
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"Serving the Assistants API; base URL: http://{shown}:{port}/v1"


@contextlib.contextmanager
def _listening(address: Address) -> Iterator[socket.socket]:
    if address.uds is None:
        listener = _tcp(address)
        try:
            yield listener
        finally:
            listener.close()
        return
    listener, identity = _unix(address.uds)
    try:
        yield listener
    finally:
        listener.close()
        with contextlib.suppress(OSError):
            # Remove only this server's socket: another one may have been created there in the meantime.
            if _identity(address.uds) == identity:
                address.uds.unlink()


def _tcp(address: Address) -> socket.socket:
    try:
        found = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except (OSError, UnicodeError) as error:
        raise ConfigError(
            f"The host {address.host!r} cannot be resolved: {error}. Use --host 127.0.0.1."
        ) from error
    family, kind, protocol, _, socket_address = found[0]
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(socket_address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"Port {address.port} on {address.host} cannot be used: {error.strerror or error}. "
            "Choose another port with --port, or stop the program that uses it."
        ) from error
    return listener


def _unix(path: Path) -> tuple[socket.socket, tuple[int, int]]:
    if len(os.fsencode(path)) >= _LONGEST_SOCKET_PATH:
        raise ConfigError(
            f"The path of the socket is too long for the system ({_LONGEST_SOCKET_PATH} bytes at most): "
            f"{path}. Choose a shorter one with --uds."
        )
    ensure_private_dir(path.parent)
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # The mode is right from the start, whatever the directory allows.
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
        listener.listen(BACKLOG)
        listener.setblocking(False)
        return listener, _identity(path)
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"The socket {path} cannot be created: {error.strerror or error}. Choose another path with --uds."
        ) from error
    finally:
        os.umask(mask)


def _remove_stale(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigError(f"The socket {path} cannot be checked: {error.strerror or error}.") from error
    if not stat.S_ISSOCK(mode):
        raise ConfigError(f"{path} exists and is not a socket. Choose another path with --uds, or remove it.")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise ConfigError(f"The socket {path} cannot be used: {error.strerror or error}.") from error
    raise ConfigError(f"Another server is listening on {path}. Stop it, or choose another path with --uds.")


def _identity(path: Path) -> tuple[int, int]:
    status = path.lstat()
    return status.st_dev, status.st_ino
