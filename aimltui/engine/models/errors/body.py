"""Reads a server's error message from the many forms in which servers send one. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from html import unescape

from aimltui.common.dataclass import dataclass
from aimltui.common.patterns import pattern
from aimltui.engine.models.base import JSON
from aimltui.engine.models.endpoint.redaction import presentable
from aimltui.engine.models.endpoint.secret import Secret

_TITLE = pattern(r"<(title|h1)[^>]{0,400}>(.{0,1000}?)</\1", re.IGNORECASE | re.DOTALL)
_PAGE = pattern(r"<(?:!doctype html|html|head|body)\b", re.IGNORECASE)
_CONTEXT_TOKENS = (
    pattern(r"(?:context (?:length|window|size)|context)(?: (?:is|of|limit))?\W{0,3}\(?(\d{3,8})\b"),
    pattern(r"(?:at most|maximum (?:of|is)?)\s*(\d{3,8}) (?:input )?tokens"),
    pattern(r">\s*(\d{3,8}) maximum"),
)
_WRAPPED = pattern(r"^(?:[^{]{0,60}\b[45]\d\d\b\W{0,3})?(\{.*\})\W{0,3}$", re.DOTALL)
"""A message that holds another server's answer as text, perhaps after its status."""
_DETAILS = 5
_READ_LIMIT = 1_000_000
"""Characters. Only these are read of a longer body, as plain text: no server sends an error of that size on purpose."""
_ID_LIMIT = 128


@dataclass(frozen=True, slots=True)
class ServerWords:
    """An error's body, safe to show."""

    text: str = ""
    """One line, clipped, without keys; may be empty."""
    marks: str = ""
    """Text, code and type in lower case, to classify the error. Never shown."""
    request_id: str | None = None
    status: int | None = None
    """The status in the body, which may differ from the HTTP status."""
    is_html: bool = False
    context_tokens: int | None = None
    """The context in force, which an error about a too long conversation may name."""


def words_of_text(body: str, secret: Secret | None) -> ServerWords:
    """Read a body: JSON, a web page, plain text or nothing."""
    stripped = body[:_READ_LIMIT].strip().lstrip("\ufeff")
    if stripped.startswith("<"):
        text = presentable(_title(stripped), secret)
        return ServerWords(text=text, marks=text.lower(), is_html=True)
    try:
        payload = json.loads(stripped)
    except (ValueError, RecursionError):
        return _plain(_without_page(stripped), secret)
    return words_of_json(payload, secret)


def _plain(text: str, secret: Secret | None) -> ServerWords:
    marks = text[:4000].lower()
    return ServerWords(text=presentable(text, secret), marks=marks, context_tokens=_context_in(marks))


def _title(page: str) -> str:
    """The title of a web page."""
    title = _TITLE.search(page[:20_000])
    return unescape(re.sub(r"<[^>]*>", " ", title.group(2))) if title else ""


def _without_page(text: str) -> str:
    """Replace a web page inside a message by its title."""
    found = _PAGE.search(text, 0, _READ_LIMIT)
    if found is None:
        return text
    return f"{text[: found.start()].rstrip(' -:')}: {_title(text[found.start() :])}".strip(": ")


def _positive(value: JSON) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _context_in(marks: str) -> int | None:
    """The number of tokens that a message names as the context."""
    text = marks.replace(",", "")
    found = next((match for pattern in _CONTEXT_TOKENS if (match := pattern.search(text))), None)
    return int(found.group(1)) if found is not None else None


def words_of_json(payload: JSON, secret: Secret | None) -> ServerWords:
    """Read a nested (`error.message`, `error.details`) or flat (`message`, `statusCode`) object."""
    if isinstance(payload, list) and payload:
        payload = payload[0]  # Google's OpenAI-compatible endpoint wraps its error in a list.
    if not isinstance(payload, Mapping):
        text = payload if isinstance(payload, str) else ""
        return _plain(_without_page(text), secret)
    error = payload.get("error")
    inner: Mapping[str, JSON] = error if isinstance(error, Mapping) else payload
    parts = [_message(inner) or (error if isinstance(error, str) else "") or _message(payload)]
    parts[0], behind = _unwrapped(parts[0])
    parts += _details(inner.get("details") or payload.get("details"))
    text = "; ".join(part for part in map(_without_page, parts) if part)
    kinds = [str(inner.get(key)) for key in ("code", "type", "status", "param") if inner.get(key) is not None]
    metadata = inner.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, Mapping) else None
    marks = " ".join([text, *kinds, behind, raw if isinstance(raw, str) else ""])[:4000].lower()
    return ServerWords(
        text=presentable(text, secret),
        marks=marks,
        request_id=clean_id(
            payload.get("requestId") or payload.get("request_id") or inner.get("request_id"), secret
        ),
        status=_status(
            inner.get("statusCode"), inner.get("code"), inner.get("status"), payload.get("statusCode")
        ),
        context_tokens=_positive(inner.get("n_ctx")) or _context_in(marks),
    )


def _unwrapped(text: str) -> tuple[str, str]:
    """The message of the provider behind a gateway, if its whole answer is in the message, and the original text."""
    found = _WRAPPED.match(text.strip())
    if found is None:
        return text, ""
    try:
        inner = json.loads(found.group(1))
    except (ValueError, RecursionError):
        return text, ""
    error = inner.get("error", inner)
    message = error if isinstance(error, str) else _message(error) if isinstance(error, Mapping) else ""
    return (message, text) if message else (text, "")


def clean_id(value: JSON, secret: Secret | None) -> str | None:
    """Return a request id that may be shown and logged, or None. A server may send the key itself as one."""
    if not isinstance(value, str):
        return None
    kept = "".join(c for c in value if c.isascii() and c.isprintable() and c != " ")
    shown = presentable(kept, secret)
    return (shown if shown == kept else shown.replace(" ", "_"))[:_ID_LIMIT] or None


def _message(error: Mapping[str, JSON]) -> str:
    for key in ("message", "detail", "error_description", "msg"):
        value = error.get(key)
        if isinstance(value, str) and value.strip():
            return value
        if isinstance(value, list) and value:
            # FastAPI's validation errors, and servers that send a list of messages.
            return "; ".join(text for text in (_detail(item) for item in value[:_DETAILS]) if text)
    return ""


def _details(value: JSON) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, list):
        return []
    return [text for text in (_detail(item) for item in value[:_DETAILS]) if text]


def _detail(item: JSON) -> str:
    if isinstance(item, str):
        return item
    if not isinstance(item, Mapping):
        return ""
    path = item.get("path") or item.get("loc") or item.get("field")
    if isinstance(path, list):
        path = ".".join(str(step) for step in path)
    reason = item.get("reason") or item.get("message") or item.get("msg")
    reason = reason if isinstance(reason, str) else ""
    return f"{path}: {reason}" if isinstance(path, str) and path and reason else reason


def _status(*values: JSON) -> int | None:
    for value in values:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) == 3:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and 400 <= value <= 599:
            return value
    return None
