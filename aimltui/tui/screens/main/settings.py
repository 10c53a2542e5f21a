"""The main screen's part for the settings: shows them, saves changes, and lets them take effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from aimltui.common.errors import ConfigError
from aimltui.tui.commands import key_map
from aimltui.tui.screens.main.view import ScreenPart
from aimltui.tui.widgets.header import HeaderBar
from aimltui.tui.widgets.status_line import StatusLine

if TYPE_CHECKING:
    from aimltui.config.setting_list import SettingInfo
    from aimltui.config.settings import Value
    from aimltui.tui.commands.command import Command
    from aimltui.tui.screens.dialogs.settings import SettingsScreen
    from aimltui.tui.widgets.transcript.glyphs import GlyphSet

_FAILED = "The setting holds until the program ends."


class SettingsPart(ScreenPart):
    """Opens the settings and carries out what is changed there."""

    def action_show_settings(self) -> None:
        """Show all settings."""
        from aimltui.tui.screens.dialogs.settings import SettingsScreen

        sheet = SettingsScreen(self)
        self.app.push_screen(sheet)
        self.spawn(self._fill_settings(sheet), "settings")

    async def _fill_settings(self, sheet: SettingsScreen) -> None:
        from aimltui.config.setting_list import setting_states

        read = partial(setting_states, self.startup.config_path, self.startup.flags)
        try:
            states = await self.file_worker.read(read)
        except ConfigError as error:
            if sheet.is_attached:
                sheet.set_problem(f"{error} Correct it first.")
        else:
            if sheet.is_attached:
                sheet.set_states(states)

    def theme_names(self) -> Sequence[str]:
        """Return the names of the themes, the program's own first."""
        names = sorted(self.app.available_themes, key=lambda name: (not name.startswith("aimltui"), name))
        return ["auto", *names]

    def preview_setting(self, info: SettingInfo, value: Value | None) -> None:
        """Show the effect of a value at once."""
        name = info.key.removeprefix("ui.")
        if name in (
            "alerts",
            "auto_copy",
            "glyphs",
            "sidebar",
            "title",
            "motion",
            "timestamps",
            "wrap",
            "pictures",
        ):
            change: dict[str, Any] = {name: value}
            self.startup = replace(self.startup, **change)
        if name == "sidebar":
            self.set_class(value == "hidden", "-sidebar-closed")
        if name == "timestamps":
            self.transcript.has_times = bool(value)
        if name == "wrap":
            self.transcript.wraps = bool(value)
        if name == "pictures":
            self.transcript.pictures = self.startup.pictures
        if name == "glyphs":
            glyphs: GlyphSet = "ascii" if value == "ascii" else "unicode"
            self.transcript.set_glyphs(glyphs)
            self.threads.set_glyphs(glyphs)
            self.query_one(HeaderBar).set_glyphs(glyphs)
            self.query_one(StatusLine).set_glyphs(glyphs)
            if self.attached.mounted is not None:
                self.attached.mounted.set_glyphs(glyphs)
        if name == "title" and not value:
            self.window.release()
        self.apply_to_app(info.key, value)
        self.show_state()

    def save_setting(self, info: SettingInfo, value: Value | None) -> None:
        """Save a value, and show the settings as they are then."""
        self.settings.save({info.key: value}, _FAILED)
        self._show_again()

    def save_keys(self, item: Command, keys: str | None) -> None:
        """Use and save the keys of a command; None gives it those of the program."""
        chosen = {name: " ".join(found) or key_map.NO_KEY for name, found in key_map.chosen().items()}
        chosen.pop(item.id, None)
        key_map.use(chosen if keys is None else {**chosen, item.id: keys})
        self.apply_to_app("keys", None)
        self.settings.save({f"keys.{item.id}": keys}, _FAILED)
        self.show_state()

    def _show_again(self) -> None:
        from aimltui.tui.screens.dialogs.settings import SettingsScreen

        for screen in self.app.screen_stack:
            if isinstance(screen, SettingsScreen):
                self.spawn(self._fill_settings(screen), "settings")
