"""What a server or a model does not support, known beforehand or learned from refusals. No I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import field, fields, replace
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.models.base import JSON, ModelInfo
from aimltui.engine.models.endpoint.endpoint import Endpoint

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""The levels of `reasoning_effort`, from the least to the most."""
UNKNOWN_OUTPUT = 8_192
"""Token limit for AI/ML API if neither the user nor the list of models gives one."""
GENEROUS_OUTPUT = 32_000
"""The highest token limit sent without the user's request: a higher one would take room from the conversation."""
_SHARE_OF_CONTEXT = 4

_OPENAI_REASONING = pattern(r"(?:^|[/:])(?:o[134](?:$|[-.])|gpt-5)", re.IGNORECASE)
_OPENAI_CHATTY = pattern(r"gpt-5[\w.-]*-chat", re.IGNORECASE)
"""Their names look like those of reasoning models, but they do not reason."""
_RESPONSES_ONLY = pattern(r"(?:^|/)(?:codex-|(?:gpt-5[\w.-]*|o[13])-(?:pro|codex)(?:$|[-.]))", re.IGNORECASE)
_GIVES_REASONING_BACK = pattern(r"deepseek|kimi", re.IGNORECASE)
_CLAUDE = pattern(r"(?:^|/)claude-", re.IGNORECASE)
_CLAUDE_WITH_BUDGET = pattern(
    r"(?:^|/)claude-(?:3[.-]7-|4-(?:opus|sonnet)|(?:opus|sonnet|haiku)-4(?:[.-][0-6])?(?:-\d{6,})?$)",
    re.IGNORECASE,
)
"""Anthropic's models that take a budget of tokens; those after 4.6 decide for themselves how long they think."""
_THINKS_ONLY_STREAMING = pattern(r"(?:^|/)(?:qwen3|qwq)", re.IGNORECASE)


def lesson(words: str, *, default: Any = False) -> Any:
    """A field that can be learned, with its sentence for the user; `{}` stands for the value."""
    return field(default=default, metadata={"words": words})


@dataclass(frozen=True, slots=True)
class Quirks:
    """How requests to a model must differ from the usual form. The default of every field is the usual form."""

    responses: bool = lesson("Answers at /v1/responses only.")
    no_stream: bool = lesson("No streaming: each answer arrives at once.")
    no_stream_options: bool = lesson("No stream_options: the cost of an answer may be unknown.")
    fold_system: bool = lesson("No system role: instructions are put before the first user message.")
    alternate: bool = lesson("Roles must alternate: adjacent messages of one role are joined.")
    fold_calls: bool = lesson("No tool messages: earlier tool calls are sent as text.")
    completion_tokens: bool = lesson("Needs max_completion_tokens instead of max_tokens.")
    no_limit: bool = lesson("No token limit.")
    needs_limit: bool = lesson("Needs a token limit in every request.")
    output_limit: int | None = lesson("Answers have at most {} tokens.", default=None)
    no_temperature: bool = lesson("No temperature.")
    no_top_p: bool = lesson("No top_p.")
    no_parallel: bool = lesson("No parallel_tool_calls.")
    choice: str | None = lesson("tool_choice: “{}” at most.", default=None)
    """`required`: no tool can be named; `auto`: a call cannot be forced."""
    format: str | None = lesson("Response format: “{}” at most.", default=None)
    """`json_object`: no schema; `text`: no response format at all."""
    efforts: tuple[str, ...] | None = lesson("Reasoning efforts: {}.", default=None)
    """Empty: no reasoning effort."""
    no_thinking: bool = lesson("Needs enable_thinking: false without streaming.")
    reasoning_back: str | None = lesson("Needs its reasoning sent back ({}).", default=None)
    """`calls`: with its tool calls; `all`: with each of its messages; `no`: not at all."""
    opens_thought: bool = lesson("Answers start inside a thought; only its closing tag is sent.")
    cache_marks: bool = lesson("Long prompts are marked for the provider's cache.")
    no_cache_marks: bool = lesson("No marks for the provider's cache.")
    thinking_budget: bool = lesson("Thinks within a budget of tokens instead of an effort.")
    no_budget: bool = lesson("No budget for thinking.")
    no_web_search: bool = lesson("No web_search_options: it decides by itself whether to search the web.")
    no_images: bool = lesson("No pictures.")
    no_files: bool = lesson("No files.")
    no_summary: bool = lesson("No summary of the reasoning at /v1/responses.")
    no_include: bool = lesson("No encrypted reasoning at /v1/responses.")

    def given(self) -> dict[str, JSON]:
        """The fields that differ from their default, as JSON."""
        found: dict[str, JSON] = {}
        for one in fields(self):
            value = getattr(self, one.name)
            if value != one.default:
                found[one.name] = list(value) if isinstance(value, tuple) else value
        return found

    def taught(self, lessons: Mapping[str, JSON]) -> Quirks:
        """These quirks with learned ones added. Values that make no sense are ignored, as a file may hold anything."""
        return replace(self, **dict(_sensible(lessons)))

    def since(self, before: Quirks) -> dict[str, JSON]:
        """The fields that differ from an earlier state, as JSON."""
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
    """A learned field as a sentence; empty for an unknown one."""
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
    """The quirks that are known before the first request.

    Args:
        endpoint: The server.
        model: The model's id.
        info: What the server's list says about the model. Missing facts are unknown, which does not mean "no".
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
        known["cache_marks"] = _CLAUDE.search(model) is not None
        known["thinking_budget"] = _CLAUDE_WITH_BUDGET.search(model) is not None
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
        # on other servers a list of abilities may leave out the usual ones
        known["no_stream"] = "streaming" not in info.abilities
        if "structured_output" not in info.abilities:
            # some models silently ignore a schema, so it is written into the instructions
            known["format"] = "json_object"
    return Quirks(**known)


def token_limit(asked: int | None, quirks: Quirks, endpoint: Endpoint, info: ModelInfo | None) -> int | None:
    """The token limit to send with a request; None to send none.

    Without a limit, AI/ML API allows many models 512 tokens, which a reasoning model uses up before its first word.
    So a limit is always sent there.
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
    """The supported effort nearest to the requested one; None to send none."""
    if quirks.efforts is None or asked not in EFFORTS:
        return asked if quirks.efforts is None else None
    if not quirks.efforts:
        return None
    place = EFFORTS.index(asked)
    return min(quirks.efforts, key=lambda level: abs(EFFORTS.index(level) - place))
