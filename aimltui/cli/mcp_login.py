"""`aimltui mcp login|logout|status`: logins at remote MCP servers."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

from aimltui.bootstrap.local_tools import mcp_servers
from aimltui.bootstrap.mcp_logins import SavedLogins
from aimltui.cli.tool_commands import places_of
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.sanitize import clean_line
from aimltui.config.mcp_servers import McpServer, expand
from aimltui.local_tools.mcp.logins import LoginStore, has_own_key
from aimltui.local_tools.mcp.opening import MISSING
from aimltui.local_tools.mcp.redirects import Pasted, Redirect, loopback
from aimltui.local_tools.mcp.source import McpSource


def add_login_parsers(actions: Any) -> tuple[argparse.ArgumentParser, ...]:
    """Add `login`, `logout` and `status` to the actions of `aimltui mcp`; returns their parsers."""
    entering = actions.add_parser("login", help="log in at a remote server, in a browser", allow_abbrev=False)
    entering.add_argument("name", metavar="NAME")
    entering.add_argument(
        "--paste",
        action="store_true",
        help="for a browser on another machine: paste the address that it ends at",
    )
    entering.set_defaults(run=enter)
    leaving = actions.add_parser("logout", help="delete the login at a server", allow_abbrev=False)
    leaving.add_argument("name", metavar="NAME")
    leaving.set_defaults(run=leave)
    status = actions.add_parser("status", help="show at which servers you are logged in", allow_abbrev=False)
    status.add_argument("name", metavar="NAME", nargs="?", help="a server; all remote ones without it")
    status.set_defaults(run=show)
    return entering, leaving, status


def enter(options: argparse.Namespace) -> int:
    """Log in at a server; returns the exit status.

    Raises:
        AimltuiError: The login failed; the text says why.
    """
    return asyncio.run(_enter(options))


async def _enter(options: argparse.Namespace) -> int:
    server, logins = await _server_of(options)
    with _needs_packages():
        from aimltui.local_tools.mcp.login import log_in

    async def present(address: str) -> None:
        _say(f"Log in at {urlsplit(address).hostname}:")
        _say(address)
        if not options.paste:
            await _open(address)

    async with _redirect(server.oauth.port, is_pasted=options.paste) as redirect:
        place = await log_in(server, logins, redirect, present)
    _say(f"You are logged in at {server.name}. The login is {place}.")
    return 0


@asynccontextmanager
async def _redirect(port: int, *, is_pasted: bool) -> AsyncIterator[Redirect]:
    if is_pasted:
        yield Pasted(_pasted, port)
        return
    async with loopback(port) as redirect:
        yield redirect


async def _pasted(problem: str) -> str:
    _say(problem or "The browser ends at a page that it cannot show. Paste the address of that page here:")
    line = await _line()
    if line is None:
        raise AimltuiError("No address was pasted, so you are not logged in.")
    return line


async def _line() -> str | None:
    """A line that the user enters; None at the end of the input. ctrl+C ends the command while it waits."""
    loop = asyncio.get_running_loop()
    line: asyncio.Future[str | None] = loop.create_future()

    def read() -> None:
        try:
            found: str | None = input()
        except EOFError:
            found = None
        with contextlib.suppress(RuntimeError):
            # the command may have ended meanwhile
            loop.call_soon_threadsafe(lambda: None if line.done() else line.set_result(found))

    # the end of a command waits for asyncio's own threads, but not for this one
    threading.Thread(target=read, name="paste", daemon=True).start()
    return await line


async def _open(address: str) -> None:
    from aimltui.tui.storage import saving

    try:
        await saving.browse(address)
    except saving.SaveError:
        _say("No browser could be started: open the address yourself. On another machine, add --paste.")
    else:
        _say("Log in in your browser. Ctrl+C cancels.")


def leave(options: argparse.Namespace) -> int:
    """Delete the login at a server; returns the exit status.

    Raises:
        AimltuiError: It could not be deleted.
    """
    return asyncio.run(_leave(options))


async def _leave(options: argparse.Namespace) -> int:
    server, logins = await _server_of(options)
    with _needs_packages():
        from aimltui.local_tools.mcp.login import log_out
    had_any = await log_out(server, logins)
    _say(
        f"The login at {server.name} was deleted." if had_any else f"You were not logged in at {server.name}."
    )
    return 0


def show(options: argparse.Namespace) -> int:
    """Print the logins; returns the exit status, 1 if a server that was named has none.

    Raises:
        AimltuiError: There is no such server, or the logins cannot be read.
    """
    source, logins = asyncio.run(_opened(options))
    if options.name is not None:
        servers = [_remote(source, options.name)]
    else:
        servers = [server for row in source.rows if (server := source.server(row.name)) and server.url]
    states = [_state_of(server, logins) for server in servers]
    for server, (words, _) in zip(servers, states, strict=True):
        _say(f"{server.name}  {words}")
    if not servers:
        _say("There are no remote MCP servers.")
    return 0 if options.name is None or states[0][1] else 1


def _state_of(server: McpServer, logins: LoginStore) -> tuple[str, bool]:
    """What is known of the login at a server, and whether it has one."""
    if has_own_key(server):
        return "has a key in headers in the configuration", True
    try:
        login = logins.load(server.name, expand(server.url, os.environ))
    except ConfigError as error:
        return str(error), False
    if login is None:
        return f"not logged in: aimltui mcp login {server.name}", False
    if login.refresh_token:
        return "logged in; the login is renewed by itself", True
    if login.expires_at is None:
        return "logged in", True
    if login.expires_at < time.time():
        return f"the login has ended: aimltui mcp login {server.name}", False
    return f"logged in until {time.strftime('%Y-%m-%d %H:%M', time.localtime(login.expires_at))}", True


async def _server_of(options: argparse.Namespace) -> tuple[McpServer, LoginStore]:
    """Return the server that is named, and the logins."""
    source, logins = await _opened(options)
    return _remote(source, options.name), logins


@contextmanager
def _needs_packages() -> Iterator[None]:
    """Say what to install where an import within fails."""
    try:
        yield
    except ImportError as error:
        raise AimltuiError(MISSING) from error


async def _opened(options: argparse.Namespace) -> tuple[McpSource, LoginStore]:
    config_file, settings, state_dir = places_of(options)
    source = mcp_servers(settings, config_file, state_dir)
    await source.refresh()
    return source, SavedLogins(config_file)


def _remote(source: McpSource, name: str) -> McpServer:
    server = source.server(name)
    if server is None or not server.url:
        found = [one.name for row in source.rows if (one := source.server(row.name)) and one.url]
        raise AimltuiError(
            f"There is no remote MCP server named {clean_line(name)}. There are: {', '.join(found) or 'none'}."
        )
    return server


def _say(line: str) -> None:
    print(clean_line(line), flush=True)  # noqa: T201  # there is no screen
