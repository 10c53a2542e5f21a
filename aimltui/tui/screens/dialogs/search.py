"""ThreadSearch: finds threads by their titles, and what was said in them by its words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from aimltui.client.errors import TransportError, Unsupported
from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.cells import cut
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, SearchSheet
from aimltui.tui.state.fuzzy import rank
from aimltui.tui.state.search_words import without_filters
from aimltui.tui.widgets.pick_list import PickRow, spaced
from aimltui.tui.widgets.thread_list import ThreadList

if TYPE_CHECKING:
    from aimltui.tui.state.thread_lines import ThreadRow
    from aimltui.wire.search import SearchHit, SearchHits

LIST: Final = "list"
"""The result that asks for the thread list."""
MOST_TITLES: Final = 6
"""Titles that are shown over what was said."""
MOST_HITS: Final = 40
_BEFORE: Final = 14
"""Characters of a hit before its first word."""
_TITLE_CELLS: Final = 20
_ROW_CELLS: Final = 64
"""Cells of a hit with what is said about it, on a screen that is not narrow."""
_TO_LIST: Final = FooterItem("ctrl+s", "List", "go_to_list")
_ROLES: Final = {"user": "you", "tool": "tool"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where to go: a thread, and in it a message or a step."""

    thread_id: str
    entry_id: str = ""
    """Empty for the thread's end."""
    query: str = ""
    """The words to mark there."""


class ThreadSearch(SearchSheet):
    """One box for titles and every word. The result is a key of `places`, `LIST`, or None.

    Args:
        threads: All threads, in the order of the list.
        search: Asks the server for what was said.
        loaded: Searches what is loaded of the open thread, for a server without search.
        act: Given what should be done with a thread: renaming, pinning, deleting. `set_threads` shows what came of it.
    """

    MOST_LINES = 26
    ROW_ACTIONS = SearchSheet.ROW_ACTIONS | {"rename_thread", "pin_thread", "delete_thread"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "go_to_list", show=False, priority=True),
        Binding("ctrl+r", "rename_thread", show=False, priority=True),
        Binding("ctrl+f", "pin_thread", show=False, priority=True),
        Binding("delete", "delete_thread", show=False, priority=True),
        Binding("ctrl+u", "undo_delete", show=False, priority=True),
    ]

    def __init__(
        self,
        threads: Sequence[ThreadRow],
        search: Callable[[str, int], Awaitable[SearchHits]],
        loaded: Callable[[str], list[SearchHit]],
        act: Callable[[Message], object],
    ) -> None:
        keys = (
            FooterItem("enter", "Open", "pick"),
            FooterItem("ctrl+r", "Rename", "rename_thread"),
            FooterItem("ctrl+f", "Pin", "pin_thread"),
            FooterItem("del", "Delete", "delete_thread"),
            _TO_LIST,
            CLOSE,
        )
        super().__init__(
            "Threads and messages", "titles and words; assistant: model: has:file before:2026-11-01", keys
        )
        self.add_class("thread-search")
        self._threads = threads
        self._search = search
        self._loaded = loaded
        self._act = act
        self._hits: Sequence[SearchHit] = ()
        self._about = ""
        """What is said over the hits."""
        self._asked = ""
        self.places: dict[str, Place] = {}
        """Where each row leads, also a row that a newer search has taken away: a key may have chosen it before that."""

    @property
    def _query(self) -> str:
        return self.search_box.value.strip()

    def show_lines(self) -> None:
        """Show the titles for what was typed, and ask for what was said."""
        query = self._query
        if not query:
            self._hits, self._about = (), ""
        elif query != self._asked:
            self._about = "Messages · searching…" if not self._hits else self._about
            self.run_worker(self._ask(query), group="words", exclusive=True, exit_on_error=False)
        self._asked = query
        self._show()

    async def _ask(self, query: str) -> None:
        from aimltui.wire.errors import APIError, NotFound

        about = "Messages"
        try:
            found = await self._search(query, MOST_HITS)
        except (Unsupported, NotFound):
            hits, about = (
                self._loaded(query),
                "Messages · this server has no search: only what is loaded of this thread",
            )
        except (APIError, TransportError) as error:
            hits, about = [], f"Messages could not be searched. {error}"
        else:
            hits = found.data
            older = [] if found.is_complete else ["older ones are still being indexed"]
            about = " · ".join([about, *older, *found.notes])
        if query == self._query:
            self._hits, self._about = hits, about
            self._show()

    def set_threads(self, threads: Sequence[ThreadRow]) -> None:
        """Show these threads; the cursor stays on its thread, or goes to the next one if that is gone."""
        at = self.pick_list.cursor_row.id if self.pick_list.cursor_row is not None else ""
        old, new = [thread.id for thread in self._threads], {thread.id for thread in threads}
        if at in old:
            at = next((other for other in old[old.index(at) :] if other in new), "")
        self._threads = threads
        self._show(at)

    def _show(self, at: str = "") -> None:
        query = self._query
        words = without_filters(query).strip()
        # a title has nothing that a filter could ask for
        found = rank(words, [thread.title for thread in self._threads]) if words or not query else []
        if query:
            found = found[:MOST_TITLES]
        lines: list[PickRow | str] = []
        group = ""
        for index in found:
            thread = self._threads[index]
            heading = "Titles" if query else thread.group
            if heading != group:
                lines.append(heading)
                group = heading
            lines.append(PickRow(thread.id, thread.title, thread.time, is_hint_whole=True))
            self.places[thread.id] = Place(thread.id)
        if query and (self._hits or self._about != "Messages"):
            lines.append(self._about)
        titles = {thread.id: thread.title for thread in self._threads}
        for hit in self._hits if query else ():
            place = Place(hit.thread_id, hit.message_id or hit.step_id or "", query)
            key = f"hit:{place.thread_id}:{place.entry_id}"
            lines.append(_row(key, hit, titles.get(hit.thread_id, "")))
            self.places[key] = place
        if not at and self.pick_list.cursor_row is not None and query == self._asked:
            at = self.pick_list.cursor_row.id
        remark = f"nothing for “{query}”; deleted threads are in the trash" if query else "No threads yet."
        self.pick_list.set_lines(spaced(lines), query=words, remark=remark, at=at)
        self.show_keys(self._keys if self._threads else (_TO_LIST, CLOSE))

    def action_go_to_list(self) -> None:
        """Go to the thread list."""
        self.dismiss(LIST)

    @property
    def _thread(self) -> str | None:
        """The thread of the row under the cursor."""
        row = self.pick_list.cursor_row
        return self.places[row.id].thread_id if row is not None else None

    def action_rename_thread(self) -> None:
        """Ask for a new title for the thread."""
        if self._thread is not None:
            self._act(ThreadList.RenameRequested(self._thread))

    def action_pin_thread(self) -> None:
        """Pin or unpin the thread."""
        if self._thread is not None:
            self._act(ThreadList.PinRequested(self._thread))

    def action_delete_thread(self) -> None:
        """Move the thread to the trash; in a search, delete the letter at the cursor."""
        if self.search_box.value:
            self.search_box.action_delete_right()
        elif self._thread is not None:
            self._act(ThreadList.DeleteRequested(self._thread))

    def action_undo_delete(self) -> None:
        """Restore the thread that was deleted last; in a search, delete its text up to the cursor."""
        if self.search_box.value:
            self.search_box.action_delete_left_all()
        else:
            self._act(ThreadList.UndoDeleteRequested())


def _row(key: str, hit: SearchHit, title: str) -> PickRow:
    """Return the row of a hit: the words with what is around them, the thread and the day."""
    day = datetime.fromtimestamp(hit.created_at).strftime("%d %b").lstrip("0") if hit.created_at else ""
    about = " · ".join(
        part for part in (_ROLES.get(hit.role, ""), cut(clean_line(title), _TITLE_CELLS), day) if part
    )
    first, end = hit.marks[0] if hit.marks else (0, 0)
    # the text begins where it begins if its first word that was searched for is in view then
    start = first - _BEFORE if cell_len(hit.text[:end]) > _ROW_CELLS - cell_len(about) else 0
    lead = "…" if start else ""
    shift = len(lead) - start
    text = lead + hit.text[start:]
    marks = tuple((begin + shift, end + shift) for begin, end in hit.marks if begin >= start)
    return PickRow(key, text, about, marks=marks)
