"""The demo model: gives prepared answers about the program, so that it can be tried without a key or network."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence

from aimltui.engine.models.base import (
    JSON,
    ChatChunk,
    ChatRequest,
    ChatUsage,
    ModelInfo,
    Price,
    ToolCallDelta,
)
from aimltui.engine.models.chat.chunks import text_of
from aimltui.engine.models.demo.answers import answer_to, code_for, dice_answer, dice_in, summary_of
from aimltui.engine.models.demo.documents import document_answer, queries_for

DEMO_MODEL_ID = "demo"
CODE_TOOL = "code_interpreter"
DICE_TOOL = "roll_dice"
SEARCH_TOOL = "file_search"
DELTAS_PER_S = 120.0
CHARACTERS_PER_TOKEN = 4
"""The usual rule of thumb, used to estimate the demo's token counts."""
_FIRST_PAUSE_S = 0.35
_THINKING = 3.0
"""How many times slower a thought is streamed than an answer, so that it can be read."""
_FEWEST, _MOST = 2, 6

THOUGHT = (
    "A linear equation. I could calculate it myself, but code is more reliable: Python can solve it with exact "
    "fractions, and I can check the result in the equation before I answer."
)
"""The demo's thought before it calls the code interpreter."""

STARTERS: tuple[tuple[str, str], ...] = (
    ("Show me what Markdown looks like here", "Show me what Markdown looks like here."),
    ("How do I connect a real model?", "How do I connect a real model?"),
    ("Which keys should I know?", "Which keys should I know?"),
    ("Write a long answer I can stop", "Write a long answer that I can stop with Esc."),
    ("Solve an equation with Python", "Solve 3x + 11 = 14 with the code interpreter."),
    ("Roll dice with a function, which asks you first", "Roll three dice with the function roll_dice."),
)
"""Title and prompt of each conversation starter."""

_PROMPTS = {title.strip(" .?").casefold(): prompt for title, prompt in STARTERS}
"""A title may be typed, too."""


class DemoModel:
    """Answers by keyword. The same conversation gets the same answer in the same pieces.

    Args:
        pace: 1 streams at the speed of a fast model, 0.5 in half the time; 0 does not wait.
    """

    def __init__(self, *, pace: float = 1.0) -> None:
        self._pace = pace

    async def stream(self, request: ChatRequest) -> AsyncGenerator[ChatChunk, None]:
        """Stream one answer; see `ChatModel.stream`."""
        question = last_user_text(request.messages)
        question = _PROMPTS.get(question.strip(" .?").casefold(), question)
        output = _output(request.messages)
        if _is_to_summarize(request.messages):
            async for chunk in self._say(request, summary_of(question)):
                yield chunk
            return
        code = code_for(question) if _offers(request, CODE_TOOL) else None
        if code is not None and output is None:
            async for chunk in self._think_and_call(request, code):
                yield chunk
            return
        dice = dice_in(question) if code is None and _offers(request, DICE_TOOL) else 0
        rolls = dice > 0
        if rolls and output is None:
            async for chunk in self._call(request, DICE_TOOL, {"count": dice, "sides": 6}):
                yield chunk
            return
        searches = code is None and not rolls and _offers(request, SEARCH_TOOL)
        if searches and output is None:
            async for chunk in self._call(request, SEARCH_TOOL, {"queries": [*queries_for(question)]}):
                yield chunk
            return
        text = _answer(request, question, output, rolls=rolls, searches=searches)
        async for chunk in self._say(request, text):
            yield chunk

    async def _say(self, request: ChatRequest, text: str) -> AsyncGenerator[ChatChunk, None]:
        async for piece in self._paced(list(split(text)) if request.stream else [text]):
            yield ChatChunk(text=piece)
        yield ChatChunk(finish_reason="stop", usage=estimate(request.messages, text))

    async def _think_and_call(self, request: ChatRequest, code: str) -> AsyncGenerator[ChatChunk, None]:
        thought = list(split(THOUGHT)) if request.stream else [THOUGHT]
        async for piece in self._paced(thought, slower=_THINKING):
            yield ChatChunk(reasoning=piece)
        async for chunk in self._call(request, CODE_TOOL, {"code": code}):
            yield chunk

    async def _call(
        self, request: ChatRequest, name: str, values: Mapping[str, JSON]
    ) -> AsyncGenerator[ChatChunk, None]:
        arguments = json.dumps(values)
        head = ToolCallDelta(0, f"call_demo{len(request.messages)}", name)
        yield ChatChunk(tool_calls=(head,))
        async for piece in self._paced(list(split(arguments)) if request.stream else [arguments]):
            yield ChatChunk(tool_calls=(ToolCallDelta(0, arguments=piece),))
        yield ChatChunk(finish_reason="tool_calls", usage=estimate(request.messages, arguments))

    async def _paced(self, pieces: Sequence[str], slower: float = 1.0) -> AsyncGenerator[str, None]:
        loop = asyncio.get_running_loop()
        due = loop.time() + _FIRST_PAUSE_S * self._pace
        for piece in pieces:
            # Measured from the start, so that a busy event loop does not slow down the whole answer.
            await asyncio.sleep(max(0.0, due - loop.time()) if self._pace else 0)
            due += slower * self._pace / DELTAS_PER_S
            yield piece

    async def list_models(self) -> list[ModelInfo]:
        """The demo model as the only one."""
        return [DEMO_INFO]

    async def aclose(self) -> None:
        """Do nothing: no connection is open."""


DEMO_INFO = ModelInfo(
    id=DEMO_MODEL_ID,
    name="Demo (scripted, offline)",
    vendor="aimltui",
    price=Price(prompt=0.0, completion=0.0, cached=0.0),
)


def last_user_text(messages: Sequence[Mapping[str, JSON]]) -> str:
    """The user's last message."""
    for message in reversed(messages):
        if message.get("role") == "user":
            return text_of(message.get("content"))
    return ""


def split(text: str) -> Iterator[str]:
    """Split a text into pieces of a few characters, as a model sends them; always the same for the same text."""
    chance = random.Random(text)
    place = 0
    while place < len(text):
        size = chance.randint(_FEWEST, _MOST)
        yield text[place : place + size]
        place += size


def estimate(messages: Sequence[Mapping[str, JSON]], answer: str) -> ChatUsage:
    """Token counts estimated from the length of the texts."""
    asked = sum(len(text_of(message.get("content"))) for message in messages)
    prompt, completion = (-(-size // CHARACTERS_PER_TOKEN) for size in (asked, len(answer)))
    return ChatUsage(prompt, completion, prompt + completion)


def _answer(request: ChatRequest, question: str, output: str | None, *, rolls: bool, searches: bool) -> str:
    if output is not None and rolls:
        return dice_answer(output)
    if output is not None and searches:
        return document_answer(question, output)
    return answer_to(question, earlier=_earlier(request.messages), output=output)


def _is_to_summarize(messages: Sequence[Mapping[str, JSON]]) -> bool:
    """Whether the instructions are those with which the screen asks for a summary."""
    first = messages[0] if messages else {}
    return first.get("role") != "user" and text_of(first.get("content")).startswith(
        "Summarize the conversation"
    )


def _earlier(messages: Sequence[Mapping[str, JSON]]) -> int:
    spoken = [message.get("role") for message in messages if message.get("role") in ("user", "assistant")]
    asked = len(spoken) - 1 - spoken[::-1].index("user") if "user" in spoken else 0
    return max(0, asked)


def _offers(request: ChatRequest, name: str) -> bool:
    return any(tool.get("function", {}).get("name") == name for tool in request.tools)


def _output(messages: Sequence[Mapping[str, JSON]]) -> str | None:
    """The output of the call for the last question; None if there was no call."""
    last = messages[-1] if messages else {}
    return text_of(last.get("content")) if last.get("role") == "tool" else None
