"""The assistants on the screen: choosing, making, changing, deleting; nothing that was typed is lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from textual import events
from textual.widgets import Input, TextArea

from aimltui.tui.screens.assistants.editor import AssistantEditor
from aimltui.tui.screens.assistants.manager import AssistantsScreen
from aimltui.tui.screens.assistants.run_options import RunOptionsScreen
from aimltui.tui.screens.dialogs.choice import ChoiceScreen
from aimltui.tui.screens.dialogs.path import PathScreen
from aimltui.tui.screens.dialogs.question import QuestionSheet
from aimltui.tui.state.run_options import EXAMPLE, RunOptions, from_metadata
from aimltui.wire.assistants import Assistant, starters_of
from aimltui.wire.threads import TRASHED_AT
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


async def open_list(here: Seat) -> AssistantsScreen:
    await here.pilot.press("f5")
    await here.until(lambda: "Ready-made" in here.shown() or "In the trash" in here.shown(), "the list")
    screen = here.app.screen
    assert isinstance(screen, AssistantsScreen)
    return screen


async def open_form(here: Seat, name: str) -> AssistantEditor:
    await open_list(here)
    await here.pilot.press(*name, "tab")
    await here.until(lambda: isinstance(here.app.screen, AssistantEditor) and "Instructions" in here.shown())
    screen = here.app.screen
    assert isinstance(screen, AssistantEditor)
    return screen


def writes_options(here: Seat) -> bool:
    """Whether the form of the run options is open and takes letters."""
    return isinstance(here.app.screen, RunOptionsScreen) and isinstance(here.app.screen.focused, TextArea)


def shown_options(here: Seat) -> RunOptions:
    screen = here.app.screen
    assert isinstance(screen, RunOptionsScreen)
    return screen.options


def named(server: FakeTransport, name: str) -> Assistant:
    return next(one for one in server.assistants.values() if one.name == name)


async def test_a_ready_made_assistant_answers_after_one_key_and_offers_its_starters(
    server: FakeTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with seat(server, tmp_path, model="gpt-4o") as here:
        await open_list(here)
        await here.pilot.press(*"plain", "enter")
        await here.until(lambda: "Explain to me in five sentences:" in here.shown())
        # one that ends with a colon waits for the rest
        await here.pilot.press("up", "up", "up", "enter")
        await here.until(lambda: here.screen.prompt.draft == "Explain to me in five sentences: ")
        assert server.asked("create_run") == []
        here.screen.prompt.load_draft("")
        await open_list(here)
        await here.pilot.press(*"math", "enter")
        await here.until(lambda: "Math tutor answers with gpt-4o" in here.shown())
        tutor = named(server, "Math tutor")
        assert [tool.type for tool in tutor.tools] == ["code_interpreter"]
        assert tutor.model == "gpt-4o"
        starters = starters_of(tutor.metadata)
        assert starters[0] in here.shown()
        await here.pilot.press("up", "enter")
        await here.idle()
        assert here.texts()[0] in starters
        assert server.asked("create_run")[-1].assistant_id == tutor.id
        # the cursor is on the one that answers here, also if the list was read before it was shown
        screen = await open_list(here)
        screen.show_lines()
        await here.until(lambda: screen.row is not None and screen.row.id == tutor.id)
        await here.pilot.press("escape")
        # more instructions for the next run in three steps: the word, the example, set
        await here.write("/options")
        await here.until(lambda: isinstance(here.app.screen, RunOptionsScreen))
        await here.pilot.press("ctrl+t", "ctrl+s")
        await here.until(lambda: "next run: more instructions" in here.shown())
        for expected in (EXAMPLE, None):
            await here.write("Who am I?")
            await here.idle()
            assert server.asked("create_run")[-1].additional_instructions == expected
            await here.until(lambda: "next run" not in here.shown())
        # for the thread they stay; the user's editor writes them
        monkeypatch.setenv("VISUAL", f"""sh -c 'printf "%s" "{EXAMPLE}" > "$0"'""")
        await here.write("/options")
        await here.until(lambda: writes_options(here))
        await here.pilot.press("shift+tab", "right", "ctrl+g")
        await here.until(lambda: EXAMPLE in shown_options(here).additional)
        await here.pilot.press("ctrl+s")
        await here.until(lambda: "thread: more instructions" in here.shown())
        # escape asks before it discards what was typed
        await here.write("/options")
        await here.until(lambda: writes_options(here))
        await here.pilot.press("x", "escape")
        await here.until(lambda: isinstance(here.app.screen, QuestionSheet), "the question")
        await here.alive()
        await here.pilot.press("up", "up", "enter")
        await here.until(lambda: not isinstance(here.app.screen, QuestionSheet | RunOptionsScreen))
        assert here.workspace.current.options.next.additional == ""
        # a key that acts does not overtake what was typed before it, also if both come at once
        await here.write("/options")
        await here.until(lambda: writes_options(here))
        for key, character in (("y", "y"), ("ctrl+s", None)):
            here.app.post_message(events.Key(key, character))
        await here.until(lambda: not isinstance(here.app.screen, RunOptionsScreen))
        assert here.workspace.current.options.next.additional == "y"
        thread = server.threads[here.workspace.current.thread_id or ""]
        assert from_metadata(thread.metadata or {}).additional == EXAMPLE


async def test_a_change_is_checked_saved_and_never_lost(server: FakeTransport, tmp_path: Path) -> None:
    server.assistants["asst_own"] = Assistant(id="asst_own", name="Sailor", model="demo", instructions="old")
    async with seat(server, tmp_path) as here:
        form = await open_form(here, "sailor")
        assert not form.is_dirty
        form._fields._temperature.value = "9"
        await here.until(lambda: "● changed" in here.shown())
        await here.pilot.press("ctrl+s")
        await here.until(lambda: "A number from 0 to 2" in here.shown())
        assert server.asked("modify_assistant") == []
        # a file of this machine becomes one of the assistant
        (tmp_path / "ship.csv").write_text("a,b")
        form._host.pick_file(form.form, form._add_file)
        await here.until(lambda: isinstance(here.app.screen, ChoiceScreen))
        await here.pilot.press(*"upload", "enter")
        await here.until(lambda: isinstance(here.app.screen, PathScreen))
        await here.alive()
        here.app.screen.query_one(Input).value = str(tmp_path / "ship.csv")
        await here.pilot.press("enter")
        await here.until(lambda: here.app.screen is form and bool(form.form.code_files))
        (uploaded,) = server.asked("create_file")
        assert (uploaded.purpose, uploaded.file.filename) == ("assistants", "ship.csv")
        form._fields._temperature.value = "0.5"
        await here.until(lambda: "A number from 0 to 2" not in here.shown())
        form._fields.instructions.text = "Speak like a sailor."
        await here.until(lambda: any(file.suffix == ".draft" for file in tmp_path.iterdir()), "the draft")
    # the program ended without a question; the form has it again
    async with seat(server, tmp_path) as here:
        form = await open_form(here, "sailor")
        await here.until(lambda: "unsaved changes" in here.shown())
        assert (form.form.instructions, form.form.temperature) == ("Speak like a sailor.", "0.5")
        await here.pilot.press("escape")
        await here.until(lambda: isinstance(here.app.screen, QuestionSheet))
        await here.alive()
        # the second answer discards it
        await here.pilot.press("down", "down", "enter")
        await here.until(lambda: isinstance(here.app.screen, AssistantsScreen))
        assert server.asked("modify_assistant") == []
        await here.pilot.press("tab")
        await here.until(lambda: isinstance(here.app.screen, AssistantEditor))
        form = here.app.screen
        assert isinstance(form, AssistantEditor)
        assert not form.is_dirty
        form._fields.instructions.text = "mine"
        # another window was faster: nothing is overwritten unasked
        server.assistants["asst_own"] = server.assistants["asst_own"].model_copy(
            update={"instructions": "theirs"}
        )
        await here.pilot.press("ctrl+s")
        await here.until(lambda: "changed elsewhere" in here.shown())
        assert server.assistants["asst_own"].instructions == "theirs"
        await here.pilot.press("ctrl+s")
        await here.until(lambda: isinstance(here.app.screen, AssistantsScreen))
        assert server.assistants["asst_own"].instructions == "mine"


async def test_deleting_goes_to_the_trash_and_back(server: FakeTransport, tmp_path: Path) -> None:
    server.assistants["asst_own"] = Assistant(id="asst_own", name="Tutor", model="demo")
    async with seat(server, tmp_path) as here:
        screen = await open_list(here)
        own = screen.row
        assert own is not None
        assert own.is_own
        await here.pilot.press("delete")
        await here.until(lambda: any("not deleted" in note.message for note in here.app._notifications))
        await here.pilot.press("down", "delete")
        await here.until(lambda: "In the trash" in here.shown())
        assert (server.assistants["asst_own"].metadata or {})[TRASHED_AT]
        await here.pilot.press("ctrl+u")
        await here.until(lambda: "In the trash" not in here.shown())
        await here.pilot.press("ctrl+s")
        await here.until(lambda: "Export Tutor as TOML" in here.shown())
        await here.alive()
        here.app.screen.query_one(Input).value = str(tmp_path / "tutor.toml")
        await here.pilot.press("enter")
        await here.until(lambda: (tmp_path / "tutor.toml").exists() and here.app.screen is screen)
        assert screen.row is not None
        assert screen.row.name == "Tutor"
        await here.pilot.press("delete")
        await here.until(lambda: "In the trash" in here.shown())
        # the cursor is on what took its place, so that a second press deletes nothing for good
        assert screen.row is not None
        assert screen.row.name == "Math tutor"
        await here.pilot.press("down", "down", "down", "down", "delete")
        await here.until(lambda: "for good?" in here.shown())
        await here.alive()
        await here.pilot.press("down", "enter")
        await here.until(lambda: "In the trash" not in here.shown())
        assert "asst_own" not in server.assistants
        # its file brings it back
        await here.pilot.press("ctrl+o")
        await here.until(lambda: isinstance(here.app.screen, PathScreen))
        await here.alive()
        here.app.screen.query_one(Input).value = str(tmp_path / "tutor.tom")
        await here.pilot.press("enter")
        await here.until(lambda: "There is no file" in here.shown())
        here.app.screen.query_one(Input).value = str(tmp_path / "tutor.toml")
        await here.pilot.press("enter")
        await here.until(lambda: here.app.screen is screen and screen.row is not None)
        await here.until(lambda: screen.row is not None and screen.row.name == "Tutor")
        assert named(server, "Tutor").model == "demo"
        await here.pilot.press("ctrl+n")
        await here.until(lambda: "begin with" in here.shown())
        await here.pilot.press(*"toml", "enter")
        await here.until(lambda: isinstance(here.app.screen, PathScreen))
