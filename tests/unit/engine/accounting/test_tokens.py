"""The estimate of tokens beside the counts of real tokenizers, which `token_counts.json` has with their source."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from aimltui.engine.accounting.tokens import estimate, units
from aimltui.wire.messages import NewMessage
from aimltui.wire.runs import CreateRun
from aimltui.wire.threads import CreateThread
from tests.support.builders import an_assistant, collect, opened, run_of
from tests.support.fake_model import FakeModel

TEXTS: dict[str, dict[str, Any]] = json.loads(
    Path(__file__).with_name("token_counts.json").read_text(encoding="utf-8")
)["texts"]
LATIN = "Latin"
LOOSE = frozenset(("Vietnamese", "Greek", "Arabic", "Hebrew", "Hindi", "Thai", "numbers", "base64", "emoji"))
"""Texts whose numbers of tokens differ by twice and more between tokenizers: judged by the newest one alone."""


@pytest.mark.parametrize("name", TEXTS)
def test_the_estimate_is_at_most_a_tenth_too_low(name: str) -> None:
    counted = TEXTS[name]["tokens"]
    judges = ["o200k_base"] if name in LOOSE else list(counted)
    lowest = 0.85 if name in LOOSE else 0.9
    for judge in judges:
        assert estimate(TEXTS[name]["text"]) >= lowest * counted[judge], judge


@pytest.mark.parametrize("name", TEXTS)
def test_the_estimate_is_not_much_too_high(name: str) -> None:
    assert estimate(TEXTS[name]["text"]) <= 1.5 * max(TEXTS[name]["tokens"].values()) + 2


@pytest.mark.parametrize("name", TEXTS)
def test_the_pieces_cost_as_much_as_the_text(name: str) -> None:
    text = TEXTS[name]["text"]
    pieces = list(units(text))
    assert all(start < end for start, end, _ in pieces)
    assert all(left[1] <= right[0] for left, right in pairwise(pieces))
    assert sum(cost for _, _, cost in pieces) == pytest.approx(estimate(text), abs=1)


async def test_a_thread_of_400_tokens_loses_its_beginning_under_a_limit_of_300(tmp_path: Path) -> None:
    model = FakeModel()
    text, tokens = TEXTS[LATIN]["text"], TEXTS[LATIN]["tokens"]["cl100k_base"]
    assert 4 * tokens > 400
    messages = [
        NewMessage(role="user" if number % 2 == 0 else "assistant", content=f"{number} {text}")
        for number in range(3)
    ]
    async with opened(tmp_path, model) as engine:
        assistant = await an_assistant(engine)
        thread = await engine.threads.create_thread(
            CreateThread(messages=[*messages, NewMessage(role="user", content=f"3 {text}")])
        )
        wanted = CreateRun(thread_id=thread.id, assistant_id=assistant.id, max_prompt_tokens=300)
        run = run_of(await collect(engine.runs.stream_create_run(wanted)))
    assert run.status == "completed"
    told = [str(message["content"]) for message in model.requests[0].messages if message["role"] != "system"]
    assert len(told) * tokens <= 300
    assert told[-1] == f"3 {text}"
