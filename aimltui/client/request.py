"""Turns an operation and its parameters into an HTTP request."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import field
from typing import Any
from urllib.parse import quote, unquote

from aimltui.client.errors import Unsupported
from aimltui.client.multipart import FormBody
from aimltui.common.bodies import LIMIT_BYTES
from aimltui.common.dataclass import dataclass
from aimltui.wire.base import JSONObject, Params
from aimltui.wire.binary import OCTETS, BinaryContent
from aimltui.wire.files import MAX_FILE
from aimltui.wire.operations import Operation


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request without the address of its server."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    body: bytes | FormBody | None
    streams: bool
    is_safe: bool
    """True if a repetition does no harm."""
    headers: Mapping[str, str] = field(default_factory=dict)
    limit_bytes: int = LIMIT_BYTES
    """Limit for the body of a successful answer, in bytes."""


def outgoing(operation: Operation[Any, Any], params: Params, *, stream: bool) -> Outgoing:
    """Return the request of an operation.

    Raises:
        Unsupported: An id is empty, so that the path would name something else.
    """
    blob = getattr(params, operation.blob) if operation.blob else None
    # not `to_json`, which would include the file as base64
    fields = params.model_dump(mode="json", exclude_unset=True, exclude={operation.blob})
    path = _path(operation, fields)
    is_post = operation.method == "POST"
    in_query = operation.query if is_post else frozenset(fields)
    query = tuple(pair for name in fields if name in in_query for pair in _pairs(name, fields[name]))
    body: bytes | FormBody | None = None
    headers: dict[str, str] = {}
    if is_post:
        content = {name: value for name, value in fields.items() if name not in in_query}
        if stream and operation.streams == "optional":
            content["stream"] = True
        if blob is not None:
            body = FormBody(list(_form_pairs(content)), operation.blob, blob)
            headers["content-type"] = body.content_type
        else:
            body = json.dumps(content).encode()
            headers["content-type"] = "application/json"
        # with this key a server does nothing twice; others ignore it
        headers["idempotency-key"] = secrets.token_hex(16)
    return Outgoing(
        operation.method,
        path,
        query,
        body,
        stream,
        is_safe=operation.method == "GET",
        headers=headers,
        limit_bytes=MAX_FILE if issubclass(operation.result, BinaryContent) else LIMIT_BYTES,
    )


def binary_content(body: bytes, headers: Mapping[str, str]) -> BinaryContent:
    """Return the content of an answer that is not JSON."""
    filename = ""
    for part in headers.get("content-disposition", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name.lower() == "filename*":
            filename = unquote(value.rpartition("'")[2])
        elif name.lower() == "filename" and not filename:
            filename = value.strip('"')
    return BinaryContent(content=body, media_type=headers.get("content-type", OCTETS), filename=filename)


def _path(operation: Operation[Any, Any], fields: JSONObject) -> str:
    parts = []
    for part in operation.path.split("/"):
        if part.startswith("{"):
            value = str(fields.pop(part[1:-1], None) or "")
            # quoting keeps "." and "..", which an HTTP client would remove from the path
            if value.strip(".") == "":
                raise Unsupported(f"The {part[1:-1]} {value!r} cannot be requested: it names nothing.")
            part = quote(value, safe="")
        parts.append(part)
    return "/".join(parts)


def _form_pairs(fields: JSONObject, outer: str = "") -> Iterator[tuple[str, str]]:
    for key, value in fields.items():
        name = f"{outer}[{key}]" if outer else key
        if isinstance(value, dict):
            yield from _form_pairs(value, name)
        elif value is not None:
            yield name, str(value)


def _pairs(name: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, list):
        return [(f"{name}[]", str(item)) for item in value]
    if value is None:
        return []
    return [(name, str(value).lower() if isinstance(value, bool) else str(value))]
