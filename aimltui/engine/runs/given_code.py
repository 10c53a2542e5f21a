"""GivenCode: takes the place of the model in a run that executes the user's code."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

from aimltui.engine.models.base import ChatChunk, ChatRequest, ChatUsage, ModelInfo, ToolCallDelta
from aimltui.engine.runs.prompt.context_window import CODE_INTERPRETER

_FREE = ChatUsage(cost_usd=0.0)


class GivenCode:
    """Calls the code interpreter with the code in the first turn, and says nothing in the second.

    Args:
        code: Python.
        call_id: The id of the call.
        is_done: Whether the code has been executed.
    """

    def __init__(self, code: str, call_id: str, *, is_done: bool) -> None:
        self._code = code
        self._call_id = call_id
        self._is_done = is_done

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        """Yield the call, or the end. No model is asked, so it costs nothing."""
        if self._is_done:
            yield ChatChunk(finish_reason="stop", usage=_FREE)
            return
        self._is_done = True
        call = ToolCallDelta(0, self._call_id, CODE_INTERPRETER, json.dumps({"code": self._code}))
        yield ChatChunk(tool_calls=(call,), finish_reason="tool_calls", usage=_FREE)

    async def list_models(self) -> list[ModelInfo]:
        """Return no models."""
        return []

    async def aclose(self) -> None:
        """Nothing is open."""
