"""What a user does with threads, models and assistants; drafts; other windows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from aimltui.client.errors import Unreachable
from aimltui.tui.app import AimltuiApp
from aimltui.tui.controllers.model_selection import BESIDE_MARK
from aimltui.tui.screens.dialogs.model_picker import ModelPicker
from aimltui.tui.storage.drafts import DraftStore
from aimltui.tui.storage.model_marks import ModelMarks
from aimltui.wire.models import Model, ModelSource
from aimltui.wire.operations import Operation
from tests.support.fake_transport import FakeTransport
from tests.support.run_scenes import End, Hold, Say
from tests.support.screen import NoMistakes, Seat, seat, startup_over

SLOW = (Say(("Once ",), ""), Hold(), End())


@pytest.fixture
def server() -> FakeTransport:
    return FakeTransport()


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


async def test_it_opens_the_thread_that_was_open_last(server: FakeTransport, tmp_path: Path) -> None:
    server.say("Flakes")
    corn = server.say("Corn")
    server.say("Wheat")
    DraftStore(tmp_path).note_last_thread(corn)
    async with seat(server, tmp_path) as here:
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        assert [row.title for row in here.workspace.threads.rows(0)] == ["Wheat", "Corn", "Flakes"]


async def test_new_opens_an_empty_thread_and_a_named_one_is_opened(
    server: FakeTransport, tmp_path: Path
) -> None:
    corn = server.say("Corn")
    DraftStore(tmp_path).note_last_thread(corn)
    async with seat(server, tmp_path, new=True) as here:
        assert here.kinds() == ["GuideEntry"]
    async with seat(server, tmp_path, thread_id=corn, new=True) as here:
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])


class SlowToList(FakeTransport):
    """Its list of threads is long in coming."""

    def __init__(self) -> None:
        super().__init__()
        self.may_list = asyncio.Event()

    async def call(self, operation: Operation[Any, Any], params: Any) -> Any:
        if operation.name == "list_threads":
            await self.may_list.wait()
        return await super().call(operation, params)


async def test_what_is_sent_while_the_list_is_read_goes_to_the_thread_that_opens_then(tmp_path: Path) -> None:
    slow = SlowToList()
    corn = slow.say("Corn")
    DraftStore(tmp_path).note_last_thread(corn)
    is_awaited = asyncio.Event()
    async with seat(slow, tmp_path, is_up=False, hurry=is_awaited.set) as here:
        await here.until(lambda: here.screen.workspace is not None)
        assert not is_awaited.is_set()
        await here.pilot.press(*"more", "enter")
        await here.until(lambda: "Still starting" in here.shown())
        assert is_awaited.is_set()
        slow.may_list.set()
        await here.until(lambda: here.texts()[2:] == ["more", "All right."])
        assert slow.texts(corn)[2:] == ["more", "All right."]


async def test_a_new_thread_that_is_asked_for_while_the_list_is_read_gets_the_message(tmp_path: Path) -> None:
    slow = SlowToList()
    corn = slow.say("Corn")
    DraftStore(tmp_path).note_last_thread(corn)
    async with seat(slow, tmp_path, is_up=False) as here:
        await here.until(lambda: here.screen.workspace is not None)
        await here.pilot.press("ctrl+n", *"fresh", "enter")
        await here.until(lambda: "Still starting" in here.shown())
        slow.may_list.set()
        await here.until(lambda: here.texts() == ["fresh", "All right."])
    assert slow.texts(corn) == ["Corn", "About Corn."]


async def test_what_is_asked_for_while_the_list_is_read_is_done_in_order(tmp_path: Path) -> None:
    slow = SlowToList()
    corn = slow.say("Corn")
    DraftStore(tmp_path).note_last_thread(corn)
    async with seat(slow, tmp_path, is_up=False) as here:
        await here.until(lambda: here.screen.workspace is not None)
        await here.pilot.press(*"more", "enter", *"/new", "enter", *"fresh", "enter", "ctrl+l", *"typed")
        slow.may_list.set()
        await here.until(lambda: isinstance(here.app.screen, ModelPicker))
        await here.pilot.press("escape")
        await here.until(lambda: here.texts() == ["fresh", "All right."])
        assert here.screen.prompt.draft == "typed"
        await here.until(lambda: slow.texts(corn)[2:] == ["more", "All right."])


async def test_switching_stops_nothing_and_shows_the_progress_on_return(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.say("Corn")
    server.scripts = [SLOW]
    async with seat(server, tmp_path) as here:
        await here.write("A story")
        await here.until(server.held.is_set)
        story = here.workspace.current.thread_id
        await here.pilot.press("ctrl+s", "ctrl+s", "down", "enter")
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        assert here.rows()["A story"].mark == "running"
        server.let_go()
        await here.until(lambda: here.rows()["A story"].mark == "unread")
        here.screen.go_to(story)
        await here.until(lambda: here.texts() == ["A story", "Once "])
        assert here.kinds()[-1] == "RunEntry"
        assert here.rows()["A story"].mark == "none"


async def test_going_back_to_a_running_thread_goes_on_showing_it(
    server: FakeTransport, tmp_path: Path
) -> None:
    corn = server.say("Corn")
    server.scripts = [(Say(("Once ",), ""), Hold(), Say(("and more",)), End())]
    async with seat(server, tmp_path) as here:
        await here.write("A story")
        await here.until(server.held.is_set)
        story = here.workspace.current.thread_id
        here.screen.go_to(corn)
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        here.screen.go_to(story)
        await here.until(lambda: here.texts() == ["A story", "Once "])
        server.let_go()
        await here.idle()
        assert here.texts() == ["A story", "Once ", "and more"]
        assert "and more" in here.shown()


async def test_reopening_shows_exactly_what_was_seen_live(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        await here.write("One")
        await here.idle()
        await here.write("Two")
        await here.idle()
        live, thread_id = here.entries, here.workspace.current.thread_id
    async with seat(server, tmp_path) as here:
        assert here.workspace.current.thread_id == thread_id
        await here.until(lambda: here.entries == live)


async def test_drafts_stay_with_their_threads_and_survive_a_restart(
    server: FakeTransport, tmp_path: Path
) -> None:
    corn, wheat = server.say("Corn"), server.say("Wheat")
    async with seat(server, tmp_path, thread_id=corn) as here:
        here.screen.prompt.add_text("about corn")
        here.screen.go_to(wheat)
        await here.until(lambda: here.workspace.current.thread_id == wheat)
        await here.until(lambda: here.screen.prompt.is_empty)
        here.screen.prompt.add_text("about wheat")
        here.screen.go_to(corn)
        await here.until(lambda: here.screen.prompt.draft == "about corn")
        await here.pilot.press("ctrl+q")
    async with seat(server, tmp_path, thread_id=wheat) as here:
        await here.until(lambda: here.screen.prompt.draft == "about wheat")


async def test_two_windows_on_one_thread_keep_their_drafts_and_exchange_them(
    server: FakeTransport, tmp_path: Path
) -> None:
    corn = server.say("Corn")
    async with seat(server, tmp_path, thread_id=corn) as here:
        here.screen.prompt.add_text("about corn")
        here.screen.drafts.save_now()
        await here.screen.file_worker.finish()
        async with seat(server, tmp_path, thread_id=corn) as there:
            await there.until(lambda: "1 other draft of this thread: /drafts" in there.shown())
            assert there.screen.prompt.is_empty
            there.screen.action_show_drafts()
            await there.until(lambda: "in another window" in there.shown())
            await there.pilot.press("escape")
            there.screen.prompt.load_draft("more corn")
        await here.pilot.press("ctrl+p", *"other drafts", "enter")
        await here.until(lambda: "Other drafts of this thread" in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: here.screen.prompt.draft == "more corn")
        here.screen.action_show_drafts()
        await here.until(lambda: "about corn" in here.shown())
        await here.pilot.press("escape")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.until(lambda: here.screen.prompt.draft == "more corn")


async def test_what_is_typed_before_there_is_a_connection_stays_behind_the_draft(
    server: FakeTransport, tmp_path: Path
) -> None:
    DraftStore(tmp_path).save("new", "from before")
    async with seat(server, tmp_path, is_up=False) as here:
        await here.pilot.press("x", "y")
        await here.until(lambda: here.screen.prompt.draft == "from before\nxy")


async def test_the_draft_of_a_new_thread_goes_with_it_when_it_is_made(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.scripts = [SLOW]
    async with seat(server, tmp_path) as here:
        await here.write("A story")
        await here.until(server.held.is_set)
        here.screen.prompt.add_text("and then")
        story = here.workspace.current.thread_id
        await here.pilot.press("ctrl+n")
        await here.until(lambda: here.workspace.current.thread_id is None)
        await here.until(lambda: here.screen.prompt.is_empty)
        here.screen.go_to(story)
        await here.until(lambda: here.screen.prompt.draft == "and then")
        server.let_go()
        await here.idle()


async def test_renaming_gives_a_title_that_the_server_keeps(server: FakeTransport, tmp_path: Path) -> None:
    corn = server.say("Corn")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.pilot.press("ctrl+s", "ctrl+s", "ctrl+r")
        await here.pilot.press(*"Maize", "enter")
        await here.until(lambda: "Maize" in here.rows())
        assert server.threads[corn].metadata == {"title": "Maize"}
        await here.until(lambda: "▸ Maize" in here.shown())


async def test_a_pinned_thread_stands_at_the_top(server: FakeTransport, tmp_path: Path) -> None:
    corn = server.say("Corn")
    server.say("Wheat")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.pilot.press("ctrl+s", "ctrl+s", "ctrl+f")
        await here.until(lambda: here.rows()["Corn"].group == "Pinned")
        assert server.threads[corn].metadata == {"pinned": "true"}
        await here.pilot.press("ctrl+f")
        await here.until(lambda: here.rows()["Corn"].group == "Today")


async def test_what_another_window_says_appears_here(server: FakeTransport, tmp_path: Path) -> None:
    corn = server.say("Corn")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.until(lambda: here.texts() == ["Corn", "About Corn."])
        server.say("More corn", corn)
        server.say("Rye")
        server.tell_change()
        await here.until(lambda: here.texts()[2:] == ["More corn", "About More corn."])
        await here.until(lambda: "Rye" in here.rows())


async def test_the_model_is_picked_for_this_thread_only(server: FakeTransport, tmp_path: Path) -> None:
    corn = server.say("Corn")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.pilot.press("ctrl+l")
        await here.pilot.pause()
        await here.pilot.press(*"g4o", "enter")
        await here.until(lambda: (server.threads[corn].metadata or {}).get("model") == "gpt-4o")
        assert "gpt-4o" in here.shown()
        await here.write("More")
        await here.idle()
        assert server.asked("create_run")[-1].model == "gpt-4o"
        await here.pilot.press("ctrl+n")
        await here.until(lambda: here.workspace.current.thread_id is None)
        assert here.workspace.models.model_of(here.workspace.current) == "demo"


async def pick(here: Seat, *keys: str) -> None:
    await here.pilot.press("ctrl+l")
    await here.pilot.pause()
    await here.pilot.press(*keys)
    await here.pilot.pause()


async def test_ctrl_s_makes_a_model_the_default_of_who_answers_also_after_a_restart(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.models = [Model(id="gpt-4o", connection="test server"), Model(id="demo")]
    corn = server.say("Corn", model="demo", connection="gone")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await pick(here, *"g4o", "ctrl+s")
        await here.until(lambda: (server.threads[corn].metadata or {}).get("model") == "")
        assert here.workspace.models.model_of(here.workspace.current) == "gpt-4o"
        await here.pilot.press("ctrl+n")
        await here.write("New")
        await here.idle()
        run = server.asked("create_run")[-1]
        assert (run.model, run.connection) == ("gpt-4o", None)
    (mine,) = server.assistants.values()
    assert mine.model == "gpt-4o"
    async with seat(server, tmp_path, new=True) as here:
        assert here.workspace.models.model_of(here.workspace.current) == "gpt-4o"
    server.assistants[mine.id] = mine.model_copy(
        update={"metadata": {**mine.metadata, BESIDE_MARK: "another"}}
    )
    async with seat(server, tmp_path, new=True) as here:
        assert here.workspace.models.model_of(here.workspace.current) == "demo"
    server.assistants[mine.id] = mine
    app = AimltuiApp(replace(startup_over(server, tmp_path, new=True), model="asked-for"))
    async with app.run_test() as pilot:
        here = Seat(app, pilot, server)
        await here.until(lambda: here.screen.workspace is not None and here.workspace.directory.is_loaded)
        assert here.workspace.models.model_of(here.workspace.current) == "asked-for"


async def test_a_thread_remembers_its_connection_and_the_default_one_is_not_sent(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.models = [
        Model(id="gpt-4o", connection="test server"),
        Model(id="qwen", connection="Ollama"),
        Model(id="demo"),
    ]
    marks = ModelMarks(tmp_path / "marks.json")
    async with seat(server, tmp_path, marks=marks) as here:
        await pick(here, *"qwen", "enter")
        assert "qwen · Ollama" in here.shown()
        await here.write("Hello")
        await here.idle()
        run = server.asked("create_run")[-1]
        assert (run.model, run.connection) == ("qwen", "Ollama")
        (thread,) = server.threads.values()
        assert thread.metadata == {"model": "qwen", "connection": "Ollama"}
        await pick(here, *"g4o", "enter")
        await here.until(lambda: server.threads[thread.id].metadata["connection"] == "test server")
        await here.write("Again")
        await here.idle()
        assert "connection" not in server.asked("create_run")[-1].given()
        await pick(here, *"qwen", "enter")
    assert marks.recent == (("Ollama", "qwen"), ("test server", "gpt-4o"))
    async with seat(server, tmp_path, thread_id=thread.id) as here:
        await here.until(lambda: "qwen · Ollama" in here.shown())
        assert here.workspace.models.sent_connection(here.workspace.current) == "Ollama"


async def test_where_no_model_is_named_the_default_connections_first_one_answers_or_nobody(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.models = [Model(id="qwen", connection="Ollama"), Model(id="demo")]
    sources = [
        ModelSource(connection="test server", source="none", problem="It is down."),
        ModelSource(connection="Ollama"),
    ]
    server.sources = sources
    async with seat(server, tmp_path, model="") as here:
        await here.write("Hello")
        await here.until(lambda: "test server lists no models" in here.shown())
        assert "It is down." in here.shown()
        assert not server.asked("create_run")
        server.models = [Model(id="far", connection="test server"), *server.models]
        await here.write("")
        await here.idle()
        assert server.asked("create_run")[-1].model == "far"


async def test_the_picker_opens_with_what_is_known_and_asks_again_if_that_is_old(
    server: FakeTransport, tmp_path: Path
) -> None:
    server.sources = [
        ModelSource(connection="test server", source="cache", as_of=server.now - 7200, count=3),
        ModelSource(connection="Work", source="none", problem="No route to host."),
    ]
    async with seat(server, tmp_path) as here:
        await here.until(lambda: here.workspace.models.page is not None)
        await here.pilot.press("ctrl+l")
        await here.pilot.pause()
        assert "claude-sonnet-4" in here.shown()
        assert "test server: 3 models, asked 2 h ago" in here.shown()
        assert "Work: No route to host." in here.shown()
        await here.until(lambda: [params.refresh for params in server.asked("list_models")][-1])
        await here.until(lambda: "asking…" not in here.shown())


async def test_a_choice_for_an_unsent_thread_is_kept_with_it_once_it_is_made(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        await here.pilot.press("ctrl+l")
        await here.pilot.pause()
        await here.pilot.press(*"my/own-model", "enter")
        await here.until(lambda: here.workspace.current.selection.model == "my/own-model")
        await here.write("Hello")
        await here.idle()
        assert next(iter(server.threads.values())).metadata == {
            "model": "my/own-model",
            "connection": "test server",
        }


async def test_a_list_of_models_that_fails_is_asked_for_again(server: FakeTransport, tmp_path: Path) -> None:
    server.failures["list_models"] = [Unreachable("The endpoint is down.")] * 2
    async with seat(server, tmp_path) as here:
        await here.pilot.press("ctrl+l")
        await here.until(lambda: "The endpoint is down." in here.shown())
        await here.pilot.press("escape")
        server.models = [Model(id="found-later")]
        await here.pilot.press("ctrl+l")
        await here.until(lambda: "found-later" in here.shown())


async def test_an_assistant_is_chosen_and_answers_with_its_own_model(
    server: FakeTransport, tmp_path: Path
) -> None:
    from aimltui.wire.assistants import CreateAssistant

    expert = server._create_assistant(CreateAssistant(model="gpt-9", name="Corn expert"))
    corn = server.say("Corn")
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.pilot.press("f5")
        await here.until(lambda: "Ready-made" in here.shown())
        await here.pilot.press(*"expert", "enter")
        await here.until(lambda: (server.threads[corn].metadata or {}).get("assistant_id") == expert.id)
        await here.write("More")
        await here.idle()
        run = server.asked("create_run")[-1]
        assert (run.assistant_id, run.model) == (expert.id, "gpt-9")
        assert "Corn expert" in here.shown()


async def test_earlier_messages_come_when_one_scrolls_up(server: FakeTransport, tmp_path: Path) -> None:
    corn = server.say("Number 0")
    for number in range(1, 60):
        server.say(f"Number {number}", corn)
    async with seat(server, tmp_path, thread_id=corn) as here:
        await here.until(lambda: len(here.texts()) == 50)
        assert here.texts()[-1] == "About Number 59."
        await here.pilot.press("ctrl+home")
        await here.until(lambda: len(here.texts()) == 100)
        await here.pilot.press("ctrl+home")
        await here.until(lambda: here.texts()[0] == "Number 0")
        assert len(here.entries) == 180
        assert [t for t in here.texts() if t.startswith("Number")] == [f"Number {n}" for n in range(60)]


async def test_ctrl_c_clears_the_prompt_and_twice_on_an_empty_one_quits(
    server: FakeTransport, tmp_path: Path
) -> None:
    async with seat(server, tmp_path) as here:
        here.screen.prompt.add_text("hello")
        await here.pilot.press("ctrl+c")
        assert here.screen.prompt.is_empty
        assert "ctrl+z brings it back" in here.shown()
        await here.pilot.press("ctrl+z")
        assert here.screen.prompt.draft == "hello"
        await here.pilot.press("ctrl+c", "ctrl+c")
        assert "Press ctrl+c again to quit." in here.shown()
        assert not here.app._exit
        await here.pilot.press("ctrl+c")
        await here.until(lambda: here.app._exit)


async def test_typing_takes_back_that_ctrl_c_was_pressed(server: FakeTransport, tmp_path: Path) -> None:
    async with seat(server, tmp_path) as here:
        await here.pilot.press("h", "i", "ctrl+c", "y", "o", "ctrl+c")
        assert here.screen.prompt.is_empty
        await here.pilot.press("ctrl+c", "x", "backspace", "ctrl+c")
        await here.pilot.pause()
        assert not here.app._exit


async def test_the_sidebar_lies_over_the_transcript_where_it_is_narrow(
    server: FakeTransport, tmp_path: Path
) -> None:
    corn = server.say("Corn")
    server.say("Wheat")
    async with seat(server, tmp_path, size=(80, 24), thread_id=corn) as here:
        assert not here.screen.threads.display
        await here.pilot.press("ctrl+b")
        assert here.screen.threads.display
        assert here.screen.transcript.size.width > 70
        await here.pilot.press("escape")
        assert not here.screen.threads.display
        assert here.app.focused is here.screen.prompt
        await here.pilot.press("ctrl+b", "up", "enter")
        await here.until(lambda: here.texts() == ["Wheat", "About Wheat."])
        assert not here.screen.threads.display
        await here.pilot.resize_terminal(120, 40)
        await here.until(lambda: not here.screen.has_class("-narrow"))
        await here.pilot.press("ctrl+s", "ctrl+s", "escape")
        await here.until(lambda: here.screen.threads.display)
        await here.pilot.resize_terminal(80, 24)
        await here.until(lambda: here.screen.has_class("-narrow") and not here.screen.threads.display)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((20, 5), {"transcript", "prompt"}),
        ((80, 11), {"transcript", "prompt"}),
        ((80, 16), {"transcript", "status", "prompt", "footer"}),
        ((80, 24), {"header", "transcript", "status", "prompt", "footer"}),
        ((120, 40), {"threads", "header", "transcript", "status", "prompt", "footer"}),
        ((300, 100), {"threads", "header", "transcript", "status", "prompt", "footer"}),
    ],
)
async def test_every_size_has_a_layout(
    server: FakeTransport, tmp_path: Path, size: tuple[int, int], shown: set[str]
) -> None:
    corn = server.say("Corn")
    async with seat(server, tmp_path, size=size, thread_id=corn) as here:
        names = ("threads", "header", "transcript", "status", "prompt", "footer")
        assert {name for name in names if here.screen.query_one(f"#{name}").region.area} == shown
        await here.write("More")
        await here.idle()
        assert "All right." in here.shown() or size[1] == 5


async def test_resizing_while_it_streams_keeps_everything(server: FakeTransport, tmp_path: Path) -> None:
    server.scripts = [(Say(("Once upon a time ",), ""), Hold(), Say(("the end",)), End())]
    async with seat(server, tmp_path) as here:
        await here.write("A story")
        await here.until(server.held.is_set)
        await here.pilot.resize_terminal(40, 12)
        await here.pilot.resize_terminal(180, 50)
        server.let_go()
        await here.idle()
        assert "the end" in here.shown()
        assert here.screen.threads.size.width >= 34


async def test_the_palette_runs_commands_by_name(server: FakeTransport, tmp_path: Path) -> None:
    server.say("Corn")
    async with seat(server, tmp_path, thread_id=next(iter(server.threads))) as here:
        await here.pilot.press("ctrl+p")
        await here.pilot.pause()
        await here.pilot.press(*"new thread")
        await here.pilot.pause(0.3)
        await here.pilot.press("enter")
        await here.until(lambda: here.workspace.current.thread_id is None)


async def test_hostile_text_reaches_no_terminal(server: FakeTransport, tmp_path: Path) -> None:
    bad = "\x1b]0;owned\x07[bold]x[/nope] \x1b[31mred\u202e"
    server.scripts = [(Say((bad,)), End())]
    async with seat(server, tmp_path) as here:
        await here.write(bad)
        await here.idle()
        await here.pilot.press("ctrl+s", "ctrl+s", "delete")
        await here.pilot.pause()
        assert "\x1b" not in here.shown()
        assert "\u202e" not in here.shown()
