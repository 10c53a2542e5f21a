"""The program's own assistant gets the tools that work here, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.embedded import EmbeddedTransport
from aimltui.engine.engine import Engine
from aimltui.tui.controllers.assistant_directory import AssistantDirectory
from aimltui.wire.assistants import Assistant, ListAssistants, ModifyAssistant
from aimltui.wire.tools import FunctionDefinition, FunctionTool
from tests.support.builders import opened


class Asked:
    """Says which tools there are, and counts how often it is asked."""

    def __init__(self, *tools: str) -> None:
        self.tools = tools
        self.times = 0

    async def __call__(self) -> tuple[str, ...]:
        self.times += 1
        return self.tools


async def started(engine: Engine, ask: Asked | None, times: int = 1) -> Assistant:
    """The program's own assistant after a start of the program in which it was needed."""
    client = AssistantsClient(EmbeddedTransport(engine))
    assistants = AssistantDirectory(client, ask)
    for _ in range(times):
        await assistants.need_default("fake")
    [assistant] = (await client.assistants.list(ListAssistants())).data
    return assistant


def kinds(assistant: Assistant) -> list[str]:
    return [tool.type for tool in assistant.tools]


@pytest.mark.parametrize(("tools", "expected"), [(("code_interpreter",), ["code_interpreter"]), ((), [])])
async def test_a_new_assistant_has_what_works_here(tmp_path: Path, tools: Any, expected: list[str]) -> None:
    ask = Asked(*tools)
    async with opened(tmp_path) as engine:
        assert kinds(await started(engine, ask, times=3)) == expected
    assert ask.times == 1


async def test_an_older_assistant_gets_it_and_keeps_its_own(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        old = await started(engine, None)
        own = FunctionTool(type="function", function=FunctionDefinition(name="weather"))
        await engine.assistants.modify_assistant(ModifyAssistant(assistant_id=old.id, tools=[own]))
        assert kinds(await started(engine, Asked("code_interpreter"))) == ["function", "code_interpreter"]


async def test_what_the_user_takes_off_stays_off(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        made = await started(engine, Asked("code_interpreter"))
        await engine.assistants.modify_assistant(ModifyAssistant(assistant_id=made.id, tools=[]))
        assert kinds(await started(engine, Asked("code_interpreter"))) == []


async def test_where_no_sandbox_holds_any_more_it_is_taken_off(tmp_path: Path) -> None:
    async with opened(tmp_path) as engine:
        await started(engine, Asked("code_interpreter"))
        assert kinds(await started(engine, Asked())) == []
