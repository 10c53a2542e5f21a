"""`aimltui completion`: a script that completes commands and flags in a shell."""

from __future__ import annotations

import argparse
from typing import Any

from aimltui import __version__

SHELLS = ("bash", "zsh", "fish")
DESCRIPTION = "Write the script that completes aimltui's commands and flags with tab."
EPILOG = """\
to install it:
  bash   aimltui completion bash > ~/.local/share/bash-completion/completions/aimltui
  zsh    aimltui completion zsh > "${fpath[1]}/_aimltui"
  fish   aimltui completion fish > ~/.config/fish/completions/aimltui.fish
"""


def add_completion_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `completion` to the result of `ArgumentParser.add_subparsers`; its default `run` is `completion`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "completion",
        help="complete commands and flags in a shell",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("shell", choices=SHELLS)
    parser.set_defaults(run=completion)
    return parser


def completion(options: argparse.Namespace) -> int:
    """Print the script; returns the exit status."""
    import shtab

    from aimltui.cli.main import command_parser
    from aimltui.cli.screen import add_screen_flags

    whole = command_parser()
    add_screen_flags(whole)
    whole.add_argument("--version", action="version", version=f"aimltui {__version__}")
    _complete_paths(whole)
    print(shtab.complete(whole, options.shell))  # noqa: T201  # there is no screen
    return 0


def _complete_paths(parser: argparse.ArgumentParser) -> None:
    """Mark the arguments that are files and directories, for shtab."""
    import shtab

    for action in parser._actions:
        if isinstance(action.choices, dict):
            for inner in action.choices.values():
                _complete_paths(inner)
        elif action.metavar in ("FILE", "PATH"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif action.metavar == "DIR":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
