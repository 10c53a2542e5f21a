"""SummaryScreen: shows the summary of a thread while the model writes it, and asks whether to use it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.client.errors import TransportError
from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.wire.errors import APIError

_STOP = FooterItem("esc", "Stop", "cancel")
_USE = FooterItem("enter", "Use it", "use")
_DISCARD = FooterItem("esc", "Discard it", "cancel")


class SummaryScreen(Sheet[str | None]):
    """Shows a summary. The result is its text, or None.

    Args:
        about: What it stands for, as a sentence.
        written: Yields the text as it grows.
    """

    SCROLLS = "VerticalScroll"
    MOST_LINES = 30
    EXTRA_LINES = 5
    AUTO_FOCUS = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "use", show=False, priority=True)]

    def __init__(self, about: str, written: AsyncGenerator[str, None]) -> None:
        super().__init__("Summary of the thread", (_STOP,))
        self._written = written
        self._text = ""
        self._is_done = False
        self._about = Static(Content(f"{about}\n"), classes="sheet-text summary-about", markup=False)
        self._body = Static("", classes="sheet-text", markup=False)
        self._body.styles.height = "auto"

    def body(self) -> Sequence[Widget]:
        """What it is for, and the text."""
        scroll = VerticalScroll(self._body)
        scroll.styles.height = "auto"
        return self._about, scroll

    def on_mount(self) -> None:
        """Let the model write."""
        # it ends with the screen
        self.run_worker(self._write(), exit_on_error=False)

    async def _write(self) -> None:
        try:
            async with aclosing(self._written) as texts:
                async for text in texts:
                    self._show(text)
        except (APIError, TransportError, AimltuiError, NotSent) as error:
            self._about.update(Content.styled(clean(str(error)), "$text-error"))
            self._set_keys(CLOSE)
            return
        self._is_done = bool(self._text.strip())
        self._set_keys(_USE, _DISCARD)

    def _show(self, text: str) -> None:
        self._text = text
        self._body.update(Content(clean(text)))

    def _set_keys(self, *keys: FooterItem) -> None:
        if self.is_attached:
            self.show_keys(keys)

    def action_use(self) -> None:
        """Return the summary, once it is complete."""
        if self._is_done:
            self.dismiss(self._text)
