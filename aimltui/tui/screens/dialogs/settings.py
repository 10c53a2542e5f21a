"""SettingsScreen: every setting and every key in one list, with its value, its place in the file, and what it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from aimltui.common.errors import ConfigError
from aimltui.common.sanitize import clean, clean_line
from aimltui.config.setting_list import GROUPS, SettingInfo, SettingState, default_of, parsed_value
from aimltui.config.settings import Value
from aimltui.tui.commands import key_map
from aimltui.tui.commands.command import Command, FooterItem
from aimltui.tui.commands.derived import COMMANDS, key_label
from aimltui.tui.screens.dialogs.choice import ChoiceRow, ChoiceScreen
from aimltui.tui.screens.dialogs.sheet import CLOSE, SearchSheet, Sheet
from aimltui.tui.state.fuzzy import rank
from aimltui.tui.widgets.line_input import LineInput
from aimltui.tui.widgets.pick_list import PickList, PickRow, spaced

_KEYS = "Keys"
_KEY_PREFIX = "keys."


class SettingsHost(Protocol):
    """What the list needs from the screen below it."""

    def theme_names(self) -> Sequence[str]:
        """Return the names that the theme may have."""

    def preview_setting(self, info: SettingInfo, value: Value | None) -> None:
        """Show the effect of a value at once, without saving it."""

    def save_setting(self, info: SettingInfo, value: Value | None) -> None:
        """Save a value; None removes its line from the file."""

    def save_keys(self, item: Command, keys: str | None) -> None:
        """Save the keys of a command; None gives it those of the program."""


class SettingsScreen(SearchSheet):
    """Shows the settings. It changes them through its host and has no result.

    Args:
        host: Shows and saves changes.
    """

    MOST_LINES = 60
    EXTRA_LINES = 4
    ROW_ACTIONS = SearchSheet.ROW_ACTIONS | {"reset"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "cancel", show=False),
        Binding("ctrl+r", "reset", show=False, priority=True),
    ]

    def __init__(self, host: SettingsHost) -> None:
        super().__init__(
            "Settings",
            "search settings and keys",
            (FooterItem("enter", "Change", "pick"), FooterItem("ctrl+r", "Default", "reset"), CLOSE),
        )
        self._host = host
        self._states: dict[str, SettingState] = {}
        self._about = Static("", classes="sheet-text settings-about", markup=False)

    def body(self) -> Sequence[Widget]:
        """Search box, list, and what is known of the row under the cursor."""
        return (*super().body(), self._about)

    def set_states(self, states: Sequence[SettingState]) -> None:
        """Show these values; the cursor stays where it is."""
        self._states = {state.info.key: state for state in states}
        self.show_lines()

    def set_problem(self, text: str) -> None:
        """Say why there is nothing to show."""
        self._about.update(Content(clean(text)))

    def show_lines(self) -> None:
        """Fill the list for what was typed."""
        query, row = self.search_box.value.strip(), self.pick_list.cursor_row
        groups = {
            name: [self._row(info) for info in infos if info.key in self._states]
            for name, infos in GROUPS.items()
        }
        groups[_KEYS] = (
            [_key_row(item) for item in COMMANDS if key_map.can_change(item)] if self._states else []
        )
        lines: list[PickRow | str] = []
        if query:
            rows = [one for group in groups.values() for one in group]
            lines += [rows[index] for index in rank(query, [f"{one.label} {one.id}" for one in rows])]
        else:
            for name, group in groups.items():
                lines += [name, *group] if group else []
        at = row.id if row is not None and not query else ""
        self.pick_list.set_lines(
            spaced(lines), query=query, remark=f"no setting for “{query}”" if query else "", at=at
        )

    def _row(self, info: SettingInfo) -> PickRow:
        state = self._states[info.key]
        from_where = "" if state.source in ("default", "file") else f" · {state.source}"
        return PickRow(info.key, info.title, f"{_shown(info, state.value)}{from_where}")

    def on_pick_list_cursor_moved(self, event: PickList.CursorMoved) -> None:
        """Explain the row under the cursor."""
        event.stop()
        if event.row is None:
            self._about.update("")
        elif event.row.id.startswith(_KEY_PREFIX):
            self._about.update(_about_key(_command(event.row.id)))
        else:
            self._about.update(_about(self._states[event.row.id]))

    def picked(self, row: PickRow) -> None:
        """Change the setting: a switch at once, what has more values in a sheet."""
        if row.id.startswith(_KEY_PREFIX):
            self._ask_for_key(_command(row.id))
            return
        state = self._states[row.id]
        info = state.info
        choices = tuple(self._host.theme_names()) if info.key == "ui.theme" else info.choices
        if not choices:
            self._ask_for_value(state)
        elif len(choices) == 2:
            self._save(info, choices[1] if state.value == choices[0] else choices[0])
        else:
            self._ask_to_choose(state, choices)

    def _ask_to_choose(self, state: SettingState, choices: Sequence[Value]) -> None:
        info, names = state.info, {str(choice): choice for choice in choices}
        rows = [ChoiceRow(name, name) for name in names]

        def picked(name: str | None) -> None:
            if name is not None:
                self._save(info, names[name])
            else:
                self._preview(state, state.value)

        sheet = ChoiceScreen(
            info.title,
            rows,
            current=str(state.value),
            preview=lambda name: self._preview(state, names[name]),
        )
        self.app.push_screen(sheet, picked)

    def _preview(self, state: SettingState, value: Value | None) -> None:
        if state.info.is_live and state.source in ("default", "file"):
            self._host.preview_setting(state.info, value)

    def _ask_for_value(self, state: SettingState) -> None:
        def done(value: tuple[Value | None] | None) -> None:
            if value is not None:
                self._save(state.info, value[0])

        self.app.push_screen(ValueScreen(state), done)

    def _ask_for_key(self, item: Command) -> None:
        def done(key: str | None) -> None:
            if key is not None:
                self._host.save_keys(item, key)
                self.show_lines()

        self.app.push_screen(KeyScreen(item), done)

    def action_reset(self) -> None:
        """Remove the line of the setting from the file."""
        row = self.pick_list.cursor_row
        if row is None:
            return
        if row.id.startswith(_KEY_PREFIX):
            self._host.save_keys(_command(row.id), None)
            self.show_lines()
        else:
            self._save(self._states[row.id].info, None)

    def _save(self, info: SettingInfo, value: Value | None) -> None:
        state = self._states[info.key]
        self._preview(state, default_of(info.key) if value is None else value)
        self._host.save_setting(info, value)


class ValueScreen(Sheet["tuple[Value | None] | None"]):
    """Asks for a value. The result is a tuple with the value, None in it for the default; or None.

    Args:
        state: The setting.
    """

    def __init__(self, state: SettingState) -> None:
        super().__init__(state.info.title, (FooterItem("enter", "Save", "submit"), CLOSE))
        self._info = state.info
        has_own = state.source == "file" and state.value is not None
        self._box = LineInput(clean_line(str(state.value)) if has_own else "", max_length=400, compact=True)
        self._box.cursor_blink = False
        self._problem = Static("", classes="sheet-problem", markup=False)

    def body(self) -> Sequence[Widget]:
        """What it does, the box, and what is wrong with its text."""
        self._problem.display = False
        unset = f" Empty: {self._info.unset}." if self._info.unset else " Empty: the default."
        return Static(Content(self._info.help + unset), classes="sheet-text"), self._box, self._problem

    def action_submit(self) -> None:
        """Return the value, unless it is not allowed."""
        try:
            value = parsed_value(self._info, self._box.value)
        except ConfigError as error:
            self._problem.update(Content(str(error)))
            self._problem.display = True
        else:
            self.dismiss((value,))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Return the value."""
        event.stop()
        self.action_submit()


class KeyScreen(Sheet["str | None"]):
    """Waits for the key that a command gets. The result is its name, or None.

    Args:
        item: The command.
    """

    AUTO_FOCUS = ""

    def __init__(self, item: Command) -> None:
        super().__init__(f"Key for “{item.title}”", (CLOSE,))
        self._item = item
        keys = " ".join(map(key_label, key_map.keys_of(item))) or "no key"
        text = f"Press the new key. Now: {keys}. ctrl+r in the list gives the command its own key back."
        self._text = Static(Content(text), classes="sheet-text")
        self._problem = Static("", classes="sheet-problem", markup=False)

    def body(self) -> Sequence[Widget]:
        """What to do, and why a key cannot be had."""
        self._problem.display = False
        return self._text, self._problem

    def on_key(self, event: events.Key) -> None:
        """Take the key, unless it is reserved or another command's."""
        if event.key == "escape":
            return
        event.stop()
        event.prevent_default()
        if problem := key_map.problem_of(self._item.id, event.key):
            self._problem.update(Content(problem))
            self._problem.display = True
        else:
            self.dismiss(event.key)


def _command(row_id: str) -> Command:
    name = row_id.removeprefix(_KEY_PREFIX)
    return next(item for item in COMMANDS if item.id == name)


def _key_row(item: Command) -> PickRow:
    own = "" if key_map.keys_of(item) == item.keys else " · yours"
    keys = " ".join(map(key_label, key_map.keys_of(item))) or "no key"
    return PickRow(f"{_KEY_PREFIX}{item.id}", item.title, keys + own, is_hint_whole=True)


def _shown(info: SettingInfo, value: Value | None) -> str:
    """Return a value as users read it."""
    if value is None:
        return _with_unit(info, info.unset or "not set")
    if isinstance(value, bool):
        return "on" if value else "off"
    return _with_unit(info, clean_line(str(value)))


def _with_unit(info: SettingInfo, text: str) -> str:
    """Return a number with the unit that the end of the setting's name tells; other texts as they are."""
    unit = info.key.rpartition("_")[2]
    if not text.replace(".", "", 1).isdecimal():
        return text
    if unit == "days":
        return f"{text} {'day' if text == '1' else 'days'}"
    return {"usd": f"${text}", "s": f"{text} s"}.get(unit, text)


def _about(state: SettingState) -> Content:
    info = state.info
    when = "at once" if info.is_live else "at the next start"
    sources = {"default": "the default", "file": "from the configuration file"}
    source = sources.get(state.source, f"from {state.source}, which the file cannot change")
    return Content.assemble(
        (info.help, "$foreground"), "\n", (f"{info.key} · {source} · takes effect {when}", "$text-muted")
    )


def _about_key(item: Command) -> Content:
    return Content.assemble(
        (item.help, "$foreground"), "\n", (f"{_KEY_PREFIX}{item.id} · takes effect at once", "$text-muted")
    )
