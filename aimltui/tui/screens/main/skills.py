"""The main screen's part for skills: the sheet that shows and switches them."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from aimltui.tui.screens.main.view import ScreenPart

if TYPE_CHECKING:
    from aimltui.local_tools.skills.source import SkillSource


class SkillsPart(ScreenPart):
    """Shows the skills of the open thread's assistant."""

    def action_skills(self) -> None:
        """Show the skills."""
        if self.waits_for_start("skills") or self.workspace is None:
            return
        tools = self.workspace.connected.local_tools
        if tools is None or tools.skills is None:
            self.show_notice("This program was started without skills.")
        else:
            self.spawn(self._show_skills(tools.skills), "skills")

    async def _show_skills(self, source: SkillSource) -> None:
        from aimltui.tui.controllers.skill_switch import SkillSwitch
        from aimltui.tui.screens.dialogs.skills import SkillsScreen

        workspace = self.workspace
        assert workspace is not None
        await source.refresh()
        switch = SkillSwitch(source, workspace.assistants, workspace.models, workspace.current)

        def work(coroutine: Coroutine[Any, Any, None]) -> None:
            self.spawn(coroutine, "skills")

        def tell(sentence: str) -> None:
            self.show_notice(sentence, is_warning=True)

        self.app.push_screen(SkillsScreen(switch, source.places, work, tell))
