"""Models that search the web by themselves: only if the run says so, and with the number of their sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from aimltui.engine.models.base import ChatChunk, ModelInfo
from aimltui.wire.constraints import check_params
from aimltui.wire.errors import BadRequest
from aimltui.wire.runs import CreateRun
from tests.support.builders import opened, play, run_of
from tests.support.fake_model import FakeModel, says

ABLE = ModelInfo("fake", abilities=frozenset({"streaming", "web_search"}))


async def test_a_model_searches_if_the_run_says_so(tmp_path: Path) -> None:
    model = FakeModel(
        [*says("Rain [1].", finish=None), ChatChunk(finish_reason="stop"), ChatChunk(web_sources=3)]
    )
    async with opened(tmp_path, model, info=ABLE) as engine:
        asked = run_of(await play(engine, web="on"))
        plain = run_of(await play(engine))
    assert [request.web_search for request in model.requests] == [True, False]
    with pytest.raises(BadRequest):
        check_params(CreateRun(thread_id="thread_1", assistant_id="asst_1", web="perhaps"))
    # it may search without being asked, and that is told, too
    assert (asked.web_sources, plain.web_sources) == (3, 3)


async def test_no_other_model_is_asked_to(tmp_path: Path) -> None:
    model = FakeModel()
    async with opened(tmp_path, model, info=ModelInfo("fake", abilities=frozenset({"tools"}))) as engine:
        run = run_of(await play(engine, web="on"))
    assert not model.requests[0].web_search
    assert run.web_sources is None
