"""Copies the database before a migration; the copy stays until the next migration."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from pathlib import Path

from aimltui.common.disk import disk_reason
from aimltui.engine.errors import StoreError

_SPARE_BYTES = 16 << 20
"""What has to be free besides the copy, for the migration itself."""


def copy_path(path: Path, version: int) -> Path:
    """Return the path of the copy of a version."""
    return path.with_name(f"{path.stem}-version-{version}{path.suffix}")


def make_copy(path: Path, version: int) -> Path:
    """Copy a database that nobody writes to in the meantime; only the user can read the copy.

    Args:
        path: The database.
        version: Its version, for the name of the copy.

    Raises:
        StoreError: The copy does not fit on the disk, or cannot be written. Nothing was changed.
    """
    target = copy_path(path, version)
    _make_room(path, target)
    partial = target.with_name(f"{target.name}.partial")
    try:
        partial.unlink(missing_ok=True)
        # created here, because SQLite would use the umask's mode
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        # SQLite does not copy from a connection with an open transaction
        with (
            contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source,
            contextlib.closing(sqlite3.connect(partial)) as copy,
        ):
            source.backup(copy)
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        partial.replace(target)
    except (OSError, sqlite3.Error) as error:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)
        reason = disk_reason(error) if isinstance(error, OSError) else str(error)
        raise _failed(path, reason) from error
    return target


def _make_room(path: Path, target: Path) -> None:
    """Check that the copy fits on the disk, if need be after removing the one that it replaces."""
    needed = sum(file.stat().st_size for file in _files_of(path)) + _SPARE_BYTES
    free = shutil.disk_usage(path.parent).free
    if free >= needed:
        return
    # a migration that was killed left it: the database has the same version, and so all that is in it
    free += target.stat().st_size if target.exists() else 0
    if free < needed:
        why = f"{_megabytes(needed)} are needed for it and {_megabytes(free)} are free. Free some space"
        raise _failed(path, why)
    remove_copy(target)


def remove_copy(copy: Path) -> None:
    """Delete a copy whose database is unchanged; one that cannot be deleted does no harm."""
    with contextlib.suppress(OSError):
        copy.unlink(missing_ok=True)


def remove_other_copies(path: Path, newest: Path) -> None:
    """Delete the copies that earlier migrations made."""
    for old in path.parent.glob(f"{path.stem}-version-*{path.suffix}"):
        if old != newest and old.name[len(path.stem) + len("-version-") : -len(path.suffix)].isdigit():
            with contextlib.suppress(OSError):
                old.unlink()


def _files_of(path: Path) -> list[Path]:
    return [file for file in (path, path.with_name(f"{path.name}-wal")) if file.exists()]


def _megabytes(size: int) -> str:
    return f"{max(1, round(size / 1e6)):,} MB"


def _failed(path: Path, why: str) -> StoreError:
    return StoreError(
        f"The database {path} comes from an older aimltui and has to be changed, but no copy of it can be made before: "
        f"{why}, then start again. Nothing was changed."
    )
