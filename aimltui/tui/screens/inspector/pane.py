"""RunPane: the runs of the open thread beside it, on wide terminals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from textual.containers import Vertical

from aimltui.tui.commands.command import FooterItem
from aimltui.tui.widgets.footer import FooterBar

if TYPE_CHECKING:
    from aimltui.tui.screens.inspector.view import RunView

WIDE = 170
"""The columns of a terminal from which on thread and runs stand side by side."""

MakeView = Callable[[str], "RunView"]
"""Returns the view of a thread's runs."""

_NOWHERE: Final = ("", "", False)
_KEYS: Final = (FooterItem("f4", "More", "inspect_runs"), FooterItem("esc", "Close the runs", "stop"))


class RunPane(Vertical):
    """Follows the open thread and its newest run. It has no letter keys: letters go to the prompt.

    Args:
        id: The widget's id.
    """

    DEFAULT_CSS = """
    RunPane {
        display: none;
        width: 1fr;
        max-width: 96;
        height: 1fr;
        border-left: vkey $surface-lighten-1;
        & .run-heading { background: $surface; }
        & FooterBar { padding: 0 1; background: $background; }
    }
    """

    def __init__(self, id: str | None = None) -> None:
        super().__init__(id=id)
        self._make: MakeView | None = None
        self._view: RunView | None = None
        self._place = _NOWHERE
        """The thread, its newest run, and whether that goes on."""

    @property
    def is_shown(self) -> bool:
        """Whether it is open, and there is room for it."""
        return self._make is not None and self.display

    def open(self, make: MakeView) -> None:
        """Show the runs of the thread that `fit` names next, and of those that are opened later."""
        self._make = make

    def fit(self, thread_id: str, run_id: str, *, goes_on: bool, has_room: bool = True) -> None:
        """Follow the open thread; hide where there is no room. Closed, it does nothing.

        Args:
            thread_id: The open thread; empty for a new one.
            run_id: Its newest run; empty if there is none.
            goes_on: Whether the thread shows that this run goes on: then its end is not shown here before it is there.
            has_room: Whether nothing else stands there.
        """
        if self._make is None:
            return
        self.display = bool(thread_id) and has_room and self.app.size.width >= WIDE
        place = (thread_id, run_id, goes_on)
        if not self.display or self._place == place:
            return
        is_same, self._place = self._place[0] == thread_id, place
        if is_same and self._view is not None:
            self._view.goes_on = goes_on
            self._view.read_again()
            return
        self._take_away()
        if not self.children:
            # not before: most starts show no run
            self.mount(FooterBar(_KEYS))
        self._view = self._make(thread_id)
        self._view.goes_on = goes_on
        self.mount(self._view, before=0)

    def close(self) -> bool:
        """Close it; return whether it was shown."""
        was_shown = self.is_shown
        if was_shown:
            self._make = None
            self._place = _NOWHERE
            self.display = False
            self._take_away()
        return was_shown

    def _take_away(self) -> None:
        if self._view is not None:
            self._view.remove()
            self._view = None
