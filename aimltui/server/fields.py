"""Reads fields of request bodies that are not params of an operation, and refuses them in the API's words. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aimltui.wire.base import JSONObject
from aimltui.wire.request_errors import invalid_type, missing


def text_field(fields: Mapping[str, Any], name: str, where: str = "") -> str:
    """Return a required text.

    Args:
        fields: The object with the field.
        name: The field.
        where: The place of the object in the body; empty for the body itself.

    Raises:
        BadRequest: It is missing, or no text.
    """
    full, value = f"{where}.{name}" if where else name, fields.get(name)
    if value is None:
        raise missing(full)
    if not isinstance(value, str):
        raise invalid_type(full, "a string", value)
    return value


def list_field(fields: Mapping[str, Any], name: str) -> list[Any]:
    """Return a list; an empty one if the field is missing or null.

    Raises:
        BadRequest: It is something else.
    """
    value = [] if fields.get(name) is None else fields[name]
    if not isinstance(value, list):
        raise invalid_type(name, "a list", value)
    return value


def answered_part(part: JSONObject) -> Any:
    """Return a part of a new message in the form that stored messages have: their text is an object."""
    return {"type": "text", "text": {"value": part["text"]}} if part["type"] == "text" else part
