"""Commands in odd surroundings end with a sentence, or do their work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from aimltui.bootstrap.local_tools import skill_folders_of
from aimltui.cli.main import main
from aimltui.config.settings import load_settings
from aimltui.interchange import inputs
from aimltui.interchange.inputs import collect
from aimltui.tui.screens.dialogs.importing import typed_paths
from aimltui.tui.storage.saving import place

LONG = "/tmp/" + "a" * 300
NOBODY = "~nobody_has_this_name/x"


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1), (0, 1, 2)], ids=str)
@pytest.mark.parametrize(
    "words", [["threads", "list"], ["chat", "--demo"], ["--demo"], ["ask", "--demo", "hi"]], ids=" ".join
)
def test_closed_streams_end_no_command_with_a_traceback(
    tmp_path: Path, words: list[str], closed: tuple[int, ...]
) -> None:
    def close() -> None:
        for number in closed:
            os.close(number)

    done = subprocess.run(
        [sys.executable, "-m", "aimltui", *words, "--data-dir", str(tmp_path / "data")],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=close,
    )
    assert "Traceback" not in done.stderr
    # the screen needs a terminal
    assert done.returncode == (2 if words == ["--demo"] else 0)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("words", ["usage", "ask --demo hi", "mcp list", "completion bash"])
def test_an_output_on_a_full_disk_is_told_once(tmp_path: Path, words: str) -> None:
    place = {"HOME": str(tmp_path), "AIMLTUI_DATA_DIR": str(tmp_path), "AIMLTUI_CONFIG_DIR": str(tmp_path)}
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "aimltui", *words.split()],
            env=os.environ | place,
            stdin=subprocess.DEVNULL,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.stderr == (
        "aimltui: The output cannot be written: the disk is full. Free some space, then try again.\n"
    )
    assert done.returncode == 1


def test_a_home_directory_that_is_not_known_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["threads", "list", "--data-dir", NOBODY]) == 2
    assert f"There is no home directory for {NOBODY}." in capsys.readouterr().err
    monkeypatch.setenv("AIMLTUI_DATA_DIR", NOBODY)
    assert main(["usage"]) == 2
    assert f"There is no home directory for {NOBODY}." in capsys.readouterr().err


def test_without_any_home_the_skills_of_the_user_are_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "config.toml"
    settings = load_settings(file, environment={})
    known = len(skill_folders_of(settings, file))
    monkeypatch.setattr(os.path, "expanduser", str)
    assert len(skill_folders_of(settings, file)) == known - 1


def test_names_that_are_too_long_are_those_of_no_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threads", "list", "--data-dir", LONG]) == 0
    assert main(["threads", "import", LONG]) == 1
    assert "There is no file or folder" in capsys.readouterr().err
    assert typed_paths(LONG) == [Path(LONG)]
    assert typed_paths(NOBODY) == [Path.cwd() / NOBODY]
    assert place(Path(LONG), "a.md") == Path(LONG)


def test_titles_are_searched_for_words_that_are_no_text(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["threads", "list", "a\udcff", "--data-dir", str(tmp_path)]) == 0
    assert "Traceback" not in capsys.readouterr().err


def test_of_too_many_files_the_rest_is_told_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inputs, "MAX_MEMBERS", 3)
    for number in range(8):
        (tmp_path / f"{number}.json").write_text("{}")
    bundle, skipped = collect([tmp_path])
    assert len(bundle.members) == 3
    assert [one.why for one in skipped] == ["there are more than 3 files"]
