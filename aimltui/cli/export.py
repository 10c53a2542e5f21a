"""`aimltui threads list` and `aimltui threads export`: threads of this machine, for people and other programs."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.cli.local_threads import add_place, local_client
from aimltui.cli.objects import say_list, say_none, told
from aimltui.cli.thread_actions import find_thread, title_of
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.home import expanded

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.interchange.exporting import Exporter
    from aimltui.wire.threads import ThreadSummary

EXPORT = (
    "Write threads so that other programs, and this one, can read them. Markdown and HTML are complete in themselves, "
    "files included, one thread a file; JSON holds everything that is known; JSONL has the API's own objects."
)
_FORMATS = ("markdown", "json", "html", "jsonl")


def add_export(actions: Any) -> None:
    """Add both actions to `aimltui threads`."""
    listing = actions.add_parser("list", help="list threads, the newest first", allow_abbrev=False)
    listing.add_argument("query", nargs="*", metavar="WORD", help="only threads with these words")
    listing.add_argument("--json", action="store_true", help="write JSON, as the API has it")
    add_place(listing)
    listing.set_defaults(run=list_threads)
    parser = actions.add_parser(
        "export", help="write threads to files", description=EXPORT, allow_abbrev=False
    )
    add = parser.add_argument
    add(
        "threads",
        nargs="*",
        metavar="THREAD",
        help="ids, beginnings of ids, or titles; see aimltui threads list",
    )
    add("--all", action="store_true", help="all threads")
    add("--format", choices=_FORMATS, default="markdown", help="default: %(default)s")
    add(
        "--output",
        "-o",
        metavar="PATH",
        type=Path,
        help="a file, or a folder for one file a thread; else standard output",
    )
    add("--force", action="store_true", help="replace existing files")
    add_place(parser)
    parser.set_defaults(run=export_threads)


def list_threads(options: argparse.Namespace) -> int:
    """List threads; the exit status.

    Raises:
        AimltuiError: They cannot be read.
    """
    threads = asyncio.run(_listed(options))
    if options.json:
        say_list(threads)
        return 0
    for thread in threads:
        print(line_of(thread))  # noqa: T201  # there is no screen
    if not threads:
        say_none("threads with these words in their titles" if options.query else "threads yet")
    return 0


def line_of(thread: ThreadSummary) -> str:
    """What a list shows of a thread: id, day, title; branches of a conversation share a title, and are told apart."""
    from aimltui.interchange.wording import short
    from aimltui.wire.threads import BRANCH_OF, FAMILY

    at = datetime.fromtimestamp(thread.last_active_at or thread.created_at, UTC).astimezone()
    metadata = thread.metadata or {}
    # an imported branch has its number in its title
    is_branch = bool(metadata.get(BRANCH_OF)) and metadata.get(FAMILY, "") not in ("", thread.id)
    return f"{thread.id}  {at:%Y-%m-%d}  {short(title_of(thread), 70)}{' (branch)' if is_branch else ''}"


def export_threads(options: argparse.Namespace) -> int:
    """Export threads; the exit status.

    Raises:
        AimltuiError: They cannot be read or written.
    """
    if options.all == bool(options.threads):
        raise ConfigError(
            "Say which threads: their ids or titles (aimltui threads list shows them), or --all."
        )
    output: Path | None = expanded(options.output) if options.output is not None else None
    written = asyncio.run(_export(options, output, is_folder=output is not None and os.path.isdir(output)))
    if options.output is not None:
        print(f"{written} {'thread' if written == 1 else 'threads'} written.", file=sys.stderr)  # noqa: T201
    return 0


async def _listed(options: argparse.Namespace) -> list[ThreadSummary]:
    from aimltui.interchange.fields import writable

    async with local_client(options) as client:
        with told():
            found = [thread async for thread in _every_thread(client, writable(" ".join(options.query)))]
    return sorted(found, key=lambda thread: thread.last_active_at or thread.created_at, reverse=True)


async def _export(options: argparse.Namespace, output: Path | None, *, is_folder: bool) -> int:
    from aimltui.interchange.exporting import ONE_EACH, Exporter

    async with local_client(options) as client:
        with told():
            threads = [thread async for thread in _every_thread(client)]
            chosen = threads if options.all else [find_thread(threads, wanted) for wanted in options.threads]
            exporter = Exporter(client)
            needs_folder = len(chosen) > 1 and options.format in ONE_EACH
            if output is not None and (is_folder or needs_folder):
                return await _to_folder(exporter, chosen, output, options)
            if needs_folder:
                raise ConfigError(f"As {options.format}, each thread is a file: name a folder with --output.")
            return await _to_one_file(exporter, chosen, output, options)


async def _to_folder(
    exporter: Exporter, threads: Sequence[ThreadSummary], folder: Path, options: argparse.Namespace
) -> int:
    from aimltui.interchange.exporting import SUFFIXES, each
    from aimltui.tui.storage import saving

    await asyncio.to_thread(_make, folder)
    count = 0
    for thread in threads:
        name = (
            saving.plain_name(title_of(thread)[:80].replace("/", "-").rstrip(". ")) + SUFFIXES[options.format]
        )
        path = folder / name if options.force else await asyncio.to_thread(saving.free_path, folder, name)
        with saving.opened(path, replace=options.force) as file:
            count += await exporter.write(
                each([thread.id]),
                options.format,
                lambda text: file.write(text.encode()),
                with_branches=not options.all,
            )
    return count


async def _to_one_file(
    exporter: Exporter, threads: Sequence[ThreadSummary], path: Path | None, options: argparse.Namespace
) -> int:
    from aimltui.interchange.exporting import each
    from aimltui.tui.storage import saving

    ids = [thread.id for thread in threads]
    if path is None or str(path) == "-":
        return await exporter.write(
            each(ids), options.format, _to_standard_output, with_branches=not options.all
        )
    with saving.opened(path, replace=options.force) as file:
        return await exporter.write(
            each(ids),
            options.format,
            lambda text: file.write(text.encode()),
            with_branches=not options.all,
        )


def _to_standard_output(text: str) -> None:
    if sys.stdout.isatty():
        from aimltui.common.sanitize import clean

        text = clean(text)
    sys.stdout.write(text)


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise AimltuiError(f"The folder “{folder}” cannot be made: {error.strerror or error}.") from error


async def _every_thread(client: AssistantsClient, query: str = "") -> AsyncIterator[ThreadSummary]:
    from aimltui.client.client import every
    from aimltui.wire.threads import ListThreads

    params = ListThreads(limit=100, query=query) if query else ListThreads(limit=100)
    async for thread in every(client.threads.list, params):
        yield thread
