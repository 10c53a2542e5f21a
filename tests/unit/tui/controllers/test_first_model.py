"""Where nobody chose a model, the first one of the default connection answers, never one of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.models.base import ListState, ModelInfo
from aimltui.tui.controllers.assistant_directory import DEFAULT_MARK, AssistantDirectory
from aimltui.tui.controllers.conversation import Conversation
from aimltui.tui.controllers.model_selection import ModelSelection
from aimltui.tui.controllers.run_plan import NotSent
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.events import StreamEvent
from aimltui.wire.runs import Run
from tests.support.builders import opened
from tests.support.fake_model import FakeModel


class Offering(FakeModel):
    """Lists models of two connections."""

    def __init__(self, *models: ModelInfo, problem: str = "") -> None:
        super().__init__()
        self.models = list(models)
        self.states = [
            ListState("home", "none" if problem else "live", None, problem),
            ListState("work", "live"),
        ]

    async def list_models(self) -> list[ModelInfo]:
        return self.models


HOME, WORK = ModelInfo("llama", connection="home"), ModelInfo("gpt", connection="work")


async def needed(tmp_path: Path, model: Offering) -> str:
    async with opened(tmp_path, model) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        models = ModelSelection(client, AssistantDirectory(client), "")
        return await models.need_model(Conversation(None, {}, lambda _: None))


async def test_the_first_model_of_the_default_connection_answers(tmp_path: Path) -> None:
    assert await needed(tmp_path, Offering(WORK, HOME)) == "llama"


async def test_the_model_that_answered_before_is_taken_again_and_not_whatever_is_listed_first(
    tmp_path: Path,
) -> None:
    listed = [ModelInfo("alpaca", connection="home"), HOME]
    async with opened(tmp_path, Offering(*listed)) as engine:
        client = AssistantsClient(EmbeddedTransport(engine))
        await client.assistants.create(CreateAssistant(model="llama", metadata={DEFAULT_MARK: "default"}))
        assistants = AssistantDirectory(client)
        models = ModelSelection(client, assistants, "")
        await assistants.read()
        await models.learn()
        assert models.default_model == "llama"


async def test_a_thread_keeps_to_its_connection_when_another_one_becomes_the_default(tmp_path: Path) -> None:
    model = Offering(HOME, WORK)
    async with opened(tmp_path, model) as engine:
        names = ["home", "work"]
        client = AssistantsClient(EmbeddedTransport(engine))
        models = ModelSelection(client, AssistantDirectory(client), "llama", connections=lambda: tuple(names))
        thread = Conversation("thread_1", {}, lambda _: None)
        thread.selection.connection = "home"
        run = Run(id="run_1", thread_id="thread_1", assistant_id="asst_1", model="llama", status="completed")
        thread.view.apply(StreamEvent(event="thread.run.completed", data=run))
        names.reverse()
        model.states.reverse()
        models.set_default("")
        await models.settle()
        assert (models.model_of(thread), models.sent_connection(thread)) == ("llama", "home")
        assert models.model_of(Conversation(None, {}, lambda _: None)) == "gpt"
        names.remove("home")
        assert (models.model_of(thread), models.sent_connection(thread)) == ("gpt", None)


async def test_where_the_default_connection_gives_no_list_no_other_one_is_asked(tmp_path: Path) -> None:
    with pytest.raises(NotSent) as refused:
        await needed(tmp_path, Offering(WORK, problem="home did not accept the API key."))
    assert refused.value.detail.endswith("home did not accept the API key.")
