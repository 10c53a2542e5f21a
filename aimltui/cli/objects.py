"""What the commands that list, show and delete objects share: output, errors, and the question before a deletion."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.cli.local_threads import add_place, local_client
from aimltui.common.errors import AimltuiError, ConfigError

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.wire.base import Wire

Job = Callable[["AssistantsClient", argparse.Namespace], Awaitable[int]]


def add_action(
    actions: Any, name: str, text: str, job: Job, *, has_json: bool = True, creates: bool = False
) -> argparse.ArgumentParser:
    """Add an action that works on the objects of this machine.

    Args:
        actions: The result of `ArgumentParser.add_subparsers`.
        name: The action's name.
        text: What it does, for the help.
        job: Does it; returns the exit status.
        has_json: Whether it can write JSON.
        creates: Whether it makes a data directory if there is none.
    """
    parser: argparse.ArgumentParser = actions.add_parser(
        name, help=text, description=f"{text[:1].upper()}{text[1:]}.", allow_abbrev=False
    )
    if has_json:
        parser.add_argument("--json", action="store_true", help="write JSON, as the API has it")
    add_place(parser)

    def run(options: argparse.Namespace) -> int:
        return asyncio.run(_run(job, options, creates=creates))

    parser.set_defaults(run=run)
    return parser


def add_output(parser: argparse.ArgumentParser) -> None:
    """Add the flags that say where an export goes, and whether it replaces a file."""
    parser.add_argument(
        "--output",
        "-o",
        metavar="PATH",
        type=Path,
        help="a file or a folder; - for standard output (default: here)",
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")


def add_yes(parser: argparse.ArgumentParser) -> None:
    """Add the flag that answers the question before a deletion."""
    parser.add_argument("--yes", action="store_true", help="do not ask")


async def _run(job: Job, options: argparse.Namespace, *, creates: bool) -> int:
    async with local_client(options, creates=creates) as client:
        with told():
            return await job(client, options)


@contextmanager
def told() -> Iterator[None]:
    """Say what goes wrong as a sentence.

    Raises:
        AimltuiError: The server or the disk refused.
    """
    from aimltui.client.errors import TransportError
    from aimltui.tui.storage.saving import FileIsThere, SaveError
    from aimltui.wire.errors import APIError

    try:
        yield
    except (APIError, TransportError) as error:
        raise AimltuiError(getattr(error, "message", str(error))) from error
    except FileIsThere as error:
        raise AimltuiError(f"{error} Nothing was written; --force replaces it.") from error
    except SaveError as error:
        raise AimltuiError(str(error)) from error


def confirm(question: str, options: argparse.Namespace) -> None:
    """Ask before something is deleted for good, unless `--yes` is given.

    Raises:
        ConfigError: Nobody can answer.
        AimltuiError: The answer is no.
    """
    if options.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise ConfigError(
            "Nothing was deleted: there is no terminal to confirm it in. Add --yes to delete without a question."
        )
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise AimltuiError("Nothing was deleted.")


async def first(items: AsyncIterator[Any], count: int) -> list[Any]:
    """Return the first objects of a list."""
    found: list[Any] = []
    if count > 0:
        async for item in items:
            found.append(item)
            if len(found) >= count:
                break
    return found


def add_limit(parser: argparse.ArgumentParser) -> None:
    """Add the flag for how many objects a list shows."""
    parser.add_argument(
        "--limit",
        metavar="COUNT",
        type=_count,
        default=50,
        help="show at most so many (default: %(default)s)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("write a number above 0")
    return int(text)


def say(line: str = "") -> None:
    """Print a line, without escape sequences of what it quotes."""
    from aimltui.common.sanitize import clean

    print(clean(line))  # noqa: T201  # there is no screen


def say_none(things: str) -> None:
    """Tell a terminal that a list is empty; a pipe gets nothing.

    Args:
        things: What is listed, in the plural.
    """
    if sys.stdout.isatty():
        print(f"There are no {things}.", file=sys.stderr)  # noqa: T201  # there is no screen


def say_json(value: Any) -> None:
    """Print JSON; escaped, so that nothing in it drives a terminal."""
    print(json.dumps(value, indent=2))  # noqa: T201  # there is no screen


def say_list(items: Sequence[Wire]) -> None:
    """Print objects as a list of the API."""
    say_json({"object": "list", "data": [item.to_json() for item in items]})


def say_pairs(pairs: Sequence[tuple[str, str]]) -> None:
    """Print names and values, a line each; empty values are left out."""
    from aimltui.common.sanitize import clean_line

    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        if value:
            say(f"{name.ljust(width)}  {clean_line(value)}")


def time_text(seconds: int | float | None) -> str:
    """Return a moment in local time; empty if there is none."""
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M}" if seconds else ""
