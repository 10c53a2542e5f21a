"""Opens a text in the user's editor, which gets the terminal meanwhile; runs and streams continue."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

_USUAL = ("nano", "vim", "vi", "notepad")
"""Looked for if no variable names an editor."""
_LIMIT_BYTES = 4_000_000


class EditorFailed(Exception):
    """The text was not edited; the message is a sentence for the user."""


def editor_command(environment: Mapping[str, str]) -> list[str]:
    """The program and arguments of the user's editor, from `VISUAL` or `EDITOR`, else a usual one that is installed.

    Raises:
        EditorFailed: There is none, or the variable cannot be read.
    """
    for name in ("VISUAL", "EDITOR"):
        told = environment.get(name, "").strip()
        if not told:
            continue
        try:
            return shlex.split(told, posix=os.name != "nt")
        except ValueError as error:
            raise EditorFailed(f"The variable {name} cannot be read: {error}. Correct it.") from error
    found = next((path for one in _USUAL if (path := shutil.which(one))), None)
    if found is None:
        raise EditorFailed("No editor was found. Set the variable EDITOR to the name of one.")
    return [found]


async def edit(app: App[Any], text: str, *, name: str = "text.md") -> str:
    """Let the user edit a text in the editor, and return it as saved there.

    Args:
        app: The app that gives the terminal away.
        text: The text to start with.
        name: The name of the temporary file; its ending tells the editor what it is.

    Raises:
        EditorFailed: The editor could not be started, or reported a failure; what it saved is in the file named then.
    """
    command = editor_command(os.environ)
    folder = Path(tempfile.mkdtemp(prefix="aimltui-"))
    file = folder / name
    is_kept = False
    try:
        await asyncio.to_thread(file.write_text, text, encoding="utf-8", newline="")
        status = await _run(app, [*command, str(file)])
        edited = await asyncio.to_thread(_read, file)
        if edited is None:
            is_kept = True
            raise EditorFailed(
                f"What {command[0]} saved is longer than {_LIMIT_BYTES // 1_000_000} MB, so the text is as before."
                f" The file is {file}: attach it, or shorten it."
            )
        if status != 0:
            is_kept = edited != text
            where = f" What it saved is in {file}." if is_kept else ""
            raise EditorFailed(
                f"The editor {command[0]} ended with status {status}, so the text is as before.{where}"
            )
        # editors end a file with a line break that was not typed
        return edited if text.endswith("\n") else edited.removesuffix("\n")
    except asyncio.CancelledError:
        # the program ends while the editor has the file open
        is_kept = True
        raise
    except OSError as error:
        raise EditorFailed(
            f"The editor {command[0]} could not be used: {error.strerror or error}. Set EDITOR to another one."
        ) from error
    finally:
        if not is_kept:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)


async def _run(app: App[Any], command: list[str]) -> int:
    if app.is_headless:
        return await _finished(command)
    failure: OSError | None = None
    status = 0
    with app.suspend():
        # Textual takes the terminal back only if nothing is raised in here
        try:
            status = await asyncio.shield(_finished(command))
        except OSError as error:
            failure = error
    if failure is not None:
        raise failure
    return status


async def _finished(command: list[str]) -> int:
    process = await asyncio.create_subprocess_exec(*command)
    return await process.wait()


def _read(file: Path) -> str | None:
    """Return the text of a file; None if it is too long."""
    with file.open("rb") as stream:
        read = stream.read(_LIMIT_BYTES + 1)
    return None if len(read) > _LIMIT_BYTES else read.decode("utf-8", "replace").replace("\r\n", "\n")
