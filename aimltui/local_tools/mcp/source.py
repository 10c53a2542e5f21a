"""McpSource: the tools of all configured MCP servers; see `ToolSource`."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.disk import ensure_private_dir, exclusive, write_private
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.config.mcp_servers import McpServer, McpServers
from aimltui.local_tools.mcp.connection import Connect, ServerError
from aimltui.local_tools.mcp.forms import Form, Reply
from aimltui.local_tools.mcp.keeper import ServerKeeper, State
from aimltui.local_tools.mcp.prompts import ServerPrompt
from aimltui.local_tools.mcp.resources import ServerResource
from aimltui.local_tools.mcp.results import Save, result_of
from aimltui.local_tools.types import CallResult, Limits, LocalTool, Problem

log = logging.getLogger(__name__)

_MOST_SAVED = 4_000_000

Enter = Callable[[McpServer, Callable[[str], Awaitable[None]]], Awaitable[None]]
"""Logs in at a server; the second argument shows the address of the login page. It raises `AimltuiError`."""


@dataclass(frozen=True, slots=True)
class ServerRow:
    """A server as the user sees it."""

    name: str
    place: str
    state: State | str
    """A state of the server, `off`, or `wrong` if it cannot be used as it is configured."""
    tools: tuple[str, ...] = ()
    error: str = ""
    left_out: tuple[str, ...] = ()
    prompts: tuple[str, ...] = ()
    """What the user can write, such as `/git:review`."""
    needs_login: bool = False
    """Whether it failed since it wants a login."""


class McpSource:
    """Keeps the servers, and offers their tools.

    Args:
        load: Reads the configuration; it may block.
        connect: Opens a connection to a server.
        limits: The limits of each call.
        state_file: Remembers which servers are switched off, and which tools they had; None remembers nothing.
        sleep: Waits for some seconds.
        clock: The seconds of a clock that only runs forward.
        enter: Lets the user log in at a server, whose login page it shows; None if that is not possible here.
    """

    def __init__(
        self,
        load: Callable[[], McpServers],
        connect: Connect,
        limits: Limits | None = None,
        state_file: Path | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        clock: Callable[[], float] = time.monotonic,
        enter: Enter | None = None,
    ) -> None:
        self._enter = enter
        self.changed: Callable[[], None] = lambda: None
        """Called when a server's state or tools have changed."""
        self.ask: Callable[[Form], Awaitable[Reply]] | None = None
        """Puts questions of servers to the user; set it before the first start. None if nobody can answer."""
        self.save: Save | None = None
        """Saves pictures and other files of results."""
        self._load = load
        self._connect = connect
        self._limits = limits or Limits()
        self._memory = Memory(state_file)
        self._sleep = sleep
        self._clock = clock
        self._found: McpServers | None = None
        self._keepers: dict[str, ServerKeeper] = {}
        self._off: set[str] = set()
        self._lock = asyncio.Lock()
        self._saving: set[asyncio.Task[None]] = set()

    @property
    def tools(self) -> Sequence[LocalTool]:
        """The tools of all servers that are not switched off."""
        return [one.tool for keeper in self._active() for one in keeper.offered.tools]

    @property
    def problems(self) -> Sequence[Problem]:
        """Servers that are not usable, and tools that are not offered."""
        wrong = [Problem(one.name, one.sentence) for one in self._found.problems] if self._found else []
        failed = [
            Problem(keeper.server.name, f"MCP server {keeper.server.name}: {keeper.error}")
            for keeper in self._active()
            if keeper.state in ("failed", "waiting")
        ]
        left_out = [
            Problem(keeper.server.name, sentence)
            for keeper in self._active()
            for sentence in keeper.offered.left_out
        ]
        return [*wrong, *failed, *left_out]

    @property
    def rows(self) -> list[ServerRow]:
        """All servers, for the user."""
        rows = [
            ServerRow(
                name,
                keeper.server.place,
                "off" if name in self._off else keeper.state,
                tuple(one.tool.name for one in keeper.offered.tools),
                keeper.error,
                keeper.offered.left_out,
                tuple(prompt.word for prompt in keeper.prompts),
                keeper.state == "failed" and keeper.is_logged_out,
            )
            for name, keeper in self._keepers.items()
        ]
        wrong = self._found.problems if self._found else ()
        return rows + [ServerRow(one.name, "", "wrong", error=one.sentence) for one in wrong]

    @property
    def prompts(self) -> list[ServerPrompt]:
        """The prompts of all servers that run."""
        return [prompt for keeper in self._active() for prompt in keeper.prompts]

    async def prompt_text(self, prompt: ServerPrompt, values: dict[str, str]) -> str:
        """The text of a prompt with values.

        Raises:
            ServerError: The server does not run, or refuses it.
        """
        try:
            return await self._keepers[prompt.server].get_prompt(prompt.name, values)
        except TimeoutError as error:
            raise ServerError(f"The server {prompt.server} did not answer in time.") from error

    @property
    def resources(self) -> list[ServerResource]:
        """The resources of all servers that run."""
        return [resource for keeper in self._active() for resource in keeper.resources]

    async def resource_text(self, resource: ServerResource) -> str:
        """The text of a resource.

        Raises:
            ServerError: The server does not run, or refuses it, or it is not text.
        """
        try:
            return await self._keepers[resource.server].read_resource(resource.uri)
        except TimeoutError as error:
            raise ServerError(f"The server {resource.server} did not answer in time.") from error

    @property
    def unlisted(self) -> list[str]:
        """The servers that are starting and whose tools are not known from an earlier start."""
        return [
            keeper.server.name
            for keeper in self._active()
            if keeper.state in ("starting", "stopped") and not keeper.offered.tools
        ]

    async def refresh(self) -> None:
        """Read the configuration, once."""
        async with self._lock:
            if self._found is None:
                self._found = await asyncio.to_thread(self._read)
                for server in self._found.servers:
                    self._keepers[server.name] = ServerKeeper(
                        server,
                        self._connect,
                        known=self._memory.tools_of(server.sha256),
                        changed=lambda: self.changed(),
                        ask=self._ask_user if self.ask is not None else None,
                        sleep=self._sleep,
                        clock=self._clock,
                        listed=lambda raw, key=server.sha256: self._remember(key, raw),  # type: ignore[misc]
                    )
                    if not server.enabled or self._memory.is_off(server.name):
                        self._off.add(server.name)

    def start(self) -> None:
        """Start the servers in the background."""
        for keeper in self._active():
            keeper.start()

    async def settled(self, name: str) -> None:
        """Start a server and wait until it is ready or has failed."""
        keeper = self._keepers.get(name)
        if keeper is not None:
            await keeper.settled()

    async def restart(self, name: str) -> None:
        """End a server and start it again; one that was switched off is on then."""
        await self.switch(name, is_on=True)
        keeper = self._keepers.get(name)
        if keeper is not None:
            await keeper.restart()

    def server(self, name: str) -> McpServer | None:
        """The configuration of a server; None if there is no usable one of this name."""
        keeper = self._keepers.get(name)
        return keeper.server if keeper is not None else None

    async def log_in(self, name: str, show: Callable[[str], Awaitable[None]]) -> str:
        """Log in at a server through a browser of this machine, and start it again.

        Args:
            name: The server.
            show: Opens the address of the login page.

        Returns:
            Why that failed, as a sentence; empty if it did not.
        """
        server = self.server(name)
        if server is None or self._enter is None:
            return f"There is no MCP server named {name}."
        try:
            await self._enter(server, show)
        except AimltuiError as error:
            return str(error)
        await self.restart(name)
        return ""

    async def switch(self, name: str, *, is_on: bool) -> None:
        """Switch a server on or off, also for the next start of the program."""
        keeper = self._keepers.get(name)
        if keeper is None or is_on == (name not in self._off):
            return
        if is_on:
            self._off.discard(name)
            keeper.start()
        else:
            self._off.add(name)
            await keeper.stop()
        await asyncio.to_thread(self._memory.switch, name, is_on)
        self.changed()

    async def trust(self, tool: LocalTool) -> None:
        """Do nothing: the user trusts a server by configuring it."""

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        """Call a tool of a server."""
        for keeper in self._active():
            for one in keeper.offered.tools:
                if one.tool.name == tool.name:
                    return await self._call(keeper, one.name, tool, arguments)
        names = ", ".join(sorted(known.name for known in self.tools)) or "none"
        return CallResult(f"There is no tool named {tool.name}. There are: {names}.", False)

    async def aclose(self) -> None:
        """End all servers at the same time."""
        await asyncio.gather(*(keeper.stop() for keeper in self._keepers.values()), *self._saving)

    async def _call(
        self, keeper: ServerKeeper, name: str, tool: LocalTool, arguments: dict[str, Any]
    ) -> CallResult:
        seconds = keeper.server.timeout_s or self._limits.seconds
        try:
            raw = await keeper.call(name, arguments, tool.fingerprint, seconds)
        except TimeoutError:
            return CallResult(f"The tool was stopped at the time limit of {seconds:g} s.", False)
        except ServerError as error:
            return CallResult(str(error), False)
        return await result_of(raw, self._save_file, self._limits.output_characters)

    async def _ask_user(self, form: Form) -> Reply:
        return await self.ask(form) if self.ask is not None else Reply("cancel")

    async def _save_file(self, name: str, content: bytes) -> str:
        if self.save is None:
            return ""
        try:
            return await self.save(name, content)
        except Exception:
            log.exception("a tool's result could not be saved")
            return ""

    def _active(self) -> list[ServerKeeper]:
        return [keeper for name, keeper in self._keepers.items() if name not in self._off]

    def _read(self) -> McpServers:
        found = self._load()
        self._memory.load()
        self._memory.keep_only({server.sha256 for server in found.servers})
        return found

    def _remember(self, key: str, raw: list[dict[str, Any]]) -> None:
        if self._memory.tools_of(key) != raw:
            task = asyncio.create_task(asyncio.to_thread(self._memory.keep_tools, key, raw))
            self._saving.add(task)
            task.add_done_callback(self._saving.discard)


class Memory:
    """A file that remembers the tools of servers, so that they can be offered while their server starts.

    Args:
        file: The file; None remembers until the program ends.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._tools: dict[str, list[Any]] = {}
        self._off: set[str] = set()
        self._lock = threading.Lock()
        self._keys: set[str] | None = None
        """The configurations whose tools are remembered; None is all."""

    def load(self) -> None:
        """Read the file; a damaged one counts as empty."""
        try:
            read = json.loads(self._file.read_bytes()) if self._file is not None else {}
        except (OSError, ValueError, RecursionError):
            read = {}
        if isinstance(read, dict):
            tools, off = read.get("tools"), read.get("off")
            for key, raw in (tools if isinstance(tools, dict) else {}).items():
                if isinstance(raw, list):
                    self._tools[key] = [one for one in raw if isinstance(one, dict)]
            self._off = {one for one in off if isinstance(one, str)} if isinstance(off, list) else set()

    def tools_of(self, key: str) -> list[Any]:
        """The tools that a server listed last."""
        return self._tools.get(key, [])

    def keep_only(self, keys: set[str]) -> None:
        """Forget the tools of other configurations when the file is written the next time."""
        self._keys = keys

    def is_off(self, name: str) -> bool:
        """Whether the user switched a server off."""
        return name in self._off

    def keep_tools(self, key: str, raw: list[dict[str, Any]]) -> None:
        """Remember the tools of a server."""
        self._change(lambda: self._tools.__setitem__(key, raw))

    def switch(self, name: str, is_on: bool) -> None:
        """Remember whether a server is switched off."""
        self._change(lambda: (self._off.discard if is_on else self._off.add)(name))

    def _change(self, change: Callable[[], None]) -> None:
        # servers that start together change it from several threads
        with self._lock:
            change()
            if self._file is not None:
                self._save(self._file, change)

    def _save(self, file: Path, change: Callable[[], None]) -> None:
        try:
            ensure_private_dir(file.parent)
            with exclusive(file.parent):
                # another window may have saved something
                self.load()
                change()
                write_private(file, self._content())
        except (ConfigError, OSError):
            log.exception("the state of the MCP servers could not be saved")

    def _content(self) -> bytes:
        """What is saved: the lists that fit together, and always which servers are switched off."""
        left, tools = _MOST_SAVED, {}
        for key, raw in self._tools.items():
            size = len(json.dumps(raw))
            if (self._keys is None or key in self._keys) and size <= left:
                left -= size
                tools[key] = raw
        return json.dumps({"off": sorted(self._off), "tools": tools}).encode()
