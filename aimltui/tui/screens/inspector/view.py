"""RunView: the runs of a thread, one at a time, as pages of text: timeline, steps, requests, events, settings, context."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from aimltui.client.errors import TransportError
from aimltui.common.sanitize import clean
from aimltui.tui.widgets.text_pane import TextPane

if TYPE_CHECKING:
    from aimltui.tui.controllers.run_inspector import RunInspector
    from aimltui.tui.state.inspection import Inspection
    from aimltui.tui.state.inspector_pages import Page
    from aimltui.wire.runs import Run

_MARGIN, _GAP = 2, 2
"""Cells before the names of the pages, and between them."""
_AGAIN_S = 0.5
"""Seconds between two looks at a run that goes on."""
_NO_RUNS = "No run in this thread yet. Send a message, and its run is shown here."


class RunView(Vertical):
    """Shows a run; while it goes on, what it shows follows it.

    Args:
        inspector: Reads the runs.
        thread_id: Their thread.
        is_ascii: Whether bars are drawn without special characters.
        page: The page that is shown first.
        clock: Unix seconds.
    """

    DEFAULT_CSS = """
    RunView { height: 1fr; }
    RunView > .run-heading { height: 1; padding: 0 2; text-style: bold; text-wrap: nowrap; text-overflow: ellipsis; }
    RunView > .run-pages { height: 1; padding: 0 2; margin-bottom: 1; text-wrap: nowrap; text-overflow: ellipsis; }
    RunView.-short > .run-pages { margin-bottom: 0; }
    """

    def __init__(
        self,
        inspector: RunInspector,
        thread_id: str,
        *,
        is_ascii: bool = False,
        page: Page = "timeline",
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__()
        self._inspector = inspector
        self._of_thread = thread_id
        self._is_ascii = is_ascii
        self._clock = clock
        self._runs: list[Run] = []
        self._number = 0
        self._page: Page = page
        self._shown: Inspection | None = None
        self._width = 0
        self._heading = Static("", classes="run-heading", markup=False)
        self._pages = Static("", classes="run-pages", markup=False)
        self.pane = TextPane("reading…", is_own=True)
        self.text = ""
        """The page without colours."""
        self.goes_on = False
        """Whether the thread beside shows that its newest run goes on: that run's end is not shown before it is there."""

    def compose(self) -> ComposeResult:
        """Heading, pages, text."""
        yield self._heading
        yield self._pages
        yield self.pane

    @property
    def inspection(self) -> Inspection | None:
        """The run that is shown, if it was read."""
        return self._shown

    def on_mount(self) -> None:
        """Read the runs."""
        self._show()
        self.run_worker(self._read_runs(), group="runs", exclusive=True, exit_on_error=False)

    def on_resize(self, event: events.Resize) -> None:
        """Draw the bars for the new width."""
        self.set_class(event.size.height < 12, "-short")
        self._show()

    def read_again(self) -> None:
        """Show the newest run, and follow it."""
        self._number = 0
        self.run_worker(self._read_runs(), group="runs", exclusive=True, exit_on_error=False)

    def on_click(self, event: events.Click) -> None:
        """Go to the page whose name was clicked."""
        from aimltui.tui.state.inspector_pages import PAGES, TITLES

        if event.widget is not self._pages:
            return
        event.stop()
        end = _MARGIN
        for page in PAGES:
            end += len(TITLES[page]) + _GAP
            if event.x < end:
                self.turn_page(PAGES.index(page) - PAGES.index(self._page))
                return

    def turn_page(self, step: int) -> None:
        """Go to another page."""
        from aimltui.tui.state.inspector_pages import PAGES

        self._page = PAGES[(PAGES.index(self._page) + step) % len(PAGES)]
        self.pane.scroll_to(y=0, x=0, animate=False)
        self._show()

    def turn_run(self, step: int) -> None:
        """Go to a later run (-1) or an earlier one (1)."""
        number = self._number + step
        if 0 <= number < len(self._runs):
            self._number, self._shown = number, None
            self._show()
            self.run_worker(self._read_run(), group="runs", exclusive=True, exit_on_error=False)

    async def _read_runs(self) -> None:
        from aimltui.wire.errors import APIError

        try:
            self._runs = await self._inspector.runs(self._of_thread)
        except (APIError, TransportError) as error:
            self._say(f"The runs could not be read. {clean(error.message)}")
            return
        if not self._runs:
            self._say(_NO_RUNS)
            return
        await self._read_run()

    async def _read_run(self) -> None:
        """Read the run that is shown, again and again while it goes on."""
        from aimltui.wire.errors import APIError

        run = self._runs[self._number]
        while True:
            try:
                known = self._shown.events if self._shown is not None and self._shown.run.id == run.id else []
                found = await self._inspector.read(run)
                found.events = await self._inspector.events(found, known)
            except (APIError, TransportError) as error:
                self._say(f"The run could not be read. {clean(error.message)}")
                return
            if found.run.is_active or self._number or not self.goes_on:
                self._shown = found
                self._show()
                if not found.run.is_active:
                    return
            await asyncio.sleep(_AGAIN_S)

    def _say(self, text: str) -> None:
        self.text = text
        self.pane.set_text(text)

    def _show(self) -> None:
        from aimltui.tui.state.inspector_pages import PAGES, TITLES, heading, page_text, shown, width_in

        width = max(20, self.pane.scrollable_content_region.width - 4)
        parts = [
            Content.styled(TITLES[page], "bold $accent" if page == self._page else "$text-muted")
            for page in PAGES
        ]
        self._pages.update(Content(" " * _GAP).join(parts))
        found = self._shown
        if found is None:
            return
        now = self._clock()
        self._heading.update(
            Content(heading(found, len(self._runs) - self._number, len(self._runs), width, now))
        )
        if not self.pane.show_vertical_scrollbar and self._page != "events":
            window = (width, self.pane.size.height)
            width = width_in(
                window, lambda cells: page_text(self._page, found, cells, now, is_ascii=self._is_ascii)
            )
        text = page_text(self._page, found, width, now, is_ascii=self._is_ascii)
        if text != self.text or width != self._width:
            self.text, self._width = text, width
            self.pane.set_text(text if self._page == "events" else shown(text, width))
