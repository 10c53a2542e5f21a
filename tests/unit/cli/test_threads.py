"""`aimltui threads`: conversations in and out, in a plain terminal."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aimltui.cli.export import line_of
from aimltui.cli.main import main
from aimltui.wire.threads import BRANCH_OF, FAMILY, TITLE, ThreadSummary

SAMPLES = Path(__file__).parents[1] / "interchange" / "samples"


@pytest.fixture
def place(tmp_path: Path) -> list[str]:
    return ["--data-dir", str(tmp_path / "data")]


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def told(capsys: pytest.CaptureFixture[str]) -> Any:
    return json.loads(capsys.readouterr().out)


def test_a_dry_run_says_what_would_come_and_writes_nothing(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["threads", "import", str(SAMPLES / "claude"), *place]
    assert main([*arguments, "--dry-run"]) == 0
    said = lines(capsys)
    assert said[0] == "Claude: 2 conversations, 6 messages, 1 other branch."
    assert "From 3 February 2025" not in said
    assert "Of 3 February 2025." in said
    assert "  “Nothing” (c-leek-3): no messages" in said
    assert said[-1] == "Nothing was written: this was a dry run."
    assert main(arguments) == 0
    assert lines(capsys)[0] == "3 threads imported."
    assert main(arguments) == 0
    assert lines(capsys)[0] == "3 threads already imported."
    assert main([*arguments, "--dry-run"]) == 0
    assert "Of these, 2 are imported already and stay as they are." in lines(capsys)


def test_json_has_the_shape_of_the_samples(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threads", "import", "--dry-run", "--json", str(SAMPLES / "llm" / "logs.db"), *place]) == 0
    found = told(capsys)
    expected = json.loads((SAMPLES / "llm" / "expected.json").read_text("utf-8"))
    assert [thread["source_id"] for thread in found["threads"]] == [
        thread["source_id"] for thread in expected["threads"]
    ]
    assert found["threads"][2]["messages"][3]["steps"][0]["output"] == "TOOLTEXT rain"
    assert found["skipped"] == []


def test_json_of_an_import_says_what_became_of_each(
    place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    for outcome in ("created", "present"):
        assert main(["threads", "import", "--json", str(SAMPLES / "oterm" / "store.db"), *place]) == 0
        found = told(capsys)
        assert [thread["outcome"] for thread in found["threads"]] == [outcome, outcome]
        assert found["skipped"] == [{"source_id": "3", "why": "no messages", "title": "chat #3 - llama3.2"}]


def test_several_inputs_are_one_import(place: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    paths = [str(SAMPLES / name) for name in ("jan", "codex", "aichat")]
    assert main(["threads", "import", "--dry-run", *paths, *place]) == 0
    assert [line.split(":")[0] for line in lines(capsys)[:3]] == ["Jan", "codex", "aichat"]


def test_an_input_without_conversations_is_said_to_be_so(
    tmp_path: Path, place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "notes.txt").write_text("Buy leeks.")
    assert main(["threads", "import", str(tmp_path / "notes.txt"), *place]) == 1
    assert "no conversation in a known format" in capsys.readouterr().err
    assert main(["threads", "import", str(tmp_path / "gone.json"), *place]) == 1
    assert "There is no file or folder" in capsys.readouterr().err


def test_what_strangers_wrote_drives_no_terminal(
    tmp_path: Path, place: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    bad = "\x1b]0;owned\x07\x9b2J\u202e"
    row = {"uuid": bad, "name": bad, "chat_messages": []}
    path = tmp_path / "saved.json"
    path.write_text(json.dumps([row]))
    for more in ([], ["--json"], ["--dry-run"]):
        main(["threads", "import", str(path), *more, *place])
        said = capsys.readouterr()
        assert not set("\x1b\x07\x9b\u202e") & set(said.out + said.err)


@pytest.fixture
def filled(place: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(["threads", "import", str(SAMPLES / "claude"), str(SAMPLES / "oterm"), *place]) == 0
    capsys.readouterr()
    return place


def test_threads_are_listed_and_found_by_words(filled: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threads", "list", *filled]) == 0
    titles = [line.split("  ", 2)[2] for line in lines(capsys)]
    # of oterm's the times are not known: they are as new as the import
    assert sorted(titles[:2]) == ["The Rhine", "chat #2 - gpt-5"]
    assert titles[2:] == ["Good morning", "leek soup for six", "leek soup for six (branch 1)"]
    assert main(["threads", "list", "leek", *filled]) == 0
    assert [line.split("  ")[2] for line in lines(capsys)] == [
        "leek soup for six",
        "leek soup for six (branch 1)",
    ]


def test_a_branch_is_told_apart_from_the_conversation_it_belongs_to() -> None:
    first = ThreadSummary(id="thread_1", created_at=0, metadata={TITLE: "Soup", FAMILY: "thread_1"})
    made = {"id": "thread_2", "metadata": {**(first.metadata or {}), BRANCH_OF: first.id}}
    branch = first.model_copy(update=made)
    assert line_of(first).endswith("  Soup")
    assert line_of(branch).endswith("  Soup (branch)")
    fork = branch.model_copy(update={"metadata": {TITLE: "Soup (fork)", BRANCH_OF: first.id}})
    assert line_of(fork).endswith("  Soup (fork)")


@pytest.mark.parametrize("form", ["markdown", "json", "html", "jsonl"])
def test_a_thread_goes_out_and_comes_in_elsewhere(
    form: str, filled: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["threads", "export", "The Rhine", "--format", form, "-o", str(out), *filled]) == 0
    assert capsys.readouterr().err == "1 thread written.\n"
    assert main(["threads", "import", "--json", str(out), "--data-dir", str(tmp_path / "other")]) == 0
    (thread,) = told(capsys)["threads"]
    assert (thread["title"], thread["outcome"], len(thread["messages"])) == ("The Rhine", "created", 4)
    assert thread["messages"][3]["files"][0]["present"]


def test_one_thread_goes_to_standard_output(filled: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["threads", "export", "The Rhine", *filled]) == 0
    assert "# The Rhine" in lines(capsys)


def test_all_threads_go_into_a_folder_or_one_file(
    filled: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["threads", "export", "--all", "-o", str(tmp_path / "folder"), *filled]) == 0
    names = sorted(path.name for path in (tmp_path / "folder").iterdir())
    assert names == [
        "Good morning.md",
        "The Rhine.md",
        "chat #2 - gpt-5.md",
        "leek soup for six (branch 1).md",
        "leek soup for six.md",
    ]
    assert (
        main(["threads", "export", "--all", "--format", "jsonl", "-o", str(tmp_path / "all.jsonl"), *filled])
        == 0
    )
    capsys.readouterr()
    assert main(["threads", "import", "--dry-run", "--json", str(tmp_path / "all.jsonl"), *filled]) == 0
    assert len(told(capsys)["threads"]) == 5


def test_nothing_is_overwritten_unasked(
    filled: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.md"
    path.write_text("mine")
    arguments = ["threads", "export", "The Rhine", "-o", str(path), *filled]
    assert main(arguments) == 1
    assert "--force replaces it" in capsys.readouterr().err
    assert path.read_text() == "mine"
    assert main([*arguments, "--force"]) == 0
    assert "# The Rhine" in path.read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Say which threads"),
        (["--all", "x"], "Say which threads"),
        (["--all"], "name a folder with --output"),
        (["nothing of this name"], "There is no thread"),
    ],
)
def test_what_cannot_be_exported_is_said(
    arguments: list[str], said: str, filled: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["threads", "export", *arguments, *filled]) in (1, 2)
    assert said in capsys.readouterr().err
