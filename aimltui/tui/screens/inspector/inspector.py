"""InspectorScreen: the runs of the open thread, over the whole screen or beside the transcript."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.types import CSSPathType
from textual.widget import Widget

from aimltui.common.text import plain_text
from aimltui.tui import clipboard
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.screens.dialogs.viewer import MAX_COPY
from aimltui.tui.screens.inspector.pane import WIDE
from aimltui.tui.screens.inspector.view import RunView
from aimltui.tui.state.inspection import Inspection

_KEYS = (
    FooterItem("←→", "Page", "turn_page(1)"),
    FooterItem("p n", "Other run", "turn_run(1)"),
    FooterItem("c", "Copy", "copy"),
    FooterItem("s", "Record", "save"),
    FooterItem("r", "Run again with…", "again"),
    CLOSE,
)


class InspectorScreen(Sheet[None]):
    """Shows a run and what can be done with it; it stays open.

    Args:
        view: The runs.
        save: Called with the run that the user wants as a file.
        again: Called with the run that the user wants to run again with other settings.
    """

    IS_PANE = True
    CSS_PATH: ClassVar[CSSPathType | None] = ["../dialogs/sheet.tcss", "inspector.tcss"]
    AUTO_FOCUS = "TextPane"
    IS_QUESTION = False
    LETTERS_ACT = True
    REPEATED_LETTERS = "pn"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,shift+tab", "turn_page(-1)", show=False, priority=True),
        Binding("right,tab", "turn_page(1)", show=False, priority=True),
        Binding("p", "turn_run(1)", show=False),
        Binding("n", "turn_run(-1)", show=False),
        Binding("c", "copy", show=False),
        Binding("s", "save", show=False),
        Binding("r", "again", show=False),
        Binding("f4,q", "cancel", show=False),
    ]

    def __init__(
        self, view: RunView, save: Callable[[Inspection], object], again: Callable[[Inspection], object]
    ) -> None:
        super().__init__("", _KEYS)
        self._view = view
        self._save = save
        self._again = again

    def body(self) -> Sequence[Widget]:
        """The runs."""
        return (self._view,)

    def fit(self, size: Size) -> None:
        """Leave the thread in view where there is room."""
        super().fit(size)
        self.set_class(size.width >= WIDE, "-wide")

    def action_turn_page(self, step: int) -> None:
        """Go to another page."""
        self._view.turn_page(step)

    def action_turn_run(self, step: int) -> None:
        """Go to another run."""
        self._view.turn_run(step)

    def action_copy(self) -> None:
        """Copy the page as plain text."""
        text = plain_text(self._view.text)
        if len(text) > MAX_COPY:
            self.app.notify(
                "This is too long for the clipboard. Record it with s.", severity="warning", markup=False
            )
            return
        self.run_worker(self._copy(clipboard.send_to_terminal(self.app, text)), exit_on_error=False)

    async def _copy(self, text: str) -> None:
        result = await clipboard.copy_with_tools(text)
        self.app.notify(result.sentence("the page"), markup=False)

    def action_save(self) -> None:
        """Write the run to a file."""
        if self._view.inspection is not None:
            self._save(self._view.inspection)

    def action_again(self) -> None:
        """Ask for other settings, and run again."""
        if self._view.inspection is not None:
            self._again(self._view.inspection)
