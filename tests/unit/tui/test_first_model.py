"""Where nobody chose a model, the first one of the default connection answers, never one of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.models.base import ListState, ModelInfo
from aimltui.tui.choices import Choices
from aimltui.tui.conversation import Conversation
from aimltui.tui.runs import Refused
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
        choices = Choices(AssistantsClient(EmbeddedTransport(engine)), "")
        return await choices.need_model(Conversation(None, {}, lambda _: None))


async def test_the_first_model_of_the_default_connection_answers(tmp_path: Path) -> None:
    assert await needed(tmp_path, Offering(WORK, HOME)) == "llama"


async def test_where_the_default_connection_gives_no_list_no_other_one_is_asked(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        await needed(tmp_path, Offering(WORK, problem="home did not accept the API key."))
    assert refused.value.detail.endswith("home did not accept the API key.")
