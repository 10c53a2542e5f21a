"""Which models were used lately, and which are favourites; kept over restarts, per connection and id.

As with drafts, nothing here raises: a failure is a sentence that the caller may show.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from aimltui.errors import ConfigError
from aimltui.paths import ensure_private_dir, write_private

Key = tuple[str, str]
"""The connection's name, empty for what is built in, and the model's id."""
MOST_RECENT = 12
MOST_FAVOURITES = 200
_LIMIT_BYTES = 1_000_000
_LIMIT_TEXT = 300


class ModelMarks:
    """Recent models and favourites in one small file.

    Args:
        file: Where they are kept; None keeps them until the program ends.
    """

    def __init__(self, file: Path | None = None) -> None:
        self._file = file
        self.recent: tuple[Key, ...] = ()
        """The latest first."""
        self.favourites: tuple[Key, ...] = ()
        """In the order in which they became that."""

    def load(self) -> None:
        """Read what was kept, also by another window; what cannot be read changes nothing."""
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
        """A model was chosen; None, or what went wrong as a sentence."""
        self.load()
        self.recent = tuple(dict.fromkeys((key, *self.recent)))[:MOST_RECENT]
        return self._save()

    def toggle_favourite(self, key: Key) -> str | None:
        """Make a model a favourite, or let it be one no more; answers like `note_use`."""
        self.load()
        if key in self.favourites:
            self.favourites = tuple(known for known in self.favourites if known != key)
        else:
            self.favourites = (*self.favourites, key)[-MOST_FAVOURITES:]
        return self._save()

    def _save(self) -> str | None:
        if self._file is None:
            return None
        content = {"recent": self.recent, "favourites": self.favourites}
        try:
            ensure_private_dir(self._file.parent)
            write_private(self._file, json.dumps(content, ensure_ascii=True, indent=1).encode())
        except ConfigError as error:
            return f"The favourite models could not be kept. {error}"
        except OSError as error:
            return f"The favourite models could not be kept in {self._file}: {error.strerror or error}."
        return None


def _keys(value: Any) -> tuple[Key, ...]:
    """The pairs of a list, each once."""
    found: dict[Key, None] = {}
    for pair in value if isinstance(value, list) else ():
        if isinstance(pair, list) and len(pair) == 2 and all(_is_text(part) for part in pair) and pair[1]:
            found[pair[0], pair[1]] = None
    return tuple(found)


def _is_text(part: Any) -> bool:
    return isinstance(part, str) and len(part) <= _LIMIT_TEXT and part.isprintable()
