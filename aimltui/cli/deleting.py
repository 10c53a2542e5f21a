"""Deletes threads or assistants: into the trash of the screen, or forever after a question."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from aimltui.cli.objects import add_yes, confirm, say_list

if TYPE_CHECKING:
    from aimltui.wire.base import Wire


def add_forever(parser: argparse.ArgumentParser) -> None:
    """Add `--forever` and `--yes`."""
    parser.add_argument(
        "--forever", action="store_true", help="delete them for good instead, after a question"
    )
    add_yes(parser)


async def delete_or_trash(
    ids: Sequence[str],
    what: str,
    options: argparse.Namespace,
    *,
    delete: Callable[[str], Awaitable[Wire]],
    mark: Callable[[str, dict[str, str]], Awaitable[Wire]],
    stays: str = "",
    restores: str,
) -> int:
    """Delete objects as the options say, and print what was done, with `--json` also the objects; returns the exit status.

    Args:
        ids: Their ids.
        what: What they are called, such as "2 threads".
        options: With the options that `add_forever` adds.
        delete: Deletes an object for good and returns that it did.
        mark: Adds metadata to an object and returns it.
        stays: A sentence about what is not deleted, for the question.
        restores: What restores them from the trash.
    """
    from aimltui.wire.threads import TRASHED_AT

    if options.forever:
        confirm(" ".join(part for part in (f"Delete {what} for good?", stays) if part), options)
    trashed = {TRASHED_AT: f"{time.time():.3f}"}
    done = [await (delete(id_) if options.forever else mark(id_, trashed)) for id_ in ids]
    if options.json:
        say_list(done)
    where = "deleted" if options.forever else f"moved to the trash; {restores} restores them"
    print(f"{what} {where}.", file=sys.stderr)  # noqa: T201  # there is no screen
    return 0
