"""`aimltui functions`: shows the user's functions, and calls one."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path
from typing import Any

from aimltui.bootstrap.local_tools import APPROVALS_FILE, folders_of, function_library
from aimltui.cli.flags import add_actions, add_json
from aimltui.cli.objects import say_json
from aimltui.cli.tool_commands import add_place_flags, arguments_in, places_of, print_result
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean_line
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.functions.library import FunctionLibrary
from aimltui.local_tools.types import CallResult, LocalTool

DESCRIPTION = (
    "Functions that a model may ask this program to call. Put Python files into the folder `functions` of the configuration "
    "directory: each public function with type hints and a docstring is one. A call needs your approval."
)


def add_functions_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `functions` to the result of `ArgumentParser.add_subparsers`; each action's default `run` does it."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "functions", help="your own functions as tools", description=DESCRIPTION, allow_abbrev=False
    )
    actions = add_actions(parser)
    listing = actions.add_parser("list", help="show the functions", allow_abbrev=False)
    listing.set_defaults(run=show)
    testing = actions.add_parser(
        "test",
        help="call a function; this approves its file in its present form",
        allow_abbrev=False,
    )
    testing.add_argument("name", metavar="NAME")
    testing.add_argument("--json", metavar="ARGS", default="{}", help="the arguments as a JSON object")
    testing.set_defaults(run=test)
    add_json(listing)
    add_place_flags(listing, testing)
    return parser


def show(options: argparse.Namespace) -> int:
    """Print the functions and what is wrong; returns the exit status, 1 if a file is not usable."""
    library, folders = _library(options)
    asyncio.run(library.refresh())
    if options.json:
        say_json(
            {
                "data": [
                    {"source": tool.source, "is_approved": tool.is_trusted, **tool.definition()["function"]}
                    for tool in library.tools
                ],
                "problems": [problem.sentence for problem in library.problems],
            }
        )
        return 1 if library.problems else 0
    for tool in library.tools:
        _say(_line(tool))
        if tool.description:
            _say(f"    {clean_line(tool.description.partition(chr(10))[0])}")
    for problem in library.problems:
        _say(f"! {clean_line(problem.sentence)}")
    if not library.tools and not library.problems:
        _say(f"There are no functions. Put Python files into {folders[0]}.")
    return 1 if library.problems else 0


def test(options: argparse.Namespace) -> int:
    """Call a function and print its output; returns the exit status, 1 if the call failed.

    Raises:
        AimltuiError: There is no such function, or the arguments are no JSON object.
    """
    arguments = arguments_in(options.json)
    library, _ = _library(options)
    return print_result(asyncio.run(_call(library, options.name, arguments)))


async def _call(library: FunctionLibrary, name: str, arguments: dict[str, Any]) -> CallResult:
    await library.refresh()
    file = library.file_of(name)
    if file is None:
        names = ", ".join(sorted(tool.name for tool in library.tools)) or "none"
        problems = "".join(f"\n{problem.sentence}" for problem in library.problems)
        raise AimltuiError(f"There is no function named {name}. There are: {names}.{problems}")
    tool = next(tool for tool in library.tools if tool.name == name)
    if not tool.is_trusted:
        await library.trust_file(file)
        tools = [tool for tool in library.tools if tool.name == name]
        if not tools:
            raise AimltuiError("\n".join(problem.sentence for problem in library.problems))
        tool = tools[0]
    return await library.call(tool, arguments)


def _library(options: argparse.Namespace) -> tuple[FunctionLibrary, list[Path]]:
    config_file, settings, state_dir = places_of(options)
    library = function_library(settings, config_file, Approvals(state_dir / APPROVALS_FILE))
    return library, folders_of(settings, config_file)


def _line(tool: LocalTool) -> str:
    required = tool.parameters.get("required", [])
    names = [name if name in required else f"{name}=…" for name in tool.parameters.get("properties", {})]
    state = "" if tool.is_trusted else "  (new or changed: not approved yet)"
    state = "  (only a definition: answered by hand)" if tool.kind == "schema" else state
    return clean_line(f"{tool.name}({', '.join(names)})  {tool.source}{state}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # there is no screen
