"""`aimltui acp`: an assistant as the agent of an editor, over standard input and output."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from aimltui.bootstrap.source import Source, find_source
from aimltui.cli.flags import add_engine_flags
from aimltui.common.errors import ConfigError

DESCRIPTION = (
    "Speak the Agent Client Protocol over standard input and output, for Zed, JetBrains, Neovim, Toad and other editors. The "
    "sessions are threads, which the screen shows, too; you approve function calls in the editor. It needs: "
    "pip install 'aimltui[acp]'"
)
EPILOG = """\
in Zed's settings:
  "agent_servers": { "aimltui": { "command": "aimltui", "args": ["acp", "-a", "Data analyst"] } }
"""
_WAIT_S = 3600
"""Seconds that a run lives, and so waits for a decision about a function."""


def add_acp_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `acp` to the result of `ArgumentParser.add_subparsers`; its default `run` is `acp`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "acp",
        help="work as an agent inside an editor",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("-a", "--assistant", metavar="ASSISTANT", help="an assistant, by its name or the beginning of its id")
    add("-m", "--model", metavar="ID", help="the model")
    add_engine_flags(parser)
    parser.set_defaults(run=acp, thread=None, goes_on=False)
    return parser


def acp(options: argparse.Namespace) -> int:
    """Answer an editor until it closes the input; returns the exit status.

    Raises:
        AimltuiError: The package for the protocol is missing, or the engine cannot start.
    """
    try:
        import acp as _protocol  # noqa: F401
    except ImportError as error:
        raise ConfigError(
            "The package agent-client-protocol is not installed. Install it with: pip install 'aimltui[acp]'"
        ) from error
    return asyncio.run(_serve(find_source(options), options))


async def _serve(source: Source, options: argparse.Namespace) -> int:
    from acp import run_agent

    from aimltui.acp.agent import AssistantAgent
    from aimltui.bootstrap.engine import open_engine_and_tools
    from aimltui.cli import local_functions
    from aimltui.cli.question import Question
    from aimltui.client.client import AssistantsClient
    from aimltui.client.embedded import EmbeddedTransport
    from aimltui.tui.controllers.assistant_directory import AssistantDirectory

    async with open_engine_and_tools(source, run_lifetime_s=_WAIT_S) as (engine, own):
        client = AssistantsClient(EmbeddedTransport(engine))
        async with local_functions.opened(options, client, own) as functions:
            question = Question(client, AssistantDirectory(client, own.ready), source, options, functions)
            agent: Any = AssistantAgent(client, question.plan, question.marks, functions.local)
            # closing and resuming sessions are not in the package's stable part
            await run_agent(agent, use_unstable_protocol=True)
    return 0
