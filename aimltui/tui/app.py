"""AimltuiApp: themes, filters, the one screen, the last error handler. Nothing else."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual import constants, events
from textual.app import App
from textual.binding import BindingType
from textual.filter import LineFilter
from textual.signal import Signal
from textual.widgets import Input, TextArea

from aimltui.common import gc_tuning
from aimltui.tui import clipboard, themes
from aimltui.tui.commands import key_map
from aimltui.tui.commands.derived import bindings
from aimltui.tui.controllers.key_order import KeyOrder
from aimltui.tui.controllers.letter_hold import LetterHold
from aimltui.tui.driver import tty_mode
from aimltui.tui.line_filters import AsciiLineFilter, PlainLineFilter, SafeLineFilter
from aimltui.tui.pictures.abilities import may_be_asked
from aimltui.tui.pictures.terminal import TerminalPictures
from aimltui.tui.screens.crash import CrashReport
from aimltui.tui.screens.main.screen import MainScreen
from aimltui.tui.terminal import (
    TerminalAnswer,
    TerminalBackground,
    ask_for_background,
    cell_pixels,
    is_terminal,
    send,
)
from aimltui.tui.theme_colors import readable_variables

if TYPE_CHECKING:
    from textual.driver import Driver
    from textual.screen import Screen

    from aimltui.tui.driver.signals import EndSignals
    from aimltui.tui.startup import Startup

log = logging.getLogger(__name__)

_FIELD_S = 0.1
"""The most seconds that a key waits for the field with the focus."""


class AimltuiApp(CrashReport, App[None]):
    """The full-screen program.

    Args:
        startup: Everything that the composition root hands over.
    """

    TITLE = "aimltui"
    CSS_PATH = ["app.tcss", "screens/main/main.tcss"]  # noqa: RUF012  # Textual would not read the first screen's CSS_PATH
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]
    ENABLE_COMMAND_PALETTE = False  # ours is `screens/dialogs/palette.py`

    def __init__(self, startup: Startup) -> None:
        super().__init__()
        self._startup = startup
        self.key_times = startup.key_times
        self._letters = LetterHold(
            self.key_times,
            partial(_letters_act, self),
            lambda letter: letter in getattr(self.screen, "REPEATED_LETTERS", ""),
            self._dispatch,
            self._type_in,
            self.set_timer,
        )
        self._order = KeyOrder(self.set_timer, self._receive)
        self._signals: EndSignals | None = None
        self.pictures_signal: Signal[None] = Signal(self, "pictures")
        """Published when the terminal turns out to draw pictures better than with half blocks."""
        self.terminal_pictures = TerminalPictures(
            partial(send, self),
            partial(self.pictures_signal.publish, None),
            lambda: is_terminal(self) and may_be_asked(os.environ),
            partial(cell_pixels, self),
        )
        self._safe = SafeLineFilter()
        self._is_ascii = startup.glyphs == "ascii"
        self._follows_terminal = startup.theme == themes.AUTO
        found = themes.load_themes(startup.themes_dir)
        for theme in found.themes:
            self.register_theme(theme)
        name, problem = themes.theme_for(startup.theme, themes.guessed_shade(), self.available_themes)
        self.theme = name
        self.set_class(startup.is_plain, "-plain")
        if startup.motion == "reduced":
            self.animation_level = "none"
        bad_keys = key_map.use(startup.keys)
        self.set_keymap(key_map.textual_keymap())
        self._problems = [*startup.notes, *found.problems, *([problem] if problem else []), *bad_keys]

    @property
    def _background_screens(self) -> list[Screen[Any]]:
        """The screens that are painted behind the one in front; no panel, since a wider one would look out beside it."""
        return [
            screen
            for screen in super()._background_screens
            if not screen.is_modal or getattr(screen, "IS_PANE", False)
        ]

    def get_driver_class(self) -> type[Driver]:
        """Our driver where Textual would use the one for Linux and macOS."""
        driver_class = super().get_driver_class()
        if driver_class.__name__ != "LinuxDriver":
            return driver_class
        from aimltui.tui.driver.driver import TerminalDriver

        return TerminalDriver

    def get_default_screen(self) -> MainScreen:
        """The main screen."""
        choice = themes.ThemeChoice(lambda: self.theme_choice, self.choose_theme)
        return MainScreen(self._startup, choice, self._problems, partial(_apply_setting, self))

    def on_mount(self) -> None:
        """Ask the terminal for its background; what else begins, begins after the first frame."""
        self.call_after_refresh(self._begin)
        self.app_resume_signal.subscribe(self, lambda _: _send_pictures_again(self))
        if self._follows_terminal:
            ask_for_background(self)

    def on_load(self) -> None:
        """Install the signal handlers that end the program in good order, before the driver changes the terminal."""
        if os.name == "nt" or not tty_mode.STATE.is_ours:
            return
        from aimltui.tui.driver.signals import EndSignals

        self._signals = EndSignals(lambda status: self.exit(return_code=status))
        self._signals.install()

    def _begin(self) -> None:
        """Deliver the keys that were typed before the prompt was ready, and collect garbage in small steps from now on."""
        gc_tuning.tune()
        release = getattr(self._driver, "release_keys", None)
        if release is not None:
            release()

    async def on_event(self, event: events.Event) -> None:
        """Keep keys and clicks from a question that the user may not have seen; letters go to the prompt."""
        if not isinstance(event, events.InputEvent | events.Paste) or event.is_forwarded:
            await super().on_event(event)
            return
        if isinstance(event, events.Key):
            # before it may have to wait for another one: a question counts from when keys came
            self.key_times.note(event.time)
        if not self._order.holds(event):
            await self._receive(event)

    async def _receive(self, event: events.Event) -> None:
        if isinstance(event, events.Key):
            field = self.screen.focused if self._screen_stack else None
            if not event.is_printable and isinstance(field, Input | TextArea):
                await _catch_up(field)
            if await self._letters.takes(event):
                return
        await self._dispatch(event)

    async def _dispatch(self, event: events.Event) -> None:
        withholds = getattr(self.screen, "withholds", None) if self._screen_stack else None
        if withholds is not None and withholds(event):
            if isinstance(event, events.Key | events.Paste):
                self._type_in(event)
            return
        if not self._screen_stack:
            return
        widget = self.focused or self.screen
        await super().on_event(event)
        if len(self.screen_stack) > 1:
            # the fields of a form; on the main screen a tab leads to what letters are not typed into
            self._order.follow(event, widget)

    async def on_key_order_echo(self, echo: KeyOrder.Echo) -> None:
        """Go on with the keys that had to wait for the one before them."""
        await self._order.came_back(echo)

    def _type_in(self, event: events.Key | events.Paste) -> None:
        """Type into the prompt, whatever stands before it."""
        main = self.screen_stack[0]
        if isinstance(main, MainScreen):
            if len(self.screen_stack) == 1:
                main.set_focus(main.prompt)
            main.prompt.type_ahead(event)

    def on_hung_up(self) -> None:
        """End as after a SIGHUP: the terminal is gone."""
        if self._signals is not None:
            self._signals.ask(signal.SIGHUP)

    def on_terminal_background(self, event: TerminalBackground) -> None:
        """Choose the dark or the light theme as the terminal is, unless the user chose a theme."""
        if self._follows_terminal:
            self.theme = themes.DARK_THEME if event.shade == "dark" else themes.LIGHT_THEME

    def on_terminal_answer(self, event: TerminalAnswer) -> None:
        """Learn how the terminal can draw pictures."""
        self.terminal_pictures.take(event.sequence)

    @property
    def theme_choice(self) -> str:
        """The theme's name, or `auto` while it follows the terminal."""
        return themes.AUTO if self._follows_terminal else self.theme

    def choose_theme(self, name: str) -> None:
        """Use the theme that the user chose; `auto` follows the terminal again."""
        self._follows_terminal = name == themes.AUTO
        self.theme = themes.theme_for(name, themes.guessed_shade(), self.available_themes)[0]
        if self._follows_terminal:
            ask_for_background(self)

    def refresh_css(self, animate: bool = True) -> None:
        """Apply the theme; before the first screen it is enough to parse once what Textual would parse twice."""
        if self._screen_stack:
            super().refresh_css(animate)
            return
        self.stylesheet.set_variables(self.get_css_variables())
        self.stylesheet.parse()
        self.stylesheet.update(self, animate=animate)

    def get_css_variables(self) -> dict[str, str]:
        """Textual's variables, with colours that are readable where they stand."""
        self.theme_variables = readable_variables(super().get_css_variables())
        return self.theme_variables

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Textual's filters, and the one that removes control characters."""
        ascii_only = [AsciiLineFilter()] if self._is_ascii else []
        plain = [PlainLineFilter()] if self._startup.is_plain else []
        return [*super().get_line_filters(), self._safe, *ascii_only, *plain]

    def copy_to_clipboard(self, text: str) -> None:
        """Copy text without its control characters: it might contain the end of a paste and lines that a shell would run."""
        text = clipboard.send_to_terminal(self, text)
        self.run_worker(clipboard.copy_with_tools(text), group="copy", exit_on_error=False)

    async def action_quit(self) -> None:
        """End; while an answer is being written, ask first."""
        main = self.screen_stack[0] if self._screen_stack else None
        if not isinstance(main, MainScreen) or main.may_quit():
            await self.action_quit_now()

    async def action_quit_now(self) -> None:
        """Save what has to be saved, then end."""
        await self._save()
        self.exit()

    async def _save(self) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                await screen.prepare_to_end()

    def _handle_exception(self, error: Exception) -> None:
        """End after a mistake of the program; first of all save, since the screen may be what has failed."""
        with suppress(Exception):
            for screen in self.screen_stack:
                if isinstance(screen, MainScreen):
                    screen.save_unsent()
        super()._handle_exception(error)

    async def _shutdown(self) -> None:
        """Save also when a signal or a crash ends the program."""
        try:
            await self._save()
        except Exception:
            log.exception("saving at the end failed")
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.window.release()
        self.terminal_pictures.delete()
        await super()._shutdown()


def _letters_act(app: AimltuiApp) -> bool:
    """Whether a letter would act on the screen instead of being typed into a field."""
    if not app._screen_stack or isinstance(app.screen.focused, Input | TextArea):
        return False
    return bool(getattr(app.screen, "letters_act", False))


async def _catch_up(field: Input | TextArea) -> None:
    """Let a field take the letters that came before a key such as ctrl+s, which acts at once and would overtake them."""
    has_caught_up = asyncio.Event()
    if field.call_later(has_caught_up.set):
        with suppress(TimeoutError):
            await asyncio.wait_for(has_caught_up.wait(), _FIELD_S)


def _apply_setting(app: AimltuiApp, key: str, value: object) -> None:
    """Show the effect of a setting at once."""
    if key == "ui.theme":
        app.choose_theme(str(value))
    elif key == "ui.motion":
        app.animation_level = "none" if value == "reduced" else constants.TEXTUAL_ANIMATIONS
    elif key == "ui.glyphs":
        app._is_ascii = value == "ascii"
        _paint_all(app)
    elif key == "keys":
        app.set_keymap(key_map.textual_keymap())


def _send_pictures_again(app: AimltuiApp) -> None:
    """Have the pictures sent with the next frame: the terminal may have lost them to another program."""
    app.terminal_pictures.delete()
    # this may come behind the frame that the return itself causes
    _paint_all(app)


def _paint_all(app: AimltuiApp) -> None:
    for screen in app.screen_stack:
        for widget in screen.walk_children():
            widget.refresh()
