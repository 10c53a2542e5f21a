"""Saves what refusals taught about models, by connection and model, with the time it was learned."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from aimltui.common.dataclass import dataclass
from aimltui.engine.models.base import JSON
from aimltui.engine.models.compat.quirks import in_words

FENCED = "fenced"
"""The name of the lesson that a model cannot call tools and writes code into its text instead."""
LOOPS = "loops"
"""The name of the lesson that a model makes the same call again and again, so that it is better off without tools."""
KEPT_S = 30 * 86_400.0
"""Seconds after which a lesson expires and the request is tried unchanged again, because models change."""
_MOST = 2_000
_LONGEST_FILE = 2_000_000
_LONGEST_NAME = 300
LOOPS_IN_WORDS = "Repeats the same tool call: it gets tools only where they are switched on."
_WORDS = {FENCED: "No tool calls: the model writes code to run into its text.", LOOPS: LOOPS_IN_WORDS}

log = logging.getLogger(__name__)

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Lesson:
    """One thing that a model does not support."""

    connection: str
    model: str
    """Empty for all models of the connection."""
    name: str
    value: JSON
    at: float
    """Unix seconds."""

    @property
    def words(self) -> str:
        """The lesson as a sentence for the user."""
        return _WORDS.get(self.name) or in_words(self.name, self.value)


class Lessons:
    """Remembers lessons in a file that several processes may share.

    A file that cannot be read or written never makes a run fail. `load`, `learn` and `forget` block: call them in a
    worker thread. `are_stale` only looks at the file's time.

    Args:
        path: The file; None saves nothing.
        clock: Unix seconds.
    """

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self._path = path
        self._clock = clock
        self._known: dict[_Key, tuple[JSON, float]] = {}
        self._unwritten: dict[_Key, tuple[JSON, float]] = {}
        self._seen: int | None = None
        self._lock = threading.Lock()

    @property
    def are_stale(self) -> bool:
        """Whether another process has changed the file since it was read."""
        return self._path is not None and self._age() != self._seen

    def load(self) -> None:
        """Read the file if another process has changed it."""
        if self.are_stale:
            with self._lock:
                self._known = self._newest()

    def of(self, connection: str, model: str) -> dict[str, JSON]:
        """The lessons about a model, including those about all models of its connection."""
        found: dict[str, JSON] = {}
        for name in ("", model):
            found |= {
                lesson.name: lesson.value
                for lesson in self.listed()
                if (lesson.connection, lesson.model) == (connection, name)
            }
        return found

    def words(self, connection: str, *models: str) -> list[str]:
        """The lessons about a model under any of its ids, as sentences."""
        told = [
            lesson.words
            for lesson in self.listed()
            if lesson.connection in (connection, "") and lesson.model in models
        ]
        return [text for text in dict.fromkeys(told) if text]

    def listed(self) -> list[Lesson]:
        """All lessons, sorted by connection and model."""
        oldest = self._clock() - KEPT_S
        known = [(key, value, at) for key, (value, at) in list(self._known.items()) if at > oldest]
        return [Lesson(*key, value, at) for key, value, at in sorted(known, key=lambda entry: entry[0])]

    def learn(self, connection: str, model: str, lessons: Mapping[str, JSON]) -> None:
        """Add or replace lessons about a model."""
        now = self._clock()
        new = {(connection, model, name): (value, now) for name, value in lessons.items()}
        with self._lock:
            self._known = {**self._newest(), **new}
            self._unwritten |= new
            self._write()

    def forget(self, model: str | None = None, connection: str | None = None) -> int:
        """Delete the lessons about a model, about a connection, or all; return how many."""
        with self._lock:
            self._known = self._newest()
            gone = [key for key in self._known if model in (None, key[1]) and connection in (None, key[0])]
            for key in gone:
                del self._known[key]
                self._unwritten.pop(key, None)
            if gone:
                self._write()
            return len(gone)

    def _newest(self) -> dict[_Key, tuple[JSON, float]]:
        """The lessons in the file, and those that could not be written to it."""
        if self._path is None:
            return dict(self._known)
        self._seen = self._age()
        return self._read() | self._unwritten

    def _age(self) -> int | None:
        try:
            return self._path.stat().st_mtime_ns if self._path is not None else None
        except OSError:
            return None

    def _read(self) -> dict[_Key, tuple[JSON, float]]:
        if self._path is None:
            return {}
        try:
            with self._path.open("rb") as file:
                content = file.read(_LONGEST_FILE + 1)
            rows = json.loads(content)["lessons"] if len(content) <= _LONGEST_FILE else []
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("lessons about models cannot be read: %s", type(error).__name__)
            return {}
        return _readable(rows, self._clock())

    def _write(self) -> None:
        if self._path is None:
            return
        newest = sorted(self._known.items(), key=lambda item: item[1][1])[-_MOST:]
        rows = [
            {"connection": connection, "model": model, "name": name, "value": value, "at": int(at)}
            for (connection, model, name), (value, at) in sorted(newest)
        ]
        beside = self._path.with_name(f"{self._path.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            beside.write_text(json.dumps({"lessons": rows}, indent=1), encoding="utf-8")
            beside.replace(self._path)
            self._unwritten, self._seen = {}, self._age()
        except OSError as error:
            log.warning("lessons about models cannot be written: %s", error)
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _readable(rows: JSON, now: float) -> dict[_Key, tuple[JSON, float]]:
    found: dict[_Key, tuple[JSON, float]] = {}
    for row in rows if isinstance(rows, list) else ():
        if not isinstance(row, Mapping):
            continue
        key = (row.get("connection"), row.get("model"), row.get("name"))
        at = row.get("at")
        if _are_names(key) and isinstance(at, int | float) and now - KEPT_S < at <= now + 86_400:
            found[key] = (row.get("value"), float(at))  # type: ignore[index]  # checked in the line above
        if len(found) >= _MOST:
            break
    return found


def _are_names(key: Iterable[JSON]) -> bool:
    return all(
        isinstance(part, str) and len(part) <= _LONGEST_NAME and (part.isprintable() or not part)
        for part in key
    )
