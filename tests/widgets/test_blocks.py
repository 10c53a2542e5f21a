"""The block cursor: what it marks, where it goes, and what letters do with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.tui.screens.dialogs.copying import CopyScreen
from aimltui.tui.screens.dialogs.viewer import TextViewer
from aimltui.tui.startup import Connected, Ran
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import Code, End, Say
from tests.support.screen import Seat, seat

LONG = "\n\n".join(f"Paragraph {number}." for number in range(30))
ANSWER = "Look:\n\n```python\nx = 1\n\nprint(x)\n```\n\n1. and\n   ```sh\n   ls -l\n   ```\n"


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


def marked(here: Seat) -> tuple[str, str]:
    block = here.screen.transcript.block
    return (block.kind, block.text) if block is not None else ("", "")


async def answer(here: Seat, *script: object) -> None:
    here.server.scripts = [list(script)]  # type: ignore[list-item]
    await here.write("Do it.")
    await here.idle()


async def test_the_mark_walks_over_messages_and_their_code_and_letters_act_on_it(
    server: FakeTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seat(server, tmp_path) as here:
        await answer(here, Code(("y = 2\n",), "2\n"), Say((ANSWER,)), End())
        await here.pilot.press("up")
        assert here.screen.focused is here.screen.prompt, "up belongs to the prompt"
        here.screen.prompt.clear_undoable()
        seen = []
        for _ in range(5):
            await here.pilot.press("alt+up")
            seen.append(marked(here))
        assert seen == [
            ("code", "ls -l"),
            ("code", "x = 1\n\nprint(x)"),
            ("message", ANSWER),
            ("panel", "y = 2"),
            ("message", "Do it."),
        ]
        await here.pilot.press("alt+up")
        assert marked(here) == seen[-1], "there is nothing above"
        await here.pilot.press("c")
        assert here.app.clipboard == "Do it."
        await here.pilot.press("y")
        assert here.app.clipboard.startswith("msg")
        await here.pilot.press("alt+down", "alt+down", "alt+down", "c")
        assert here.app.clipboard == "x = 1\n\nprint(x)"
        await here.pilot.press("v")
        await here.until(lambda: isinstance(here.app.screen, TextViewer))
        await here.alive()
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
        assert marked(here)[0] == "code", "the mark stays behind the viewer"
        await here.pilot.press("x")
        await here.until(
            lambda: isinstance(here.app.screen, TextViewer) and '"role": "assistant"' in here.shown()
        )
        await here.alive()
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
        editor = tmp_path / "editor.sh"
        editor.write_text("#!/bin/sh\nprintf 'y = 2' > \"$1\"\n")
        editor.chmod(0o755)
        monkeypatch.setenv("VISUAL", str(editor))
        await here.pilot.press("E")
        await here.until(lambda: here.screen.prompt.draft == "y = 2")
        here.screen.prompt.clear_undoable()
        await here.pilot.press("alt+up", "escape")
        assert marked(here) == ("", "")
        assert here.screen.focused is here.screen.prompt
        await here.pilot.press("c", "y")
        assert here.screen.prompt.draft == "cy"


async def test_a_click_marks_what_is_clicked_and_copy_copies_the_code(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await answer(here, Say((ANSWER,)), End())

        async def click(text: str) -> None:
            lines = here.shown().splitlines()
            row = next(y for y, line in enumerate(lines) if text in line)
            await here.pilot.click(offset=(lines[row].index(text) + 1, row))

        await click("print(x)")
        assert marked(here) == ("code", "x = 1\n\nprint(x)")
        assert "c Copy" in here.shown()
        await click("Look:")
        assert marked(here)[0] == "message"
        await click("sh · copy")
        assert here.app.clipboard == "ls -l"
        await here.pilot.press("h")
        assert here.screen.prompt.draft == "h", "a letter without a meaning is typed"


async def test_a_block_higher_than_the_window_is_read_to_its_end_and_text_holds_still_while_it_is_marked(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path, size=(80, 24)) as here:
        await answer(here, Say((LONG,)), End())
        transcript = here.screen.transcript
        await here.pilot.press("alt+up")
        assert marked(here)[1] == LONG
        assert "Paragraph 29." in here.shown()
        await here.pilot.press("alt+up")
        first = transcript.scroll_offset.y
        assert marked(here)[1] == LONG, "the rest of the message comes into view first"
        assert 0 < first < transcript.max_scroll_y
        for _ in range(6):
            await here.pilot.press("alt+up")
        assert marked(here)[1] == "Do it."
        await here.pilot.press("alt+down")
        for _ in range(6):
            await here.pilot.press("alt+down")
        assert "Paragraph 29." in here.shown()


async def test_r_runs_python_of_a_message_as_a_step_of_the_thread_once_the_user_agrees(
    server: FakeTransport, tmp_path: Path
) -> None:
    async def run_code(thread_id: str, code: str) -> Ran:
        raise AssertionError("this is for panels")

    async def connect() -> Connected:
        return Connected(AssistantsClient(server), "test server", "demo", run_code=run_code)

    async with seat(server, tmp_path, connect=connect) as here:
        await answer(here, Say((ANSWER,)), End())
        await here.pilot.press("alt+up")
        assert "r Run" not in here.shown(), "a shell's code does not run here"
        await here.pilot.press("alt+up")
        assert "r Run" in here.shown()
        server.scripts = [[Code(("x = 1\n\nprint(x)",), "1\n"), End()]]
        await here.pilot.press("r")
        await here.until(lambda: "Run this code?" in here.shown())
        await here.alive()
        await here.pilot.press("down", "enter")
        await here.until(lambda: len(server.asked("create_run")) == 2)
        await here.idle()
        assert server.asked("create_run")[1].code == "x = 1\n\nprint(x)"
        assert "code interpreter · step 1" in here.shown()


async def test_a_part_of_the_marked_message_or_of_the_last_answer_is_copied(
    server: FakeTransport, tmp_path: Path
) -> None:
    table = "| Month | Revenue |\n|---|--:|\n| **July** | 41,200 |\n| `=1+1` | \x1b[31mred\x1b[0m |\n"
    async with seat(server, tmp_path) as here:
        await answer(here, Code(("y = 2\n",), "2\n"), Say((f"{ANSWER}\n{table}",)), End())

        async def choose(query: str) -> str:
            await here.until(lambda: isinstance(here.app.screen, CopyScreen), "the parts")
            await here.pilot.press(*query, "enter")
            await here.until(lambda: here.app.screen is here.screen, "the end of the panel")
            return here.app.clipboard

        while marked(here)[0] != "message":
            await here.pilot.press("alt+up")
        await here.until(lambda: "C Copy part" in here.shown())
        await here.pilot.press("C")
        await here.until(lambda: "sh: ls -l" in here.shown(), "a row with the code's language and first line")
        assert await choose("python") == "x = 1\n\nprint(x)"
        here.screen.set_focus(here.screen.prompt)
        await here.write("/copy part")
        assert await choose("tsv") == "Month\tRevenue\nJuly\t41,200\n'=1+1\tred"
        await here.write("/copy table 1 markdown")
        assert (
            here.app.clipboard
            == "| Month | Revenue |\n| --- | --: |\n| **July** | 41,200 |\n| `=1+1` | red |"
        )

        # a message without parts says so
        here.screen.prompt.load_draft("")
        await here.pilot.press("alt+up")
        while marked(here)[1] != "Do it.":
            await here.pilot.press("alt+up")
        await here.pilot.press("C")
        await here.until(lambda: "There is no code and no table in this message." in here.shown(), "the hint")
