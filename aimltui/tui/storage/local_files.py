"""Files on this machine that the user may attach: paths in a pasted text, and what an `@` offers. It blocks."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern

_MOST_TEXT: Final = 8_000
"""Characters of a paste that may be a list of paths."""
_MOST_PATHS: Final = 50
_STARTS: Final = pattern(r"\s*['\"]?(?:/|~[/\\]|file://|[A-Za-z]:[/\\]|\\\\)")
_SKIPPED: Final = frozenset(
    {"node_modules", "__pycache__", "venv", "site-packages", "target", "dist", "build"}
)
_MOST_ENTRIES: Final = 8_000
"""Entries of folders that one search looks at."""
_DEPTH: Final = 6
MOST_FOUND: Final = 50


@dataclass(frozen=True, slots=True)
class LocalFile:
    """A file or folder on this machine."""

    path: Path
    size: int = 0
    """Bytes."""
    label: str = ""
    """Its path as the user would write it; that of a folder ends with a slash."""


def may_hold_paths(text: str) -> bool:
    """Return whether a pasted text looks like paths, as terminals paste files that are dropped on them."""
    return len(text) <= _MOST_TEXT and _STARTS.match(text) is not None


def files_in(text: str) -> list[LocalFile]:
    """Return the files whose paths a pasted text consists of; none if it contains anything else."""
    for paths in _readings(text.strip()):
        found = [_file(path) for path in paths[: _MOST_PATHS + 1]]
        files = [file for file in found if file is not None]
        if files and len(files) == len(found) <= _MOST_PATHS:
            return files
    return []


def file_at(path: str, start: Path) -> LocalFile | None:
    """Return the file of a path that the user wrote; None if there is none that can be read.

    Args:
        path: An absolute path, or one from `start`.
        start: A folder.
    """
    written = path.strip()
    for candidate in (written, written.strip("'\"")):
        found = _file(candidate) or _file(str(start / candidate))
        if found is not None:
            return found
    return next(iter(files_in(written)), None)


def offered(query: str, start: Path) -> list[LocalFile]:
    """Return files and folders for what is written after an `@`, the best first.

    Args:
        query: A part of a name; with a slash in it, a path whose last part is looked for in its folder.
        start: The folder to begin in.
    """
    folder, slash, part = query.rpartition("/")
    wanted = part.lower()
    if slash:
        base = Path(os.path.expanduser(f"{folder}/"))
        base = base if base.is_absolute() else start / base
        found = [
            _entry(entry, f"{folder}/{entry.name}") for entry in _entries(base, hidden=part.startswith("."))
        ]
        ranked = [
            (wanted not in file.label[len(folder) :].lower(), file) for file in found if file is not None
        ]
        kept = [file for hidden, file in ranked if not hidden]
        return sorted(kept, key=lambda file: _rank(file, wanted))[:MOST_FOUND]
    walked = (file for file in _walk(start) if wanted in file.label.lower())
    return sorted(walked, key=lambda file: _rank(file, wanted))[:MOST_FOUND]


def _rank(file: LocalFile, wanted: str) -> tuple[int, int, str]:
    name = file.label.rstrip("/").rpartition("/")[2].lower()
    place = 0 if name.startswith(wanted) else 1 if wanted in name else 2
    return place, file.label.rstrip("/").count("/"), file.label.lower()


def _walk(start: Path) -> Iterator[LocalFile]:
    """Yield the files below a folder, those near it first."""
    waiting, seen = deque([(start, "", 0)]), 0
    while waiting:
        folder, prefix, depth = waiting.popleft()
        for entry in _entries(folder):
            seen += 1
            if seen > _MOST_ENTRIES:
                return
            file = _entry(entry, prefix + entry.name)
            if file is None:
                continue
            if not file.label.endswith("/"):
                yield file
            elif depth < _DEPTH and entry.name not in _SKIPPED and not entry.is_symlink():
                waiting.append((Path(entry.path), f"{prefix}{entry.name}/", depth + 1))


def _entries(folder: Path, *, hidden: bool = False) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            found = [entry for entry in entries if hidden or not entry.name.startswith(".")]
    except OSError:
        return []
    return sorted(found[:_MOST_ENTRIES], key=lambda entry: entry.name)


def _entry(entry: os.DirEntry[str], label: str) -> LocalFile | None:
    try:
        if entry.is_dir():
            return LocalFile(Path(entry.path), label=f"{label}/")
        if entry.is_file():
            return LocalFile(Path(entry.path), entry.stat().st_size, label)
    except OSError:
        return None
    return None


def _readings(text: str) -> Iterator[list[str]]:
    """Yield the ways to read a text as paths: one as it is, one a line, words in the quotes of a shell."""
    import shlex

    yield [text]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1:
        yield lines
    try:
        yield shlex.split(text)
    except ValueError:
        return


def _file(text: str) -> LocalFile | None:
    if text.startswith("file://"):
        parts = urlsplit(text)
        if parts.netloc not in ("", "localhost"):
            return None
        text = unquote(parts.path)
    try:
        path = Path(text).expanduser()
        if not path.is_absolute() or not path.is_file():
            return None
        size = path.stat().st_size
    except (OSError, ValueError, RuntimeError):
        return None
    return LocalFile(path, size, path.name)
