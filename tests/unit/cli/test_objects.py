"""`aimltui threads, files, runs, models, completion`: objects in and out of a plain terminal."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from io import BytesIO, StringIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest

from aimltui.cli.main import BROKEN_PIPE, main
from aimltui.cli.terminal_facts import terminal_facts
from aimltui.tui.state import recordings
from aimltui.wire.binary import Blob
from aimltui.wire.files import CreateFile
from aimltui.wire.threads import TRASHED_AT
from tests.support.builders import bounded, opened, play, run_of
from tests.support.fake_model import FakeModel, calls, says


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    return ["--data-dir", str(tmp_path)]


def fill(directory: Path) -> str:
    """A finished thread, a waiting one and a file; the id of the waiting run."""

    async def made() -> str:
        async with opened(
            directory, FakeModel(says("All \x1b[31mwell."), calls(("weather", "{}")))
        ) as engine:
            await play(engine, "How is it?")
            tools = [{"type": "function", "function": {"name": "weather"}}]
            waiting = run_of(await play(engine, "And the weather?", assistant={"tools": tools}))
            blob = Blob(content=b"a,b\n1,2\n", filename="da\x1bta.csv")
            await engine.files.create_file(CreateFile(file=blob, purpose="assistants"))
            return waiting.id

    return asyncio.run(bounded(made()))


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_threads_runs_and_files_are_listed_shown_and_deleted(
    place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = fill(tmp_path)
    assert main(["runs", "list", "--json", *place]) == 0
    runs = {run["status"]: run for run in told(capsys)["data"]}
    assert set(runs) == {"completed", "requires_action"}
    assert main(["runs", "show", waiting[4:14], *place]) == 0
    assert "waits for  weather" in capsys.readouterr().out
    assert main(["runs", "export", waiting, "-o", str(tmp_path / "run.jsonl"), *place]) == 0
    recording = recordings.read((tmp_path / "run.jsonl").read_text())
    assert recording.run.id == waiting
    assert [message.text for message in recording.messages] == ["And the weather?"]
    assert recording.events[0][1].event == "thread.run.created"
    assert "aimltui replay" in capsys.readouterr().err
    assert main(["runs", "cancel", waiting, "--thread", "And the weather?", *place]) == 0

    assert main(["threads", "show", "How is it?", *place]) == 0
    shown = capsys.readouterr().out
    assert "\n# How is it?\n" in shown
    assert "All well." in shown
    assert "\x1b" not in shown
    assert main(["threads", "show", "How is it?", "--json", *place]) == 0
    assert [message["role"] for message in told(capsys)["messages"]] == ["user", "assistant"]
    assert main(["threads", "delete", "How is it?", "--json", *place]) == 0
    (trashed,) = told(capsys)["data"]
    assert trashed["metadata"][TRASHED_AT]
    assert main(["threads", "list", "--json", *place]) == 0
    assert [thread["preview"] for thread in told(capsys)["data"]] == ["And the weather?"]
    assert main(["threads", "delete", "--forever", "And the weather?", *place]) == 2
    assert "Add --yes" in capsys.readouterr().err
    assert main(["threads", "show", "How is it?", *place]) == 2
    assert "There is no thread “How is it?”. See aimltui threads list." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["threads", "list"], 0),
        (["assistants", "list"], 0),
        (["runs", "export", "run_x"], 2),
        (["usage"], 0),
        (["models", "list", "--demo"], 0),
    ],
)
def test_reading_makes_no_data_directory(command: list[str], status: int, tmp_path: Path) -> None:
    assert main([*command, "--data-dir", str(tmp_path / "data")]) == status
    assert not (tmp_path / "data").exists()


def test_an_empty_list_says_so_to_a_terminal_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ["--data-dir", str(tmp_path / "data")]
    for is_terminal in (False, True):
        monkeypatch.setattr(sys.stdout, "isatty", lambda is_terminal=is_terminal: is_terminal)
        for kind in ("threads", "assistants", "files", "runs"):
            assert main([kind, "list", *place]) == 0
            out, err = capsys.readouterr()
            assert out == ""
            assert (f"There are no {'saved ' * (kind == 'assistants')}{kind} yet.\n" == err) == is_terminal
            assert bool(err) == is_terminal


def test_a_reader_that_goes_early_ends_a_command_silently(
    place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", StringIO())
    for command in (["ask", "--demo", "Hello"], ["runs", "list"], ["runs", "list", "--json"]):
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "w") as output:
            monkeypatch.setattr(sys, "stdout", output)
            assert main([*command, *place]) == BROKEN_PIPE
    assert capsys.readouterr().err == ""


def test_files_are_saved_and_deleted(
    place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(tmp_path)
    assert main(["files", "list", "--json", *place]) == 0
    file = told(capsys)["data"][0]
    assert main(["files", "show", file["id"][:9], *place]) == 0
    assert "size     8 bytes" in capsys.readouterr().out
    saved = tmp_path / "saved.csv"
    assert main(["files", "export", file["id"], "-o", str(saved), *place]) == 0
    assert saved.read_bytes() == b"a,b\n1,2\n"
    assert main(["files", "export", file["id"], "-o", str(saved), *place]) == 1
    assert "--force replaces it." in capsys.readouterr().err
    output = TextIOWrapper(BytesIO())
    monkeypatch.setattr(sys, "stdout", output)
    assert main(["files", "export", file["id"], "-o", "-", *place]) == 0
    monkeypatch.undo()
    assert output.buffer.getvalue() == b"a,b\n1,2\n"  # type: ignore[attr-defined]
    assert main(["files", "delete", "--yes", "--json", file["id"], *place]) == 0
    assert told(capsys)["data"] == [{"id": file["id"], "object": "file", "deleted": True}]
    assert main(["files", "show", file["id"], *place]) == 2


def test_models_are_listed_and_shown(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "list", "--demo", "--json", *place]) == 0
    assert [model["id"] for model in told(capsys)["data"]] == ["demo"]
    assert main(["models", "show", "dem", "--demo", *place]) == 0
    assert capsys.readouterr().out.startswith("id ")


def test_a_shell_completes_commands_and_flags(capsys: pytest.CaptureFixture[str]) -> None:
    for shell, words in (
        ("bash", ["--continue", "threads"]),
        ("zsh", ["--continue"]),
        ("fish", ["continue"]),
    ):
        assert main(["completion", shell]) == 0
        script = capsys.readouterr().out
        assert [word for word in words if word not in script] == []


@pytest.mark.parametrize(
    ("environment", "answer", "expected"),
    [
        ({"TERM": "xterm-256color"}, b"\x1b[?0u\x1b[?62;4c", ["256", "kitty protocol", "sixel", "OSC 52"]),
        (
            {"TERM": "xterm-kitty", "COLORTERM": "truecolor"},
            b"\x1b[?1u\x1bP>|kitty(0.35.2)\x1b\\\x1b[?62;c\x1b_Gi=31;OK\x1b\\\x1b[?62;c",
            ["truecolor", "kitty protocol", "kitty graphics in threads", "OSC 52"],
        ),
        ({"TERM": "xterm", "NO_COLOR": "1"}, b"\x1b[?6c", ["NO_COLOR", "no kitty", "NO_COLOR", "OSC 52"]),
        ({"COLORTERM": "truecolor", "TMUX": "x"}, b"", ["truecolor", "did not answer", "half", "tmux"]),
    ],
)
def test_the_doctor_says_what_the_terminal_can_do(
    environment: dict[str, str], answer: bytes, expected: list[str]
) -> None:
    lines = list(terminal_facts(environment, answer))
    assert [word for word, line in zip(expected, lines, strict=True) if word not in line] == []


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("threads", "export"),
        ("assistants", "import"),
        ("files", "show"),
        ("runs", "cancel"),
        ("models", "learned"),
        ("functions", "test"),
        ("mcp", "login"),
        ("skills", "list"),
        ("interpreter", "setup"),
    ],
)
def test_a_command_alone_lists_its_actions(
    command: str, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command]) == 0
    assert f"    {action} " in capsys.readouterr().out


@pytest.mark.parametrize("words", [["functions", "list"], ["skills", "list"], ["mcp", "list"]])
def test_the_lists_of_tools_are_json_on_request(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["data"] == []


def test_the_packages_are_json_on_request(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interpreter", "show", "--json", *place]) == 0
    assert json.loads(capsys.readouterr().out)["packages"] == {}
