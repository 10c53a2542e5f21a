"""`aimltui threads`: its actions, and the import of what other programs saved."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimltui.cli.export import add_export
from aimltui.cli.flags import add_actions
from aimltui.cli.local_threads import add_place, local_client
from aimltui.cli.thread_actions import add_thread_actions
from aimltui.common.errors import AimltuiError
from aimltui.common.home import expanded

if TYPE_CHECKING:
    from aimltui.interchange.importing import Importer
    from aimltui.interchange.reading import Found
    from aimltui.interchange.report import Report
    from aimltui.interchange.survey import Survey

IMPORT = (
    "Bring in what other programs saved: ChatGPT, Claude, Open WebUI, LibreChat, Chatbox, LM Studio, Jan, oterm, llm, "
    "gptme, aichat, codex, Claude Code, opencode, dumps of OpenAI's Assistants API, and this program's own exports. "
    "Files, folders and zip archives; what they are is told by their content. Doing it twice brings nothing twice."
)


def add_threads_parser(commands: Any) -> argparse.ArgumentParser:
    """Add `threads` to the result of `ArgumentParser.add_subparsers`."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "threads", help="list, show, import, export and delete conversations", allow_abbrev=False
    )
    actions = add_actions(parser)
    _add_import(actions)
    add_export(actions)
    add_thread_actions(actions)
    return parser


def _add_import(actions: Any) -> None:
    parser = actions.add_parser(
        "import",
        help="import conversations that other programs saved",
        description=IMPORT,
        allow_abbrev=False,
    )
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", type=Path, help="a file, a folder or a zip archive"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be imported, and write nothing"
    )
    parser.add_argument("--json", action="store_true", help="write what was read as JSON")
    parser.add_argument(
        "--no-branches", action="store_true", help="only the branch that was shown last of each conversation"
    )
    add_place(parser)
    parser.set_defaults(run=import_threads)


def import_threads(options: argparse.Namespace) -> int:
    """Import what the command line names; the exit status.

    Raises:
        AimltuiError: Nothing can be imported.
    """
    options.paths = [expanded(path) for path in options.paths]
    for path in options.paths:
        # `Path.exists` raises some errors
        if not os.path.exists(path):
            raise AimltuiError(f"There is no file or folder “{path}”, so nothing was imported.")
    try:
        return asyncio.run(_import(options))
    except KeyboardInterrupt:
        _clear()
        print("Stopped. What was imported is complete; import again for the rest.", file=sys.stderr)  # noqa: T201
        return 130


async def _import(options: argparse.Namespace) -> int:
    from aimltui.client.errors import TransportError
    from aimltui.interchange.importing import CannotImport, Importer
    from aimltui.wire.errors import APIError

    async with local_client(options, creates=not options.dry_run) as client:
        importer = Importer(client, with_branches=not options.no_branches)
        try:
            if options.json:
                return await _import_as_json(importer, options)
            if options.dry_run:
                return _tell_survey(await importer.survey(options.paths, _progress_of_survey))
            report = await importer.run(options.paths, _progress)
        except (APIError, TransportError, CannotImport) as error:
            raise AimltuiError(getattr(error, "message", str(error))) from error
    return _tell_report(report)


def _tell_survey(survey: Survey) -> int:
    from aimltui.interchange.reading import NAMES
    from aimltui.interchange.wording import survey_lines

    _clear()
    for line in survey_lines(survey, NAMES):
        print(line)  # noqa: T201  # there is no screen
    if survey.is_empty:
        raise _nothing()
    print("Nothing was written: this was a dry run.")  # noqa: T201
    return 0


def _tell_report(report: Report) -> int:
    from aimltui.interchange.wording import report_lines

    _clear()
    for line in report_lines(report):
        print(line)  # noqa: T201  # there is no screen
    if not (report.done or report.assistants or report.loose_files):
        raise _nothing()
    return 0


def _nothing() -> AimltuiError:
    return AimltuiError(
        "Nothing was imported: it contains no conversation in a known format. See aimltui threads import --help for "
        "the programs whose files are known."
    )


async def _import_as_json(importer: Importer, options: argparse.Namespace) -> int:
    """Write `{"threads": [...], "skipped": [...]}`, a conversation at a time."""
    from aimltui.interchange.reading import look

    writer = _JSONWriter()
    with await asyncio.to_thread(look, options.paths) as found:
        await _write_items(importer, found, writer, is_dry=options.dry_run)
    writer.finish([member.path for member in found.others])
    return 0 if writer.is_any else 1


async def _write_items(importer: Importer, found: Found, writer: _JSONWriter, *, is_dry: bool) -> None:
    from aimltui.interchange.as_json import skipped_as_json, thread_as_json
    from aimltui.interchange.importing import items_of
    from aimltui.interchange.records import Assistant, Skipped, Thread
    from aimltui.interchange.report import Report

    report = Report()
    async for item in items_of(found):
        before = report.skipped_count
        outcome = None if is_dry else await importer.take(item, report)
        if isinstance(item, Skipped):
            writer.skipped.append(skipped_as_json(item))
        elif report.skipped_count > before:
            writer.skipped.append(skipped_as_json(report.skipped[-1]))
        elif isinstance(item, Thread):
            writer.thread({**thread_as_json(item), **({"outcome": outcome} if outcome else {})})
        elif isinstance(item, Assistant):
            writer.assistants.append({"source_id": item.source_id, "name": item.name})
        else:
            writer.files.append({"source_id": item.source_id, "name": item.attachment.label})


class _JSONWriter:
    """One JSON object on standard output, written in pieces. Escaped: nothing in it drives a terminal."""

    def __init__(self) -> None:
        self.skipped: list[Any] = []
        self.assistants: list[Any] = []
        self.files: list[Any] = []
        self._count = 0
        sys.stdout.write('{"threads": [')

    @property
    def is_any(self) -> bool:
        """True if something was read."""
        return bool(self._count or self.assistants or self.files)

    def thread(self, thread: Any) -> None:
        """The next conversation."""
        sys.stdout.write(",\n" if self._count else "\n")
        json.dump(thread, sys.stdout)
        self._count += 1

    def finish(self, others: list[str]) -> None:
        """All that is not a conversation."""
        rest = {"skipped": self.skipped, "assistants": self.assistants, "files": self.files, "others": others}
        sys.stdout.write("],\n" + json.dumps(rest)[1:] + "\n")


def _progress_of_survey(survey: Survey) -> None:
    _say_progress(survey.threads, "read")


def _progress(report: Report) -> None:
    _say_progress(report.done, "imported")


def _say_progress(count: int, what: str) -> None:
    if count % 20 == 0 and sys.stderr.isatty():
        sys.stderr.write(f"\r{count:,} conversations {what} …")
        sys.stderr.flush()


def _clear() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
