"""Checks of a request that need the engine's state, after those of `wire.constraints`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from aimltui.wire.base import Metadata
from aimltui.wire.constraints import check_pairs
from aimltui.wire.errors import BadRequest
from aimltui.wire.messages import Content, NewMessage, NewTextContent, Text, TextContent


def merged_metadata(old: Mapping[str, str] | None, new: Metadata | None) -> Metadata:
    """Merge new metadata into old.

    Raises:
        BadRequest: The result has too many pairs.
    """
    metadata = {**(old or {}), **(new or {})}
    check_pairs("metadata", metadata)
    return metadata


def check_connection(name: str | None, known: Sequence[str]) -> None:
    """Check that the connection of a run exists. An extension of the API.

    Raises:
        BadRequest: No connection has this name.
    """
    if name and name not in known:
        there = ", ".join(f"'{one}'" for one in known) or "none"
        raise BadRequest(
            f"There is no connection '{name[:60]}' here, so nothing was sent. Available: {there}.",
            param="connection",
            code="invalid_value",
        )


def content_of(message: NewMessage) -> list[Content]:
    """Return a request's content as the message stores it."""
    if isinstance(message.content, str):
        return [TextContent(text=Text(value=message.content))]
    return [
        TextContent(text=Text(value=part.text)) if isinstance(part, NewTextContent) else cast(Content, part)
        for part in message.content
    ]
