"""Reads the answer of `GET /models` in the shapes that servers give it. Pure, tolerant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from aimltui.engine.models.base import JSON, ModelInfo
from aimltui.engine.models.redaction import clip, one_line

_CHAT_TYPES = frozenset(
    {"chat-completion", "chat-completions", "chat", "llm", "vlm", "text", "language", "model"}
)
_NOT_CHAT = re.compile(
    r"^(?:openai/)?(?:text-embedding|whisper|tts-|dall-e|gpt-image|omni-moderation|text-moderation|sora)"
)
"""Ids at OpenAI and its imitators, whose lists do not say what a model is for."""
_ID_LIMIT = 200
_NAME_LIMIT = 120


def rows_of(payload: JSON) -> Sequence[JSON] | None:
    """The rows: `data` or `models` of an object, or a bare list. None if there are none to be found."""
    if isinstance(payload, Mapping):
        for key in ("data", "models"):
            if isinstance(payload.get(key), list):
                return payload[key]  # type: ignore[no-any-return]  # checked in the line above
        return None
    return payload if isinstance(payload, list) else None


def read_models(payload: JSON) -> list[ModelInfo] | None:
    """The chat models in their order, each id once; None if the payload is no list of models."""
    rows = rows_of(payload)
    if rows is None:
        return None
    found: dict[str, ModelInfo] = {}
    for row in rows:
        if isinstance(row, str):
            row = {"id": row}
        if isinstance(row, Mapping) and _is_chat(row):
            model = _read_row(row)
            if model is not None:
                found.setdefault(model.id, model)
    return list(found.values())


def _is_chat(row: Mapping[str, JSON]) -> bool:
    """Whether the row may be talked to: what does not say otherwise counts as a chat model."""
    kind = row.get("type")
    if isinstance(kind, str) and kind:
        # Old `chat-completion`, new `openai/chat-completions`; other types are images, speech, ...
        return kind.rsplit("/", 1)[-1].lower() in _CHAT_TYPES
    model_id = row.get("id")
    return not (isinstance(model_id, str) and _NOT_CHAT.match(model_id))


def _read_row(row: Mapping[str, JSON]) -> ModelInfo | None:
    model_id = row.get("id") or row.get("name") or row.get("model")
    if not isinstance(model_id, str) or not model_id.strip() or len(model_id) > _ID_LIMIT:
        return None
    # An id with invisible characters could pass for another one; it is not offered.
    if not model_id.isprintable():
        return None
    info = row.get("info")
    info = info if isinstance(info, Mapping) else {}
    return ModelInfo(
        id=model_id.strip(),
        name=_text(info.get("name"), row.get("display_name"), row.get("name")),
        vendor=_text(info.get("developer"), row.get("owned_by")),
        context_length=_number(
            info.get("contextLength"),
            row.get("context_length"),
            row.get("max_model_len"),
            row.get("context_window"),
        ),
        created_at=_number(row.get("created")),
    )


def _text(*values: JSON) -> str:
    for value in values:
        if isinstance(value, str) and value.strip():
            return clip(one_line(value), _NAME_LIMIT)
    return ""


def _number(*values: JSON) -> int | None:
    for value in values:
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**53:
            return value
    return None
