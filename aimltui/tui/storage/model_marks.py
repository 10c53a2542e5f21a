"""ModelMarks: the recent models and the favourites, by connection and id.

As with drafts, nothing here raises: a failure is a sentence for the user.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aimltui.common.disk import ensure_private_dir, exclusive, write_private
from aimltui.common.errors import ConfigError

Key = tuple[str, str]
"""The connection's name, empty for the built-in model, and the model's id."""
MOST_RECENT = 12
MOST_FAVOURITES = 200
_LIMIT_BYTES = 1_000_000
_LIMIT_TEXT = 300


class ModelMarks:
    """Saves recent models and favourites in a small file.

    Args:
        file: The file; None saves them until the program ends.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.recent: tuple[Key, ...] = ()
        """The latest first."""
        self.favourites: tuple[Key, ...] = ()
        """In the order in which they were marked."""

    def load(self) -> None:
        """Read the file, which another window may have changed; a file that cannot be read changes nothing."""
        if self._file is None:
            return
        try:
            with self._file.open("rb") as stream:
                content = json.loads(stream.read(_LIMIT_BYTES))
            recent, favourites = _keys(content.get("recent")), _keys(content.get("favourites"))
        except (OSError, ValueError, AttributeError, RecursionError):
            return
        self.recent, self.favourites = recent[:MOST_RECENT], favourites[:MOST_FAVOURITES]

    def note_use(self, key: Key) -> str | None:
        """Put a model first among the recent ones.

        Returns:
            Why that was not saved, as a sentence; None if it was.
        """
        return self._change(lambda: self._set_recent(with_recent(self.recent, key)))

    def set_favourite(self, key: Key, *, is_favourite: bool) -> str | None:
        """Set whether a model is a favourite, also if another window has changed it; returns the same as `note_use`."""
        return self._change(lambda: self._set_favourite(key, is_favourite))

    def _set_recent(self, recent: tuple[Key, ...]) -> None:
        self.recent = recent

    def _set_favourite(self, key: Key, is_favourite: bool) -> None:
        self.favourites = with_favourite(self.favourites, key, is_favourite=is_favourite)

    def _change(self, change: Callable[[], None]) -> str | None:
        """Change the file under a lock."""
        if self._file is None:
            change()
            return None
        is_changed = False
        try:
            ensure_private_dir(self._file.parent)
            with exclusive(self._file.parent):
                self.load()
                change()
                is_changed = True
                content = {"recent": self.recent, "favourites": self.favourites}
                write_private(self._file, json.dumps(content, ensure_ascii=True, indent=1).encode())
        except (ConfigError, OSError) as error:
            if not is_changed:
                change()
            if isinstance(error, ConfigError):
                return f"The favourite models could not be saved. {error}"
            return f"The favourite models could not be saved in {self._file}: {error.strerror or error}."
        return None


def with_recent(recent: tuple[Key, ...], key: Key) -> tuple[Key, ...]:
    """The recent models with one put first."""
    return tuple(dict.fromkeys((key, *recent)))[:MOST_RECENT]


def with_favourite(favourites: tuple[Key, ...], key: Key, *, is_favourite: bool) -> tuple[Key, ...]:
    """The favourites with a model added or removed."""
    others = tuple(known for known in favourites if known != key)
    if not is_favourite:
        return others
    return favourites if key in favourites else (*others, key)[-MOST_FAVOURITES:]


def _keys(value: Any) -> tuple[Key, ...]:
    """The pairs of a list, without repetitions."""
    found: dict[Key, None] = {}
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and all(_is_text(part) for part in pair) and pair[1]:
            found[pair[0], pair[1]] = None
    return tuple(found)


def _is_text(part: Any) -> bool:
    return isinstance(part, str) and len(part) <= _LIMIT_TEXT and part.isprintable()
