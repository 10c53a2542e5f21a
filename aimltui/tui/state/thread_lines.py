"""The lines of the thread list: threads under headings, a search, a cursor that stays on its thread. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from aimltui.common.dataclass import dataclass
from aimltui.tui.state.fuzzy import rank

Mark = Literal["none", "running", "needs_you", "failed", "unread"]
TEMPORARY_GROUP: Final = "Temporary, not saved"
"""The group of the threads that are only in memory, and its heading."""
PINNED_GROUP: Final = "Pinned"
"""The group of the threads at the top, and its heading."""


@dataclass(frozen=True, slots=True)
class ThreadRow:
    """A thread in the list."""

    id: str
    title: str
    group: str
    """The heading above it: `Pinned`, `Today`, ...; the rows of a group follow each other."""
    mark: Mark = "none"
    age: str = ""
    """How old it is in a few letters, as `Mon` or `3 w`; empty for today and yesterday, which the headings say."""
    time: str = ""
    """The time or the day, as `14:01` or `3 Jan`; shown under the cursor."""


class ThreadLines:
    """The lines of the list. A line is a thread, or a text that is a heading."""

    def __init__(self) -> None:
        self.lines: list[ThreadRow | str] = []
        self.query = ""
        self.cursor: str | None = None
        """The thread under the cursor, always one that is shown; None if the list is empty."""
        self._rows: list[ThreadRow] = []
        self._shown: list[str] = []
        self._line_of: dict[str, int] = {}

    def set_rows(self, rows: Sequence[ThreadRow]) -> None:
        """Replace all threads; the cursor stays on its thread, or in its place if the thread is gone."""
        self._rows = list(rows)
        self._rebuild()

    def search(self, query: str) -> None:
        """Show only the threads whose titles match, the best first; all of them for an empty query."""
        narrowed = query != "" and query != self.query
        self.query = query
        self._rebuild()
        if narrowed and self._shown:
            self.cursor = self._shown[0]

    @property
    def count(self) -> int:
        """The number of threads that are shown."""
        return len(self._shown)

    def line_of(self, thread_id: str | None) -> int | None:
        """The number of a thread's line; None if it is not shown."""
        return None if thread_id is None else self._line_of.get(thread_id)

    def put_cursor(self, thread_id: str | None) -> bool:
        """Put the cursor on a thread; False if it is not shown."""
        if thread_id is None or thread_id not in self._line_of:
            return False
        self.cursor = thread_id
        return True

    def move(self, step: int) -> None:
        """Move the cursor by a number of threads, at most to the first or the last one."""
        if self.cursor is not None:
            place = self._shown.index(self.cursor) + step
            self.cursor = self._shown[max(0, min(len(self._shown) - 1, place))]

    def jump(self, place: int) -> None:
        """Move the cursor to the first (0) or the last (-1) thread."""
        if self._shown:
            self.cursor = self._shown[place]

    def _rebuild(self) -> None:
        old_place = self._shown.index(self.cursor) if self.cursor is not None else 0
        self.lines = []
        if self.query.strip():
            found = rank(self.query, [row.title for row in self._rows])
            self.lines.extend(self._rows[index] for index in found)
        else:
            group = None
            for row in self._rows:
                if row.group != group:
                    group = row.group
                    if self.lines:
                        self.lines.append("")
                    self.lines.append(group)
                self.lines.append(row)
        self._line_of = {
            line.id: index for index, line in enumerate(self.lines) if isinstance(line, ThreadRow)
        }
        self._shown = list(self._line_of)
        if self.cursor not in self._line_of:
            self.cursor = self._shown[min(old_place, len(self._shown) - 1)] if self._shown else None
