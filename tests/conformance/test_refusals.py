"""The same refusals on every leg, for everything that the types alone let pass."""

from __future__ import annotations

from typing import Any

import pytest

from aimltui.wire import operations as op
from aimltui.wire.errors import BadRequest
from aimltui.wire.operations import Operation
from tests.conformance.world import World, requirement

RUN: dict[str, Any] = {"thread_id": "thread_1", "assistant_id": "asst_1"}
SAY: dict[str, Any] = {"thread_id": "thread_1", "role": "user", "content": "x"}
ASSISTANT: dict[str, Any] = {"model": "m"}

REFUSED: list[tuple[Operation[Any, Any], dict[str, Any], str, str]] = [
    (op.CREATE_RUN, RUN | {"tool_choice": "always"}, "invalid_value", "tool_choice"),
    (op.CREATE_RUN, RUN | {"tool_choice": {"type": "function"}}, "missing_required_parameter", "tool_choice.function"),
    (op.CREATE_RUN, RUN | {"truncation_strategy": {"type": "last_messages"}}, "missing_required_parameter", "truncation_strategy.last_messages"),
    (op.CREATE_RUN, RUN | {"response_format": "json"}, "invalid_value", "response_format"),
    (op.CREATE_RUN, RUN | {"reasoning_effort": "huge"}, "invalid_value", "reasoning_effort"),
    (op.CREATE_RUN, RUN | {"hosted_tools": "maybe"}, "invalid_value", "hosted_tools"),
    (op.CREATE_RUN, RUN | {"include": ["everything"]}, "invalid_value", "include"),
    (op.CREATE_RUN, RUN | {"assistant_id": "x"}, "invalid_value", "assistant_id"),
    (op.CREATE_RUN, RUN | {"additional_messages": [{"role": "tool", "content": "x"}]}, "invalid_value", "additional_messages[0].role"),
    (op.CREATE_ASSISTANT, ASSISTANT | {"tools": [{"type": "browser"}]}, "invalid_value", "tools[0].type"),
    (op.CREATE_ASSISTANT, ASSISTANT | {"tools": [{"type": "function", "function": {"name": "a b"}}]}, "invalid_value", "tools[0].function.name"),
    (op.CREATE_ASSISTANT, ASSISTANT | {"metadata": {"k" * 65: "v"}}, "string_above_max_length", "metadata"),
    (op.CREATE_ASSISTANT, ASSISTANT | {"tool_resources": {"code_interpreter": {"file_ids": ["file-1"] * 21}}}, "array_above_max_length", "tool_resources.code_interpreter.file_ids"),
    (op.CREATE_MESSAGE, SAY | {"role": "system"}, "invalid_value", "role"),
    (op.CREATE_MESSAGE, SAY | {"content": [{"type": "video"}]}, "invalid_value", "content[0].type"),
    (op.CREATE_MESSAGE, SAY | {"content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}, "invalid_value", "content[0].image_url.url"),
    (op.LIST_MESSAGES, {"thread_id": "thread_1", "order": "up"}, "invalid_value", "order"),
]  # fmt: skip


@requirement("refusals:legs")
@pytest.mark.parametrize(("operation", "given", "code", "param"), REFUSED)
async def test_a_refusal_is_the_same_everywhere(
    world: World, operation: Operation[Any, Any], given: dict[str, Any], code: str, param: str
) -> None:
    params = operation.params.model_validate(given)
    with pytest.raises(BadRequest) as caught:
        await world.transport.call(operation, params)
    assert (caught.value.code, caught.value.param) == (code, param)
