"""What a server or a model does not take, as far as it is known or was learned. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from aimltui.engine.models.base import JSON, ModelInfo
from aimltui.engine.models.endpoint.endpoint import Endpoint

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The levels of `reasoning_effort`, from the least to the most."""
UNKNOWN_OUTPUT = 8_192
"""Tokens that are asked for at AI/ML API where nobody says how long an answer may be."""
GENEROUS_OUTPUT = 32_000
"""Tokens that are asked for there at most: more would only narrow what is left to the conversation."""
_SHARE_OF_CONTEXT = 4

_OPENAI_REASONING = re.compile(r"(?:^|[/:])(?:o[134](?:$|[-.])|gpt-5)", re.IGNORECASE)
_OPENAI_CHATTY = re.compile(r"gpt-5[\w.-]*-chat", re.IGNORECASE)
"""They bear the number of a reasoning model and are none."""
_RESPONSES_ONLY = re.compile(
    r"(?:^|/)(?:codex-|(?:gpt-5[\w.-]*|o[13])-(?:pro|codex)(?:$|[-.]))", re.IGNORECASE
)
_GIVES_REASONING_BACK = re.compile(r"deepseek|kimi", re.IGNORECASE)
_THINKS_ONLY_STREAMING = re.compile(r"(?:^|/)(?:qwen3|qwq)", re.IGNORECASE)


def lesson(words: str, *, default: Any = False) -> Any:
    """A field that can be learned, with the sentence that tells of it; `{}` stands for its value."""
    return field(default=default, metadata={"words": words})


@dataclass(frozen=True, slots=True)
class Quirks:
    """What has to be different in a request. Every field's default is the ordinary case."""

    responses: bool = lesson("It answers at /v1/responses only.")
    no_stream: bool = lesson("It does not stream: its answers come in one piece.")
    no_stream_options: bool = lesson("It takes no stream_options, so it may not say what an answer cost.")
    fold_system: bool = lesson(
        "It takes no system role: the instructions stand before the first user message."
    )
    alternate: bool = lesson("Its roles must alternate: neighbouring messages of one role are joined.")
    fold_calls: bool = lesson("It takes no tool messages: earlier tool calls are told as text.")
    completion_tokens: bool = lesson("It wants max_completion_tokens in the place of max_tokens.")
    no_limit: bool = lesson("It takes no token limit.")
    needs_limit: bool = lesson("It wants a token limit in every request.")
    output_limit: int | None = lesson("Its answers have at most {} tokens.", default=None)
    no_temperature: bool = lesson("It takes no temperature.")
    no_top_p: bool = lesson("It takes no top_p.")
    no_parallel: bool = lesson("It takes no parallel_tool_calls.")
    choice: str | None = lesson("Of tool_choice it takes no more than “{}”.", default=None)
    """`required`: it takes no name; `auto`: it cannot be forced."""
    format: str | None = lesson("Of response formats it takes no more than “{}”.", default=None)
    """`json_object`: it takes no schema; `text`: it takes none at all."""
    efforts: tuple[str, ...] | None = lesson("Of reasoning efforts it takes: {}.", default=None)
    """Empty: it takes none."""
    no_thinking: bool = lesson("It wants enable_thinking: false where it does not stream.")
    reasoning_back: str | None = lesson("It wants its reasoning back ({}).", default=None)
    """`calls`: with its tool calls; `all`: with every message of its own; `no`: not at all."""
    opens_thought: bool = lesson("Its answers begin inside a thought, of which only the closing tag comes.")
    no_images: bool = lesson("It sees no pictures.")
    no_files: bool = lesson("It reads no files.")
    no_summary: bool = lesson("It tells nothing of its reasoning at /v1/responses.")
    no_include: bool = lesson("It gives no encrypted reasoning at /v1/responses.")

    def given(self) -> dict[str, JSON]:
        """What is not the ordinary case, as JSON."""
        found: dict[str, JSON] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                found[one.name] = list(value) if isinstance(value, tuple) else value
        return found

    def taught(self, lessons: Mapping[str, JSON]) -> Quirks:
        """With what was learned; what makes no sense, since a file may hold anything, is left out."""
        return replace(self, **dict(_sensible(lessons)))

    def since(self, before: Quirks) -> dict[str, JSON]:
        """What is different from an earlier state, as JSON."""
        old = before.given()
        return {name: value for name, value in self.given().items() if old.get(name) != value}


_FIELDS = {one.name: one for one in fields(Quirks)}
_CHOICES = {
    "choice": ("required", "auto"),
    "format": ("json_object", "text"),
    "reasoning_back": ("calls", "all", "no"),
}


def _sensible(lessons: Mapping[str, JSON]) -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in lessons.items():
        if name == "efforts" and isinstance(value, list | tuple):
            found.append((name, tuple(level for level in EFFORTS if level in value)))
        elif (
            (name == "output_limit" and isinstance(value, int) and not isinstance(value, bool) and value > 0)
            or (name in _CHOICES and value in _CHOICES[name])
            or (name in _FIELDS and _FIELDS[name].default is False and isinstance(value, bool))
        ):
            found.append((name, value))
    return found


def in_words(name: str, value: JSON) -> str:
    """A lesson as a sentence; empty for one that is not known."""
    value = dict(_sensible({name: value})).get(name)
    if value in (None, False):
        return ""
    if isinstance(value, list | tuple):
        shown = ", ".join(str(level) for level in value) or "none"
    else:
        shown = f"{value:,}" if isinstance(value, int) else str(value)
    return str(_FIELDS[name].metadata["words"]).format(shown)


def wants_completion_tokens(model: str) -> bool:
    """Whether this is one of OpenAI's reasoning models, which refuse `max_tokens`."""
    return _OPENAI_REASONING.search(model) is not None


def known_quirks(endpoint: Endpoint, model: str, info: ModelInfo | None) -> Quirks:
    """What is known before anything was tried.

    Args:
        endpoint: The server.
        model: The model's id.
        info: What the server's list says of it. What the list does not say is unknown, which is not "no".
    """
    aiml = endpoint.is_aimlapi
    known: dict[str, Any] = {}
    if endpoint.is_openai or aiml:
        reasons = wants_completion_tokens(model)
        thinks = reasons and not _OPENAI_CHATTY.search(model)
        known |= {"completion_tokens": reasons, "no_temperature": thinks, "no_top_p": thinks}
    if info is not None and info.endpoints:
        known["responses"] = "chat" not in info.endpoints and "responses" in info.endpoints
    elif endpoint.is_openai or aiml:
        known["responses"] = _RESPONSES_ONLY.search(model) is not None
    if aiml:
        known["no_thinking"] = _THINKS_ONLY_STREAMING.search(model) is not None
    if _GIVES_REASONING_BACK.search(model):
        known["reasoning_back"] = "calls"
    if info is not None and info.output_limit:
        known["output_limit"] = info.output_limit
    if info is not None and (info.abilities is not None or info.inputs is not None):
        able, takes = info.abilities or frozenset(), info.inputs or frozenset()
        known["no_images"] = "vision" not in able and "image" not in takes
        known["no_files"] = "files" not in able and not takes & {"file", "pdf"}
    if aiml and info is not None and info.abilities is not None:
        # elsewhere a list of abilities need not name what goes without saying
        known["no_stream"] = "streaming" not in info.abilities
        if "structured_output" not in info.abilities:
            # the schema stands in the instructions, also where one would be ignored without a word
            known["format"] = "json_object"
    return Quirks(**known)


def token_limit(asked: int | None, quirks: Quirks, endpoint: Endpoint, info: ModelInfo | None) -> int | None:
    """The limit that goes out with a request; None for none.

    AI/ML API gives 512 tokens to many models where none is named, which a thinking model uses up before it says a
    word: there a limit is always named.
    """
    limit = asked
    if limit is None and (quirks.needs_limit or endpoint.is_aimlapi):
        limit = min(quirks.output_limit or UNKNOWN_OUTPUT, GENEROUS_OUTPUT)
        if info is not None and info.context_length:
            limit = min(limit, max(1, info.context_length // _SHARE_OF_CONTEXT))
    if limit is not None and quirks.output_limit is not None:
        limit = min(limit, quirks.output_limit)
    return limit


def nearest_effort(asked: str, quirks: Quirks) -> str | None:
    """The effort that the model takes in the place of the one that is asked for; None for none."""
    if quirks.efforts is None or asked not in EFFORTS:
        return asked if quirks.efforts is None else None
    if not quirks.efforts:
        return None
    place = EFFORTS.index(asked)
    return min(quirks.efforts, key=lambda level: abs(EFFORTS.index(level) - place))
