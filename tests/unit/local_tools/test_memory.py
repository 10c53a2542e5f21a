"""The notes: which files they are in, what a run gets of them, and that nothing is saved without a decision."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aimltui.common.errors import AimltuiError
from aimltui.engine.operations.traces import context_parts
from aimltui.formatting.memory_text import MOST, memory_in, memory_text
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.memory import Memory, Owner

TUTOR = Owner("asst_0123456789abcdef", "Math: the Tutor/../x")


def tools_of(memory: Memory | None, directory: Path, rules: Rules | None = None) -> LocalTools:
    return LocalTools([], Approvals(directory / "a.json"), rules or Rules(), memory=memory)


async def test_notes_are_lines_of_markdown_files_that_the_user_may_edit(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "memory")
    assert await memory.instructions(TUTOR) == ""
    assert not memory.folder.exists()
    everyone = await memory.add("I live in Oslo.", None)
    mine = await memory.add("Short\nanswers.\x1b]0;x\x07", TUTOR)
    await memory.add("Metric units.", Owner())
    assert sorted(path.name for path in memory.folder.iterdir()) == [
        "assistant.md",
        "everyone.md",
        "math-the-tutor-x-89abcdef.md",
    ]
    assert mine.read_text() == "- Short\n  answers.\n"
    assert mine.stat().st_mode & 0o077 == 0
    everyone.write_text("Edited by hand")
    await memory.add("More.", None)
    assert everyone.read_text() == "Edited by hand\n- More.\n"
    text = await memory.instructions(TUTOR)
    assert "Edited by hand\n- More.\n- Short" in text
    assert "Metric" not in text
    # another name of the assistant leads to the same file
    assert memory.file_of(Owner(TUTOR.assistant_id, "Teacher")) == mine
    (tmp_path / "file").touch()
    with pytest.raises(AimltuiError, match="could not be written"):
        await Memory(tmp_path / "file").add("x", None)


@pytest.mark.parametrize(
    "hostile",
    ["/../../x", "asst_/../../x", "..", "1", "*", "a[!b]", "é\n\x1b[2J", "ABCDEF\0x", "x" * 7 + "/"],
)
async def test_a_server_cannot_choose_the_file_of_an_assistant(tmp_path: Path, hostile: str) -> None:
    memory = Memory(tmp_path / "config" / "memory")
    owner, other = Owner(hostile, "Helper"), Owner(hostile + "0", "Helper")
    (tool,) = [memory.offer(owner)]
    assert re.fullmatch("[a-zA-Z0-9_-]{1,64}", tool.name)
    assert memory.offer(other).name != tool.name
    path = await memory.add("One.", owner)
    await memory.add("Two.", other)
    assert path.resolve().parent == memory.folder.resolve()
    assert re.fullmatch(r"helper-[a-z0-9]{8}\.md", path.name)
    assert [one.name for one in (tmp_path / "config").iterdir()] == ["memory"]
    assert len(list(memory.folder.iterdir())) == 2
    assert memory.file_of(Owner(hostile, "Renamed")) == path


def test_the_meter_tells_notes_from_instructions() -> None:
    notes = memory_text(["- I live in Oslo.", ""])
    said = f"Be brief.\n\n{notes}\n\nMore."
    assert memory_in(said) == notes
    parts = context_parts({"messages": [{"role": "system", "content": said}]})
    alone = context_parts({"messages": [{"role": "system", "content": "Be brief.\n\n\n\nMore."}]})
    assert parts["memory"] > 10
    assert abs(parts["instructions"] - alone["instructions"]) <= 2
    assert "memory" not in alone
    assert memory_text([" ", ""]) == memory_in("none") == ""
    assert len(memory_text(["x" * 90_000])) < MOST + 200


async def test_a_model_proposes_and_the_user_decides(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    allowing = tools_of(memory, tmp_path, Rules("allow"))
    assert allowing.definitions(is_own=True, taken=()) == []
    (definition,) = allowing.definitions(is_own=False, taken=(), owner=TUTOR)
    name = definition["function"]["name"]
    assert name == "remember_89abcdef"
    tool = allowing.find(name)
    assert tool is not None
    assert allowing.verdict(tool, "thread_1") == "ask"
    assert not allowing.may_always(tool)
    assert (await allowing.call(tool, {"note": "Likes tea."})).is_ok
    assert not (await allowing.call(tool, {"note": " "})).is_ok
    assert memory.file_of(TUTOR).read_text() == "- Likes tea.\n"
    # off without the setting, and by a rule
    assert tools_of(None, tmp_path).definitions(is_own=True, taken=(), owner=TUTOR) == []
    assert tools_of(memory, tmp_path, Rules("deny")).definitions(is_own=True, taken=(), owner=TUTOR) == []
