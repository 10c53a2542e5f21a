"""`aimltui skills list`: the skills of all folders, and what is wrong with a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.cli.main import main
from tests.unit.local_tools.test_skills import put


def test_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    config = tmp_path / "config.toml"
    config.write_text('[skills]\nfolder = "site"\n')
    flags = ["--config", str(config), "--data-dir", str(tmp_path / "data")]
    assert main(["skills", "list", *flags]) == 0
    assert str(tmp_path / "home" / ".agents" / "skills") in capsys.readouterr().out
    put(tmp_path / "skills", "one")
    put(tmp_path / "site" / ".agents" / "skills", "two", head='name: two\ndescription: "\\e[31mTwo."')
    put(tmp_path / "home" / ".agents" / "skills", "three")
    assert main(["skills", "list", *flags]) == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert [line.split()[0] for line in told.splitlines() if line[0] != " "] == ["one", "three", "two"]
    put(tmp_path / "skills", "broken", head="name: [")
    assert main(["skills", "list", *flags]) == 1
    assert f"! {tmp_path / 'skills' / 'broken' / 'SKILL.md'}, line 2:" in capsys.readouterr().out
    config.write_text("[skills]\nfolder = 3\n")
    assert main(["skills", "list", *flags]) == 2
