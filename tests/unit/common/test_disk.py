"""Directories and files that only their owner can read, and files replaced in one step."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from aimltui.common.disk import disk_reason, ensure_private_dir, write_private
from aimltui.common.errors import ConfigError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_made_directory_is_private_and_a_present_one_is_left_alone(tmp_path: Path) -> None:
    made = ensure_private_dir(tmp_path / "a" / "b")
    assert mode(made) == 0o700
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    ensure_private_dir(shared)
    assert mode(shared) == 0o755


def test_a_file_in_the_way_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match=r"taken.*--data-dir"):
        ensure_private_dir(tmp_path / "taken")


def test_write_private_replaces_in_one_step_and_narrows_the_mode(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("old")
    file.chmod(0o644)
    write_private(file, b"new")
    assert file.read_bytes() == b"new"
    assert mode(file) == 0o600
    assert os.listdir(tmp_path) == ["config.toml"]


def test_write_private_follows_a_link_to_where_the_user_keeps_the_file(tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.toml"
    real.write_text("old")
    link = tmp_path / "config.toml"
    link.symlink_to(real)
    write_private(link, b"new")
    assert link.is_symlink()
    assert real.read_bytes() == b"new"


def test_a_failed_write_leaves_no_rest(tmp_path: Path) -> None:
    directory = tmp_path / "is-a-directory"
    directory.mkdir()
    with pytest.raises(OSError):  # noqa: PT011 - which kind of OSError is the system's business
        write_private(directory, b"x")
    assert os.listdir(tmp_path) == ["is-a-directory"]


@pytest.mark.parametrize(
    ("number", "advice"),
    [
        (errno.ENOENT, "Check the path"),
        (errno.EACCES, "Check the permissions"),
        (errno.EIO, "Check whether the disk is full or failing"),
        (errno.ENOSPC, "Free some space, then try again"),
    ],
)
def test_a_reason_comes_with_the_advice_that_fits_it(number: int, advice: str) -> None:
    assert disk_reason(OSError(number, os.strerror(number))).endswith(advice)
