"""What a card offers: another key, another model, the message once more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.client.errors import Unreachable
from aimltui.tui.screens.connect.form import ConnectFormScreen
from aimltui.tui.screens.dialogs.model_picker import ModelPicker
from aimltui.tui.state.entries import ErrorEntry
from aimltui.wire.errors import APIError
from tests.support.fake_connections import AIMLAPI, WORK, FakeConnections
from tests.support.fake_transport import FakeTransport, refused
from tests.support.run_scenes import FAILURE, Act, End, Say
from tests.support.screen import NoMistakes, Seat, seat

REFUSED: tuple[Act, ...] = (End("failed", FAILURE, usage=None),)
BUSY: tuple[Act, ...] = (End("failed", FAILURE.model_copy(update={"status": 503}), usage=None),)
ANSWERED: tuple[Act, ...] = (Say(("Here you are.",)), End())


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


def cards(here: Seat) -> list[ErrorEntry]:
    return [entry for entry in here.entries if isinstance(entry, ErrorEntry)]


async def fail(here: Seat, text: str = "Hello") -> None:
    await here.write(text)
    await here.until(lambda: cards(here))
    await here.idle()


async def test_a_refused_key_is_a_card_with_keys(server: FakeTransport, tmp_path: Path) -> None:
    server.scripts = [REFUSED]
    async with seat(server, tmp_path, connections=FakeConnections(there=[WORK, AIMLAPI])) as here:
        await fail(here)
        assert " r Retry   m Model   k Key" in here.shown()
        await here.pilot.press("alt+up", "k")
        await here.until(lambda: isinstance(here.app.screen, ConnectFormScreen))
        await here.pilot.pause()
        assert "AI/ML API" in here.shown()
        assert "● Paste" in here.shown()
        assert here.screen.prompt.is_empty


async def test_send_again_runs_once_more_without_a_second_message(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [REFUSED, ANSWERED]
    async with seat(server, tmp_path) as here:
        await fail(here)
        await here.pilot.press("alt+up", "r")
        await here.until(lambda: "Here you are." in here.texts())
        await here.idle()
        assert here.texts() == ["Hello", "Here you are."]
        (thread_id,) = server.threads
        assert server.texts(thread_id) == ["Hello", "Here you are."]
        (card,) = cards(here)
        assert card.actions == ()
        live = here.entries
        await here.workspace.open(thread_id)
        await here.until(lambda: here.entries == live, "the same after reading it again")


async def test_enter_and_a_click_do_what_is_marked(server: FakeTransport, tmp_path: Path) -> None:
    server.scripts = [BUSY, BUSY, ANSWERED]
    async with seat(server, tmp_path) as here:
        await fail(here)
        assert "k Key" not in here.shown()
        await here.pilot.press("alt+up", "enter")
        await here.until(lambda: len(cards(here)) == 2)
        await here.idle()
        lines = here.shown().splitlines()
        row = next(y for y, line in enumerate(lines) if "r Retry" in line)
        await here.pilot.click(offset=(lines[row].index("r Retry") + 3, row))
        await here.until(lambda: "Here you are." in here.texts())
        await here.idle()
        assert len(server.asked("create_run")) == 3
        assert len(server.asked("create_message")) == 1


async def test_another_model_is_picked_and_letters_elsewhere_go_to_the_prompt(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [BUSY]
    async with seat(server, tmp_path) as here:
        await fail(here)
        await here.pilot.press("alt+up", "m")
        await here.until(lambda: isinstance(here.app.screen, ModelPicker))
        await here.pilot.press("escape")
        await here.pilot.press(*"kmr")
        assert here.screen.prompt.draft == "kmr"
        here.screen.prompt.load_draft("")
        await here.pilot.press("alt+up", "x")
        assert here.screen.prompt.draft == "x"


async def test_a_card_is_reached_although_its_text_is_back_in_the_prompt(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.failures["create_thread"] = [APIError("No models.", status=502, code="models_unavailable")]
    async with seat(server, tmp_path, connections=FakeConnections(there=[WORK, AIMLAPI])) as here:
        await fail(here, "First line\nsecond")
        assert "alt+↑  r Retry   m Model   k Key" in here.shown()
        await here.pilot.press("alt+up", "k")
        await here.until(lambda: isinstance(here.app.screen, ConnectFormScreen))
        assert here.screen.prompt.draft == "First line\nsecond"


async def test_what_was_not_sent_is_sent_by_one_letter_once_the_server_answers(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [ANSWERED]
    server.failures["create_thread"] = [APIError("Nothing answers.", status=500, code="models_unreachable")]
    async with seat(server, tmp_path) as here:
        await fail(here)
        assert [action.label for action in cards(here)[0].actions] == ["Retry", "Model", "Connection"]
        await here.pilot.press("alt+up", "r")
        await here.until(lambda: "Here you are." in here.texts())
        await here.idle()
        assert cards(here) == []
        assert here.screen.prompt.is_empty


async def test_a_run_that_did_not_start_can_be_sent_again_and_its_card_goes(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [ANSWERED]
    server.failures["create_run"] = [refused("The disk is full.", 500)]
    async with seat(server, tmp_path) as here:
        await fail(here)
        assert "The run was not started" in here.shown()
        await here.pilot.press("alt+up", "r")
        await here.until(lambda: "Here you are." in here.texts())
        await here.idle()
        assert cards(here) == []
        assert here.texts() == ["Hello", "Here you are."]


async def test_sending_again_in_vain_says_so_and_can_be_tried_again(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [REFUSED, ANSWERED]
    async with seat(server, tmp_path) as here:
        await fail(here)
        here.workspace.assistants.forget(here.workspace.assistants.id_of(here.workspace.current) or "")
        server.failures["list_assistants"] = [Unreachable("Nobody answers.", "Look at the network.")]
        here.screen.send_again()
        await here.until(lambda: "Nobody answers." in here.shown())
        await here.idle()
        here.screen.send_again()
        await here.until(lambda: "Here you are." in here.texts())
        await here.idle()
        assert "Nobody answers." not in here.shown()


async def test_the_palette_offers_it_only_where_an_answer_is_missing(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [REFUSED, ANSWERED]
    async with seat(server, tmp_path) as here:
        assert "unanswered" not in here.screen.command_state()
        await fail(here)
        assert "unanswered" in here.screen.command_state()
        here.screen.send_again()
        await here.until(lambda: "Here you are." in here.texts())
        await here.idle()
        assert "unanswered" not in here.screen.command_state()


async def test_an_endpoint_that_lists_no_models_offers_its_key_and_the_text_is_back(
    server: FakeTransport, tmp_path: Path
) -> None:
    why = "The key was refused."
    server.failures["list_models"] = [APIError(why, status=500, code="models_unavailable") for _ in range(9)]
    service = FakeConnections(there=[AIMLAPI])
    async with seat(server, tmp_path, model="", connections=service) as here:
        await fail(here)
        (card,) = cards(here)
        assert [action.label for action in card.actions] == ["Retry", "Model", "Key"]
        assert here.screen.prompt.draft == "Hello"
        lines = here.shown().splitlines()
        row = next(y for y, line in enumerate(lines) if "k Key" in line)
        await here.pilot.click(offset=(lines[row].index("k Key") + 2, row))
        await here.until(lambda: isinstance(here.app.screen, ConnectFormScreen))
        assert here.screen.prompt.draft == "Hello"


async def test_a_start_without_a_server_says_so_before_the_first_message_and_looks_again_by_one_letter(
    server: FakeTransport, tmp_path: Path
) -> None:
    why = "Nothing answers at 127.0.0.1:11434. Start the local server (ollama serve)."
    server.failures["list_models"] = [APIError(why, status=500, code="models_unreachable")]
    async with seat(server, tmp_path) as here:
        await here.until(lambda: cards(here))
        (card,) = cards(here)
        assert (card.title, card.detail) == ("No model answers yet", why)
        await here.pilot.press("alt+up", "r")
        await here.until(lambda: not cards(here))
        await here.write("Hello")
        await here.until(lambda: "Hello" in here.texts())
        assert len(server.asked("list_models")) == 2
