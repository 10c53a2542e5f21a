"""Values out of JSON that strangers wrote: what is not as expected is as if it were missing."""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from urllib.parse import unquote_to_bytes

from aimltui.interchange.records import Attachment, Inline, JSONValue, Seconds

MAX_ID = 200
"""Characters of an id that are used."""
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")
_MILLISECONDS = 1e11
"""Greater numbers cannot be seconds: it would be the year 5138."""
_MICROSECONDS = 1e14
_LATEST = 4_102_444_800.0
"""The year 2100: a later time is a mistake."""
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?((?:;[\w.+-]+=[^;,]*)*)(;base64)?,", re.IGNORECASE)
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)


def writable(text: str) -> str:
    """The text without what neither UTF-8 nor a database takes: lone surrogates and NUL."""
    return _UNWRITABLE.sub("\ufffd", text) if _UNWRITABLE.search(text) else text


def text(value: JSONValue) -> str:
    """A string, or an empty one."""
    return writable(value) if isinstance(value, str) else ""


def name(value: JSONValue) -> str | None:
    """A string with something in it, on one line, or None."""
    return " ".join(text(value).split()) or None


def identifier(value: JSONValue) -> str | None:
    """An id: a short string or a whole number; None for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return (name(value) or "")[:MAX_ID] or None


def mapping(value: JSONValue) -> Mapping[str, JSONValue]:
    """A JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: JSONValue) -> list[JSONValue]:
    """A JSON array, or an empty one."""
    return value if isinstance(value, list) else []


def mappings(value: JSONValue) -> Iterator[Mapping[str, JSONValue]]:
    """The objects of a JSON array; anything else in it is left out."""
    return (item for item in items(value) if isinstance(item, dict))


def seconds(value: JSONValue) -> Seconds | None:
    """A time: seconds, milliseconds or microseconds since 1970, or ISO 8601 (without a zone: UTC)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return _from_text(value)
    if not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return _plausible(number)


def _plausible(number: float) -> Seconds | None:
    if not math.isfinite(number) or number <= 0:
        return None
    if number > _MICROSECONDS:
        number /= 1e6
    elif number > _MILLISECONDS:
        number /= 1e3
    return number if number < _LATEST else None


def _from_text(value: str) -> Seconds | None:
    if len(value) > 64:
        return None
    if re.fullmatch(r"\d{9,16}(\.\d+)?", value):
        return _plausible(float(value))
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _plausible(moment.timestamp())


def earliest(*times: Seconds | None) -> Seconds | None:
    """The first of those that are known."""
    return min((time for time in times if time is not None), default=None)


def sniffed_type(data: bytes) -> str | None:
    """The media type that the first bytes tell, for pictures, PDF and sound."""
    for signature, media_type in _SIGNATURES:
        if data.startswith(signature):
            return media_type
    if data[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(data[8:12])
    return None


def data_url(url: str) -> tuple[str | None, bytes] | None:
    """Media type and bytes of a `data:` address; None if it is none, or broken."""
    match = _DATA_URL.match(url)
    if match is None:
        return None
    body = url[match.end() :]
    data = from_base64(body) if match[3] else unquote_to_bytes(body)
    return None if data is None else (match[1], data)


def from_base64(value: str) -> bytes | None:
    """The bytes; None if it is not base64."""
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError):
        return None


def picture(url: str, picture_name: str | None = None, source_id: str | None = None) -> Attachment:
    """A picture given by address: with its bytes if these stand in the address."""
    found = data_url(url)
    if found is not None:
        media_type, data = found
        return Attachment(picture_name, Inline(data), media_type or sniffed_type(data), source_id)
    if url.startswith("data:"):
        return Attachment(picture_name, source_id=source_id)
    return Attachment(picture_name, source_id=source_id, url=url or None)
