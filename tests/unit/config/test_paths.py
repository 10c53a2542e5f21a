"""The directories of the program: variables first, then the platform's rules; asking creates nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.config import paths


def test_the_variables_decide_and_nothing_is_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIMLTUI_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("AIMLTUI_CONFIG_DIR", str(tmp_path / "config"))
    assert paths.data_dir() == tmp_path / "data"
    assert paths.config_file() == tmp_path / "config" / "config.toml"
    assert paths.state_dir() == tmp_path / "data" / "state"
    assert list(tmp_path.iterdir()) == []


def test_without_the_variables_the_platform_decides(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AIMLTUI_DATA_DIR", raising=False)
    monkeypatch.setenv("AIMLTUI_CONFIG_DIR", "  ")
    monkeypatch.setenv("HOME", str(tmp_path))
    for variable in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    for directory in (paths.data_dir(), paths.config_dir(), paths.state_dir()):
        assert tmp_path in directory.parents
        assert "aimltui" in directory.parts
