"""Where things are kept, and that only their owner can read them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from aimltui.common.errors import ConfigError
from aimltui.config import paths


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


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


def test_a_made_directory_is_private_and_a_present_one_is_left_alone(tmp_path: Path) -> None:
    made = paths.ensure_private_dir(tmp_path / "a" / "b")
    assert mode(made) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    paths.ensure_private_dir(shared)
    assert mode(shared) == 0o755


def test_a_file_in_the_way_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match=r"taken.*--data-dir"):
        paths.ensure_private_dir(tmp_path / "taken")


def test_write_private_replaces_in_one_step_and_narrows_the_mode(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("old")
    file.chmod(0o644)
    paths.write_private(file, b"new")
    assert file.read_bytes() == b"new"
    assert mode(file) == 0o600
    assert os.listdir(tmp_path) == ["config.toml"]


def test_write_private_follows_a_link_to_where_the_user_keeps_the_file(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("old")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    paths.write_private(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_failed_write_leaves_no_rest(tmp_path: Path) -> None:
    directory = tmp_path / "is-a-directory"
    directory.mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - which kind of OSError is the system's business
        paths.write_private(directory, b"x")
    assert os.listdir(tmp_path) == ["is-a-directory"]
