"""`aimltui assistants`: assistants in and out of files."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from aimltui.cli.main import main
from aimltui.interchange.assistant_toml import BadAssistantFile, read_toml

TUTOR = """\
name = "Math \\u001btutor"
model = "gpt-4o"
instructions = \"\"\"
Be patient.
Say "why".
\"\"\"
temperature = 0.2

[[tools]]
type = "code_interpreter"

[tool_resources.code_interpreter]
file_ids = ["file-nowhere\\u001b"]

[metadata]
starter_1 = "Solve it."
"""


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    return ["--data-dir", str(tmp_path / "data")]


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_an_assistant_goes_out_and_comes_back_the_same(
    place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "tutor.toml"
    file.write_text(TUTOR)
    assert main(["assistants", "import", str(file), "--json", *place]) == 0
    came = capsys.readouterr()
    (made,) = json.loads(came.out)["data"]
    assert (made["name"], made["temperature"], made["instructions"]) == (
        "Math \x1btutor",
        0.2,
        'Be patient.\nSay "why".\n',
    )
    assert "left out: file-nowhere" in came.err
    assert "\x1b" not in came.err
    # a prefix of the id is enough
    assert main(["assistants", "show", made["id"][:9], *place]) == 0
    shown = capsys.readouterr().out
    assert "code_interpreter" in shown
    assert "\x1b" not in shown
    out = tmp_path / "out"
    assert main(["assistants", "export", made["id"], "-o", str(out), *place]) == 0
    capsys.readouterr()
    (written,) = out.iterdir()
    assert written.name == "math-tutor.toml"
    expected = tomllib.loads(TUTOR)
    del expected["tool_resources"]
    assert tomllib.loads(written.read_text()) == expected
    assert main(["assistants", "export", made["id"], "-o", str(out), *place]) == 1
    assert "--force" in capsys.readouterr().err
    # the same file changes nothing; another text changes that assistant
    assert main(["assistants", "import", str(out), *place]) == 0
    assert "unchanged" in capsys.readouterr().err
    written.write_text(written.read_text().replace("patient", "quick").replace("temperature = 0.2\n", ""))
    assert main(["assistants", "import", str(out), "--json", *place]) == 0
    (changed,) = told(capsys)["data"]
    assert (changed["id"], changed["temperature"]) == (made["id"], 1.0)
    assert "quick" in changed["instructions"]
    assert main(["assistants", "delete", made["id"][:9], *place]) == 0
    assert main(["assistants", "list", "--json", *place]) == 0
    assert told(capsys)["data"] == []
    assert main(["assistants", "import", str(out), "--json", *place]) == 0
    (again,) = told(capsys)["data"]
    assert again["id"] != made["id"]
    assert again["instructions"] == changed["instructions"]
    assert main(["assistants", "delete", again["id"], "--forever", "--yes", "--json", *place]) == 0
    assert told(capsys)["data"] == [{"id": again["id"], "object": "assistant.deleted", "deleted": True}]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name = ", "bad.toml: It is not valid TOML: Invalid value (at end of document)"),
        ('name = "A"\nmodell = "x"\n', "bad.toml: Line 2: an assistant has no field “modell”"),
        ('name = "A"\n', "bad.toml: The field model is missing."),
        ('name = "A"\nmodel = "m"\ntemperature = "hot"\n', "bad.toml: Line 3: temperature: "),
        ('name = "A"\nmodel = "m"\n\n[[tools]]\ntype = "web"\n', "bad.toml: Line 4: "),
    ],
)
def test_a_broken_file_is_named_with_its_line_and_the_others_come_in(
    text: str, problem: str, place: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.toml").write_text(text)
    (tmp_path / "good.toml").write_text('name = "Good"\nmodel = "m"\n')
    assert main(["assistants", "import", str(tmp_path), "--json", *place]) == 1
    came = capsys.readouterr()
    assert problem in came.err
    assert [one["name"] for one in json.loads(came.out)["data"]] == ["Good"]


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (f"temperature = {'1' * 5000}\n", "not valid TOML"),
        (
            '[[tools]]\ntype = "function"\n[tools.function]\nname = "f"\n'
            f"parameters = {'{a=' * 260}1{'}' * 260}\n",
            "nested too deeply",
        ),
    ],
)
def test_a_file_that_is_too_large_for_a_number_or_an_object_is_refused(more: str, problem: str) -> None:
    with pytest.raises(BadAssistantFile, match=problem):
        read_toml(f'name = "A"\nmodel = "m"\n{more}')
