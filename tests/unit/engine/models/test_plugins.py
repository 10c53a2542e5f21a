"""Whether an installed package brings models is found out without parsing what all packages bring."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from aimltui.engine.models.plugins import find_plugins, may_have_group


def install(folder: Path, name: str, group: str) -> None:
    """Put a package's description into a folder of modules."""
    about = folder / f"{name}-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\nechoes = {name}.models:Echo\n")


def test_a_plug_in_is_found_as_the_library_finds_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "loud", "aimltui.models")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    found = find_plugins()
    assert found == {point.name: point for point in entry_points(group="aimltui.models")}
    assert found["echoes"].value == "loud.models:Echo"
    assert found["echoes"].dist
    assert found["echoes"].dist.name == "loud"


def test_packages_without_the_group_are_not_parsed(tmp_path: Path) -> None:
    install(tmp_path, "quiet", "console_scripts")
    (tmp_path / "bare-1.0.dist-info").mkdir()
    (tmp_path / "old-1.0.egg-info").write_text("Name: old\n")
    folders = [str(tmp_path), str(tmp_path / "missing.zip")]
    assert not may_have_group("aimltui.models", folders, [PathFinder])


def test_what_cannot_be_looked_into_may_have_the_group(tmp_path: Path) -> None:
    archive = tmp_path / "archive.zip"
    archive.write_text("packed")
    assert may_have_group("aimltui.models", [str(archive)], [])
    (tmp_path / "packed.egg").write_text("packed")
    assert may_have_group("aimltui.models", [str(tmp_path)], [])


def test_packages_that_are_in_no_folder_may_have_the_group(tmp_path: Path) -> None:
    class Elsewhere:
        def find_distributions(self) -> None: ...

    assert may_have_group("aimltui.models", [str(tmp_path)], [PathFinder, Elsewhere()])
