"""The settings sheet: what is changed holds at once, is in the file with its comments, and can be taken back."""

from __future__ import annotations

import time
from pathlib import Path

from aimltui.tui.screens.dialogs.settings import SettingsScreen
from tests.support.fake_transport import FakeTransport
from tests.support.screen import Seat, seat


def heading(here: Seat) -> str:
    """The line over what the user said, as the transcript paints it."""
    return next((row for row in here.shown().splitlines() if "▌ You" in row), "")


async def choose(here: Seat, words: str) -> None:
    """Search for a row, and press enter."""
    box = here.app.screen
    assert isinstance(box, SettingsScreen)
    box.search_box.value = words
    await here.pilot.pause()
    await here.pilot.press("enter")


async def test_settings_are_shown_changed_and_taken_back(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('# mine\n[ui]\nmotion = "full"  # as it was\n')
    async with seat(
        FakeTransport(), tmp_path, config_path=file, keys={"usage": "f6", "theme": "ctrl+n"}
    ) as here:
        assert any("keys.theme" in notice.message for notice in here.app._notifications)
        main = here.screen
        assert not main.prompt.cursor_blink
        await here.pilot.press("f2")
        await here.until(lambda: "Motion" in here.shown())
        await here.pilot.pause()
        assert "Colours of the screen" in here.shown()
        assert "ui.theme · the default · takes effect at once" in here.shown()

        await choose(here, "ui.motion")
        await here.until(lambda: 'motion = "reduced"  # as it was' in file.read_text())
        assert not main.prompt.cursor_blink
        assert here.app.animation_level == "none"
        await here.until(lambda: "reduced" in here.shown())

        await here.pilot.press("escape")
        await here.write("Hello!")
        await here.idle()
        clock = time.strftime("%H:%M", time.localtime(here.server.now))[:3]
        await here.until(lambda: clock in heading(here), "the time of the message")
        await here.pilot.press("f2")
        await here.until(lambda: "Motion" in here.shown())
        await choose(here, "ui.timestamps")
        await here.pilot.press("escape")
        await here.until(lambda: heading(here) and clock not in heading(here), "a message without its time")
        await here.pilot.press("f2")
        await here.until(lambda: "Motion" in here.shown())

        assert main.transcript.wraps
        await choose(here, "ui.wrap")
        await here.until(lambda: "wrap = false" in file.read_text())
        assert not main.transcript.wraps

        await choose(here, "ui.glyphs")
        assert main.startup.glyphs == "ascii"
        await here.until(lambda: here.shown().isascii(), "signs that every font has")
        await here.pilot.press("escape")
        await here.until(lambda: "| You" in here.shown() and "= " in here.shown())
        assert here.shown().isascii()
        await here.pilot.press("f2")
        await here.until(lambda: "Motion" in here.shown())
        await choose(here, "ui.glyphs")
        await here.until(lambda: "·" in here.shown(), "the signs as they were")

        await choose(here, "ui.auto_copy")
        assert main.startup.auto_copy is False
        await choose(here, "ui.sidebar")
        await here.until(lambda: not isinstance(here.app.screen, SettingsScreen))
        await here.pilot.press("down", "down")
        await here.until(lambda: main.has_class("-sidebar-closed"), "the preview")
        await here.pilot.press("escape")
        await here.until(lambda: isinstance(here.app.screen, SettingsScreen))
        assert not main.has_class("-sidebar-closed")

        await choose(here, "ui.theme")
        await here.until(lambda: not isinstance(here.app.screen, SettingsScreen))
        await here.pilot.press(*"nord", "enter")
        await here.until(lambda: 'theme = "nord"' in file.read_text())
        assert here.app.theme == "nord"

        await here.until(lambda: isinstance(here.app.screen, SettingsScreen))
        await choose(here, "budget.per_run_usd")
        await here.until(lambda: not isinstance(here.app.screen, SettingsScreen))
        await here.pilot.press(*"$5", "enter")
        await here.until(lambda: "Type a number" in here.shown())
        await here.pilot.press("home", "delete", "enter")
        await here.until(lambda: "per_run_usd = 5" in file.read_text())

        await here.until(lambda: isinstance(here.app.screen, SettingsScreen))
        await choose(here, "keys.usage")
        await here.until(lambda: "Press the new key" in here.shown())
        assert "Now: f6" in here.shown()
        await here.pilot.press("ctrl+n")
        await here.until(lambda: "is the key of “New thread”" in here.shown())
        await here.pilot.press("f8")
        await here.until(lambda: 'usage = "f8"' in file.read_text())
        await here.until(lambda: "f8 · yours" in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is main)
        await here.pilot.press("f8")
        await here.until(lambda: type(here.app.screen).__name__ == "UsageScreen")
        await here.pilot.press("escape", "f6", "f2")
        await here.until(lambda: isinstance(here.app.screen, SettingsScreen) and "nord" in here.shown())
        here.app.screen.query_one("Input").value = "ui.theme"  # type: ignore[attr-defined]
        await here.pilot.press("ctrl+r")
        await here.until(lambda: "theme" not in file.read_text())
        assert file.read_text().startswith("# mine\n")
        assert here.app.theme == "aimltui-dark"


async def test_numbers_have_their_units(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[functions]\ntimeout_s = 90\n[budget]\nper_day_usd = 2.5\n")
    async with seat(FakeTransport(), tmp_path, config_path=file) as here:
        await here.pilot.press("f2")
        await here.until(lambda: "Motion" in here.shown())
        rows = {row.id: row.hint for row in here.app.screen.pick_list._lines if not isinstance(row, str)}
        assert rows["functions.timeout_s"] == "90 s"
        assert rows["functions.wait_s"] == "3600 s"
        assert rows["budget.per_day_usd"] == "$2.5"
        assert rows["budget.per_run_usd"] == "no limit"
        assert rows["threads.trash_days"] == "30 days"
