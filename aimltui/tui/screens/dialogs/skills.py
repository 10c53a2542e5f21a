"""The sheet of the skills: what each is for, which the assistant has, and what is wrong with the others."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from aimltui.common.sanitize import clean_line
from aimltui.tui.commands.command import FooterItem
from aimltui.tui.screens.dialogs.sheet import CLOSE, Sheet
from aimltui.tui.widgets.pick_list import PickList, PickRow

if TYPE_CHECKING:
    from aimltui.tui.controllers.skill_switch import SkillRow, SkillSwitch

_SWITCH = FooterItem("space", "On or off", "switch")


class SkillsScreen(Sheet[None]):
    """Shows the skills, and below them what is known of the one under the cursor.

    Args:
        switch: The skills of the assistant.
        places: Where skills can be put.
        spawn: Runs a coroutine in the background.
        tell: Tells the user a sentence.
    """

    SCROLLS = "PickList"
    LETTERS_ACT = True
    MOST_LINES = 12
    EXTRA_LINES = 7
    AUTO_FOCUS = ""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", show=False),
        Binding("down", "move(1)", show=False),
        Binding("space,enter", "switch", show=False),
    ]

    def __init__(
        self,
        switch: SkillSwitch,
        places: str,
        spawn: Callable[[Coroutine[Any, Any, None]], object],
        tell: Callable[[str], object],
    ) -> None:
        super().__init__(f"Skills of {switch.assistant}", (_SWITCH, CLOSE))
        self._switch = switch
        self._places = places
        self._spawn = spawn
        self._tell = tell
        self.pick_list = PickList()
        self._about = Static("", classes="sheet-text skills-about", markup=False)

    def body(self) -> Sequence[Widget]:
        """The list, and a text about the row under the cursor."""
        return self.pick_list, self._about

    def on_mount(self) -> None:
        """Fill the list."""
        self.show_skills()

    def show_skills(self) -> None:
        """Show the skills as they are now."""
        picked = self.pick_list.cursor_row
        lines = [
            PickRow(row.name, row.name, _hint(row), is_current=row.is_on, is_wrong=bool(row.error))
            for row in self._switch.rows
        ]
        self.pick_list.set_lines(lines, at=picked.id if picked else "")
        self.pick_list.display = bool(lines)
        self._say()

    @property
    def _row(self) -> SkillRow | None:
        picked = self.pick_list.cursor_row
        return next((row for row in self._switch.rows if picked is not None and row.name == picked.id), None)

    def _say(self) -> None:
        row = self._row
        can_switch = row is not None and not row.error
        self.show_keys((_SWITCH, CLOSE) if can_switch else (CLOSE,))
        if row is None:
            self._about.update(
                Content(f"No skill yet. A skill is a folder with a SKILL.md in {self._places}.")
            )
        elif row.error:
            self._about.update(Content.styled(clean_line(row.error), "$text-error"))
        else:
            place = (clean_line(row.place), "$text-muted")
            self._about.update(Content.assemble((clean_line(row.about), "$foreground"), "\n", place))

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Show a text about the row under the cursor."""
        event.stop()
        self._say()

    def on_pick_list_picked(self, event: PickList.Picked) -> None:
        """Switch the clicked skill."""
        event.stop()
        self.action_switch()

    def action_move(self, step: int) -> None:
        """Move the cursor in the list."""
        self.pick_list.move(step)

    def action_switch(self) -> None:
        """Switch the skill on or off."""
        row = self._row
        if row is not None and not row.error:
            self._spawn(self._switch_one(row.name))

    async def _switch_one(self, name: str) -> None:
        problem = await self._switch.switch(name)
        if problem:
            self._tell(problem)
        if self.is_attached:
            self.show_skills()


def _hint(row: SkillRow) -> str:
    return "not usable" if row.error else "on" if row.is_on else "off"
