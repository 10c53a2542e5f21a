"""Resources of servers, which the user writes as `@server:uri`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from typing import Any

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean, clean_line
from aimltui.local_tools.mcp.connection import ServerError

_MOST = 500
_MOST_TEXT = 5_000_000


@dataclass(frozen=True, slots=True)
class ServerResource:
    """A resource that a server lists."""

    server: str
    uri: str
    name: str = ""

    @property
    def word(self) -> str:
        """What the user writes after an `@`."""
        return f"{self.server}:{self.uri}"


def resources_of(server: str, raw: Iterable[Mapping[str, Any]]) -> tuple[ServerResource, ...]:
    """Make resources of what a server lists; those that cannot be written in a word are left out."""
    found: list[ServerResource] = []
    for one in raw:
        uri = one.get("uri")
        if isinstance(uri, str) and uri and clean_line(uri) == uri and not any(map(str.isspace, uri)):
            found.append(
                ServerResource(server, uri, clean_line(str(one.get("title") or one.get("name") or ""))[:80])
            )
    return tuple(found[:_MOST])


def matching(resources: Iterable[ServerResource], query: str) -> list[ServerResource]:
    """The resources whose word contains what was written; all those of a server for its name with a colon."""
    wanted = query.lower()
    return [one for one in resources if wanted and wanted in f"{one.word} {one.name}".lower()]


def resource_text(raw: Mapping[str, Any]) -> str:
    """The text of what a server returned for a resource.

    Raises:
        ServerError: It is not text.
    """
    contents = raw.get("contents")
    parts = [_part(one) for one in (contents if isinstance(contents, list) else []) if isinstance(one, dict)]
    text = "\n\n".join(part for part in parts if part is not None)
    if not text.strip():
        raise ServerError("It is not text, so it cannot be attached.")
    return clean(text)[:_MOST_TEXT]


def _part(one: Mapping[str, Any]) -> str | None:
    text = one.get("text")
    if isinstance(text, str):
        return text
    try:
        content = base64.b64decode(str(one.get("blob") or ""))
        return content.decode() if b"\0" not in content else None
    except (binascii.Error, ValueError):
        return None
