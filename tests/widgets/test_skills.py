"""Skills on the screen, over the real engine: switched in a sheet, offered to the model, loaded without a question."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from aimltui.local_tools.skills.source import SkillFolder, SkillSource
from aimltui.local_tools.skills.switch import METADATA
from aimltui.tui.screens.dialogs.skills import SkillsScreen
from aimltui.tui.state.dead_time import KeyTimes
from tests.support.fake_model import calls, says
from tests.unit.local_tools.test_skills import put
from tests.widgets.test_function_calls import Desk, desk

LOAD = calls(("load_skill", '{"name": "invoices"}'))


def offered(at: Desk) -> list[str]:
    """The skills in the last request."""
    tools: list[Any] = [tool["function"] for tool in at.model.requests[-1].tools or []]
    found = [
        tool["parameters"]["properties"]["name"]["enum"] for tool in tools if tool["name"] == "load_skill"
    ]
    return list(found[0]) if found else []


async def test_a_skill_is_switched_offered_and_loaded(tmp_path: Path) -> None:
    own, shared = tmp_path / "own", tmp_path / "shared"
    put(own, "invoices", body="Add the sums.\x1b[2J")
    put(shared, "letters")
    put(shared, "broken", head="name: broken")
    skills = SkillSource([SkillFolder(own, is_own=True), SkillFolder(shared)])
    times = KeyTimes(stand_s=0, quiet_s=0, hold_s=0)
    turns = (LOAD, says("Loaded."), says("Two."))
    async with desk(tmp_path, *turns, skills=skills, key_times=times) as at:
        await at.here.write("Check it.")
        await at.here.until(lambda: "Loaded." in at.here.texts())
        await at.here.idle()
        # the program's own assistant has those of the configuration directory
        assert offered(at) == ["invoices"]
        (output,) = at.outputs()
        assert "Add the sums." in output
        assert "\x1b" not in output
        assert not at.card.display
        # a broken skill that was not put there for this program is no news
        assert not at.here.app._notifications
        put(own, "mine", head="name: mine")
        await at.here.screen.run_action("skills")
        await at.here.until(lambda: isinstance(at.here.app.screen, SkillsScreen))
        await at.here.until(lambda: "Checks invoices." in at.here.shown())
        assert "not usable" in at.here.shown()
        await at.here.pilot.press("down", "space")
        metadata = at.here.workspace.assistants.metadata_of
        await at.here.until(lambda: metadata(at.here.workspace.current).get(METADATA) == "invoices letters")
        await at.here.pilot.press("down", "space")
        await at.here.until(lambda: "description is missing" in " ".join(at.here.shown().split()))
        await at.here.until(lambda: "On or off" not in at.here.shown())
        await at.here.pilot.press("up", "up", "space")
        await at.here.until(lambda: metadata(at.here.workspace.current).get(METADATA) == "letters")
        await at.here.pilot.press("escape")
        # a changed skill is read before the next run
        (shared / "letters" / "SKILL.md").write_text("---\nname: letters\ndescription: Polite ones.\n---\n")
        await at.here.write("Again.")
        notes = at.here.app._notifications
        await at.here.until(lambda: any("A skill is left out." in note.message for note in notes))
        await at.here.until(lambda: "Two." in at.here.texts())
        assert offered(at) == ["letters"]
        assert "- letters: Polite ones." in str(at.model.requests[-1].tools)
