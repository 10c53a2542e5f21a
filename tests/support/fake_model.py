"""Chat models that play a script, for tests of the engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence

from aimltui.engine.models.base import (
    AccountBalance,
    ChatChunk,
    ChatModel,
    ChatRequest,
    ChatUsage,
    ListState,
    ModelError,
    ModelInfo,
    ModelSettings,
    ToolCallDelta,
)

Step = ChatChunk | BaseException | asyncio.Event | Callable[[], None]
"""What happens next in a turn: a chunk, an error, a wait for somebody, a side effect."""
Turn = Sequence[Step]

USAGE = ChatUsage(prompt_tokens=10, completion_tokens=5, total_tokens=15)


def says(*texts: str, finish: str | None = "stop", usage: ChatUsage | None = USAGE) -> list[Step]:
    """A turn of text."""
    return [*(ChatChunk(text=text) for text in texts), ChatChunk(finish_reason=finish, usage=usage)]


def calls(*functions: tuple[str, str], usage: ChatUsage | None = USAGE) -> list[Step]:
    """A turn that calls functions; each is a name and its arguments."""
    steps: list[Step] = []
    for index, (name, arguments) in enumerate(functions):
        steps.append(ChatChunk(tool_calls=[ToolCallDelta(index, id=f"call_{index}", name=name)]))
        half = len(arguments) // 2
        for part in (arguments[:half], arguments[half:]):
            if part:
                steps.append(ChatChunk(tool_calls=[ToolCallDelta(index, arguments=part)]))
    return [*steps, ChatChunk(finish_reason="tool_calls", usage=usage)]


class FakeModel:
    """Plays one turn of its script after the other; the last one again and again."""

    def __init__(self, *turns: Turn) -> None:
        self.turns = list(turns) or [says("Hello", " there.")]
        self.requests: list[ChatRequest] = []
        self.closed_early = 0
        self.stood = 0
        """How often a turn has begun to wait."""
        self.states: list[ListState] = []
        """Connections that give no list; what the registry's `problems` tells."""

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatChunk]:
        self.requests.append(request)
        turn = self.turns[min(len(self.requests), len(self.turns)) - 1]
        finished = False
        try:
            for step in turn:
                if isinstance(step, ChatChunk):
                    yield step
                elif isinstance(step, asyncio.Event):
                    self.stood += 1
                    await step.wait()
                elif isinstance(step, BaseException):
                    finished = True
                    raise step
                else:
                    step()
            finished = True
        finally:
            self.closed_early += not finished

    async def list_models(self) -> list[ModelInfo]:
        return [ModelInfo("fake", name="Fake", vendor="test", context_length=8_000)]

    async def aclose(self) -> None:
        pass


class FakeModels:
    """A registry with one model under every id but those that are unknown."""

    def __init__(
        self, model: ChatModel, *, unknown: Iterable[str] = (), info: ModelInfo | None = None
    ) -> None:
        self.model = model
        self.known = info
        self.unknown = frozenset(unknown)
        self.closed = False

    def resolve(self, model_id: str, connection: str | None = None) -> ChatModel:
        if model_id in self.unknown:
            raise ModelError(
                f"There is no model {model_id!r}.", remedy="Choose another one.", code="invalid_prompt"
            )
        return self.model

    def info(self, model_id: str, connection: str | None = None) -> ModelInfo | None:
        return self.known

    async def learn_about(self, model_id: str, connection: str | None = None) -> None:
        pass

    def connections(self) -> list[str]:
        return ["fake"]

    def settings(self, info: ModelInfo) -> ModelSettings | None:
        return None

    def list_states(self) -> list[ListState]:
        return list(getattr(self.model, "states", ()))

    async def list_models(self, *, refresh: bool = False) -> list[ModelInfo]:
        return await self.model.list_models()

    async def balance(self, connection: str | None = None) -> AccountBalance:
        raise ModelError("The fake provider does not tell a balance.")

    async def aclose(self) -> None:
        self.closed = True
