"""ServerKeeper: starts one server, watches it, starts it again after it ended, and calls its tools."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, Literal, TypeVar

from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean_line
from aimltui.config.mcp_servers import McpServer
from aimltui.local_tools.mcp.connection import (
    Connect,
    Connection,
    ConnectionLost,
    Hooks,
    ServerError,
    SessionLost,
)
from aimltui.local_tools.mcp.definitions import Offered, offered
from aimltui.local_tools.mcp.forms import Form, Reply
from aimltui.local_tools.mcp.log import ServerLog
from aimltui.local_tools.mcp.prompts import ServerPrompt, prompt_text, prompts_of
from aimltui.local_tools.mcp.resources import ServerResource, resource_text, resources_of

log = logging.getLogger(__name__)

T = TypeVar("T")

State = Literal["stopped", "starting", "ready", "waiting", "failed"]
"""`stopped`: not started yet. `waiting`: it ended, and is started again soon. `failed`: the user can start it again."""

PAUSES_S: Final = (1.0, 2.0, 4.0, 8.0, 16.0)
"""Seconds before each new start, without a longer life in between; after the last one it is given up."""
LONG_LIFE_S: Final = 60.0
RETRY_S: Final = 30.0
"""Seconds after which the next run starts a server again that failed."""
DEBOUNCE_S: Final = 0.3
"""Seconds between the first news of changed tools and the question for them: servers send several at once."""
_TOLD_LINES = 3
_RENEWED = "The session ended."


class ServerKeeper:
    """One server.

    Args:
        server: How to start or reach it.
        connect: Opens a connection.
        known: Its tools as they were listed before, which are offered while it starts.
        changed: Is called when state or tools have changed.
        listed: Is called with the tools that it lists, as the protocol has them.
        ask: Puts a question of the server to the user; None if nobody can answer.
        sleep: Waits for some seconds.
        clock: The seconds of a clock that only runs forward.
    """

    def __init__(
        self,
        server: McpServer,
        connect: Connect,
        *,
        known: list[Mapping[str, Any]] | None = None,
        changed: Callable[[], None] = lambda: None,
        listed: Callable[[list[dict[str, Any]]], None] = lambda _: None,
        ask: Callable[[Form], Awaitable[Reply]] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.server = server
        self.state: State = "stopped"
        self.error = ""
        """Why it does not run, or why it ended last."""
        self.is_logged_out = False
        """Whether it refused this program for want of a login."""
        self.offered: Offered = offered(server, known or [])
        self.prompts: tuple[ServerPrompt, ...] = ()
        self.resources: tuple[ServerResource, ...] = ()
        self._connect = connect
        self._changed = changed
        self._listed = listed
        self._sleep = sleep
        self._clock = clock
        self._task: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._about: ServerLog | None = None
        self._failed_at = 0.0
        self._tools_changed = asyncio.Event()
        self._hooks = Hooks(self._tools_changed.set, self._ask_user if ask is not None else None)
        self._ask = ask
        self._limits: set[asyncio.Timeout] = set()
        """The time limits of the calls that run."""
        self._news = asyncio.Event()
        """Set at the next change of the state, and then replaced."""

    def start(self) -> None:
        """Start it in the background, if it does not run; one that failed a moment ago needs `restart`."""
        is_over = self.state == "failed" and self._clock() - self._failed_at >= RETRY_S
        if self._task is None or is_over:
            self._set_state("starting")
            self._task = asyncio.create_task(self._run())

    async def restart(self) -> None:
        """End it and start it again."""
        await self.stop()
        self.error = ""
        self.start()

    async def stop(self) -> None:
        """End it, with everything that it started."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        self._set_state("stopped")

    async def call(
        self, name: str, arguments: dict[str, Any], fingerprint: str, seconds: float
    ) -> dict[str, Any]:
        """Call a tool, after the server is ready.

        Args:
            name: The tool's name for the server.
            arguments: The arguments.
            fingerprint: The form of the tool that was approved.
            seconds: The time limit. It does not run while the server asks the user something.

        Raises:
            ServerError: The server does not run, the tool has changed, or the call failed.
            TimeoutError: The time is over.
        """
        async with asyncio.timeout(seconds) as limit:
            self._limits.add(limit)
            try:
                return await self._twice(
                    lambda connection: self._call(connection, name, arguments, fingerprint)
                )
            finally:
                self._limits.discard(limit)

    async def _twice(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        """Ask the server something, and once more in a new session if it has forgotten this client."""
        with contextlib.suppress(SessionLost):
            # a server that has forgotten this client ran nothing
            return await self._once(ask)
        try:
            return await self._once(ask)
        except SessionLost as error:
            raise ServerError(f"The server {self.server.name} ends every session at once: {error}") from error

    async def _once(self, ask: Callable[[Connection], Awaitable[T]]) -> T:
        connection = await self._ready_connection()
        try:
            return await ask(connection)
        except SessionLost as error:
            log.info("the MCP server %s has ended the session: %s", self.server.name, error)
            if self._connection is connection:
                self._renew()
            raise

    async def _ask_user(self, form: Form) -> Reply:
        """Put a question to the user; the calls that run wait for the answer, however long it takes."""
        assert self._ask is not None
        now = asyncio.get_running_loop().time()
        left = {limit: when - now for limit in self._limits if (when := limit.when()) is not None}
        for limit in left:
            limit.reschedule(None)
        try:
            return await self._ask(form)
        finally:
            now = asyncio.get_running_loop().time()
            for limit, seconds in left.items():
                if limit in self._limits:
                    limit.reschedule(now + max(1.0, seconds))

    def _renew(self) -> None:
        """Connect again, as soon as possible."""
        if self._about is not None:
            self._connection = None
            self._set_state("starting")
            self._about.end(_RENEWED)

    async def _call(
        self, connection: Connection, name: str, arguments: dict[str, Any], fingerprint: str
    ) -> dict[str, Any]:
        current = {one.name: one.tool.fingerprint for one in self.offered.tools}
        if current.get(name) != fingerprint:
            names = ", ".join(sorted(current)) or "none"
            raise ServerError(
                f"The tool {name} has changed since it was shown, so it was not run. Tools now: {names}."
            )
        try:
            return await connection.call_tool(name, arguments)
        except ConnectionLost as error:
            raise ServerError(f"The server {self.server.name} ended before it answered: {error}.") from error
        except SessionLost:
            raise
        except ServerError as error:
            raise ServerError(f"The server {self.server.name} did not run the tool: {error}") from error

    async def get_prompt(self, name: str, values: dict[str, str]) -> str:
        """The text of a prompt with values.

        Raises:
            ServerError: The server does not run, or refuses it.
            TimeoutError: It does not answer.
        """
        async with asyncio.timeout(self.server.start_timeout_s):
            return prompt_text(await self._twice(lambda connection: connection.get_prompt(name, values)))

    async def read_resource(self, uri: str) -> str:
        """The text of a resource.

        Raises:
            ServerError: The server does not run, or refuses it, or it is not text.
            TimeoutError: It does not answer.
        """
        async with asyncio.timeout(self.server.start_timeout_s):
            return resource_text(await self._twice(lambda connection: connection.read_resource(uri)))

    async def settled(self) -> None:
        """Start it, and wait until it is ready or has failed."""
        self.start()
        while self.state in ("starting", "waiting"):
            await self._news.wait()

    async def _ready_connection(self) -> Connection:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.server.start_timeout_s):
                await self.settled()
        if self._connection is None:
            why = self.error or "it has not started in time."
            raise ServerError(f"The server {self.server.name} does not run: {why}")
        return self._connection

    async def _run(self) -> None:
        """Keep it running until it is given up."""
        tries, has_ever_run = 0, False
        while True:
            began = self._clock()
            was_ready, is_final = await self._live()
            if was_ready and self._clock() - began >= LONG_LIFE_S:
                tries = 0
            has_ever_run = has_ever_run or was_ready
            if is_final or tries == (len(PAUSES_S) if has_ever_run else 1):
                self._failed_at = self._clock()
                self._set_state("failed")
                return
            if self.error != _RENEWED:
                self._set_state("waiting")
                await self._sleep(PAUSES_S[tries])
            tries += 1
            self._set_state("starting")

    async def _live(self) -> tuple[bool, bool]:
        """Connect, and return when the connection has ended: whether it was ready, and whether to give up."""
        self._about = about = ServerLog()
        was_ready = False
        try:
            async with asyncio.timeout(self.server.start_timeout_s) as limit:
                async with self._connect(self.server, about, self._hooks) as connection:
                    await self._take_tools(connection)
                    limit.reschedule(None)
                    was_ready = True
                    self.error, self.is_logged_out = "", False
                    self._connection = connection
                    self._set_state("ready")
                    await self._watch(connection, about)
            self.error = about.reason or "It ended by itself."
        except TimeoutError:
            self.error = f"It did not answer within {self.server.start_timeout_s:g} s."
        except ConnectionLost:
            self.error = about.trouble or about.reason or "It ended before it was ready."
        except AimltuiError as error:
            self.error = about.trouble or _sentence(str(error))
            self.is_logged_out = about.is_logged_out
            self._add_lines(about)
            return was_ready, True
        except Exception as error:
            log.exception("the connection of an MCP server failed")
            self.error = f"Its connection failed: {clean_line(str(error)) or type(error).__name__}"
        finally:
            self._connection = None
        self._add_lines(about)
        return was_ready, False

    def _add_lines(self, about: ServerLog) -> None:
        if lines := about.lines[-_TOLD_LINES:]:
            self.error += " It wrote: " + " / ".join(lines)

    async def _watch(self, connection: Connection, about: ServerLog) -> None:
        """Return when the connection ends; until then ask for the tools again when the server says so."""
        while not about.ended.is_set():
            waits = [asyncio.create_task(one.wait()) for one in (about.ended, self._tools_changed)]
            try:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for one in waits:
                    one.cancel()
            if self._tools_changed.is_set() and not about.ended.is_set():
                await self._sleep(DEBOUNCE_S)
                try:
                    await self._take_tools(connection)
                except ConnectionLost:
                    return
                except ServerError as error:
                    self.error = _sentence(f"it did not list its tools: {error}")
                self._changed()

    async def _take_tools(self, connection: Connection) -> None:
        self._tools_changed.clear()
        raw = await connection.list_tools()
        with contextlib.suppress(ServerError):
            self.prompts = prompts_of(self.server.name, await connection.list_prompts())
        with contextlib.suppress(ServerError):
            self.resources = resources_of(self.server.name, await connection.list_resources())
        self.offered = offered(self.server, raw)
        self._listed(raw)

    def _set_state(self, state: State) -> None:
        self.state = state
        self._news.set()
        self._news = asyncio.Event()
        self._changed()


def _sentence(text: str) -> str:
    text = text.strip()
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?", ")")) else ".")
