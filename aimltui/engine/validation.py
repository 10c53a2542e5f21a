"""What only the engine can see of a request, once its rules have been kept: see `wire.rules`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from aimltui.wire.base import Metadata
from aimltui.wire.constraints import check_pairs
from aimltui.wire.errors import BadRequest
from aimltui.wire.messages import Content, NewMessage, NewTextContent, Text, TextContent


def merged_metadata(old: Mapping[str, str] | None, new: Metadata | None) -> Metadata:
    """The old pairs with the new ones over them.

    Raises:
        BadRequest: Together they are too many.
    """
    metadata = {**(old or {}), **(new or {})}
    check_pairs("metadata", metadata)
    return metadata


def check_connection(name: str | None, known: Sequence[str]) -> None:
    """See that a run names a connection that there is. An extension of the API.

    Raises:
        BadRequest: There is none of this name.
    """
    if name and name not in known:
        there = ", ".join(f"'{one}'" for one in known) or "none"
        raise BadRequest(
            f"There is no connection '{name[:60]}' here (any more), so nothing was sent. There is: {there}.",
            param="connection",
            code="invalid_value",
        )


def content_of(message: NewMessage) -> list[Content]:
    """A request's content as the message keeps it."""
    if isinstance(message.content, str):
        return [TextContent(text=Text(value=message.content))]
    return [
        TextContent(text=Text(value=part.text)) if isinstance(part, NewTextContent) else cast(Content, part)
        for part in message.content
    ]
