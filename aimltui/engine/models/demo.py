"""The demo model: prepared answers about the program, so that it can be tried without a key or a network."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

from aimltui.engine.models.base import JSON, ChatChunk, ChatRequest, ChatUsage, ModelInfo
from aimltui.engine.models.chunks import text_of
from aimltui.engine.models.demo_answers import answer_to

DEMO_MODEL_ID = "demo"
DELTAS_PER_S = 120.0
CHARACTERS_PER_TOKEN = 4
"""The usual rule of thumb; the demo's token counts are estimates by it."""
_FIRST_PAUSE_S = 0.35
_FEWEST, _MOST = 2, 6

STARTERS: tuple[tuple[str, str], ...] = (
    ("Show me what Markdown looks like here", "Show me what Markdown looks like here."),
    ("How do I connect a real model?", "How do I connect a real model?"),
    ("Which keys should I know?", "Which keys should I know?"),
    ("Write a long answer I can stop", "Write a long answer that I can stop with Esc."),
    ("Solve an equation", "Solve 3x + 11 = 14."),
)
"""Title and prompt of each conversation starter."""


class DemoModel:
    """Answers by keyword. The same conversation gets the same answer, in the same pieces.

    Args:
        pace: 1 streams as fast as a quick model does, 0.5 in half the time; 0 does not wait at all.
    """

    def __init__(self, *, pace: float = 1.0) -> None:
        self._pace = pace

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        """Plays one turn; see `ChatModel.stream`."""
        text = answer_to(last_user_text(request.messages), earlier=_earlier(request.messages))
        loop = asyncio.get_running_loop()
        pieces = list(split(text)) if request.stream else [text]
        due = loop.time() + _FIRST_PAUSE_S * self._pace
        for piece in pieces:
            # Against the clock, not piece by piece, so that a busy loop does not slow the whole answer down.
            await asyncio.sleep(max(0.0, due - loop.time()) if self._pace else 0)
            due += self._pace / DELTAS_PER_S
            yield ChatChunk(text=piece)
        yield ChatChunk(finish_reason="stop", usage=estimate(request.messages, text))

    async def list_models(self) -> list[ModelInfo]:
        """The one model there is."""
        return [DEMO_INFO]

    async def aclose(self) -> None:
        """Nothing is open."""


DEMO_INFO = ModelInfo(id=DEMO_MODEL_ID, name="Demo (scripted, offline)", vendor="aimltui")


def last_user_text(messages: Sequence[Mapping[str, JSON]]) -> str:
    """What the user said last."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return text_of(message.get("content"))
    return ""


def split(text: str) -> Iterator[str]:
    """The text in pieces of a few characters, as a model would send it; always the same for the same text."""
    chance = random.Random(text)
    place = 0
    while place < len(text):
        size = chance.randint(_FEWEST, _MOST)
        yield text[place : place + size]
        place += size


def estimate(messages: Sequence[Mapping[str, JSON]], answer: str) -> ChatUsage:
    """Token counts by the length of the texts: an estimate, as nothing here counts tokens."""
    asked = sum(len(text_of(message.get("content"))) for message in messages)
    prompt, completion = (-(-size // CHARACTERS_PER_TOKEN) for size in (asked, len(answer)))
    return ChatUsage(prompt, completion, prompt + completion)


def _earlier(messages: Sequence[Mapping[str, JSON]]) -> int:
    spoken = [message for message in messages if message.get("role") in ("user", "assistant")]
    return max(0, len(spoken) - 1)
