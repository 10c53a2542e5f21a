"""The command line: parses the arguments and runs the command."""

from __future__ import annotations

import argparse
import errno
import io
import os
import sys
from collections.abc import Sequence

from aimltui import __version__
from aimltui.common.disk import disk_reason
from aimltui.common.errors import AimltuiError, ConfigError

EPILOG = """\
Keys are read from AIMLAPI_API_KEY, AIML_API_KEY, AIMLAPI_KEY, or OPENAI_API_KEY with OPENAI_BASE_URL, or as the
connections of the configuration file say.
AIMLTUI_DATA_DIR and AIMLTUI_CONFIG_DIR set the data directory and the configuration directory.

commands (each has --help):
  aimltui "QUESTION"          ask one question; aimltui ask --help tells more
  aimltui serve               serve the Assistants API to other programs
  aimltui chat                talk to an assistant in a plain terminal
  aimltui usage               show what runs used and cost
  aimltui threads             list, show, export, delete; import conversations of ChatGPT, Claude, Open WebUI and others
  aimltui assistants          list, show, delete; export and import TOML files that can live in git
  aimltui files               list, show, export and delete files
  aimltui runs                list and show runs, stop one, record one for aimltui replay
  aimltui models              list models; learned shows what each model does not support
  aimltui doctor              check what works on this machine, including the code interpreter's sandboxes
  aimltui interpreter setup   install packages for the code interpreter, such as numpy and pandas
  aimltui functions list      show your functions; test NAME --json ARGS calls one
  aimltui skills list         show the skills that assistants can load
  aimltui mcp list            show your MCP servers; test NAME starts one, --tool TOOL --json ARGS calls a tool
  aimltui mcp login NAME      log in at a remote MCP server; logout NAME, status
  aimltui acp                 work as an agent inside an editor: the Agent Client Protocol
  aimltui replay FILE         play a run that was recorded in the run inspector (F4)
  aimltui completion SHELL    completion of commands and flags for bash, zsh or fish
"""


BROKEN_PIPE = 141
"""The exit status after the reader of the output has gone: that of a program which SIGPIPE ended."""
_UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
"""The errors of an output that takes no more; those of files have a name."""


def main(arguments: Sequence[str]) -> int:
    """Run the command line; returns the exit status: 0 success, 1 failure, 2 invalid input."""
    if sys.platform == "win32":
        print("aimltui runs on Linux and macOS. On Windows, run it inside WSL.", file=sys.stderr)  # noqa: T201
        return 1
    # With this variable, the SDK would log to the terminal that the screen uses.
    os.environ.pop("OPENAI_LOG", None)
    # Looking for plug-ins of pydantic reads the metadata of every installed package; this program needs none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _replace_unencodable()
    try:
        try:
            options = _parsed(list(arguments))
            return int(options.run(options))
        finally:
            # here, because an error of the output would be reported when the program ends
            sys.stdout.flush()
    except AimltuiError as error:
        _say_error(str(error))
        return error.exit_code
    except BrokenPipeError:
        # the reader, such as head, has what it wants
        _drop_output()
        return BROKEN_PIPE
    except OSError as error:
        if error.errno not in _UNWRITABLE or error.filename is not None:
            raise
        _drop_output()
        known = error.__context__
        _say_error(
            str(known)
            if isinstance(known, AimltuiError)
            else f"The output cannot be written: {disk_reason(error)}."
        )
        return 1
    except KeyboardInterrupt:
        return 130


def _say_error(text: str) -> None:
    print(f"aimltui: {_safe(text)}", file=sys.stderr)  # noqa: T201  # the screen is not up


def _drop_output() -> None:
    """Let what is still buffered go nowhere: the end of the program would report that it cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _parsed(arguments: list[str]) -> argparse.Namespace:
    """Return the flags of the screen, or of the command that the first word names; a sentence is a question."""
    first = arguments[0] if arguments else ""
    if not first or first.startswith("-"):
        return _screen_flags(arguments)
    if any(character.isspace() for character in first.strip()):
        arguments = ["ask", *arguments]
    if arguments[0] == "ask":
        # the other commands would cost a quarter of the time until its first byte
        return _parsed_by(ask_parser(), arguments)
    commands = command_parser()
    known = commands_of(commands)
    if arguments[0] not in known:
        # the usage of the program would bury it
        commands.exit(2, f"aimltui: {_unknown(arguments[0], known)}\n")
    return _parsed_by(commands, arguments)


def _parsed_by(commands: argparse.ArgumentParser, arguments: Sequence[str]) -> argparse.Namespace:
    """Return the flags of a command; argparse would show the usage of the whole program after an unknown one."""
    options, rest = commands.parse_known_args(arguments)
    if rest:
        command = _parser_of(arguments, commands)
        command.error(f"“{_safe(rest[0])}” is not an argument of {command.prog}. See {command.prog} --help.")
    return options


def _parser_of(words: Sequence[str], outer: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Return the parser of the command, or of its action, that the first words name."""
    for action in outer._actions:
        if isinstance(action.choices, dict) and words and words[0] in action.choices:
            inner: argparse.ArgumentParser = action.choices[words[0]]
            return _parser_of(words[1:], inner)
    return outer


def _screen_flags(arguments: Sequence[str]) -> argparse.Namespace:
    screen = parser()
    options, rest = screen.parse_known_args(arguments)
    if rest:
        known = commands_of(command_parser())
        named = next((word for word in rest if word in known), "")
        screen.error(f"The command comes before its flags: aimltui {named} ..." if named else _stray(rest[0]))
    return options


def _stray(word: str) -> str:
    unknown = f"“{_safe(word)}” is not a command or a flag of aimltui."
    if word.startswith("-"):
        return f"{unknown} See aimltui --help."
    return f'{unknown} A question comes after the word ask: aimltui ask "QUESTION"'


def commands_of(commands: argparse.ArgumentParser) -> list[str]:
    """Return the names of the commands of a parser."""
    return [
        name for action in commands._actions if isinstance(action.choices, dict) for name in action.choices
    ]


def _unknown(word: str, known: Sequence[str]) -> str:
    import difflib

    near = difflib.get_close_matches(word, known, n=1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return (
        f"There is no command “{_safe(word)}”.{meant} aimltui --help lists the commands. "
        f"To ask a question of one word: aimltui ask {_safe(word)}"
    )


def _replace_unencodable() -> None:
    """Let no character end a command: one that input or output cannot encode is replaced."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the full-screen program."""
    from aimltui.cli.screen import add_screen_flags

    result = argparse.ArgumentParser(
        prog="aimltui",
        description="Work with AI assistants in the terminal: threads, runs and models, with a built-in engine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_screen_flags(result)
    result.add_argument("--version", action="version", version=f"aimltui {__version__}")
    result.set_defaults(run=_show)
    return result


def ask_parser() -> argparse.ArgumentParser:
    """Return a parser that knows `ask` alone."""
    from aimltui.cli.ask import add_ask_parser

    result = argparse.ArgumentParser(prog="aimltui", allow_abbrev=False)
    add_ask_parser(result.add_subparsers(required=True))
    return result


def command_parser() -> argparse.ArgumentParser:
    """Return the parser of the other commands. It is separate so that the screen starts without importing them."""
    from aimltui.cli.acp import add_acp_parser
    from aimltui.cli.ask import add_ask_parser
    from aimltui.cli.assistants import add_assistants_parser
    from aimltui.cli.chat import add_chat_parser
    from aimltui.cli.completion import add_completion_parser
    from aimltui.cli.doctor import add_doctor_parser
    from aimltui.cli.files import add_files_parser
    from aimltui.cli.functions import add_functions_parser
    from aimltui.cli.interpreter import add_interpreter_parser
    from aimltui.cli.mcp import add_mcp_parser
    from aimltui.cli.models import add_models_parser
    from aimltui.cli.replay import add_replay_parser
    from aimltui.cli.runs import add_runs_parser
    from aimltui.cli.serve import add_serve_parser
    from aimltui.cli.skills import add_skills_parser
    from aimltui.cli.threads import add_threads_parser
    from aimltui.cli.usage import add_usage_parser

    result = argparse.ArgumentParser(prog="aimltui", allow_abbrev=False)
    commands = result.add_subparsers(required=True)
    add_ask_parser(commands)
    add_serve_parser(commands)
    add_chat_parser(commands)
    add_usage_parser(commands)
    add_doctor_parser(commands)
    add_interpreter_parser(commands)
    add_models_parser(commands)
    add_threads_parser(commands)
    add_assistants_parser(commands)
    add_files_parser(commands)
    add_runs_parser(commands)
    add_functions_parser(commands)
    add_mcp_parser(commands)
    add_skills_parser(commands)
    add_completion_parser(commands)
    add_replay_parser(commands)
    add_acp_parser(commands)
    return result


def _safe(text: str) -> str:
    """Return text that may quote a server, without escape sequences and control characters."""
    from aimltui.common.sanitize import clean

    return clean(text)


def _show(options: argparse.Namespace) -> int:
    from aimltui.common import gc_tuning

    gc_tuning.put_off()
    from aimltui.bootstrap.screen import show, startup_from

    # Errors in the settings are reported first: they can be corrected without a terminal.
    startup = startup_from(options)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ConfigError(
            "aimltui needs an interactive terminal, but its input or output is not one. In a pipe, use `aimltui ask`."
        )
    return show(options, startup)
