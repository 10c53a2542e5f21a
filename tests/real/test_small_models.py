"""Ten everyday questions to a small model behind a real llama.cpp: ten answers in words, without a call.

Opt-in like its neighbours: see `tests.real.servers.NEEDS`. `AIMLTUI_REAL_GGUF` names other weights, such as those of
Qwen2.5-Coder-0.5B.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

from aimltui.engine.engine import Engine
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.registry import ModelRegistry
from aimltui.engine.runs.tool_offer import SMALL_MODEL
from aimltui.tui.controllers.assistant_directory import DEFAULT_INSTRUCTIONS
from aimltui.wire.models import ListModels
from aimltui.wire.runs import CreateRun
from tests.real.servers import WANTED, running
from tests.support.builders import a_thread, an_assistant, messages_of, options, run_of
from tests.support.fake_session import FakeSandbox

pytestmark = [
    pytest.mark.skipif(not WANTED, reason="opt-in: AIMLTUI_REAL_LLAMA=1"),
    pytest.mark.timeout(600),
]

PATIENCE_S = 120.0
QUESTIONS = {
    "hello": r"\w+",
    "How are you?": r"\w+",
    "What is the capital of France?": r"Paris",
    "Who wrote Romeo and Juliet?": r"Shakespeare",
    "What colour is the sky on a clear day?": r"blue",
    "Write a Python function that adds two numbers.": r"def |return|\+",
    "Name three fruits.": r"apple|banana|orange|\bfruit",
    "What is water made of?": r"hydrogen|oxygen|H2O|molecule|water",
    "Thank you!": r"\w+",
    "Why do we sleep?": r"sleep|rest|body|brain",
}
"""Everyday questions, and what some word of a sensible answer looks like."""
_LOOKS_LIKE_A_CALL = re.compile(r'"(?:name|arguments|parameters)"\s*:|<tool_call>|code_interpreter')


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running("llama.cpp", tmp_path_factory.mktemp("real")) as url:
        yield url


async def test_ten_everyday_questions_get_ten_sensible_answers(tmp_path: Path, base_url: str) -> None:
    registry = ModelRegistry(Endpoint("real", base_url))
    sandbox = FakeSandbox()
    engine = await Engine.open(options(tmp_path), registry, [sandbox.tool(tmp_path)])
    wrong: dict[str, str] = {}
    try:
        model = (await engine.models.list_models(ListModels())).data[0].id
        made = await an_assistant(
            engine, model=model, instructions=DEFAULT_INSTRUCTIONS, tools=[{"type": "code_interpreter"}]
        )
        for question, expected in QUESTIONS.items():
            thread = await a_thread(engine, question)
            # the request of the screen for its own assistant
            wanted = {"thread_id": thread.id, "assistant_id": made.id, "hosted_tools": "auto"}
            asked = CreateRun.model_validate(wanted | {"temperature": 0, "max_completion_tokens": 256})
            async with asyncio.timeout(PATIENCE_S), aclosing(engine.runs.stream_create_run(asked)) as told:
                run = run_of([event async for event in told])
            assert run.tools_off == SMALL_MODEL
            assert run.status in ("completed", "incomplete"), run.last_error
            said = "\n".join(
                one.text for one in await messages_of(engine, thread.id) if one.role == "assistant"
            )
            if not re.search(expected, said, re.IGNORECASE) or _LOOKS_LIKE_A_CALL.search(said):
                wrong[question] = said
    finally:
        await engine.aclose()
    assert sandbox.codes == []
    assert wrong == {}
