"""Quitting while an answer is being written asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from aimltui.tui.screens.dialogs.quit import QuitQuestion
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import End, Hold, Say
from tests.support.screen import NoMistakes, Seat, seat

SLOW = (Say(("Once ",), ""), Hold(), Say(("and more",)), End())


@pytest.fixture
def server() -> FakeTransport:
    server = FakeTransport()
    server.scripts = [SLOW]
    return server


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


async def tell(here: Seat) -> None:
    """Let a story begin."""
    await here.write("A story")
    await here.until(here.server.held.is_set)


async def asked(here: Seat, *keys: str) -> None:
    await here.pilot.press(*keys)
    await here.until(lambda: isinstance(here.app.screen, QuitQuestion))
    await here.alive()


async def test_every_way_to_quit_asks_and_enter_alone_answers_nothing(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await tell(here)
        for keys in (["ctrl+q"], ["ctrl+d"], [*"/quit", "enter"]):
            await asked(here, *keys)
            assert "“A story”" in here.shown()
            await here.pilot.press("enter", "s", "q", "ctrl+q")
            assert isinstance(here.app.screen, QuitQuestion)
            await here.pilot.press("escape")
            assert not isinstance(here.app.screen, QuitQuestion)
        assert not here.app._exit
        server.let_go()
        await here.idle()
        assert here.texts() == ["A story", "Once ", "and more"]
        await here.pilot.press("ctrl+q")
        await here.until(lambda: here.app._exit)


async def test_stopping_and_quitting_cancels_the_answers_of_all_threads(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await tell(here)
        story = here.workspace.current.thread_id
        await here.write("later")
        await here.pilot.press("ctrl+n")
        await here.until(lambda: here.workspace.current.thread_id is None)
        await asked(here, "ctrl+q")
        assert "1 message in the queue" in here.shown()
        await here.pilot.press("down", "enter")
        await here.until(lambda: here.app._exit)
    (player,) = server.players[story or ""]
    assert player.run.status == "cancelled"
    assert server.texts(story or "") == ["A story", "Once "]
    async with seat(server, tmp_path, thread_id=story) as here:
        await here.until(lambda: here.screen.prompt.draft == "later")


async def test_what_was_stopped_before_the_first_token_is_in_the_prompt_at_the_next_start(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [(Hold(), End())]
    async with seat(server, tmp_path) as here:
        await tell(here)
        await asked(here, "ctrl+q")
        await here.pilot.press("down", "enter")
        await here.until(lambda: here.app._exit)
    assert not any(server.messages.values())
    async with seat(server, tmp_path) as here:
        await here.until(lambda: here.screen.prompt.draft == "A story")


async def test_it_quits_when_the_answer_is_finished(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        await tell(here)
        await asked(here, "ctrl+q")
        await here.pilot.press("down", "down", "enter")
        await here.until(lambda: "quits when the answer is finished" in here.shown())
        assert not here.app._exit
        await asked(here, "ctrl+q")
        await here.pilot.press("escape")
        await here.until(lambda: "quits when" not in here.shown())
        await asked(here, "ctrl+q")
        await here.pilot.press("down", "down", "enter")
        server.let_go()
        await here.until(lambda: here.app._exit)
    (story,) = server.threads
    assert server.texts(story) == ["A story", "Once ", "and more"]


async def test_the_question_closes_and_it_quits_when_the_answer_is_finished_before_the_user_decides(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [SLOW, SLOW]
    async with seat(server, tmp_path) as here:
        await tell(here)
        await asked(here, "ctrl+q")
        await here.pilot.press("up")
        assert "> Stay" in here.shown()
        server.let_go()
        await here.until(lambda: not isinstance(here.app.screen, QuitQuestion))
        assert not here.app._exit, "the user was about to stay"
        assert here.texts() == ["A story", "Once ", "and more"]
        await tell(here)
        await asked(here, "ctrl+q")
        server.let_go()
        await here.until(lambda: here.app._exit)
    (story,) = server.threads
    assert server.texts(story) == ["A story", "Once ", "and more"] * 2


async def test_a_program_that_is_ended_from_outside_leaves_its_question_alone(
    server: FakeTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aimltui.tui.screens.main.quitting._LOOK_S", 0.001)
    async with seat(server, tmp_path) as here:
        await tell(here)
        # the question opens as the program ends
        await here.app.action_quit()


async def test_another_windows_answer_is_not_asked_for(server: FakeTransport, tmp_path: Path) -> None:
    corn = server.say("Corn")
    server.begin_elsewhere(corn, "A story")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.until(lambda: "From elsewhere" in here.shown())
        assert here.workspace.current.is_busy
        await here.pilot.press("ctrl+q")
        await here.until(lambda: here.app._exit)
