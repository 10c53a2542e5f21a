"""Slash words: a command instead of a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.tui.commands.derived import COMMANDS, slash_command, slash_meant
from tests.support.fake_transport import FakeTransport
from tests.support.screen import seat


def test_every_slash_word_is_one_word_and_leads_to_one_command_that_does_something() -> None:
    words = [item.slash for item in COMMANDS if item.slash]
    assert len(words) == len(set(words)) > 10
    assert all(word[1:].isalpha() and word.islower() for word in words)
    assert all(item.action for item in COMMANDS if item.slash)


async def test_a_slash_word_is_done_and_not_sent(tmp_path: Path) -> None:
    server = FakeTransport()
    async with seat(server, tmp_path) as here:
        await here.write("/Usage ")
        await here.until(lambda: "by model" in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is here.screen)
        assert here.screen.prompt.draft == ""
        assert server.asked("create_message") == []


async def test_a_word_that_is_no_command_goes_back_and_is_a_message_behind_a_blank(tmp_path: Path) -> None:
    server = FakeTransport()
    async with seat(server, tmp_path) as here:
        # blanks alone are no command, and harm nothing
        await here.pilot.press("space", "ctrl+j")
        assert here.screen.prompt.draft == " \n"
        await here.pilot.press("backspace", "backspace")
        await here.write("/nope")
        await here.until(lambda: "Unknown command /nope" in here.shown())
        assert here.screen.prompt.draft == "/nope"
        assert server.asked("create_message") == []
        await here.pilot.press("home", "space", "enter")
        await here.until(lambda: server.asked("create_message"))
        await here.idle()


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("/rename", "/title"),
        ("/models", "/model"),
        ("/modle", "/model"),
        ("/assistnat", "/assistant"),
        ("/Redo", "/retry"),
        ("/home", None),
        ("/mnt", None),
        ("/opt", None),
    ],
)
def test_a_word_of_other_programs_or_a_misspelt_one_names_the_command(word: str, meant: str | None) -> None:
    found = slash_meant(word)
    assert (found.slash if found is not None else None) == meant
    # with words behind it, too, it is no message; a path's first part is one
    assert slash_command(f"{word} and more") == (word if meant else None)


async def test_a_word_that_is_much_like_a_command_is_not_sent_and_the_list_offers_what_it_means(
    tmp_path: Path,
) -> None:
    server = FakeTransport()
    async with seat(server, tmp_path) as here:
        await here.write("/modle gpt")
        await here.until(
            lambda: "There is no /modle. Did you mean /model? A space first makes it text." in here.shown()
        )
        assert here.screen.prompt.draft == "/modle gpt"
        here.screen.prompt.load_draft("")
        await here.pilot.press(*"/resume")
        await here.until(lambda: "/threads" in here.shown())
        assert server.asked("create_message") == []


async def test_a_command_that_makes_no_sense_now_says_so_and_a_path_is_a_message(tmp_path: Path) -> None:
    server = FakeTransport()
    async with seat(server, tmp_path) as here:
        await here.write("/stop")
        await here.until(lambda: "Nothing to stop here." in here.shown())
        await here.write("/etc/hosts: what is it?")
        await here.until(lambda: server.asked("create_message"))
        await here.idle()


def thread_of(server: FakeTransport) -> dict[str, str]:
    """The metadata of the only thread."""
    [thread] = server.threads.values()
    return dict(thread.metadata or {})


async def test_tools_are_switched_by_a_word_or_from_a_list(tmp_path: Path) -> None:
    server = FakeTransport()
    async with seat(server, tmp_path) as here:
        tools, conversation = here.workspace.tools, here.workspace.current
        await here.write("/tools off")
        await here.until(lambda: any("Tools are off" in note.message for note in here.app._notifications))
        assert tools.of(conversation) == "off"
        await here.write("hello")
        await here.until(lambda: "hello" in here.texts())
        await here.idle()
        assert thread_of(server)["tools"] == "off"
        await here.write("/tools sideways")
        await here.until(lambda: "Tools are on, off or auto." in here.shown())
        await here.write("/tools")
        await here.until(lambda: "Tools in this thread" in here.shown())
        await here.pilot.press(*"on in every", "enter")
        await here.until(lambda: tools.of(conversation) == "on")
        assert conversation.selection.tools is None
        # the web is switched in the same way
        await here.write("/web on")
        await here.until(lambda: conversation.selection.web == "on")
        await here.until(lambda: "test server + web" in here.shown())
        await here.write("/web sideways")
        await here.until(lambda: "The web is on or off." in here.shown())
        await here.write("/web")
        await here.until(lambda: "Web in this thread" in here.shown())
        await here.pilot.press(*"off in every", "enter")
        await here.until(lambda: not here.workspace.web.is_on(conversation))
    assert (thread_of(server)["tools"], thread_of(server)["web"]) == ("", "")


async def test_the_list_stands_on_the_prompt_also_when_that_changes_its_height(tmp_path: Path) -> None:
    async with seat(FakeTransport(), tmp_path, size=(120, 40)) as here:
        await here.pilot.press("/", "t", "h")
        offered, prompt = here.screen.slashes(), here.screen.prompt
        await here.until(lambda: offered.is_open and offered.region.bottom == prompt.region.y)
        before = prompt.region.height
        await here.pilot.resize_terminal(120, 24)
        await here.until(lambda: prompt.region.height < before)
        await here.until(lambda: offered.region.bottom == prompt.region.y)
        # a command stands under what is written
        assert here.shown().split("\n")[prompt.region.y - 1].index("/") == prompt.content_region.x
