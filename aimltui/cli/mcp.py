"""`aimltui mcp`: shows the configured MCP servers, starts them to see whether they work, and logs in at remote ones."""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import Any

from aimltui.bootstrap.local_tools import mcp_servers
from aimltui.cli.flags import add_actions, add_json
from aimltui.cli.mcp_login import add_login_parsers
from aimltui.cli.objects import say_json
from aimltui.cli.tool_commands import add_place_flags, arguments_in, places_of, print_result
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.sanitize import clean_line
from aimltui.config.mcp_servers import MCP_FILE
from aimltui.local_tools.mcp.source import McpSource, ServerRow

DESCRIPTION = (
    "MCP servers whose tools a model may ask this program to call. Paste the block that a server's instructions give for "
    "other programs into mcp.json in the configuration directory. A call needs your approval."
)


def add_mcp_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `mcp` to the result of `ArgumentParser.add_subparsers`; each action's default `run` does it."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "mcp", help="MCP servers as tools", description=DESCRIPTION, allow_abbrev=False
    )
    actions = add_actions(parser)
    listing = actions.add_parser(
        "list", help="show the servers and the tools they had last; starts none", allow_abbrev=False
    )
    listing.set_defaults(run=show)
    add_json(listing)
    testing = actions.add_parser(
        "test", help="start a server, or all, and list its tools; or call one tool", allow_abbrev=False
    )
    testing.add_argument("name", metavar="NAME", nargs="?", help="a server; all without it")
    testing.add_argument("--tool", metavar="TOOL", help="a tool of the server to call")
    testing.add_argument("--json", metavar="ARGS", default="{}", help="its arguments as a JSON object")
    testing.set_defaults(run=test)
    add_place_flags(listing, testing, *add_login_parsers(actions))
    return parser


def show(options: argparse.Namespace) -> int:
    """Print the servers; returns the exit status, 1 if one is not usable as it is configured."""
    source, config_file = _source(options)
    asyncio.run(source.refresh())
    if options.json:
        say_json({"data": [asdict(row) for row in source.rows]})
    elif not source.rows:
        _say_none(config_file)
    else:
        for row in source.rows:
            _say_server(row)
    return 1 if any(row.state == "wrong" for row in source.rows) else 0


def test(options: argparse.Namespace) -> int:
    """Start servers and print their tools, or call a tool; returns the exit status, 1 if something failed.

    Raises:
        AimltuiError: There is no such server or tool, or the arguments are no JSON object.
    """
    if options.tool and not options.name:
        raise ConfigError("--tool needs the name of its server: aimltui mcp test NAME --tool TOOL")
    source, config_file = _source(options)
    return asyncio.run(_test(source, options, config_file))


async def _test(source: McpSource, options: argparse.Namespace, config_file: Path) -> int:
    await source.refresh()
    if not source.rows and options.name is None:
        _say_none(config_file)
        return 0
    names = [row.name for row in source.rows if row.state not in ("off", "wrong")]
    if options.name is not None and options.name not in names:
        known = ", ".join(names) or "none"
        raise AimltuiError(f"There is no MCP server named {options.name} that is on. There are: {known}.")
    chosen = [options.name] if options.name is not None else names
    try:
        await asyncio.gather(*(source.settled(name) for name in chosen))
        is_all = options.name is None
        rows = [row for row in source.rows if row.name in chosen or (is_all and row.state == "wrong")]
        if options.tool is None:
            for row in rows:
                _say_server(row)
            return 0 if all(row.state == "ready" for row in rows) else 1
        return await _call(source, options)
    finally:
        await source.aclose()


async def _call(source: McpSource, options: argparse.Namespace) -> int:
    arguments = arguments_in(options.json)
    row = next(row for row in source.rows if row.name == options.name)
    if row.state != "ready":
        raise AimltuiError(f"The server {row.name} does not run. {row.error}")
    name = next((one for one in row.tools if options.tool in (one, one.partition("__")[2])), None)
    if name is None:
        raise AimltuiError(
            f"It has no tool named {options.tool}. There are: {', '.join(row.tools) or 'none'}."
        )
    tool = next(one for one in source.tools if one.name == name)
    return print_result(await source.call(tool, arguments))


def _source(options: argparse.Namespace) -> tuple[McpSource, Path]:
    config_file, settings, state_dir = places_of(options)
    return mcp_servers(settings, config_file, state_dir), config_file


def _say_none(config_file: Path) -> None:
    _say(f"There are no MCP servers. Put them into {config_file.parent / MCP_FILE} or {config_file}.")


def _say_server(row: ServerRow) -> None:
    state = "" if row.state == "stopped" else f"  ({row.state})"
    _say(f"{row.name}{state}  {row.place}".rstrip())
    if row.error:
        _say(f"! {row.error}")
    for tool in row.tools:
        _say(f"    {tool}")
    for sentence in row.left_out:
        _say(f"! {sentence}")


def _say(line: str) -> None:
    print(clean_line(line), flush=True)  # noqa: T201  # there is no screen
