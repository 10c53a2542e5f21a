"""`aimltui files`: lists, shows, saves and deletes the files of this machine's store."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.cli.finding import find_one
from aimltui.cli.flags import add_actions
from aimltui.cli.objects import (
    add_action,
    add_limit,
    add_output,
    add_yes,
    confirm,
    first,
    say,
    say_json,
    say_list,
    say_none,
    say_pairs,
    time_text,
)
from aimltui.common.errors import ConfigError
from aimltui.common.sanitize import clean_line

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.wire.files import File

NAMED = "an id, the beginning of one, or a name; see aimltui files list"


def add_files_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `files` with its actions to the result of `ArgumentParser.add_subparsers`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "files", help="list, show, save and delete files", allow_abbrev=False
    )
    actions = add_actions(parser)
    add_limit(add_action(actions, "list", "list files, the newest first", _list))
    add_action(actions, "show", "show what is known of a file", _show).add_argument(
        "file", metavar="FILE", help=NAMED
    )
    export = add_action(actions, "export", "save a file", _export, has_json=False)
    export.add_argument("file", metavar="FILE", help=NAMED)
    add_output(export)
    delete = add_action(actions, "delete", "delete files, also in all vector stores", _delete)
    delete.add_argument("files", nargs="+", metavar="FILE", help=NAMED)
    add_yes(delete)
    return parser


async def _list(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.client.client import every
    from aimltui.formatting.numbers import bytes_text
    from aimltui.wire.files import ListFiles

    files = await first(every(client.files.list, ListFiles(order="desc")), options.limit)
    if options.json:
        say_list(files)
        return 0
    for file in files:
        say(
            f"{file.id}  {time_text(file.created_at)}  {bytes_text(file.bytes):>9}  {clean_line(file.filename)}"
        )
    if not files:
        say_none("files yet")
    return 0


async def _show(client: AssistantsClient, options: argparse.Namespace) -> int:
    file = await _found(client, options.file)
    if options.json:
        say_json(file.to_json())
        return 0
    pairs = [
        ("id", file.id),
        ("name", file.filename),
        ("size", f"{file.bytes:,} bytes"),
        ("purpose", file.purpose),
    ]
    say_pairs([*pairs, ("created", time_text(file.created_at)), ("expires", time_text(file.expires_at))])
    return 0


async def _export(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.tui.storage import saving

    file = await _found(client, options.file)
    output: Path | None = options.output
    if str(output) == "-":
        if sys.stdout.isatty():
            raise ConfigError("The bytes of a file are not written to a terminal. Name a file with --output.")
        sys.stdout.buffer.write((await client.files.content(file.id)).content)
        return 0
    path = saving.place(output, saving.plain_name(file.filename))
    saving.write(path, (await client.files.content(file.id)).content, replace=options.force)
    print(f"Saved as {path}.", file=sys.stderr)  # noqa: T201  # there is no screen
    return 0


async def _delete(client: AssistantsClient, options: argparse.Namespace) -> int:
    chosen = [await _found(client, wanted) for wanted in options.files]
    confirm(f"Delete {clean_line(', '.join(file.filename for file in chosen))} for good?", options)
    done = [await client.files.delete(file.id) for file in chosen]
    if options.json:
        say_list(done)
    count = f"{len(chosen)} {'file' if len(chosen) == 1 else 'files'}"
    print(f"{count} deleted.", file=sys.stderr)  # noqa: T201  # there is no screen
    return 0


async def _found(client: AssistantsClient, wanted: str) -> File:
    from aimltui.client.client import every
    from aimltui.wire.files import ListFiles

    files = [file async for file in every(client.files.list, ListFiles(order="desc"))]
    return find_one(files, wanted, "file", listed_by="aimltui files list", name_of=lambda file: file.filename)
