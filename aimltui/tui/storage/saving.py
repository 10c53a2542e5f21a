"""Writes files for the user, and opens files with the system's programs. Nothing is overwritten without a question."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from aimltui.common.disk import random_name
from aimltui.common.patterns import pattern
from aimltui.common.sanitize import clean_line

_MAX_NAME: Final = 120
_MAX_BYTES: Final = 240
"""File systems allow 255 bytes."""
_FORBIDDEN = pattern(r'[<>:"|?*\\/\x00]')
_DOCUMENTS: Final = frozenset(
    [
        ".bmp",
        ".csv",
        ".docx",
        ".gif",
        ".jpeg",
        ".jpg",
        ".json",
        ".log",
        ".md",
        ".odp",
        ".ods",
        ".odt",
        ".parquet",
        ".pdf",
        ".png",
        ".pptx",
        ".rst",
        ".tex",
        ".tiff",
        ".toml",
        ".tsv",
        ".txt",
        ".wav",
        ".webp",
        ".xlsx",
        ".yaml",
        ".yml",
    ]
)
"""Endings of files that are only displayed when they are opened; others may be run as a program."""
_TEXT_BROWSERS: Final = frozenset(["browsh", "elinks", "links", "links2", "lynx", "w3m"])


class SaveError(Exception):
    """Something was not saved; the text is a sentence for the user."""


class FileIsThere(SaveError):
    """A file of that name exists already."""


def plain_name(name: str) -> str:
    """A foreign name as a safe file name: no directories, not hidden, not too long."""
    last = re.split(r"[/\\]", clean_line(name).rstrip("/\\"))[-1]
    last = _FORBIDDEN.sub("_", last).strip().lstrip(".")
    stem, suffix = os.path.splitext(last)
    suffix = suffix[:20]
    stem = stem[: _MAX_NAME - len(suffix)]
    room = max(0, _MAX_BYTES - len(suffix.encode()))
    return stem.encode()[:room].decode(errors="ignore") + suffix or "file"


def place(chosen: Path | None, name: str) -> Path:
    """Return where to write a file: the path that the user chose, of this name in a chosen folder, or else here."""
    path = Path(os.path.expanduser(chosen)) if chosen is not None else Path(name)
    return path / name if os.path.isdir(path) else path


def default_directory() -> Path:
    """The directory that is suggested to the user."""
    downloads = Path.home() / "Downloads"
    return downloads if downloads.is_dir() else Path.cwd()


def free_path(directory: Path, name: str) -> Path:
    """A path in a directory that does not exist yet: the name, or the name with a number."""
    plain = plain_name(name)
    stem, suffix = os.path.splitext(plain)
    for number in range(1, 1000):
        path = directory / (plain if number == 1 else f"{stem}-{number}{suffix}")
        if not os.path.lexists(path):
            return path
    return directory / plain


def short_path(path: Path) -> str:
    """A path with `~` for the home directory."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) else str(path)


def write(path: Path, content: bytes, *, replace: bool = False) -> None:
    """Write a file completely or not at all. It blocks: call it in a worker thread.

    Args:
        path: The file.
        content: Its bytes.
        replace: Whether an existing file may be replaced.

    Raises:
        FileIsThere: The file exists and may not be replaced.
        SaveError: It could not be written.
    """
    with opened(path, replace=replace) as file:
        file.write(content)


@contextlib.contextmanager
def opened(path: Path, *, replace: bool = False) -> Iterator[BinaryIO]:
    """Write a file in pieces; it gets its name when the block ends without an exception.

    Args:
        path: The file.
        replace: Whether an existing file may be replaced.

    Yields:
        The open file.

    Raises:
        FileIsThere: The file exists and may not be replaced.
        SaveError: It could not be written.
    """
    if not replace and os.path.lexists(path):
        raise FileIsThere(f"{short_path(path)} already exists.")
    if path.is_dir():
        raise SaveError(f"{short_path(path)} is a directory. Add a file name.")
    if not path.parent.is_dir():
        raise SaveError(f"There is no directory {short_path(path.parent)}.")
    try:
        temporary = str(path.parent / f".aimltui-{random_name(8)}")
        # with the rights of any new file; reading the umask would mean to set it for all threads of the program
        number = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        try:
            with os.fdopen(number, "wb") as file:
                yield file
            if replace:
                os.replace(temporary, path)
            else:
                _rename_new(temporary, path)
        except BaseException:
            if os.path.lexists(temporary):
                os.unlink(temporary)
            raise
    except OSError as error:
        if isinstance(error, FileExistsError):
            raise FileIsThere(f"{short_path(path)} already exists.") from error
        why = error.strerror or str(error)
        raise SaveError(f"{short_path(path)} could not be written: {why}.") from error


def _rename_new(temporary: str, path: Path) -> None:
    """Give a finished file its name, unless another file has taken it in the meantime."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:
        # a file system without links
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        os.rename(temporary, path)
        return
    os.unlink(temporary)


def is_document(name: str) -> bool:
    """Whether a file of this name is only displayed when it is opened; opening another one may run it."""
    return os.path.splitext(name)[1].lower() in _DOCUMENTS


def opener(environment: Mapping[str, str] | None = None, platform: str = sys.platform) -> str:
    """The system's program that opens files.

    Raises:
        SaveError: There is none.
    """
    environment = os.environ if environment is None else environment
    wanted = "open" if platform == "darwin" else "xdg-open"
    if wanted == "xdg-open" and not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        # without a desktop xdg-open would start a text browser in this terminal
        raise SaveError("No desktop is running that could open files. Save it with s instead.")
    found = shutil.which(wanted, path=environment.get("PATH"))
    if found is None:
        raise SaveError(f"{wanted} is not installed, so files cannot be opened. Save it with s instead.")
    return found


def browser(
    url: str, environment: Mapping[str, str] | None = None, platform: str = sys.platform
) -> list[str]:
    """The command that opens a web address: the browser that BROWSER names, otherwise the system's program.

    Raises:
        SaveError: There is none.
    """
    import shlex

    environment = os.environ if environment is None else environment
    for wanted in environment.get("BROWSER", "").split(os.pathsep):
        try:
            command = shlex.split(wanted)
        except ValueError:
            continue
        found = shutil.which(command[0], path=environment.get("PATH")) if command else None
        # a text browser would need this terminal
        if found is not None and Path(found).name not in _TEXT_BROWSERS:
            words = [word.replace("%s", url) for word in command[1:]]
            return [found, *words] if "%s" in wanted else [found, *words, url]
    return [opener(environment, platform), url]


async def open_file(program: str, path: Path | str) -> None:
    """Open a file with a program, whose output is discarded.

    Raises:
        SaveError: It did not start, or it failed.
    """
    await _start([program, str(path)], f"{Path(path).name}. Save it with s instead.")


async def browse(url: str) -> None:
    """Open a web address in the browser.

    Raises:
        SaveError: None could be started, or it failed.
    """
    await _start(browser(url), "web addresses.")


async def _start(command: list[str], what: str) -> None:
    program = command[0]
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise SaveError(f"{program} could not be started: {error.strerror or error}.") from error
    try:
        async with asyncio.timeout(10):
            code = await process.wait()
    except TimeoutError:
        return  # it shows the file itself, and runs until the user closes it
    if code:
        raise SaveError(f"{Path(program).name} found no program that opens {what}")


NOT_BROWSED = "No browser could be started, so the address was copied. Open it yourself."


async def browsed(url: str) -> bool:
    """Open a web address in the browser; False if none could be started."""
    try:
        await browse(url)
    except SaveError:
        return False
    return True


def write_temporary(name: str, content: bytes) -> Path:
    """Write a file that only the user can read into a temporary directory, which the program's end deletes.

    It blocks: call it in a worker thread.

    Raises:
        SaveError: It could not be written.
    """
    try:
        directory = tempfile.mkdtemp(prefix="aimltui-")
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        path = Path(directory) / plain_name(name)
        path.write_bytes(content)
        path.chmod(0o600)
    except OSError as error:
        raise SaveError(
            f"No temporary copy could be written for opening: {error.strerror or error}."
        ) from error
    return path
