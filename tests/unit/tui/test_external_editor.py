"""A text in the user's editor: what comes back, and what is lost: nothing."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from aimltui.tui import external_editor
from aimltui.tui.driver.signals import EndSignals
from aimltui.tui.driver.tty_mode import STATE
from aimltui.tui.external_editor import EditorFailed, edit, editor_command

APP: Any = SimpleNamespace(is_headless=True)


def use(monkeypatch: pytest.MonkeyPatch, *command: str) -> None:
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", " ".join(command))


def read_and_remove(file: Path) -> str:
    text = file.read_text()
    file.unlink()
    file.parent.rmdir()
    return text


async def test_the_text_comes_back_as_it_was_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "sed", "-i", "s/old/new/")
    assert await edit(APP, "the old text") == "the new text"


async def test_a_failure_keeps_the_text_and_says_where_the_other_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "failing"
    program.write_text('#!/bin/sh\necho changed > "$1"\nexit 3\n')
    program.chmod(0o700)
    use(monkeypatch, str(program))
    with pytest.raises(EditorFailed, match="status 3") as raised:
        await edit(APP, "text")
    found = re.search(r"saved is in (\S+)\.$", str(raised.value))
    assert found is not None
    assert read_and_remove(Path(found[1])) == "changed\n"


async def test_an_editor_that_does_not_exist_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, "no-such-editor-here")
    with pytest.raises(EditorFailed, match="no-such-editor-here could not be used"):
        await edit(APP, "text")


def test_the_variables_name_the_editor_and_its_arguments() -> None:
    assert editor_command({"EDITOR": "vi", "VISUAL": "code --wait 'a b'"}) == ["code", "--wait", "a b"]
    with pytest.raises(EditorFailed, match="EDITOR cannot be read"):
        editor_command({"EDITOR": "vi '"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", "")
        with pytest.raises(EditorFailed, match="Set the variable EDITOR"):
            editor_command({})


@pytest.mark.skipif(sys.platform == "win32", reason="other signals")
def test_an_interrupt_ends_the_program_only_while_it_has_the_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import signal

    ended: list[int] = []
    signals = EndSignals(ended.append)
    monkeypatch.setattr(STATE, "is_lent", True)
    signals.ask(signal.SIGINT)
    assert ended == []


async def test_a_text_that_is_too_long_is_not_cut_but_left_in_its_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(external_editor, "_LIMIT_BYTES", 10)
    use(monkeypatch, "sed", "-i", "s/$/0123456789/")
    with pytest.raises(EditorFailed, match="the text is as before") as raised:
        await edit(APP, "text")
    found = re.search(r"The file is (\S+):", str(raised.value))
    assert found is not None
    assert read_and_remove(Path(found[1])) == "text0123456789"
