"""Saves what the user chooses (theme, models) in a worker thread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from aimltui.tui.storage.model_marks import with_favourite, with_recent

if TYPE_CHECKING:
    from aimltui.config.settings import Value
    from aimltui.tui.controllers.file_worker import FileWorker
    from aimltui.tui.storage.model_marks import Key, ModelMarks


class SettingsWriter:
    """Changes the configuration file.

    Args:
        file: The file; None saves nothing.
        files: The worker that writes it.
    """

    def __init__(self, file: Path | None, files: FileWorker) -> None:
        self._file = file
        self._files = files

    def save(self, changes: Mapping[str, Value | None], otherwise: str) -> None:
        """Write some settings.

        Args:
            changes: New values by dotted key, as `{"ui.theme": "nord"}`; None removes the line.
            otherwise: The sentence for the user if they cannot be written; the reason is added to it.
        """
        if self._file is not None:
            self._files.write(partial(_write, self._file, dict(changes), otherwise))


def _write(file: Path, changes: Mapping[str, Value | None], otherwise: str) -> str | None:
    from aimltui.common.errors import ConfigError
    from aimltui.config.settings import write_config

    try:
        write_config(file, changes)
    except ConfigError as error:
        return f"{otherwise} {error}"
    return None


class MarkKeeper:
    """Recent models and favourites: changed on the screen at once, on the disk in a worker thread.

    Args:
        marks: Those on the disk.
        files: The worker that reads and writes them.
    """

    def __init__(self, marks: ModelMarks, files: FileWorker) -> None:
        self._marks = marks
        self._files = files
        self._changes = 0
        self.recent = marks.recent
        """The latest first."""
        self.favourites = marks.favourites
        """In the order in which they were marked."""

    async def load(self) -> None:
        """Read the marks again: another window may have changed them."""
        changes = self._changes
        recent, favourites = await self._files.read(self._read)
        if changes == self._changes:
            self.recent, self.favourites = recent, favourites

    def _read(self) -> tuple[tuple[Key, ...], tuple[Key, ...]]:
        self._marks.load()
        return self._marks.recent, self._marks.favourites

    def note_use(self, key: Key) -> None:
        """Put a model first among the recent ones."""
        self.recent = with_recent(self.recent, key)
        self._write(partial(self._marks.note_use, key))

    def toggle_favourite(self, key: Key) -> None:
        """Make a model a favourite, or undo that."""
        is_favourite = key not in self.favourites
        self.favourites = with_favourite(self.favourites, key, is_favourite=is_favourite)
        self._write(partial(self._marks.set_favourite, key, is_favourite=is_favourite))

    def _write(self, work: Callable[[], str | None]) -> None:
        self._changes += 1
        self._files.write(work)
