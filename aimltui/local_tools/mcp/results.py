"""The result of a server's tool as text, for the model and for the step panel."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aimltui.common.sanitize import clean, clean_line
from aimltui.formatting.numbers import bytes_text
from aimltui.local_tools.types import CallResult

Save = Callable[[str, bytes], Awaitable[str]]
"""Saves bytes under a name, and returns what the user finds them by; "" if they could not be saved."""

_MOST_BYTES = 20_000_000
_ENDINGS = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/gif": "gif",
    "image/webp": "webp",
    "image/svg+xml": "svg",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/ogg": "ogg",
    "application/pdf": "pdf",
    "text/plain": "txt",
}


async def result_of(raw: Mapping[str, Any], save: Save, most: int) -> CallResult:
    """Make a text of a result.

    Args:
        raw: The result as the protocol has it.
        save: Saves pictures, audio and other bytes.
        most: The most characters of the text.
    """
    content = raw.get("content")
    parts = [
        await _part(one, save)
        for one in (content if isinstance(content, list) else [])
        if isinstance(one, dict)
    ]
    parts = [part for part in parts if part]
    structured = raw.get("structuredContent")
    if not parts and structured is not None:
        parts = [json.dumps(structured, ensure_ascii=False)]
    text = "\n".join(parts)
    is_ok = raw.get("isError") is not True
    if not text.strip():
        text = "The tool returned nothing." if is_ok else "The tool failed and gave no reason."
    if len(text) > most:
        text = f"{text[:most]}\n[cut off after {most} characters]"
    return CallResult(clean(text), is_ok)


async def _part(one: dict[str, Any], save: Save) -> str:
    kind = one.get("type")
    if kind == "text":
        text = str(one.get("text") or "")
        if _is_for_user_only(one):
            return await _saved("text for the user only", "text/plain", text.encode("utf-8", "replace"), save)
        return text
    if kind in ("image", "audio"):
        mime = clean_line(str(one.get("mimeType") or ""))
        return await _encoded("picture" if kind == "image" else "audio", mime, one.get("data"), save)
    if kind == "resource" and isinstance(one.get("resource"), dict):
        return await _resource(one["resource"], save)
    if kind == "resource_link":
        return _link(one)
    return f"[a result of an unknown kind: {clean_line(str(kind))[:40]}]"


def _is_for_user_only(one: dict[str, Any]) -> bool:
    annotations = one.get("annotations")
    audience = annotations.get("audience") if isinstance(annotations, dict) else None
    return isinstance(audience, list) and bool(audience) and "assistant" not in audience


async def _resource(resource: dict[str, Any], save: Save) -> str:
    uri = clean_line(str(resource.get("uri") or ""))
    mime = clean_line(str(resource.get("mimeType") or ""))
    text = resource.get("text")
    if isinstance(text, str):
        return f"[{uri}]\n{text}" if uri else text
    if mime.startswith("text/") or mime == "application/json":
        found = _decoded(resource.get("blob"))
        if found is not None:
            text = found.decode("utf-8", "replace")
            return f"[{uri}]\n{text}" if uri else text
    return await _encoded(f"file {uri}".strip(), mime, resource.get("blob"), save)


def _link(one: dict[str, Any]) -> str:
    name = clean_line(str(one.get("title") or one.get("name") or ""))
    about = clean_line(str(one.get("description") or ""))
    parts = [f"[link: {name}]({clean_line(str(one.get('uri') or ''))})", about]
    return " ".join(part for part in parts if part)


async def _encoded(what: str, mime: str, data: object, save: Save) -> str:
    content = _decoded(data)
    if content is None:
        return f"[{what}: {mime or 'unknown type'}, not readable]"
    return await _saved(what, mime, content, save)


def _decoded(data: object) -> bytes | None:
    try:
        return base64.b64decode(data, validate=False) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        return None


async def _saved(what: str, mime: str, content: bytes, save: Save) -> str:
    about = f"{what}: {mime or 'unknown type'}, {bytes_text(len(content))}"
    if len(content) > _MOST_BYTES:
        return f"[{about}: too large to save]"
    ending = _ENDINGS.get(mime.partition(";")[0].strip().lower(), "bin")
    place = await save(f"result.{ending}", content)
    return f"[{about}, saved as {place}]" if place else f"[{about}]"
