"""The command line: which program to run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from aimltui import __version__
from aimltui.common.errors import AimltuiError, ConfigError

EPILOG = """\
Keys are read from AIMLAPI_API_KEY, AIML_API_KEY, AIMLAPI_KEY, or OPENAI_API_KEY with OPENAI_BASE_URL, or from where
the connections of the configuration file say that they are.
AIMLTUI_DATA_DIR and AIMLTUI_CONFIG_DIR move the program's directories.

other programs:
  aimltui serve   serve the Assistants API to other programs (aimltui serve --help)
  aimltui chat    talk to an assistant in a plain terminal (aimltui chat --help)
  aimltui usage   see what runs have used and cost (aimltui usage --help)
  aimltui threads import PATH...   bring in conversations of ChatGPT, Claude, Open WebUI and others
  aimltui doctor  see what works on this machine; tests the code interpreter's sandboxes
  aimltui interpreter setup   packages for the code interpreter, such as numpy and pandas
  aimltui models learned      see what refusals have taught about models; --clear forgets it
"""
COMMANDS = (["serve"], ["chat"], ["usage"], ["doctor"], ["interpreter"], ["models"], ["threads"])


def main(arguments: Sequence[str]) -> int:
    """Do what the command line says; the exit status (0 fine, 1 failed, 2 wrong input)."""
    # the SDK would log to the terminal that the screen fills
    os.environ.pop("OPENAI_LOG", None)
    options = (command_parser() if arguments[:1] in COMMANDS else parser()).parse_args(arguments)
    try:
        return int(options.run(options))
    except AimltuiError as error:
        print(f"aimltui: {_plain(str(error))}", file=sys.stderr)  # noqa: T201  # the screen is not up
        return error.exit_code
    except KeyboardInterrupt:
        return 130


def parser() -> argparse.ArgumentParser:
    """The flags of the program with a screen."""
    from aimltui.cli.screen import add_screen_flags

    result = argparse.ArgumentParser(
        prog="aimltui",
        description="Work with AI assistants in the terminal: threads, runs and models, on an engine of its own.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_screen_flags(result)
    result.add_argument("--version", action="version", version=f"aimltui {__version__}")
    result.set_defaults(run=_show)
    return result


def command_parser() -> argparse.ArgumentParser:
    """The commands without a screen. Apart, so that starting the screen does not pay for them."""
    from aimltui.cli.chat import add_chat_parser
    from aimltui.cli.doctor import add_doctor_parser
    from aimltui.cli.interpreter import add_interpreter_parser
    from aimltui.cli.models import add_models_parser
    from aimltui.cli.serve import add_serve_parser
    from aimltui.cli.threads import add_threads_parser
    from aimltui.cli.usage import add_usage_parser

    result = argparse.ArgumentParser(prog="aimltui", allow_abbrev=False)
    commands = result.add_subparsers(required=True)
    add_serve_parser(commands)
    add_chat_parser(commands)
    add_usage_parser(commands)
    add_doctor_parser(commands)
    add_interpreter_parser(commands)
    add_models_parser(commands)
    add_threads_parser(commands)
    return result


def _plain(text: str) -> str:
    """A server's words may be in it: nothing that a terminal would obey."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)


def _show(options: argparse.Namespace) -> int:
    from aimltui.bootstrap.screen import show, startup_from

    # What is wrong with the settings is said first: that can be set right from anywhere.
    startup = startup_from(options)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "aimltui fills a terminal, but its input or output is not one. Start it in a terminal."
        )
    return show(options, startup)
