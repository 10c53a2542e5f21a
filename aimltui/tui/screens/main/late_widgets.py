"""LateWidget: a widget of the main screen that is mounted when it is used first, since most starts show none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.widget import Widget

if TYPE_CHECKING:
    from aimltui.tui.screens.inspector.pane import RunPane
    from aimltui.tui.widgets.attachment_bar import AttachmentBar
    from aimltui.tui.widgets.call_card import CallCard
    from aimltui.tui.widgets.find_bar import FindBar
    from aimltui.tui.widgets.mention_list import MentionList
    from aimltui.tui.widgets.prompt_input import PromptInput
    from aimltui.tui.widgets.room import Room
    from aimltui.tui.widgets.side_document import SideDocument
    from aimltui.tui.widgets.slash_list import SlashList
    from aimltui.tui.widgets.transcript.glyphs import GlyphSet

W = TypeVar("W", bound=Widget)
List = TypeVar("List", bound="MentionList")


class LateWidget(Generic[W]):
    """Makes and mounts a widget when it is called first, and returns the same one from then on.

    Args:
        make: Imports its class and makes it.
        parent: Returns the container.
        before: The selector of the widget in the container before which it stands.
        after: That of the one behind which it stands; without either it gets the last place.
    """

    def __init__(
        self,
        make: Callable[[], W],
        parent: Callable[[], Widget],
        *,
        before: str | None = None,
        after: str | None = None,
    ) -> None:
        self._make = make
        self._parent = parent
        self._place = before, after
        self.mounted: W | None = None
        """The widget; None before its first use."""

    def __call__(self) -> W:
        """Return the widget, and mount it if that has not been done."""
        if self.mounted is None:
            before, after = self._place
            self.mounted = self._make()
            self._parent().mount(self.mounted, before=before, after=after)
        return self.mounted

    @property
    def has_focus(self) -> bool:
        """Whether the keys go to it; unlike the widget's `has_focus` it is so from the very start."""
        made = self.mounted
        return made is not None and made.is_attached and made.screen.focused is made


def find_bar() -> FindBar:
    """Make the line for finding words in the open thread."""
    from aimltui.tui.widgets.find_bar import FindBar

    return FindBar(id="find")


def call_card() -> CallCard:
    """Make the card that asks about function calls."""
    from aimltui.tui.widgets.call_card import CallCard

    return CallCard(id="call")


def attachment_bar(glyphs: GlyphSet) -> AttachmentBar:
    """Make the line of attached files."""
    from aimltui.tui.widgets.attachment_bar import AttachmentBar

    return AttachmentBar(glyphs=glyphs, id="files")


def mention_list() -> MentionList:
    """Make the list for what follows an `@`."""
    from aimltui.tui.widgets.mention_list import MentionList

    return MentionList(id="mentions")


def slash_list(is_fresh: Callable[[], bool]) -> SlashList:
    """Make the list for what follows a `/`."""
    from aimltui.tui.widgets.slash_list import SlashList

    made = SlashList(id="slashes")
    made.is_fresh = is_fresh
    return made


def over_prompt(made: List, prompt: PromptInput, room: Room) -> List:
    """Let a new list get the keys of the prompt, and stand on it when the size changes."""
    prompt.completions.append(made)
    room.after_resize.append(made.place)
    return made


def side_document() -> SideDocument:
    """Make the pane for a cited passage."""
    from aimltui.tui.widgets.side_document import SideDocument

    return SideDocument(id="beside")


def run_pane() -> RunPane:
    """Make the pane for the runs of the open thread."""
    from aimltui.tui.screens.inspector.pane import RunPane

    return RunPane(id="runs")
