"""`aimltui functions list|test`: what it prints, and that a test is an approval."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.cli.main import main


def test_list_and_test(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[functions]\nfolder = "mine"\n')
    flags = ["--config", str(config), "--data-dir", str(tmp_path / "data")]
    assert main(["functions", "list", *flags]) == 0
    assert str(tmp_path / "functions") in capsys.readouterr().out

    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "a.py").write_text(
        'def add(a: int, b: int = 1) -> int:\n    """Add \x1b[31mnumbers."""\n    return a + b\n'
    )
    assert main(["functions", "list", *flags]) == 0
    told = capsys.readouterr().out
    assert "add(a, b=…)" in told
    assert "not approved yet" in told
    assert "\x1b" not in told

    assert main(["functions", "test", "add", "--json", "{", *flags]) == 2
    assert main(["functions", "test", "ad", *flags]) == 1
    assert "There are: add." in capsys.readouterr().err
    assert main(["functions", "test", "add", "--json", '{"a": 2}', *flags]) == 0
    assert capsys.readouterr().out == "3\n"
    assert main(["functions", "list", *flags]) == 0
    assert "not approved yet" not in capsys.readouterr().out
    config.write_text('[functions.tools]\nadd = "sometimes"\n')
    assert main(["functions", "list", *flags]) == 2
    assert "functions.tools.add" in capsys.readouterr().err
