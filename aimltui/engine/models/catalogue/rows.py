"""Reads one row of a list of models in the formats of various servers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from aimltui.common.patterns import pattern
from aimltui.engine.models.base import JSON, ModelInfo
from aimltui.engine.models.catalogue.values import (
    aliases_of,
    count_of,
    id_of,
    listed,
    maker_of,
    mapping,
    price_of,
    text_of,
    time_of,
    tokens_of,
    words,
)

CHAT, RESPONSES = "chat", "responses"
DESCRIPTION_LIMIT = 400
_TYPES = {
    "responses": RESPONSES,
    "response": RESPONSES,
    "response-api": RESPONSES,
    **dict.fromkeys(
        ("chat-completion", "chat-completions", "chat", "llm", "vlm", "text", "language", "model"), CHAT
    ),
}
_PATHS = {"/chat/completions": CHAT, "/responses": RESPONSES}
_NOT_CHAT = pattern(
    r"^(?:openai/)?(?:text-embedding|whisper|tts-|dall-e|gpt-image|omni-moderation|text-moderation|sora)"
)
"""Ids of models without chat at OpenAI and compatible servers, whose lists do not give the kind of a model."""
_DRAWS = pattern(r"(?:^|[-_./])image(?:[-_.]|$)")
"""Ids of AI/ML API's image models, which its list also calls chat models with text output."""
_ABILITIES = {
    "tools": "tools",
    "tool_use": "tools",
    "tool_calls": "tools",
    "function_calling": "tools",
    "function": "tools",
    "parallel_tool_calls": "tools",
    "vision": "vision",
    "image_input": "vision",
    "reasoning": "reasoning",
    "reasoning_effort": "reasoning",
    "include_reasoning": "reasoning",
    "thinking": "reasoning",
    "stream": "streaming",
    "streaming": "streaming",
    "file_input": "files",
    "files": "files",
    "pdf_input": "files",
    "structured_output": "structured_output",
    "structured_outputs": "structured_output",
    "response-format": "structured_output",
    "web_search": "web_search",
    "web_search_options": "web_search",
    "web-search": "web_search",
}
_SEARCHES = pattern(r"(?:^|/)sonar(?:-pro)?$|-search-preview(?:-|$)", re.IGNORECASE)
"""Models that search the web before each answer; the lists of some endpoints do not say so."""
_REFUSED = frozenset(
    {
        "anthropic/claude-opus-4.7-fast",
        "anthropic/claude-opus-4.8-fast",
        "anthropic/claude-opus-4-7-fast",
        "anthropic/claude-opus-4-8-fast",
        "sakana/sakana-namazu",
    }
)
"""AI/ML API lists these models, but answers requests to them with 404 (observed in autumn 2026)."""


def is_rich(row: Mapping[str, JSON]) -> bool:
    """Whether the row comes from AI/ML API: it has `info` and `type`."""
    return isinstance(row.get("info"), Mapping) and isinstance(row.get("type"), str)


def endpoints_of(row: Mapping[str, JSON]) -> frozenset[str] | None:
    """The endpoints of the row's model; empty if it is not a chat model, None if the row does not say.

    A model counts as a chat model unless the row says otherwise.
    """
    model_id = row.get("id")
    if isinstance(model_id, str) and _NOT_CHAT.match(model_id):
        return frozenset()
    if not _writes_text(row):
        return frozenset()
    kind = row.get("type")
    if not isinstance(kind, str) or not kind:
        return None
    if is_rich(row) and isinstance(model_id, str) and _DRAWS.search(model_id.lower()):
        return frozenset()
    # Old: `chat-completion`, new: `openai/chat-completions`; other types are images, speech and so on.
    place = _TYPES.get(kind.rsplit("/", 1)[-1].lower())
    if place is None:
        return frozenset()
    told = [path for path in listed(row.get("endpoints")) if isinstance(path, str)]
    places = {place for path in told for tail, place in _PATHS.items() if path.endswith(tail)}
    # A row that lists only other paths can still be a chat model by its type.
    return frozenset(places or {place}) if is_rich(row) or "/" in kind else None


def read_row(row: Mapping[str, JSON], endpoints: frozenset[str] | None = None) -> ModelInfo | None:
    """The model of a row; None without a usable id."""
    # The first one that exists: a name does not replace an unusable id.
    model_id = id_of(row.get("id") or row.get("name") or row.get("model"))
    if model_id is None:
        return None
    info, top, meta = mapping(row.get("info")), mapping(row.get("top_provider")), mapping(row.get("meta"))
    price, varies = price_of(row.get("pricing"))
    context = tokens_of(
        info.get("contextLength"),
        row.get("context_length"),
        row.get("max_model_len"),
        row.get("context_window"),
        row.get("max_context_length"),
        meta.get("n_ctx"),
        meta.get("n_ctx_train"),
    )
    return ModelInfo(
        id=model_id,
        name=text_of(info.get("name"), row.get("display_name"), row.get("name")),
        vendor=maker_of(text_of(info.get("developer"), row.get("owned_by")), model_id),
        context_length=context,
        created_at=time_of(row.get("created"), info.get("releasedAt")),
        output_limit=tokens_of(
            info.get("outputMax"),
            info.get("maxTokens"),
            top.get("max_completion_tokens"),
            row.get("max_output_tokens"),
        ),
        aliases=aliases_of(row.get("aliases"), model_id),
        abilities=abilities_of(row),
        inputs=inputs_of(row),
        price=price,
        endpoints=endpoints,
        description=text_of(info.get("description"), row.get("description"), limit=DESCRIPTION_LIMIT),
        remark=_remark(row, model_id, varies),
        parameters=count_of(meta.get("n_params")),
    )


def abilities_of(row: Mapping[str, JSON]) -> frozenset[str] | None:
    """The abilities of a row's model. None without a list of abilities, which does not mean "no"."""
    told = words(row.get("capabilities"))
    if told is None:
        told = words(row.get("supported_parameters"))
        # A list of parameters does not mention streaming.
        told = told | {"streaming"} if told is not None else None
    features = words(row.get("features"))
    if features is not None:
        told = (told or frozenset()) | {feature.rsplit(".", 1)[-1] for feature in features}
    model_id = row.get("id")
    searches = {"web_search"} if isinstance(model_id, str) and _SEARCHES.search(model_id) else set()
    if told is None:
        # what else they can do is known: they answer with text, and call no tools
        return frozenset({"streaming", *searches}) if searches else None
    found = searches | {_ABILITIES[word] for word in told if word in _ABILITIES}
    inputs = inputs_of(row) or frozenset()
    return frozenset(found | _seen(inputs))


def inputs_of(row: Mapping[str, JSON]) -> frozenset[str] | None:
    """What a message to the model may contain: `text`, `image`, `file`, `audio`, `video`."""
    modalities = row.get("modalities")
    if isinstance(modalities, Mapping):
        return words(modalities.get("input"))
    return words(mapping(row.get("architecture")).get("input_modalities")) or words(
        row.get("input_modalities")
    )


def _seen(inputs: frozenset[str]) -> set[str]:
    return ({"vision"} if "image" in inputs else set()) | ({"files"} if inputs & {"file", "pdf"} else set())


def _writes_text(row: Mapping[str, JSON]) -> bool:
    """Whether the model answers with text only."""
    modalities = row.get("modalities")
    told = words(modalities.get("output")) if isinstance(modalities, Mapping) else None
    if told is None:
        told = words(mapping(row.get("architecture")).get("output_modalities"))
    return told is None or ("text" in told and not told & {"image", "video"})


def _remark(row: Mapping[str, JSON], model_id: str, varies: bool) -> str:
    """A warning to show before the model is chosen."""
    if is_rich(row) and model_id in _REFUSED:
        return "listed, but refused as unknown"
    info = mapping(row.get("info"))
    tags = words(row.get("tags")) or frozenset()
    if (
        row.get("deprecated") is True
        or info.get("deprecated") is True
        or row.get("status") == "deprecated"
        or "deprecated" in tags
    ):
        return "deprecated"
    until = time_of(
        row.get("shutdown_date"), row.get("expiration_date"), info.get("shutdownAt"), info.get("deprecatedAt")
    )
    if until is not None:
        return f"ends on {datetime.fromtimestamp(until, UTC):%Y-%m-%d}"
    return "the price depends on the request" if varies else ""
