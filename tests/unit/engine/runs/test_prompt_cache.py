"""An assistant that keeps its prompts out of the provider's cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimltui.wire.assistants import PROMPT_CACHE
from tests.support.builders import opened, play
from tests.support.fake_model import FakeModel


@pytest.mark.parametrize(
    ("assistant", "expected"), [({}, True), ({"metadata": {PROMPT_CACHE: "off"}}, False)]
)
async def test_an_assistant_says_whether_prompts_are_cached(
    tmp_path: Path, assistant: dict[str, Any], expected: bool
) -> None:
    model = FakeModel()
    async with opened(tmp_path, model) as engine:
        await play(engine, assistant=assistant)
    assert model.requests[0].prompt_cache is expected
