"""The list of settings has every setting, and says its value and where it comes from."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from aimltui.common.errors import ConfigError
from aimltui.config.setting_list import GROUPS, default_of, parsed_value, setting_states
from aimltui.config.settings import SECTIONS, write_config

INFOS = {info.key: info for group in GROUPS.values() for info in group}


def test_every_setting_is_in_the_list_once() -> None:
    keys = [info.key for group in GROUPS.values() for info in group]
    assert sorted(keys) == sorted(
        f"{section}.{item.name}" for section, cls in SECTIONS.items() for item in fields(cls)
    )


@pytest.mark.parametrize("info", INFOS.values(), ids=list(INFOS))
def test_each_is_described_and_its_default_can_be_entered(info: object) -> None:
    from aimltui.config.setting_list import SettingInfo

    assert isinstance(info, SettingInfo)
    assert info.title
    assert info.help.endswith(".")
    default = default_of(info.key)
    if default is None:
        assert info.unset, "nothing would stand in its row"
    elif info.choices:
        assert default in info.choices
    else:
        assert parsed_value(info, str(default)) == default


def test_values_say_where_they_come_from(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[ui]\ntheme = "nord"\nalerts = "off"\n[threads]\ntrash_days = 0\n')
    states = {
        state.info.key: (state.value, state.source)
        for state in setting_states(
            file,
            {"connection.model": "gpt-4o", "ui.plain": "true"},
            {"AIMLTUI_THEME": " dracula ", "AIMLTUI_MODEL": "lost"},
        )
    }
    assert states["ui.theme"] == ("dracula", "AIMLTUI_THEME")
    assert states["connection.model"] == ("gpt-4o", "--model")
    assert states["ui.plain"] == (True, "--plain")
    assert states["ui.alerts"] == ("off", "file")
    assert states["threads.trash_days"] == (0, "file")
    assert states["ui.auto_copy"] == (True, "default")
    assert states["budget.per_day_usd"] == (None, "default")
    assert len(setting_states(None, environment={})) == len(INFOS)


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("budget.per_run_usd", " 0.50 ", 0.5),
        ("budget.per_run_tokens", "200000", 200_000),
        ("threads.trash_days", "0", 0),
        ("connection.model", "gpt-4o", "gpt-4o"),
        ("connection.model", "  ", None),
        ("web.searxng_url", "https://search.example", "https://search.example"),
    ],
)
def test_a_typed_value_is_read(key: str, text: str, value: object) -> None:
    assert parsed_value(INFOS[key], text) == value


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("budget.per_run_usd", "$5"),
        ("budget.per_run_usd", "-1"),
        ("budget.per_run_tokens", "1.5"),
        ("budget.per_run_usd", "nan"),
        ("threads.trash_days", "-1"),
        ("web.searxng_url", "ftp://x"),
    ],
)
def test_a_typed_value_that_is_not_allowed_is_refused(key: str, text: str) -> None:
    with pytest.raises(ConfigError):
        parsed_value(INFOS[key], text)


def test_a_value_is_removed_with_everything_else_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('# mine\n[ui]\ntheme = "nord"  # calm\nglyphs = "ascii"\n')
    write_config(file, {"ui.theme": None, "budget.per_day_usd": None})
    assert file.read_text() == '# mine\n[ui]\nglyphs = "ascii"\n'
