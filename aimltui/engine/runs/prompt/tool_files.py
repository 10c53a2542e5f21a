"""Finds the files of a thread for the code interpreter, and their names there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from aimltui.common.dataclass import dataclass
from aimltui.engine.store import files, runs, threads
from aimltui.engine.store.database import Connection
from aimltui.engine.tools.base import ProvidedFile
from aimltui.wire.errors import NotFound
from aimltui.wire.files import File
from aimltui.wire.runs import Run
from aimltui.wire.tools import ToolResources

PLACE = "/mnt/data/"


@dataclass(frozen=True, slots=True)
class ToolFiles:
    """The files of a thread for the code interpreter."""

    provided: tuple[ProvidedFile, ...] = ()
    """The files that the tool finds in its working directory."""
    links: dict[str, str] | None = None
    """File ids by the path under which a text may link to them; None without any files."""
    has_run_code: bool = False
    """Whether an earlier run of the thread has run code."""


def known(conn: Connection, run: Run, now: int, path_of: Callable[[str], Path]) -> ToolFiles:
    """Return the files of the run's assistant and thread, and those that tools made in the thread.

    A file that a tool made replaces an older one with the same path.
    """
    made = runs.files_made(conn, run.thread_id)
    resources = [run.tool_resources, threads.get(conn, run.thread_id).tool_resources]
    found: dict[str, File] = {}
    for file in _files(conn, _ids(resources), now):
        found[_free_name(file.filename, found)] = file
    links = {PLACE + name: file.id for name, file in found.items()} | made
    for path, file_id in made.items():
        for file in _files(conn, [file_id], now):
            found[path.removeprefix(PLACE)] = file
    provided = tuple(
        ProvidedFile(file.id, name, path_of(file.id), file.bytes) for name, file in found.items()
    )
    return ToolFiles(provided, links or None, runs.has_run_code(conn, run.thread_id, run.id))


def _ids(resources: Iterable[ToolResources | None]) -> list[str]:
    found: dict[str, None] = {}
    for resource in resources:
        if resource is not None and resource.code_interpreter is not None:
            found |= dict.fromkeys(resource.code_interpreter.file_ids)
    return list(found)


def _files(conn: Connection, file_ids: Iterable[str], now: int) -> list[File]:
    found: list[File] = []
    for file_id in file_ids:
        try:
            found.append(files.get(conn, file_id, now))
        except NotFound:
            # deleted after it was attached
            continue
    return found


def _free_name(name: str, taken: Iterable[str]) -> str:
    used = set(taken)
    path, number, free = PurePosixPath(name), 1, name
    while free in used:
        number += 1
        free = f"{path.stem}-{number}{path.suffix}"
    return free
