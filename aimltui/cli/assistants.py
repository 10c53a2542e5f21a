"""`aimltui assistants`: lists, shows, exports, imports and deletes assistants."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.cli.deleting import add_forever, delete_or_trash
from aimltui.cli.finding import find_one
from aimltui.cli.flags import add_actions
from aimltui.cli.objects import add_action, say, say_json, say_list, say_none, say_pairs, time_text
from aimltui.common.errors import AimltuiError, ConfigError
from aimltui.common.home import expanded
from aimltui.common.sanitize import clean_line

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.interchange.assistants import Imported
    from aimltui.wire.assistants import Assistant

NAMED = "an id, the beginning of one, or a name; see aimltui assistants list"


def add_assistants_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `assistants` with its actions to the result of `ArgumentParser.add_subparsers`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "assistants", help="list, show, export, import and delete assistants", allow_abbrev=False
    )
    actions = add_actions(parser)
    add_action(actions, "list", "list assistants, the newest first", _list)
    add_action(actions, "show", "show an assistant", _show).add_argument(
        "assistant", metavar="ASSISTANT", help=NAMED
    )
    export = add_action(actions, "export", "write assistants as TOML, or one as JSON", _export)
    export.add_argument("assistants", nargs="*", metavar="ASSISTANT", help=f"{NAMED} (default: all)")
    export.add_argument(
        "--output", "-o", metavar="PATH", type=Path, help="a file or a folder (default: standard output)"
    )
    export.add_argument("--force", action="store_true", help="replace an existing file")
    bring = add_action(actions, "import", "create assistants from TOML files", _import, creates=True)
    bring.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a TOML file, or a folder of them")
    bring.add_argument("--copy", action="store_true", help="create a new one even if one of that name exists")
    delete = add_action(actions, "delete", "move assistants to the trash of the screen", _delete)
    delete.add_argument("assistants", nargs="+", metavar="ASSISTANT", help=NAMED)
    add_forever(delete)
    return parser


async def _list(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.interchange.assistants import saved_assistants

    assistants = await saved_assistants(client)
    if options.json:
        say_list(assistants)
        return 0
    for one in assistants:
        say(f"{one.id}  {clean_line(one.name or ''):24}  {clean_line(one.model)}")
    if not assistants:
        say_none("saved assistants yet")
    return 0


async def _show(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.tui.state.assistant_form import tool_key
    from aimltui.wire.assistants import starters_of, version_of

    found = await _found(client, options.assistant)
    if options.json:
        say_json(found.to_json())
        return 0
    say_pairs(
        [
            ("id", found.id),
            ("name", found.name or ""),
            ("version", version_of(found)),
            ("created", time_text(found.created_at)),
            ("about", found.description or ""),
            ("model", found.model),
            ("tools", ", ".join(tool_key(tool.to_json()) for tool in found.tools)),
            ("starters", " / ".join(starters_of(found.metadata))),
        ]
    )
    if found.instructions:
        say()
        say(found.instructions.rstrip())
    return 0


async def _export(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.interchange.assistant_toml import to_toml
    from aimltui.interchange.assistants import saved_assistants

    chosen = [await _found(client, wanted) for wanted in options.assistants] or await saved_assistants(client)
    if options.json:
        say_json(chosen[0].to_json()) if len(options.assistants) == 1 else say_list(chosen)
        return 0
    output: Path | None = options.output
    if output is None or str(output) == "-":
        if len(chosen) != 1:
            raise ConfigError("Several assistants need a folder. Name one with --output.")
        say(to_toml(chosen[0]).rstrip())
        return 0
    _write_all(output, {one.id: to_toml(one) for one in chosen}, chosen, replace=options.force)
    return 0


def _write_all(output: Path, texts: Mapping[str, str], chosen: Sequence[Assistant], *, replace: bool) -> None:
    """Write each text to a separate file in a folder, or the only one to a file."""
    from aimltui.interchange.assistant_toml import file_name
    from aimltui.tui.storage import saving

    output = expanded(output)
    is_folder = os.path.isdir(output) or len(chosen) != 1 or output.suffix == ""
    if is_folder:
        output.mkdir(parents=True, exist_ok=True)
    taken: set[Path] = set()
    for one in chosen:
        path = _free(output / file_name(one), taken) if is_folder else output
        saving.write(path, texts[one.id].encode(), replace=replace)
        print(f"Saved as {path}.", file=sys.stderr)  # noqa: T201  # there is no screen


def _free(path: Path, taken: set[Path]) -> Path:
    """A name that no other assistant of this export has."""
    number, free = 2, path
    while free in taken:
        free, number = path.with_stem(f"{path.stem}-{number}"), number + 1
    taken.add(free)
    return free


async def _import(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.interchange.assistant_toml import BadAssistantFile
    from aimltui.interchange.assistants import read_file

    paths = [
        file
        for given in options.files
        for file in (sorted(given.glob("*.toml")) if given.is_dir() else [given])
    ]
    if not paths:
        raise ConfigError("There is no TOML file in that folder.")
    done: list[Imported] = []
    problems: list[str] = []
    for path in paths:
        try:
            done.append(await _bring(client, path, read_file(path), is_copy=options.copy))
        except (BadAssistantFile, ConfigError) as error:
            problems.append(clean_line(str(error)))
    if options.json:
        say_list([one.assistant for one in done])
    for one in done:
        lost = (
            clean_line(f"; unknown to this program, so left out: {', '.join(one.left_out)}")
            if one.left_out
            else ""
        )
        text = f"{one.assistant.id}  {clean_line(one.assistant.name or '')}: {one.result}{lost}"
        print(text, file=sys.stderr)  # noqa: T201  # there is no screen
    if problems:
        raise AimltuiError(" ".join(problems))
    return 0


async def _bring(client: AssistantsClient, path: Path, params: Any, *, is_copy: bool) -> Imported:
    from aimltui.interchange.assistants import bring_in, saved_assistants

    name = (params.name or "").casefold()
    same = [
        one for one in await saved_assistants(client) if (one.name or "").casefold() == name and not is_copy
    ]
    if len(same) > 1:
        raise ConfigError(
            f"{path.name}: {len(same)} assistants have this name, so none was changed. "
            "--copy makes another one; or rename them first."
        )
    return await bring_in(client, params, same[0] if same else None)


async def _delete(client: AssistantsClient, options: argparse.Namespace) -> int:
    from aimltui.wire.assistants import ModifyAssistant

    chosen = [await _found(client, wanted) for wanted in options.assistants]
    return await delete_or_trash(
        [one.id for one in chosen],
        clean_line(", ".join(one.name or one.id for one in chosen)),
        options,
        delete=client.assistants.delete,
        mark=lambda id_, mark: client.assistants.modify(ModifyAssistant(assistant_id=id_, metadata=mark)),
        stays="Their threads stay.",
        restores="F5",
    )


async def _found(client: AssistantsClient, wanted: str) -> Assistant:
    from aimltui.interchange.assistants import saved_assistants

    return find_one(
        await saved_assistants(client),
        wanted,
        "assistant",
        listed_by="aimltui assistants list",
        name_of=lambda one: one.name or "",
    )
