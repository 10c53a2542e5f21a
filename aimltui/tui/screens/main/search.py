"""The main screen's part for searching: all threads in a sheet, the open one in a bar under the transcript."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.startup import Startup
from aimltui.tui.state.entries import MessageEntry
from aimltui.tui.state.search_words import texts_of
from aimltui.tui.widgets.transcript import Transcript

if TYPE_CHECKING:
    from aimltui.tui.screens.dialogs.search import Place
    from aimltui.tui.widgets.find_bar import FindBar
    from aimltui.wire.search import SearchHit

_MOST_LOADED = 30
_FRAMES, _FRAME_S = 100, 0.02
"""How often the transcript is asked whether it has an entry that was read, and the seconds between two times."""


class SearchPart(ScreenPart):
    """Searches threads and the open thread."""

    def __init__(self, startup: Startup) -> None:
        super().__init__(startup)
        self._found_in: str | None = None
        """The thread in which the bar finds."""

    # All threads

    def action_search(self) -> None:
        """Search the titles of all threads and what was said in them; pressed again, go to the thread list."""
        from aimltui.tui.screens.dialogs.search import LIST, ThreadSearch

        workspace = self.workspace
        if self.waits_for_start("search") or workspace is None:
            return
        if self.thread_sheet is not None:
            self.thread_sheet.action_go_to_list()
            return
        dialog = ThreadSearch(
            workspace.threads.rows(self.clock()), workspace.client.search, self._loaded, self.post_message
        )
        self.thread_sheet = dialog

        def closed(result: str | None) -> None:
            self.thread_sheet = None
            if result == LIST:
                self.call_later(self.run_action, "focus_threads")
            elif result is not None:
                self.spawn(self._go_to_place(dialog.places[result]), "search")

        self.app.push_screen(dialog, closed)

    def _loaded(self, query: str) -> list[SearchHit]:
        """Search what is loaded of the open thread: all words of the query have to be in a message."""
        from aimltui.formatting.quoting import quote
        from aimltui.wire.search import SearchHit

        workspace = self.workspace
        texts = texts_of(query)
        if workspace is None or not texts:
            return []
        words = re.compile("|".join(map(re.escape, sorted(texts, key=len, reverse=True))), re.I)
        hits: list[SearchHit] = []
        for entry in reversed(workspace.current.view.entries):
            if not isinstance(entry, MessageEntry) or not all(text in entry.text.lower() for text in texts):
                continue
            text, marks = quote(entry.text, words, is_markdown=True)
            hits.append(
                SearchHit(
                    thread_id=workspace.current.thread_id or "",
                    message_id=entry.id,
                    role=entry.role,
                    created_at=entry.created_at or 0,
                    text=text,
                    marks=marks,
                )
            )
        return hits[:_MOST_LOADED]

    async def _go_to_place(self, place: Place) -> None:
        """Open a thread, and show a message or a step in it with the words marked."""
        workspace = self.workspace
        if workspace is None:
            return
        self.set_focus(self.prompt)
        if workspace.current.thread_id != place.thread_id:
            self.go_to(place.thread_id)
            if opening := [worker for worker in self.workers if worker.group == "open"]:
                await self.workers.wait_for_complete(opening)
        if not place.entry_id or workspace.current.thread_id != place.thread_id:
            return
        await self._read_until(place.entry_id)
        # what was read reaches the transcript with the next frame
        for _ in range(_FRAMES):
            if self.transcript.has_entry(place.entry_id):
                break
            await asyncio.sleep(_FRAME_S)
        self._open_bar(place.query).show_place(
            *self.transcript.search.find(texts_of(place.query), place.entry_id)
        )

    async def _read_until(self, entry_id: str) -> None:
        """Read older messages of the open thread until an entry is among them."""
        workspace = self.workspace
        conversation = workspace.current if workspace is not None else None
        while workspace is not None and conversation is not None and workspace.current is conversation:
            has_it = any(entry.id == entry_id for entry in conversation.view.entries)
            if (has_it and entry_id) or not conversation.has_more:
                return
            await workspace.loader.read_older(conversation)

    # The open thread

    @property
    def _shown_bar(self) -> FindBar | None:
        bar = self.find_bar.mounted
        return bar if bar is not None and bar.display else None

    def action_find(self) -> None:
        """Find words in the open thread; pressed again, go to the next match."""
        bar = self._shown_bar
        if bar is not None and bar.box.has_focus:
            bar.show_place(*self.transcript.search.next(1))
            return
        bar = self._open_bar()
        self.spawn(self._find(bar, bar.box.value), "find")

    def on_find_bar_changed(self, event: FindBar.Changed) -> None:
        """Search for what was typed."""
        event.stop()
        self.find_bar().show_place(*self.transcript.search.find([event.text]))

    async def _find(self, bar: FindBar, text: str) -> None:
        """Search what is loaded, read the rest of the thread, and search that, too."""
        workspace = self.workspace
        bar.show_place(*self.transcript.search.find([text]))
        if workspace is None or not workspace.current.has_more:
            return
        bar.show_place(*self.transcript.search.find([text]), "reading older messages…")
        await self._read_until("")
        if bar.display:
            remark = "older messages are not loaded" if workspace.current.has_more else ""
            bar.show_place(*self.transcript.search.next(0), remark)

    def on_transcript_counted(self, event: Transcript.Counted) -> None:
        """Say how many matches there are now."""
        event.stop()
        if bar := self._shown_bar:
            bar.renew_place(*self.transcript.search.place)

    def on_find_bar_next_wanted(self, event: FindBar.NextWanted) -> None:
        """Go to another match."""
        event.stop()
        self.find_bar().show_place(*self.transcript.search.next(event.direction))

    def on_find_bar_left(self, event: FindBar.Left) -> None:
        """End the search; the text stays where it is."""
        event.stop()
        self._end_finding()

    def on_transcript_shown(self, event: Transcript.Shown) -> None:
        """End the search when another thread is shown."""
        event.stop()
        if (
            self._shown_bar is not None
            and self.workspace is not None
            and self.workspace.current.thread_id != self._found_in
        ):
            self._end_finding()

    def _open_bar(self, text: str | None = None) -> FindBar:
        self._found_in = self.workspace.current.thread_id if self.workspace is not None else None
        bar = self.find_bar()
        bar.open(text)
        return bar

    def _end_finding(self) -> None:
        bar = self.find_bar()
        had_focus = bar.box.has_focus
        bar.close()
        self.transcript.search.find(())
        if had_focus:
            self.set_focus(self.prompt)
