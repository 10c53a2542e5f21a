"""Skills: what is read of a folder, what a model gets, and that nothing outside of the folder is ever read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from aimltui.engine.tools.code_interpreter.bring_in import UNCONFINED, bring_in
from aimltui.engine.tools.code_interpreter.sessions.pool import SessionPool
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.skills.reading import (
    MOST_BODY,
    MOST_FILES,
    Skill,
    SkillError,
    files_of,
    read_file,
    read_skill,
)
from aimltui.local_tools.skills.source import SkillFolder, SkillSource, lines_of
from aimltui.local_tools.skills.switch import METADATA, names_on
from tests.support.fake_session import FakeSandbox


def put(parent: Path, name: str = "invoices", head: str = "", body: str = "Add the sums.") -> Path:
    folder = parent / name
    folder.mkdir(parents=True)
    head = head or f"name: {name}\ndescription: Checks {name}."
    (folder / "SKILL.md").write_text(f"---\n{head}\n---\n{body}\n")
    return folder


async def source_of(*folders: Path, **changes: object) -> SkillSource:
    source = SkillSource([SkillFolder(folder) for folder in folders], **changes)  # type: ignore[arg-type]
    await source.refresh()
    return source


def test_a_skill_is_read_and_its_texts_lose_their_escape_sequences(tmp_path: Path) -> None:
    folder = put(
        tmp_path,
        head='name: invoices\nlicense: MIT\ndescription: "Checks\\e]0;title\\a\\n  \\e[31minvoices"',
        body="One\x1b[2J two.\r\n\x1b]52;c;aGk=\x07Three.",
    )
    skill = read_skill(folder)
    assert (skill.name, skill.description) == ("invoices", "Checks invoices")
    assert "\x1b" not in skill.body
    assert "\x07" not in skill.body
    assert skill.body.startswith("One")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("no head", "line 1: a skill begins with ---"),
        ("---\nname: x\n", "line 1: the part with name and description has no end"),
        (
            "---\nname: x\ndescription: Use when: it rains\n---\n",
            "line 3: mapping values are not allowed here",
        ),
        ("---\n- x\n---\n", "line 2: write name: and description:"),
        ("---\nname: x\n---\n", "description is missing"),
        ("---\n\nname: ../x\ndescription: y\n---\n", "line 3: name must be"),
        ("---\nname: x\ndescription: [y]\n---\n", "line 3: description is missing"),
        ("---\n" + "# x\n" * 6_000 + "---\n", "longer than 20 KB"),
        ("---\n" + "x" * MOST_BODY, "is larger than"),
    ],
)
async def test_a_broken_skill_is_named_with_its_line_and_breaks_no_other(
    tmp_path: Path, content: str, words: str
) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "SKILL.md").write_text(content)
    put(tmp_path)
    source = await source_of(tmp_path)
    assert [skill.name for skill in source.skills] == ["invoices"]
    (problem,) = source.problems
    assert words in problem.sentence
    assert str(tmp_path / "broken" / "SKILL.md") in problem.sentence


async def test_a_folder_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    parent = tmp_path
    # the path to its SKILL.md is longer than the system reads; permissions would not stop root
    while (missing := 4_040 - len(str(parent))) > 0:
        parent /= "d" * (min(250, missing - 1) if missing > 1 else 1)
    put(parent, "i")
    (parent / ("x" * 50)).mkdir()
    source = await source_of(parent)
    assert [skill.name for skill in source.skills] == ["i"]
    (problem,) = source.problems
    assert "cannot be read" in problem.sentence


async def test_the_first_folder_wins_and_a_change_is_picked_up(tmp_path: Path) -> None:
    first = put(tmp_path / "a", body="first")
    put(tmp_path / "b", body="second")
    source = await source_of(tmp_path / "a", tmp_path / "b", tmp_path / "missing")
    assert [skill.body for skill in source.skills] == ["first"]
    (first / "SKILL.md").write_text("---\nname: invoices\ndescription: New.\n---\nchanged\n")
    put(tmp_path / "b", "later")
    await source.refresh()
    assert [skill.description for skill in source.skills] == ["New.", "Checks later."]


def test_no_path_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret")
    folder = put(tmp_path)
    (folder / "inner").mkdir()
    (folder / "inner" / "note.md").write_text("note")
    (folder / ".hidden").write_text("x")
    os.symlink(tmp_path / "secret.txt", folder / "link.txt")
    os.symlink(tmp_path, folder / "up")
    os.mkfifo(folder / "pipe")
    skill = read_skill(folder)
    assert [file.path for file in files_of(skill)] == ["inner/note.md"]
    assert read_file(skill, "./inner/note.md", 100) == b"note"
    for path in (
        "../secret.txt",
        str(tmp_path / "secret.txt"),
        "link.txt",
        "up/secret.txt",
        "pipe",
        ".hidden",
        "",
    ):
        with pytest.raises(SkillError, match=r"has no file"):
            read_file(skill, path, 100)
    with pytest.raises(SkillError, match=r"larger than 2 bytes"):
        read_file(skill, "inner/note.md", 2)


async def test_a_folder_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "SKILL.md").write_text("---\nname: x\ndescription: y\n---\n")
    (tmp_path / "skills" / "x").mkdir(parents=True)
    os.symlink(tmp_path / "other" / "SKILL.md", tmp_path / "skills" / "x" / "SKILL.md")
    source = await source_of(tmp_path / "skills")
    assert source.skills == ()
    assert "cannot be read" in source.problems[0].sentence
    # the folder itself may be a link that the user made
    os.symlink(tmp_path / "other", tmp_path / "skills" / "linked")
    await source.refresh()
    assert [skill.name for skill in source.skills] == ["x"]


def test_the_lines_in_the_prompt_keep_to_the_budget() -> None:
    def skill(number: int, length: int) -> Skill:
        return Skill(f"s{number}", "d" * length, "", Path())

    assert lines_of([skill(1, 10), skill(2, 20)]) == ["- s1: " + "d" * 10, "- s2: " + "d" * 20]
    many = lines_of([skill(number, 10 if number < 5 else 1000) for number in range(20)], 2_000)
    assert sum(len(line) + 1 for line in many) <= 2_000
    assert many[0].endswith("d" * 10), "short ones stay whole"
    assert len(many[19]) > 100
    crowd = lines_of([skill(number, 500) for number in range(200)], 2_000)
    assert {len(line.partition(": ")[2]) for line in crowd} == {40}


def test_an_assistant_has_what_was_switched_on_for_it() -> None:
    skills = [Skill("mine", "", "", Path(), is_own=True), Skill("theirs", "", "", Path())]
    assert names_on({}, skills, is_own=True) == ["mine"]
    assert names_on({}, skills, is_own=False) == []
    assert names_on({METADATA: "theirs gone"}, skills, is_own=False) == ["theirs"]
    assert names_on({METADATA: ""}, skills, is_own=True) == []


async def test_a_model_loads_what_it_was_offered_and_its_files_go_into_the_sandbox(tmp_path: Path) -> None:
    folder = put(tmp_path)
    (folder / "scripts").mkdir()
    (folder / "scripts" / "check.py").write_text("print('\x1b[31m1')")
    (folder / "logo.png").write_bytes(b"\x89PNG\0")
    put(tmp_path, "other")
    sandbox = FakeSandbox()
    pool = SessionPool(sandbox.make, tmp_path / "sessions", 2)
    source = await source_of(tmp_path)
    tools = LocalTools([], Approvals(None), Rules(offer="off"), skills=source)
    assert tools.definitions(is_own=True, taken=()) == []
    (definition,) = tools.definitions(is_own=True, taken=(), skills=["invoices", "gone"])
    schema = definition["function"]["parameters"]["properties"]["name"]
    assert schema["enum"] == ["invoices"]
    assert "- invoices: Checks invoices." in schema["description"]
    tool = tools.find("load_skill")
    assert tool is not None
    assert tools.verdict(tool, "thread_1") == "run"
    assert LocalTools([], Approvals(None), Rules("deny"), skills=source).verdict(tool, "t") == "refuse"

    async def load(**arguments: object) -> str:
        return (await tools.call(tool, arguments, "thread_1")).text

    assert "cannot be run here: there is no code interpreter" in await load(name="invoices")
    source.copy_in = lambda thread_id, files: bring_in(pool, thread_id, files)
    loaded = await load(name="invoices")
    assert "Add the sums." in loaded
    assert "- scripts/check.py (" in loaded
    assert "in /mnt/data/skills/invoices/" in loaded
    async with pool.of("thread_1") as slot:
        assert (slot.runner.files / "skills/invoices/scripts/check.py").read_text() == "print('\x1b[31m1')"
        assert not slot.runner.is_alive, "nothing was started"
    assert await load(name="invoices", file="scripts/check.py") == "print('1')"
    assert "is not text" in await load(name="invoices", file="logo.png")
    assert "has no file ../other/SKILL.md" in await load(name="invoices", file="../other/SKILL.md")
    assert await load(name="other") == "There is no skill named other. There are: invoices."
    assert await load(name=["\x1b[2J"]) == "There is no skill named ['\\x1b[2J']. There are: invoices."

    # without a sandbox nothing of a skill can be run
    bare = SessionPool(FakeSandbox(asks=True).make, tmp_path / "bare", 2)
    source.copy_in = lambda thread_id, files: bring_in(bare, thread_id, files)
    assert UNCONFINED in await load(name="invoices")
    async with bare.of("thread_1") as slot:
        assert list(slot.runner.files.iterdir()) == []
    for one in (pool, bare):
        await one.aclose()


async def test_a_large_folder_is_walked_once_and_only_as_far_as_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(tmp_path)
    for place, count in (("a", MOST_FILES), ("b", 1)):
        (folder / place).mkdir()
        for number in range(count):
            (folder / place / f"{number}.txt").write_text("x")
    walked: list[str] = []
    scan = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (walked.append(Path(path).name), scan(path))[1])
    copied: list[int] = []

    async def copy_in(thread_id: str, files: Mapping[str, bytes]) -> str:
        copied.append(len(files))
        return ""

    source = await source_of(tmp_path, copy_in=copy_in)
    walked.clear()
    await source.load({"name": "invoices"}, "thread_1")
    assert copied == [MOST_FILES]
    assert walked == ["invoices", "a"] * 2
