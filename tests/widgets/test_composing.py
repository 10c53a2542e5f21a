"""What helps to write a message: commands with arguments, what was said before, the editor, saved prompts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.tui.state.attached_files import AttachedFile
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


def offered(here: Seat) -> list[str]:
    """The rows of the list after a slash; none while it is closed."""
    slashes = here.screen.slashes()
    return [row.label for row in slashes._lines if not isinstance(row, str)] if slashes.is_open else []


async def type_in(here: Seat, text: str) -> None:
    """Write into the prompt, until the list after the slash is about it."""
    here.screen.prompt.add_text(text)
    await here.until(lambda: here.screen.slashes().is_fresh(), "a fresh list")


async def test_a_slash_offers_commands_and_their_arguments_over_the_transcript(tmp_path: Path) -> None:
    server = FakeTransport()
    server.say("Corn")
    async with seat(server, tmp_path, thread_id=next(iter(server.threads))) as here:
        await here.until(lambda: here.texts()[:1] == ["Corn"])
        place = here.screen.transcript.region
        await type_in(here, "/th")
        assert offered(here)[:2] == ["/threads", "/theme NAME"]
        assert here.screen.transcript.region == place
        # escape closes the list for this word
        await here.pilot.press("escape")
        assert offered(here) == []
        assert here.screen.prompt.text == "/th"
        here.screen.prompt.load_draft("")
        await type_in(here, "/them")
        await here.pilot.press("tab")
        await here.until(lambda: here.screen.prompt.text == "/theme ")
        await type_in(here, "aimltui-li")
        assert offered(here)[0] == "aimltui-light"
        await here.pilot.press("enter")
        await here.until(lambda: here.app.theme == "aimltui-light")
        assert here.screen.prompt.is_empty

        # one list at a time: an @ names an assistant here, no file
        await type_in(here, "/retry @")
        await here.pilot.pause()
        assert here.screen.slashes().is_open
        assert not here.screen.mentions().is_open
        here.screen.prompt.load_draft("")

        # a command that only resembles what was written does not run at once
        await type_in(here, "/qt")
        assert "/quit" in offered(here)
        await here.pilot.press("enter")
        await here.until(lambda: here.screen.prompt.text == "/quit ")
        here.screen.prompt.load_draft("")

        # words behind a known command are its argument, and never a message
        await here.write("/title My title")
        await here.until(lambda: list(here.rows()) == ["My title"])
        await here.write("/new thoughts on corn")
        await here.until(lambda: "/new takes no words" in here.shown())
        assert here.screen.prompt.draft == "/new thoughts on corn"
        here.screen.prompt.load_draft("")
        await here.write("/model nothing-like-it")
        await here.until(lambda: here.app.screen is not here.screen, "the models")
        assert "nothing-like-it" in here.shown()
        await here.pilot.press("escape")
        assert server.asked("create_message") == []


async def test_up_walks_through_what_was_said_before_and_ctrl_r_searches_it(tmp_path: Path) -> None:
    server = FakeTransport()
    server.say("Wheat in March")
    corn = server.say("Corn in May")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.until(lambda: here.texts()[:1] == ["Corn in May"])
        prompt = here.screen.prompt
        await here.pilot.press("up")
        assert prompt.text == "Corn in May"
        await here.until(lambda: len(here.screen.history._items) == 2, "the other thread")
        await here.pilot.press("up")
        assert prompt.text == "Wheat in March"
        await here.pilot.press("up")
        assert prompt.text == "Wheat in March"
        await here.pilot.press("down", "down")
        assert prompt.is_empty
        # what was changed is the user's own
        await here.pilot.press("up", "x", "up")
        assert prompt.text == "Corn in Mayx"
        prompt.load_draft("")
        await here.pilot.press("ctrl+r")
        await here.until(lambda: "What you said before" in here.shown())
        await here.pilot.press(*"wheat", "enter")
        await here.until(lambda: prompt.text == "Wheat in March")


async def test_the_prompt_is_written_in_the_editor_and_survives_its_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    editor = tmp_path / "editor.sh"
    editor.write_text('#!/bin/sh\ngrep -q fail "$1" && exit 3\nprintf " and more" >> "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", str(editor))
    server = FakeTransport()
    async with seat(server, tmp_path) as here:
        prompt = here.screen.prompt
        prompt.add_text("One")
        prompt.set_files([AttachedFile("/tmp/a.csv", "a.csv", 3, "code_interpreter")])
        await here.pilot.press("ctrl+g")
        await here.until(lambda: prompt.text == "One and more")
        assert [file.name for file in prompt.files] == ["a.csv"]
        await here.pilot.press("ctrl+z")
        assert prompt.text == "One"
        prompt.add_text(" fail")
        await here.pilot.press("ctrl+g")
        await here.until(
            lambda: any("ended with status 3" in told.message for told in here.app._notifications)
        )
        assert prompt.text == "One fail"


async def test_a_saved_prompt_asks_for_its_blanks(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "prompts"
    folder.mkdir(parents=True)
    (folder / "Review.md").write_text("Review {{what}} for {{whom}}.\n")
    (folder / "tr.md").write_text("Translate: {{text}}")
    server = FakeTransport()
    async with seat(server, tmp_path, config_path=tmp_path / "config" / "config.toml") as here:
        prompt = here.screen.prompt
        await type_in(here, "/")
        await here.until(lambda: len(here.screen.saved_prompts) == 2)
        await here.pilot.press(*"rev")
        await here.until(lambda: "/review" in offered(here))
        prompt.load_draft("")
        await here.write("/tr good morning")
        await here.until(lambda: prompt.text == "Translate: good morning")
        prompt.load_draft("")
        await here.write("/review this letter")
        # the form fills the prompt; it sends nothing
        await here.until(lambda: "/review asks" in here.shown() and "ctrl+s Insert" in here.shown())
        await here.pilot.press("tab", *"Ann", "ctrl+s")
        await here.until(lambda: prompt.text == "Review this letter for Ann.")
        assert server.asked("create_message") == []
