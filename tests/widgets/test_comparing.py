"""Comparing models: the screen over the real engine, with a model for each column."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.engine.models.base import ChatModel, ModelError, ModelInfo
from aimltui.tui.controllers.comparison import Column, Comparison
from aimltui.tui.screens.dialogs.compare import AnswerColumn, CompareHost, CompareScreen
from aimltui.tui.screens.dialogs.compare_picker import ComparePicker
from aimltui.tui.screens.dialogs.passage import PassageViewer
from aimltui.tui.startup import Connected
from aimltui.tui.state.answerers import Answerer
from aimltui.tui.state.entries import Appended, MessageEntry, Source
from aimltui.tui.state.file_facts import FileFact
from aimltui.tui.widgets.transcript import Transcript
from aimltui.wire.threads import MODEL, ListThreads
from tests.support.builders import options
from tests.support.fake_model import FakeModel, FakeModels, says
from tests.support.fake_transport import FakeTransport
from tests.support.screen import NoMistakes, Seat, seat


@pytest.fixture(autouse=True)
def no_mistakes(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    NoMistakes(caplog).check()


class Models(FakeModels):
    """A registry with a model for each id."""

    def __init__(self, models: dict[str, ChatModel]) -> None:
        super().__init__(next(iter(models.values())))
        self._by_id = models
        self.may_list = asyncio.Event()
        self.may_list.set()

    def resolve(self, model_id: str, connection: str | None = None) -> ChatModel:
        return self._by_id[model_id]

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        await self.may_list.wait()
        return [ModelInfo(name, name=name) for name in self._by_id]


async def no_facts(_: Sequence[tuple[str, bool]]) -> dict[str, FileFact]:
    return {}


def branches(here: Seat) -> dict[str, tuple[int, int]]:
    messages = [entry for entry in here.entries if isinstance(entry, MessageEntry)]
    return {entry.text: entry.branch for entry in messages if entry.branch is not None}


async def test_models_answer_side_by_side_all_stop_and_one_is_kept(tmp_path: Path) -> None:
    forever = asyncio.Event()
    models: dict[str, ChatModel] = {
        "oak": FakeModel([*says("from oak")[:1], forever]),
        "elm": FakeModel([*says("from elm")[:1], forever], says("more from elm")),
        "ash": FakeModel([ModelError("ash is ill.")]),
        "fir": FakeModel(says("from fir")),
    }

    registry = Models(models)

    async def connect() -> Connected:
        engine = await Engine.open(options(tmp_path), registry)
        return Connected(AssistantsClient(EmbeddedTransport(engine)), "fake", "oak")

    async with seat(FakeTransport(), tmp_path / "drafts", connect=connect, clock=None) as here:

        def compared() -> bool:
            return isinstance(here.app.screen, CompareScreen)

        # words that name no two models, and a choice that is taken back
        await here.write("/compare oak")
        await here.until(lambda: "Name two to four models" in here.shown())
        await here.until(lambda: here.screen.prompt.text == "/compare oak")
        here.screen.prompt.load_draft("")
        await here.write("/compare oak birch")
        await here.until(lambda: "No model matches “birch”" in here.shown())
        await here.until(lambda: here.screen.prompt.text == "/compare oak birch")
        here.screen.prompt.load_draft("")
        await here.write("/compare @Assistant @Nobody")
        await here.until(lambda: "No assistant matches “@Assistant”" in here.shown())
        await here.until(lambda: here.screen.prompt.text == "/compare @Assistant @Nobody")
        here.screen.prompt.load_draft("")
        await here.write("/compare oak fir")
        await here.until(lambda: "your next message to oak · fir" in here.shown())
        await here.pilot.press("escape")
        assert "your next message" not in here.shown()

        # a message that is sent while the list of models is being read waits for the choice
        registry.may_list.clear()
        here.workspace.models.page = None
        await here.write("/compare oak birch")
        await here.until(lambda: here.screen.prompt.is_empty and here.workspace.current.choice)
        await here.write("Which tree?")
        await here.until(lambda: here.workspace.current.queue)
        await here.pilot.press("escape")
        await here.until(lambda: here.screen.prompt.text == "Which tree?")
        here.screen.prompt.load_draft("")
        await here.write("/compare oak elm ash")
        await here.until(lambda: here.screen.prompt.is_empty and here.workspace.current.choice)
        await here.write("Which tree?")
        await here.until(lambda: here.workspace.current.queue)
        assert here.texts() == []
        registry.may_list.set()
        await here.until(compared, "the columns")
        # one fails, which does not hurt the others; escape stops them, and what they wrote stays
        for text in ("from oak", "from elm", "ash is ill."):
            await here.until(lambda text=text: text in here.shown(), text)
        assert "Stop all" in here.shown()
        await here.alive()
        await here.pilot.press("escape")
        await here.until(lambda: here.shown().count("■ stopped") == 2 and "Close" in here.shown(), "the stop")
        assert "from oak" in here.shown()
        assert "from elm" in here.shown()

        # the answer that is kept is the thread's, with its model; the others are its branches
        await here.pilot.press("right", "enter")
        await here.until(lambda: here.texts() == ["Which tree?", "from elm"], "the branch of elm")
        await here.until(lambda: branches(here) == {"from elm": (2, 2)}, f"the marks, not {branches(here)}")
        assert here.workspace.current.selection.model == "elm"
        assert len(here.rows()) == 1
        client = here.workspace.client
        threads = (await client.threads.list(ListThreads(order="asc"))).data
        assert sorted((thread.metadata or {})[MODEL] for thread in threads) == ["ash", "elm", "oak"]
        await here.write("Go on.")
        await here.until(lambda: here.texts()[-1] == "more from elm")
        await here.idle()

        # from the palette: models are chosen in a list, what is in the prompt is sent to them
        here.screen.prompt.load_draft("And now?")
        here.screen.action_compare()
        await here.until(lambda: isinstance(here.app.screen, ComparePicker), "the list")
        await here.until(lambda: "1 chosen · choose 2 to 4" in here.shown())
        await here.pilot.press(*"fir", "space")
        await here.until(lambda: "2 chosen · enter compares them" in here.shown())
        await here.pilot.press("enter")
        await here.until(lambda: "your next message to elm · fir" in here.shown())
        assert here.screen.prompt.text == "And now?"
        await here.pilot.press("enter")
        await here.until(compared, "the columns")
        await here.until(lambda: "from fir" in here.shown() and "Close" in here.shown(), "both ends")
        # a narrow screen shows one answer
        await here.pilot.resize_terminal(80, 24)
        await here.until(lambda: "from fir" not in here.shown(), "one column")
        await here.alive()
        await here.pilot.press("2")
        await here.until(
            lambda: "from fir" in here.shown() and "more from elm" not in here.shown(), "its tab"
        )
        await here.pilot.press("escape")
        await here.until(lambda: not compared())
        assert here.texts()[-2:] == ["And now?", "more from elm"]
        await here.until(
            lambda: branches(here).get("more from elm") == (1, 2), "the other answer is a branch"
        )


async def test_text_that_waits_for_the_next_frame_when_a_column_appears_stands_in_it_once(
    tmp_path: Path,
) -> None:
    async with seat(FakeTransport(), tmp_path) as here:
        await here.write("Hello!")
        await here.idle()
        conversation = here.workspace.current
        column = Column(Answerer("oak", "oak"))
        host = CompareHost(lambda _: None, lambda _: None, no_facts, here.screen.post_message)
        screen = CompareScreen(Comparison("Hello!", [column]), host, lambda: 0.0, glyphs="unicode")
        await here.app.push_screen(screen)
        await here.until(lambda: "1 " in here.shown())
        answer = next(entry for entry in reversed(here.entries) if isinstance(entry, MessageEntry))
        # the answer has this text already; the screen has not been told
        conversation.buffer.add([Appended(answer.id, "SECOND TIME")])
        column.conversation = conversation
        screen.show_columns()
        await here.until(lambda: "Hello!" in here.shown())
        await here.until(lambda: conversation.buffer.drain() == [])
        await here.pilot.pause()
        assert "SECOND TIME" not in here.shown()

        # a source opens over the columns
        shown = screen.query_one(AnswerColumn)
        page = Source("", "Oaks", url="https://example.com/oaks", text="An oak is a tree.")
        shown.post_message(Transcript.SourceChosen(shown, page, ()))
        await here.until(lambda: isinstance(here.app.screen, PassageViewer))
        await here.until(lambda: "An oak is a tree." in here.shown())
        await here.pilot.press("escape")
        await here.until(lambda: here.app.screen is screen)
