"""`aimltui models learned` shows what refusals have taught, and forgets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from aimltui.bootstrap.engine import lessons_of
from aimltui.cli.main import main


def learned(directory: Path, capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["models", "learned", "--data-dir", str(directory), *arguments]) == 0
    return capsys.readouterr().out.splitlines()


def test_it_tells_what_was_learned_of_whom_and_when(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert learned(tmp_path, capsys) == [
        "Nothing has been learned yet: no server has refused a part of a request."
    ]
    lessons = lessons_of(tmp_path)
    lessons.learn("AI/ML API", "o1", {"no_stream": True})
    lessons.learn("AI/ML API", "", {"no_stream_options": True})
    assert learned(tmp_path, capsys) == [
        "every model (AI/ML API)",
        "  No stream_options: the cost of an answer may be unknown. Learned today.",
        "o1 (AI/ML API)",
        "  No streaming: each answer arrives at once. Learned today.",
    ]
    every, one = json.loads("\n".join(learned(tmp_path, capsys, "--json")))["data"]
    assert (every["model"], one["model"], one["name"], one["value"]) == ("", "o1", "no_stream", True)
    assert one["sentence"] == "No streaming: each answer arrives at once."
    assert json.loads("\n".join(learned(tmp_path, capsys, "--clear", "--json"))) == {"deleted": 2}


def test_it_forgets_one_model_or_all(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lessons = lessons_of(tmp_path)
    for model in ("a", "b", "c"):
        lessons.learn("x", model, {"no_stream": True, "no_top_p": True})
    assert learned(tmp_path, capsys, "--clear", "a") == [
        "Deleted 2 lessons about a. Requests will try these features again."
    ]
    assert learned(tmp_path, capsys, "--clear", "a") == [
        "Nothing was learned about a, so nothing was deleted."
    ]
    assert learned(tmp_path, capsys, "--clear") == [
        "Deleted 4 lessons. Requests will try these features again."
    ]
