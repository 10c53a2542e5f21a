"""Connecting: the first start, the form, the list of connections."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from aimltui.connections import types as connecting
from aimltui.connections.types import LocalServer
from aimltui.tui.screens.connect.connect import ConnectScreen
from aimltui.tui.screens.connect.connections import ConnectionsScreen
from aimltui.tui.screens.connect.form import ConnectFormScreen
from aimltui.tui.screens.connect.key_input import KeyInput
from aimltui.tui.state.connect_options import DEMO, LOCAL, OTHER
from aimltui.tui.widgets.footer import FooterBar
from aimltui.tui.widgets.pick_list import PickList
from tests.support.fake_connections import (
    AIMLAPI,
    AIMLAPI_KEY,
    GOOD,
    OLLAMA,
    REFUSED,
    WORK,
    FakeConnections,
)
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat

KEY = "sk-0123456789abcdef"


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


async def on(here: Seat, kind: type) -> None:
    await here.until(lambda: isinstance(here.app.screen, kind), kind.__name__)
    await here.alive()


async def press(here: Seat, *keys: str) -> None:
    await here.pilot.press(*keys)
    await here.pilot.pause()


async def choose(here: Seat, option: str) -> None:
    """Choose what can be connected to."""
    screen = here.app.screen
    assert isinstance(screen, ConnectScreen)
    for _ in range(20):
        row = screen.pick_list.cursor_row
        if row is not None and row.id == option:
            break
        await here.pilot.press("down")
    await press(here, "enter")


def header(here: Seat) -> tuple[str, str]:
    return here.screen.header.model, here.screen.header.endpoint


def said(here: Seat) -> str:
    """The toasts; a test run does not paint them."""
    return " ".join(note.message for note in here.app._notifications)


async def open_list(here: Seat) -> None:
    here.screen.action_connections()
    await on(here, ConnectionsScreen)


# The first start


async def test_a_key_in_the_environment_is_used_with_two_presses_of_enter(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections(found=[AIMLAPI_KEY])
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await on(here, ConnectScreen)
        assert "found AIMLAPI_API_KEY: use it" in here.shown()
        assert "Only what you choose is contacted" in here.shown()
        await press(here, "enter")
        await on(here, ConnectFormScreen)
        assert "Only api.aimlapi.com is contacted, and only it gets the key." in here.shown()
        await press(here, "enter")
        await here.until(lambda: header(here) == ("gpt-4o", "AI/ML API"))
        (draft,) = service.saved
        assert (draft.key, draft.key_variable) == ("", "AIMLAPI_API_KEY")
        assert "AI/ML API is connected: 429 models." in said(here)
        await here.write("Hello")
        await here.idle()
        assert server.asked("create_run")[0].model == "gpt-4o"


async def test_escape_skips_it_and_the_guide_leads_back(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path, model=None, connections=FakeConnections()) as here:
        await on(here, ConnectScreen)
        await press(here, "escape")
        assert here.app.screen is here.screen
        assert "Nothing is connected yet" in here.shown()
        await press(here, "up", "up", "enter")
        await on(here, ConnectScreen)


async def test_looking_around_is_a_row(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path, model=None, connections=FakeConnections()) as here:
        await on(here, ConnectScreen)
        await here.pilot.press("up")
        screen = here.app.screen
        assert isinstance(screen, ConnectScreen)
        assert screen.pick_list.cursor_row is not None
        assert screen.pick_list.cursor_row.id == DEMO, "one key from the first row"
        await choose(here, DEMO)
        await here.until(lambda: here.workspace.models.model_of(here.workspace.current) == "demo")
        await here.until(lambda: header(here) == ("demo", "offline"))
        here.screen.open_connect()
        await on(here, ConnectScreen)
        assert "Try the demo" not in here.shown()


async def test_who_writes_already_is_not_interrupted_and_the_text_waits_for_the_user(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections(found=[AIMLAPI_KEY])
    async with seat(server, tmp_path, is_up=False, model=None, connections=service) as here:
        here.screen.prompt.add_text("A question")
        await here.until(lambda: here.screen.workspace is not None and "Nothing is connected" in here.shown())
        assert here.app.screen is here.screen
        await press(here, "enter")
        await here.until(lambda: "No model is chosen" in here.shown())
        await here.idle()
        here.screen.action_connections()
        await on(here, ConnectScreen)
        await press(here, "enter", "enter")
        await here.until(lambda: header(here)[1] == "AI/ML API")
        assert here.screen.prompt.draft == "A question"
        assert "No model is chosen" not in here.shown()
        assert server.asked("create_run") == []
        await press(here, "enter")
        await here.idle()
        assert here.texts()[0] == "A question"


async def test_connecting_after_looking_around_leaves_the_demo_model(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections(found=[AIMLAPI_KEY])
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await on(here, ConnectScreen)
        await choose(here, DEMO)
        await here.write("Hello")
        await here.until(lambda: server.asked("create_run"))
        await here.idle()
        here.screen.open_connect()
        await on(here, ConnectScreen)
        await press(here, "enter", "enter")
        await here.until(lambda: header(here) == ("gpt-4o", "AI/ML API"))


async def test_where_no_model_is_named_the_first_of_the_list_is_shown_at_once(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections(found=[AIMLAPI_KEY], model="")
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await on(here, ConnectScreen)
        await press(here, "enter", "enter")
        await here.until(lambda: header(here) == ("demo", "AI/ML API"))


# Servers on this machine


async def test_this_machine_is_asked_only_when_it_is_wanted(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(servers=[LocalServer("Ollama", "http://localhost:11434/v1", 7)])
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await on(here, ConnectScreen)
        assert service.searches == 0
        service.gate.clear()
        await press(here, "ctrl+r")
        assert "looking at this machine's usual ports…" in here.shown()
        service.gate.set()
        await here.until(lambda: "Ollama · 7 models" in here.shown())
        await press(here, "enter")
        await on(here, ConnectFormScreen)
        assert "● No key" in here.shown()
        await press(here, "enter")
        await here.until(lambda: service.saved)
        assert (service.saved[0].name, service.saved[0].key_place) == ("Ollama", "none")


async def test_escape_stops_the_search_before_it_closes(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections()
    service.gate.clear()
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await on(here, ConnectScreen)
        await choose(here, LOCAL)
        await press(here, "escape")
        await here.until(lambda: "asking" not in here.shown())
        assert isinstance(here.app.screen, ConnectScreen)
        service.gate.set()
        await choose(here, LOCAL)
        await here.until(lambda: "no server found" in here.shown())
        await press(here, "escape")
        assert here.app.screen is here.screen


# The form


async def pasted_form(here: Seat) -> None:
    await on(here, ConnectScreen)
    await press(here, "enter")
    await on(here, ConnectFormScreen)
    assert isinstance(here.app.focused, KeyInput)
    here.app.post_message(_paste(f"\n  {KEY}\n"))
    await here.until(lambda: here.app.screen.query_one(KeyInput).value == KEY)


def _paste(text: str) -> object:
    from textual.events import Paste

    return Paste(text)


async def test_a_pasted_key_is_cleaned_masked_and_kept_where_it_is_said(
    server: FakeTransport, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    service = FakeConnections()
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await pasted_form(here)
        assert KEY not in here.shown()
        assert "•" * len(KEY) in here.shown()
        await press(here, "ctrl+a", "ctrl+c", "ctrl+x")
        assert KEY not in here.app.clipboard
        here.app.post_message(_paste(KEY))
        await press(here, "shift+tab", "down")
        assert "enter Choose" in here.shown()
        await press(here, "enter")
        assert isinstance(here.app.focused, KeyInput)
        await press(here, "enter")
        await here.until(lambda: service.saved)
        (draft,) = service.saved
        assert (draft.key, draft.key_place) == (KEY, "file")
        await here.until(lambda: "in a file that only you can read" in said(here))
        assert KEY not in here.shown()
    assert KEY not in caplog.text


async def test_a_refused_key_is_said_and_can_be_saved_all_the_same(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections(verdicts=[REFUSED])
    async with seat(server, tmp_path, model=None, connections=service, size=(80, 24)) as here:
        await pasted_form(here)
        await press(here, "ctrl+s")
        assert service.saved == []
        await press(here, "enter")
        await here.until(lambda: "api.aimlapi.com refused the key (401)." in here.shown())
        assert "Copy the key again. Nothing is saved; ctrl+s saves it anyway." in here.shown()
        assert "ctrl+s Save anyway" in here.shown()
        await press(here, "ctrl+s")
        await here.until(lambda: service.saved)
        await here.until(lambda: "is saved, but its test failed" in said(here))


async def test_what_cannot_be_kept_is_not_offered_to_be_saved(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(
        verdicts=[connecting.Tested(False, "There is no key in this.", can_be_saved=False)]
    )
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await pasted_form(here)
        await press(here, "enter")
        await here.until(lambda: "There is no key in this." in here.shown())
        assert "Nothing is saved." in here.shown()
        assert "ctrl+s" not in here.shown().rpartition("There is no key")[2].partition("esc Back")[0]
        await press(here, "ctrl+s")
        assert service.saved == []


async def test_what_a_test_found_does_not_hold_for_other_values(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections(verdicts=[REFUSED, GOOD])
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await pasted_form(here)
        await press(here, "ctrl+t")
        await here.until(lambda: "ctrl+s Save anyway" in here.shown())
        await press(here, "x")
        assert "Save anyway" not in here.shown()
        assert "refused" not in here.shown()
        await press(here, "ctrl+t")
        await here.until(lambda: "✓ 429 models" in here.shown())
        assert service.saved == []


async def test_escape_stops_the_test_and_going_back_loses_nothing(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections()
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await pasted_form(here)
        service.gate.clear()
        await press(here, "enter")
        await here.until(lambda: "Asking api.aimlapi.com for its models…" in here.shown())
        await press(here, "escape")
        await here.until(lambda: "Stopped. Nothing is saved." in here.shown())
        await press(here, "escape")
        await on(here, ConnectScreen)
        await press(here, "enter")
        await on(here, ConnectFormScreen)
        assert here.app.screen.query_one(KeyInput).value == KEY
        service.gate.set()
        await press(here, "enter")
        await here.until(lambda: service.saved)


async def test_what_cannot_be_saved_is_said_and_stays(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(refusal="The disk is full.")
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await pasted_form(here)
        await press(here, "enter")
        await here.until(lambda: "It was not saved. The disk is full." in here.shown())
        assert here.app.screen.query_one(KeyInput).value == KEY


async def test_another_address_can_be_a_server_of_assistants(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections()
    async with seat(server, tmp_path, model=None, connections=service, size=(80, 24)) as here:
        await on(here, ConnectScreen)
        await press(here, "down", "down", "down", "enter")
        await on(here, ConnectFormScreen)
        await press(here, "enter")
        assert "The address is missing" in here.shown()
        await press(here, *"localhost:9000/v1", "down", "down", "enter")
        # no key is the choice for this machine
        await press(here, "down", "enter")
        await here.until(lambda: service.saved)
        (draft,) = service.saved
        assert (draft.base_url, draft.kind, draft.key_place) == (
            "http://localhost:9000/v1",
            "assistants",
            "none",
        )
        assert draft.name == "localhost:9000"


@pytest.mark.parametrize("size", [(20, 5), (40, 12), (200, 60)])
async def test_the_screens_stand_any_size(
    server: FakeTransport, tmp_path: Path, size: tuple[int, int]
) -> None:
    service = FakeConnections(there=[WORK])
    async with seat(server, tmp_path, connections=service, size=size) as here:
        await open_list(here)
        await press(here, "a", "down", "down", "down", "enter")
        await on(here, ConnectFormScreen)
        await press(here, "tab", "tab", "tab", "enter", "escape", "escape", "escape")
        assert here.app.screen is here.screen


# The list


async def test_the_list_says_where_each_connection_is_and_its_key(
    server: FakeTransport, tmp_path: Path
) -> None:
    broken = replace(WORK, problem="The keychain does not answer.")
    service = FakeConnections(there=[OLLAMA, AIMLAPI, broken])
    async with seat(server, tmp_path, connections=service) as here:
        await open_list(here)
        shown = here.shown()
        assert "✓ AI/ML API" in shown
        assert "api.aimlapi.com · in AIMLAPI_API_KEY" in shown
        assert "localhost:11434 · no key" in shown
        assert "✗ models.example.com · sk-…1f3a in the keychain" in shown
        await press(here, "down", "down")
        assert "The keychain does not answer." in here.shown()


async def test_a_connection_is_tested_and_made_the_default(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(there=[AIMLAPI, OLLAMA], model="llama3")
    async with seat(server, tmp_path, connections=service) as here:
        await open_list(here)
        await press(here, "down", "t")
        await here.until(lambda: "✓ 429 models" in here.shown())
        assert service.tested[0].name == "Ollama"
        await press(here, "d")
        await here.until(lambda: "✓ Ollama" in here.shown())
        await press(here, "escape")
        await here.until(lambda: header(here) == ("llama3", "Ollama"))


async def test_removing_asks_first_and_says_what_becomes_of_the_key(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections(there=[AIMLAPI, WORK])
    async with seat(server, tmp_path, connections=service) as here:
        await open_list(here)
        await press(here, "down", "delete")
        await here.alive()
        assert "Remove “Work”?" in here.shown()
        assert "Its key is deleted, too" in here.shown()
        await press(here, "escape")
        assert len(service.there) == 2
        await press(here, "delete")
        await here.alive()
        await press(here, "down", "enter")
        await here.until(lambda: "Work" not in here.shown())
        assert [row.name for row in service.there] == ["AI/ML API"]
        await press(here, "delete")
        await here.alive()
        assert "The variable AIMLAPI_API_KEY stays as it is." in here.shown()
        await press(here, "down", "enter")
        await here.until(lambda: "No connection yet. a adds one." in here.shown())
        await press(here, "escape")
        await here.until(lambda: header(here)[1] == "not connected")


async def test_a_removed_default_gives_way_to_the_next_one(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(there=[AIMLAPI, OLLAMA])
    async with seat(server, tmp_path, connections=service) as here:
        await open_list(here)
        await press(here, "delete")
        await here.alive()
        await press(here, "down", "enter")
        await here.until(lambda: "✓ Ollama" in here.shown())
        service.refusal = "The configuration cannot be written."
        await press(here, "delete")
        await here.alive()
        await press(here, "down", "enter")
        await here.until(lambda: "✗ The configuration cannot be written." in here.shown())


async def test_a_changed_host_asks_for_the_key_anew(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(there=[WORK])
    async with seat(server, tmp_path, connections=service) as here:
        await open_list(here)
        await press(here, "enter")
        await on(here, ConnectFormScreen)
        assert "● As now" in here.shown()
        here.app.screen.query_one("#address", Input).value = "https://other.example.com/v1"
        await here.until(lambda: "The saved key is not for other.example.com" in here.shown())
        assert "As now" not in here.shown()
        await press(here, "enter")
        assert "the saved key is not sent there" in " ".join(here.shown().split())
        assert service.tested == []


async def test_a_key_that_is_pasted_beside_the_fields_is_taken_as_the_new_key(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections(there=[WORK])
    async with seat(server, tmp_path, connections=service) as here:
        await open_list(here)
        await press(here, "enter")
        await on(here, ConnectFormScreen)
        here.app.post_message(_paste(KEY))
        await here.until(lambda: "•" * len(KEY) in here.shown())
        assert "● Paste, save in keychain" in here.shown()
        await press(here, "enter")
        await here.until(lambda: service.saved)
        assert (service.saved[0].key, service.saved[0].base_url) == (KEY, WORK.base_url)


async def test_an_added_connection_need_not_be_the_default(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(there=[AIMLAPI], found=[AIMLAPI_KEY])
    async with seat(server, tmp_path, connections=service) as here:
        await open_list(here)
        await press(here, "a")
        await on(here, ConnectScreen)
        await press(here, "enter")
        await on(here, ConnectFormScreen)
        assert here.app.screen.query_one("#name", Input).value == "AI/ML API 2"
        await press(here, "shift+tab", "down", "space", "enter")
        await on(here, ConnectionsScreen)
        assert [row.is_default for row in service.there] == [True, False]
        assert "AI/ML API 2" in here.shown()


async def test_a_click_chooses_and_the_keys_below_can_be_clicked(
    server: FakeTransport, tmp_path: Path
) -> None:
    service = FakeConnections()
    async with seat(server, tmp_path, model=None, connections=service, size=(80, 24)) as here:
        await on(here, ConnectScreen)
        await here.pilot.click(PickList, offset=(10, 1))
        await on(here, ConnectFormScreen)
        assert "https://api.openai.com/v1" in here.shown()
        await here.pilot.click("#options", offset=(5, 2))
        assert "● Name a variable" in here.shown()
        bar = here.app.screen.query_one(FooterBar)
        await here.pilot.click(bar, offset=(str(bar.render()).index("Back") + 2, 0))
        await on(here, ConnectScreen)


async def test_without_connections_of_its_own_the_program_says_why(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        here.screen.action_connections()
        await here.until(lambda: "The models come from test server" in said(here))
        await press(here, "ctrl+p", *"connections")
        assert "no command for" in here.shown()


# What the service tells beside


async def test_a_server_of_this_machine_is_asked_without_a_key_which_is_asked_for_when_it_wants_one(
    server: FakeTransport, tmp_path: Path
) -> None:
    wants = connecting.Tested(False, "127.0.0.1:18180 needs an API key.", "Paste it.", wants_key=True)
    service = FakeConnections(verdicts=[wants, GOOD])
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await on(here, ConnectScreen)
        await choose(here, OTHER)
        await on(here, ConnectFormScreen)
        await press(here, *"127.0.0.1:18180/v1", "enter")
        await here.until(
            lambda: "needs an API key" in here.shown() and isinstance(here.app.focused, KeyInput)
        )
        assert service.tested[0].key == ""
        await press(here, *"abc", "enter")
        await here.until(lambda: service.saved)
        assert (service.saved[0].key, service.saved[0].base_url) == ("abc", "http://127.0.0.1:18180/v1")


async def test_a_better_address_is_taken_with_a_key(server: FakeTransport, tmp_path: Path) -> None:
    better = "http://localhost:9000/v1"
    wrong = connecting.Tested(False, "No list of models.", f"Use {better}.", better_url=better)
    service = FakeConnections(there=[OLLAMA], verdicts=[wrong, GOOD])
    async with seat(server, tmp_path, connections=service, size=(80, 24)) as here:
        await open_list(here)
        await press(here, "enter", "ctrl+t")
        await here.until(lambda: "ctrl+n Use it" in here.shown())
        await press(here, "ctrl+n")
        await here.until(lambda: "✓ 429 models" in here.shown())
        assert service.tested[-1].base_url == better


async def test_a_server_of_assistants_waits_for_the_next_start(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(verdicts=[connecting.Tested(True, "supports the Assistants API")])
    async with seat(server, tmp_path, model=None, connections=service) as here:
        await on(here, ConnectScreen)
        await press(here, "down", "down", "down", "enter")
        await press(
            here, *"localhost:9000", "down", "down", "space", "tab", "down", "down", "down", "space", "enter"
        )
        await here.until(lambda: "It takes effect after a restart" in said(here))
        assert not here.workspace.models.is_set_up
        assert header(here)[1] == "test server"


async def test_what_was_not_added_here_is_not_removed_here(server: FakeTransport, tmp_path: Path) -> None:
    service = FakeConnections(there=[replace(AIMLAPI, is_own=False)])
    async with seat(server, tmp_path, connections=service) as here:
        await open_list(here)
        await press(here, "delete")
        assert "it comes from the variable AIMLAPI_API_KEY" in " ".join(here.shown().split())
        assert isinstance(here.app.screen, ConnectionsScreen)
        assert len(service.there) == 1
