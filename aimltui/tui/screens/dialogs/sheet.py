"""Sheet: the base of all modal screens, with a title, a body and the keys in the last line. Escape closes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from textual import events
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.current_size import CurrentSize
from aimltui.tui.state.dead_time import DeadTime
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.pick_list import PickList, PickRow
from aimltui.tui.widgets.title_line import TitleLine
from aimltui.tui.widgets.waking import begin_dead_time

Result = TypeVar("Result")

CLOSE = FooterItem("esc", "Close", "cancel")
MORE = FooterItem("f1", "More", "help")

TALL = 18
"""Lines; a lower screen gets panels without empty lines."""
HIGH = 30
"""Lines of a screen from which a panel has empty lines around it."""
_BREAKPOINTS = [(0, "-short"), (TALL, "-tall")]


class Sheet(CurrentSize, ModalScreen[Result]):
    """A modal panel. All panels have the same top edge and width, so that the eye finds them in one place.

    Args:
        title: The bold first line; only a pane, which fills the screen's height, may have none.
        keys: What the last line shows; their actions are the screen's.
    """

    CSS_PATH: ClassVar[CSSPathType | None] = "sheet.tcss"
    IS_WIDE: ClassVar[bool] = False
    """Whether it is wider than the others, for columns and code."""
    IS_PANE: ClassVar[bool] = False
    """Whether it is no panel in the middle, but fills the screen's height."""
    SCROLLS: ClassVar[str] = ""
    """The selector of the part that scrolls when the screen is too low for the panel."""
    MOST_LINES: ClassVar[int] = 20
    """The most lines that this part gets."""
    EXTRA_LINES: ClassVar[int] = 0
    """Lines of the body besides this part and the search box, on screens that are not low."""
    IS_QUESTION: ClassVar[bool] = False
    """Whether a key could do harm here: then the app gives the panel no key before its dead time is over."""
    LETTERS_ACT: ClassVar[bool] = False
    """Whether letters do something here; then the app waits whether a letter begins a sentence for the prompt."""
    REPEATED_LETTERS: ClassVar[str] = ""
    """Those of them that users press several times in a row."""
    AUTO_FOCUS = "Input"
    VERTICAL_BREAKPOINTS = _BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False),
        Binding("f1", "help", "Help", show=False),
    ]

    def __init__(self, title: str = "", keys: Sequence[FooterItem] = (CLOSE,)) -> None:
        super().__init__()
        self._title = clean_line(title)
        self._keys = tuple(keys)
        self._bar = FooterBar(self._keys, more=MORE)
        self.dead_time: DeadTime | None = None
        self._is_dismissed = False
        self.set_class(self.IS_QUESTION, "-dead")
        self.set_class(self.IS_WIDE, "-wide-sheet")
        self.set_class(self.IS_PANE, "-pane")

    @property
    def is_dead(self) -> bool:
        """Whether keys still belong to the prompt, since the panel may not have been seen yet."""
        return self.IS_QUESTION and (self.dead_time is None or not self.dead_time.is_alive)

    @property
    def letters_act(self) -> bool:
        """Whether a letter would do something now."""
        return self.LETTERS_ACT and not self.is_dead

    def withholds(self, event: events.Event) -> bool:
        """Whether a key, a paste or an action of the mouse is not for the panel; letters go to the prompt then."""
        return self.is_dead

    def on_screen_resume(self) -> None:
        """Begin the dead time when the panel has been painted."""
        if self.IS_QUESTION:
            self.call_after_refresh(self.begin_dead_time)

    def begin_dead_time(self) -> None:
        """Take no keys for a moment."""
        self.dead_time = begin_dead_time(self, self.dead_time, self._dim)

    def _dim(self, left_s: float) -> None:
        """Dim the keys in the last line while they do nothing."""
        self.set_class(left_s > 0, "-dead")

    def compose(self) -> ComposeResult:
        """Title, body, keys."""
        with Vertical(classes="sheet"):
            if self._title:
                yield TitleLine(Content(self._title), classes="sheet-title")
            yield from self.body()
            yield self._bar

    def body(self) -> Sequence[Widget]:
        """The widgets between title and keys."""
        return ()

    def show_keys(self, keys: Sequence[FooterItem]) -> None:
        """Show these keys in the last line, also before it is mounted and while the panel closes."""
        self._bar.set_items(keys)

    def frame_lines(self, height: int) -> int:
        """The lines of a screen of this height that are not for the body: over the panel, its edges, title and keys."""
        lines = bool(self._title) + (1 if height < TALL else 2 if self.IS_PANE else 4 if height < HIGH else 8)
        # an edge in the terminal's own colours needs the line below the keys, too
        return lines + (TALL <= height < HIGH and self.app.native_ansi_color)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the layout for the new size."""
        self.fit(event.size)

    def fit(self, size: Size) -> None:
        """Limit the part that scrolls, so that the last line is always in view."""
        super().fit(size)
        height = size.height
        self.set_class(height >= HIGH, "-high")
        if self.SCROLLS:
            is_short = height < TALL
            around = self.frame_lines(height) + (0 if is_short else self.EXTRA_LINES)
            around += (1 if is_short else 3) * bool(self.query(Input))
            self.query_one(self.SCROLLS).styles.max_height = max(1, min(self.MOST_LINES, height - around))

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close with a result, once, and only while no other screen is in front of it.

        Textual would close the screen in front instead, and raise `InvalidStateError` at the second time.
        """
        if self._is_dismissed or self.app.screen is not self:
            return AwaitComplete()
        self._is_dismissed = True
        return super().dismiss(result)

    def action_cancel(self) -> None:
        """Close without a result."""
        self.dismiss(None)

    def action_help(self) -> None:
        """Explain the panel and its keys."""
        from aimltui.tui.screens.dialogs.help import PageScreen
        from aimltui.tui.screens.dialogs.help_pages import HELP_PAGES, NO_PAGE

        page = HELP_PAGES.get(type(self).__name__, NO_PAGE)
        self.app.push_screen(PageScreen(self._title, page, self._bar.items))

    def on_footer_bar_clicked(self, event: FooterBar.Clicked) -> None:
        """Do what the clicked key does."""
        event.stop()
        self.call_later(self.run_action, event.item.action)

    def on_click(self, event: events.Click) -> None:
        """Close the panel if the click was beside it."""
        if event.widget is self:
            self.action_cancel()


class SearchSheet(Sheet[str | None]):
    """A panel with a search box and a list. The result is the id of the chosen row, or None.

    Args:
        title: The first line.
        placeholder: The text in the empty search box.
        keys: What the last line shows.
    """

    SCROLLS = "PickList"
    ROW_ACTIONS: ClassVar[frozenset[str]] = frozenset({"pick", "move(1)"})
    """What needs a row: without one, the last line does not offer it."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("pageup", "page(-1)", show=False, priority=True),
        Binding("pagedown", "page(1)", show=False, priority=True),
    ]

    def __init__(self, title: str, placeholder: str, keys: Sequence[FooterItem]) -> None:
        super().__init__(title, keys)
        self._offered = tuple(keys)
        self.search_box = LineInput(placeholder=placeholder, compact=True, select_on_focus=False)
        self.search_box.cursor_blink = False
        self.pick_list = PickList()

    def body(self) -> Sequence[Widget]:
        """Search box and list."""
        return self.search_box, self.pick_list

    def on_mount(self) -> None:
        """Fill the list."""
        self.show_lines()

    def show_keys(self, keys: Sequence[FooterItem]) -> None:
        """Show these keys in the last line, without those for a row where there is none."""
        self._offered = tuple(keys)
        has_row = self.pick_list.cursor_row is not None
        super().show_keys([key for key in keys if has_row or key.action not in self.ROW_ACTIONS])

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Offer the keys for a row, or none of them."""
        event.stop()
        self.show_keys(self._offered)

    def on_key(self, event: events.Key) -> None:
        """Put what is typed into the search box, also what was read before it had the focus; it lets no letter through."""
        if event.is_printable and event.character:
            event.stop()
            self.search_box.insert(event.character, len(self.search_box.value))

    def show_lines(self) -> None:
        """Fill the list for the text in the search box; a subclass calls `pick_list.set_lines`."""

    def picked(self, row: PickRow) -> None:
        """Return the chosen row's id."""
        self.dismiss(row.id)

    def action_move(self, step: int) -> None:
        """Move the cursor in the list."""
        self.pick_list.move(step)

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self.pick_list.page(direction)

    def action_pick(self) -> None:
        """Take the row under the cursor; a second enter while it closes would close the screen below."""
        row = self.pick_list.cursor_row
        if row is not None and self.is_current:
            self.picked(row)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow the list."""
        event.stop()
        self.show_lines()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Choose the row under the cursor."""
        event.stop()
        self.action_pick()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Choose the clicked row."""
        event.stop()
        if self.is_current:
            self.picked(event.row)
