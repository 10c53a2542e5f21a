"""A chat model that plays a script: what it says, when it waits, how it fails. No clock, no chance."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

from aimltui.engine.models.base import (
    ChatChunk,
    ChatRequest,
    ChatUsage,
    ModelError,
    ModelInfo,
    ToolCallDelta,
)


@dataclass(frozen=True, slots=True)
class Say:
    """Text, one delta for each piece."""

    pieces: tuple[str, ...]

    def __init__(self, *pieces: str) -> None:
        object.__setattr__(self, "pieces", pieces)


@dataclass(frozen=True, slots=True)
class Think:
    """A piece of reasoning."""

    text: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """A piece of a refusal."""

    text: str


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call; its arguments come in as many deltas as there are pieces."""

    name: str
    arguments: tuple[str, ...] = ("{}",)
    id: str = "call_1"
    index: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing more comes until the event is set."""

    event: asyncio.Event


@dataclass(frozen=True, slots=True)
class Fail:
    """The turn ends with this error."""

    error: ModelError


@dataclass(frozen=True, slots=True)
class Finish:
    """The turn ends. Without it a turn ends by itself: `tool_calls` after a call, else `stop`."""

    reason: str = "stop"
    usage: ChatUsage | None = None


Act = Say | Think | Refuse | Call | Wait | Fail | Finish
Turn = Sequence[Act]


@dataclass(slots=True)
class ScriptedModel:
    """Plays one turn of the script for each request, in order.

    Between two deltas the event loop gets its turn, so that readers see them one by one.
    """

    turns: Sequence[Turn]
    models: Sequence[ModelInfo] = (ModelInfo(id="scripted", name="Scripted"),)
    requests: list[ChatRequest] = field(default_factory=list)
    """Every request so far."""
    closed_early: int = 0
    """How many turns were left before their end."""

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        """Plays the next turn; see `ChatModel.stream`."""
        place = len(self.requests)
        self.requests.append(request)
        if place >= len(self.turns):
            raise ModelError(f"The script has {len(self.turns)} turns, and this is request {place + 1}.")
        whole = False
        try:
            async for chunk in _play(self.turns[place]):
                yield chunk
            whole = True
        except ModelError:
            whole = True
            raise
        finally:
            self.closed_early += not whole

    async def list_models(self) -> list[ModelInfo]:
        """The models given to the constructor."""
        return list(self.models)

    async def aclose(self) -> None:
        """Nothing is open."""


async def _play(turn: Turn) -> AsyncGenerator[ChatChunk, None]:
    reason = "stop"
    for act in turn:
        match act:
            case Wait(event):
                await event.wait()
            case Fail(error):
                raise error
            case Finish(reason, usage):
                yield ChatChunk(finish_reason=reason)
                if usage is not None:
                    yield ChatChunk(usage=usage)
                return
            case Say() | Think() | Refuse() | Call():
                if isinstance(act, Call):
                    reason = "tool_calls"
                for chunk in _chunks(act):
                    await asyncio.sleep(0)
                    yield chunk
    yield ChatChunk(finish_reason=reason)


def _chunks(act: Say | Think | Refuse | Call) -> list[ChatChunk]:
    match act:
        case Say(pieces):
            return [ChatChunk(text=piece) for piece in pieces]
        case Think(text):
            return [ChatChunk(reasoning=text)]
        case Refuse(text):
            return [ChatChunk(refusal=text)]
        case Call(name, arguments, call_id, index):
            head = ToolCallDelta(index, call_id, name)
            tail = [ToolCallDelta(index, arguments=piece) for piece in arguments]
            return [ChatChunk(tool_calls=(delta,)) for delta in (head, *tail)]
