"""What a user does at the main screen: talking, stopping, queueing."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.geometry import Region

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import Garbled, Unreachable, Unsupported
from aimltui.tui.compositor import DamageCompositor, StripsUpdate
from aimltui.tui.startup import Connected
from aimltui.tui.state.entries import ErrorEntry, GuideEntry, MessageEntry, QueuedEntry, RunEntry
from aimltui.wire.assistants import Assistant
from aimltui.wire.operations import Operation
from tests.support.fake_transport import FakeTransport, refused
from tests.support.run_scenes import FAILURE, End, Hold, Say
from tests.support.screen import STARTERS, NoMistakes, Seat, seat

SLOW = (Say(("Once ",), ""), Hold(), End())


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


async def test_an_empty_start_offers_starters_and_the_prompt_has_the_focus(
    server: FakeTransport, tmp_path: Path
) -> None:
    expected = threading.Event()

    async def connect() -> Connected:
        return Connected(AssistantsClient(server), "test server", "demo", STARTERS, expect_run=expected.set)

    async with seat(server, tmp_path, connect=connect) as here:
        assert here.app.focused is here.screen.prompt
        (guide,) = here.entries
        assert isinstance(guide, GuideEntry)
        assert [choice.label for choice in guide.choices] == ["Say hello", "Count"]
        assert "Say hello" in here.shown()
        # what a model needs is imported when it will be needed, and not to look around
        assert not expected.is_set()
        await here.pilot.press("x")
        await here.until(expected.is_set)
        assert server.threads == {}


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_sending_shows_the_message_streams_the_answer_and_ends_with_a_receipt(
    server: FakeTransport, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with seat(server, tmp_path, size=size) as here:
        await here.write("Hello there")
        await here.until(lambda: "RunEntry" in here.kinds())
        await here.idle()
        assert here.texts() == ["Hello there", "All right."]
        line = here.entries[-1]
        assert isinstance(line, RunEntry)
        assert line.status == "completed"
        assert "All right." in here.shown()
        assert here.screen.prompt.is_empty
        (thread_id,) = server.threads
        assert server.texts(thread_id) == ["Hello there", "All right."]
        assert list(here.rows()) == ["Hello there"]


async def test_the_message_is_on_the_screen_before_the_server_has_it(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        here.workspace.send("Hello")
        (entry,) = here.entries
        assert isinstance(entry, MessageEntry)
        assert entry.pending
        await here.idle()
        assert not any(getattr(entry, "pending", False) for entry in here.entries)


async def test_the_run_gets_the_model_and_a_default_assistant_made_once(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await here.write("One")
        await here.idle()
        await here.write("Two")
        await here.idle()
        assert len(server.asked("create_assistant")) == 1
        (assistant,) = server.assistants.values()
        assert assistant.metadata == {"aimltui": "default"}
        assert {(run.model, run.assistant_id) for run in server.asked("create_run")} == {
            ("demo", assistant.id)
        }
        check_damage_looks_like_everything(here)


def check_damage_looks_like_everything(here: Seat) -> None:
    """Judge what is painted of a damaged part of the screen by what Textual paints of the whole."""
    compositor = here.screen._compositor
    assert isinstance(compositor, DamageCompositor)
    width, height = here.screen.size
    whole = compositor.render_strips()
    numbers = random.Random(3)
    damages = [
        {Region(0, 0, width, 1)},
        {Region(30, 3, 20, 2)},
        {Region(0, height - 4, 40, 4), Region(20, height - 6, 40, 4)},
        {Region(width - 1, 2, 1, 9), Region(width - 1, height - 2, 9, 9)},
    ]
    for _ in range(20):
        x, y = numbers.randrange(width), numbers.randrange(height)
        damages.append({Region(x, y, numbers.randrange(1, width), numbers.randrange(1, 9))})
    for damage in damages:
        compositor._dirty_regions.update(damage)
        update = compositor.render_partial_update()
        assert isinstance(update, StripsUpdate)
        painted: set[tuple[int, int]] = set()
        for y, x, strip in update.strips:
            assert strip == whole[y].crop(x, x + strip.cell_length), f"{damage} at {x}, {y}"
            painted |= {(y, x + place) for place in range(strip.cell_length)}
        wanted = {(y, x) for region in damage for y in region.line_range for x in region.column_range}
        assert painted == {(y, x) for y, x in wanted if x < width and y < height}


async def test_escape_stops_the_run_and_keeps_its_text(server: FakeTransport, tmp_path: Path) -> None:
    server.scripts = [SLOW]
    async with seat(server, tmp_path) as here:
        await here.write("A story")
        await here.until(server.held.is_set)
        await here.until(lambda: "Once " in here.texts())
        assert "esc Stop" in here.shown()
        await here.pilot.press("escape")
        await here.idle()
        answer, line = here.entries[1:]
        assert isinstance(answer, MessageEntry)
        assert (answer.text, answer.incomplete_reason) == ("Once ", "run_cancelled")
        assert isinstance(line, RunEntry)
        assert line.status == "cancelled"


SILENT = (Hold(), Say(("Late.",)), End())


async def test_escape_before_the_first_token_gives_the_text_back_and_takes_the_message_back(
    server: FakeTransport, tmp_path: Path
) -> None:
    corn = server.say("Corn")
    server.scripts = [SILENT]
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        before = here.entries
        await here.write("First")
        await here.until(server.held.is_set)
        await here.write("Second")
        here.screen.prompt.add_text("half a thou")
        await here.pilot.press("escape")
        await here.idle()
        assert here.screen.prompt.draft == "First\n\nSecond\n\nhalf a thou"
        assert here.entries == before
        assert server.texts(corn) == ["Corn", "About Corn."]
        assert "unanswered" not in here.screen.command_state()
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        assert here.entries == before, "the stopped run has no line after a restart"
        assert here.screen.prompt.draft == "First\n\nSecond\n\nhalf a thou"
        here.screen.prompt.load_draft("First, again")
        await here.pilot.press("enter")
        await here.until(lambda: here.texts()[2:] == ["First, again", "All right."])


async def test_the_first_message_of_a_thread_that_is_taken_back_leaves_no_words(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [SILENT]
    async with seat(server, tmp_path) as here:
        await here.write("First")
        await here.until(server.held.is_set)
        await here.pilot.press("escape")
        await here.idle()
        assert here.kinds() == ["GuideEntry"]
        assert here.screen.prompt.draft == "First"
        await here.until(lambda: list(here.rows()) == ["New thread"])


class SlowToTakeMessages(FakeTransport):
    """Takes a thread or a message when a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self.asks = asyncio.Event()
        self.may_take = asyncio.Event()
        self.slow = "create_thread"

    async def call(self, operation: Operation[Any, Any], params: Any) -> Any:
        if operation.name == self.slow:
            self.asks.set()
            await self.may_take.wait()
        return await super().call(operation, params)


@pytest.mark.parametrize("slow", ["create_thread", "create_message"])
async def test_escape_while_the_message_is_on_its_way_gives_it_back(tmp_path: Path, slow: str) -> None:
    server = SlowToTakeMessages()
    server.slow = slow
    async with seat(server, tmp_path) as here:
        await here.write("First")
        await here.until(server.asks.is_set)
        await here.pilot.press("escape")
        server.may_take.set()
        await here.idle()
        assert here.screen.prompt.draft == "First"
        assert here.texts() == []
        assert not any(server.messages.values())
        assert not server.asked("create_run")


async def test_a_message_that_cannot_be_taken_back_is_said_to_stay(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [SILENT]
    server.failures["delete_message"] = [refused("Not now.", 500)]
    async with seat(server, tmp_path) as here:
        await here.write("First")
        await here.until(server.held.is_set)
        await here.pilot.press("escape")
        await here.idle()
        assert here.screen.prompt.draft == "First"
        assert here.texts() == ["First"]
        assert "the message also stays in the thread" in here.shown()


async def test_what_is_sent_during_a_run_waits_and_goes_out_after_it(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [SLOW]
    async with seat(server, tmp_path) as here:
        await here.write("First")
        await here.until(server.held.is_set)
        await here.write("Second")
        await here.write("Third")
        assert [entry.text for entry in here.entries if isinstance(entry, QueuedEntry)] == ["Second", "Third"]
        await here.until(lambda: "2 queued" in here.shown())
        server.let_go()
        await here.until(lambda: here.texts()[-1:] == ["All right."] and len(here.texts()) == 6)
        await here.idle()
        assert [text for text in here.texts() if text[0] in "FST"] == ["First", "Second", "Third"]
        assert "QueuedEntry" not in here.kinds()


async def test_up_in_the_empty_prompt_takes_the_last_queued_message_back(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [SLOW]
    async with seat(server, tmp_path) as here:
        await here.write("First")
        await here.until(server.held.is_set)
        await here.write("Second")
        await here.write("Third")
        await here.pilot.press("up")
        assert here.screen.prompt.draft == "Third"
        assert [entry.text for entry in here.entries if isinstance(entry, QueuedEntry)] == ["Second"]


async def test_stopping_gives_the_queue_back_before_what_is_being_written(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [SLOW]
    async with seat(server, tmp_path) as here:
        await here.write("First")
        await here.until(server.held.is_set)
        await here.write("Second")
        await here.write("Third")
        here.screen.prompt.add_text("half a thou")
        await here.pilot.press("escape")
        await here.idle()
        assert here.screen.prompt.draft == "Second\n\nThird\n\nhalf a thou"
        assert server.texts(next(iter(server.threads)))[::2] == ["First"]


async def test_after_a_failed_run_the_queue_is_given_back_and_the_card_says_what_to_do(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [(Say(("Half",), ""), Hold(), End("failed", FAILURE, usage=None))]
    async with seat(server, tmp_path) as here:
        await here.write("First")
        await here.until(server.held.is_set)
        await here.write("Second")
        server.let_go()
        await here.idle()
        assert here.screen.prompt.draft == "Second"
        assert here.kinds() == ["MessageEntry", "MessageEntry", "ErrorEntry", "RunEntry"]
        assert "did not accept the API key" in here.shown()
        assert "req_123" in here.shown()


async def test_another_assistant_answers_a_failed_message_with_its_own_model(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.assistants["asst_own"] = Assistant(id="asst_own", name="Editor", model="gpt-4o")
    server.scripts = [(End("failed", FAILURE, usage=None),), (Say(("Better.",)), End())]
    async with seat(server, tmp_path) as here:
        await here.workspace.selections.choose_model(here.workspace.current, "claude-sonnet-4")
        await here.write("First")
        await here.until(lambda: here.kinds()[-1:] == ["RunEntry"])
        await here.idle()
        await here.write("/retry @Editor")
        await here.until(lambda: here.texts() == ["First", "Better."])
        await here.idle()
        assert here.workspace.current.run is not None
        assert here.workspace.current.run.model == "gpt-4o"
        assert here.workspace.current.run.assistant_id == "asst_own"


async def test_a_message_that_the_server_refuses_comes_back_to_the_prompt(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.failures["create_message"] = [refused("No.")]
    async with seat(server, tmp_path) as here:
        await here.write("Hello")
        await here.idle()
        assert here.screen.prompt.draft == "Hello"
        (card,) = [entry for entry in here.entries if isinstance(entry, ErrorEntry)]
        assert (card.detail, card.request_id) == ("No.", "req_9")


async def test_a_run_that_is_refused_leaves_the_message_and_a_card(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.failures["create_run"] = [refused("The key is wrong.")]
    async with seat(server, tmp_path) as here:
        await here.write("Hello")
        await here.idle()
        assert here.kinds() == ["MessageEntry", "ErrorEntry"]
        assert here.screen.prompt.is_empty
        await here.write("Again")
        await here.idle()
        assert here.texts() == ["Hello", "Again", "All right."]


async def test_no_connection_is_a_card_and_the_text_is_not_lost(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.failures["create_message"] = [Unreachable("There is no server.", "Start it.")]
    async with seat(server, tmp_path) as here:
        await here.write("Hello")
        await here.idle()
        assert here.screen.prompt.draft == "Hello"
        assert "There is no server." in here.shown()
        assert "Start it." in here.shown()


async def test_an_assistant_that_is_gone_is_made_anew(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        await here.write("One")
        await here.idle()
        server.assistants.clear()
        await here.write("Two")
        await here.idle()
        assert here.texts()[-2:] == ["Two", "All right."]


async def test_a_thread_locked_by_another_window_queues_the_message_and_shows_that_run(
    server: FakeTransport, tmp_path: Path
) -> None:
    thread_id = server.say("Flakes")
    async with seat(server, tmp_path, thread_id=thread_id) as here:
        await here.until(lambda: here.texts() == ["Flakes", "About Flakes."])
        other = server.begin_elsewhere(thread_id, "Theirs")
        await here.write("Mine")
        await here.until(lambda: here.texts()[2:] == ["Theirs", "From elsewhere"])
        assert [entry.text for entry in here.entries if isinstance(entry, QueuedEntry)] == ["Mine"]
        server.end_elsewhere(other)
        await here.until(lambda: here.texts()[4:] == ["Mine", "All right."])
        await here.idle()


async def test_opening_a_thread_whose_run_is_active_follows_it(server: FakeTransport, tmp_path: Path) -> None:
    thread_id = server.say("Flakes")
    other = server.begin_elsewhere(thread_id, "Theirs")
    async with seat(server, tmp_path, thread_id=thread_id) as here:
        await here.until(lambda: here.texts()[2:] == ["Theirs", "From elsewhere"])
        assert here.workspace.current.is_busy
        server.end_elsewhere(other)
        await here.idle()
        assert here.kinds()[-1] == "RunEntry"


async def test_a_stream_that_breaks_is_taken_up_again(server: FakeTransport, tmp_path: Path) -> None:
    server.scripts = [(Say(("Once ",), ""), Hold(), End())]
    async with seat(server, tmp_path) as here:
        await here.write("A story")
        await here.until(server.held.is_set)
        server.break_stream(Garbled("The connection broke."))
        await here.until(lambda: "The connection broke." in here.shown())
        (player,) = server.players[next(iter(server.threads))]
        server.end_elsewhere(player)
        await here.idle()
        assert here.texts() == ["A story", "Once "]
        assert here.kinds() == ["MessageEntry", "MessageEntry", "RunEntry"]


async def test_typing_anywhere_goes_to_the_prompt(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        here.screen.transcript.focus()
        await here.pilot.pause()
        await here.pilot.press("h", "i")
        assert here.app.focused is here.screen.prompt
        assert here.screen.prompt.draft == "hi"


async def test_choosing_a_starter_sends_it(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        await here.pilot.press("up")
        assert here.app.focused is here.screen.transcript
        await here.pilot.press("down", "enter")
        await here.until(lambda: here.texts()[:1] in (["Hello!"], ["Count to three."]))
        await here.idle()


async def test_without_a_model_the_guide_says_what_to_do_and_sending_keeps_the_text(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path, model=None) as here:
        assert "Nothing is connected yet" in here.shown()
        assert "Try the demo" in here.shown()
        await here.write("Hello")
        await here.idle()
        assert here.screen.prompt.draft == "Hello"
        assert "No model is chosen" in here.shown()
        assert server.threads == {}


async def test_looking_around_offline_chooses_the_demo_model(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path, model=None) as here:
        await here.pilot.press("up", "down", "enter")
        await here.until(lambda: here.workspace.models.model_of(here.workspace.current) == "demo")
        await here.write("Hello")
        await here.idle()
        assert server.asked("create_run")[0].model == "demo"


async def test_a_failed_start_is_a_card_and_quitting_works(server: FakeTransport, tmp_path: Path) -> None:
    async def connect() -> None:
        raise Unreachable("The directory cannot be written.", "Choose another one.")

    async with seat(server, tmp_path, is_up=False, connect=connect) as here:
        await here.until(lambda: "The directory cannot be written." in here.shown())
        assert "Choose another one." in here.shown()
        await here.pilot.press("h", "i")
        assert here.screen.prompt.draft == "hi"
        await here.pilot.press("ctrl+q")
        await here.until(lambda: here.app._exit)


async def test_a_message_tries_a_failed_start_again(server: FakeTransport, tmp_path: Path) -> None:
    tried = 0

    async def connect() -> Connected:
        nonlocal tried
        tried += 1
        if tried < 3:
            raise Unreachable("There is no server.", "Start it.")
        return Connected(AssistantsClient(server), "here", "m")

    async with seat(server, tmp_path, is_up=False, connect=connect) as here:
        await here.until(lambda: "There is no server." in here.shown())
        await here.write("Hello")
        await here.until(lambda: tried == 2 and here.screen.prompt.draft == "Hello")
        await here.pilot.press("enter")
        await here.until(lambda: here.screen.workspace is not None)
        await here.idle()
        assert here.texts() == ["Hello", "All right."]
        assert "There is no server." not in here.shown()


async def test_a_run_that_cannot_be_stopped_is_said_to_go_on(server: FakeTransport, tmp_path: Path) -> None:
    server.failures["cancel_run"] = [Unsupported("No such thing.")]
    server.scripts.append(SLOW)
    async with seat(server, tmp_path) as here:
        await here.write("Hello")
        await here.until(lambda: here.workspace.current.view.runs.active is not None)
        await here.pilot.press("escape")
        await here.until(lambda: "This server cannot stop a run" in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: not here.workspace.current.is_stopping)
        server.let_go()
        await here.idle()
        assert here.texts() == ["Hello", "Once "]
        assert len(server.asked("cancel_run")) == 1


async def test_a_megabyte_is_pasted_and_sent(server: FakeTransport, tmp_path: Path) -> None:
    text = "line of text\n" * 80_000
    async with seat(server, tmp_path) as here:
        here.screen.prompt.add_text(text)
        await here.pilot.press("enter")
        await here.until(lambda: server.asked("create_message"))
        await here.idle()
        assert server.asked("create_message")[0].content.strip() == text.strip()
