"""Documents that ChatGPT wrote beside the talk (canvas): made by one call and changed by later ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from aimltui.interchange.fields import mapping, mappings, name, text
from aimltui.interchange.patterns import substitute
from aimltui.interchange.records import JSONValue, Message, Part, ToolCall

_CREATE = "canmore.create_textdoc"
_UPDATE = "canmore.update_textdoc"
_COMMENT = "canmore.comment_textdoc"


class Canvases:
    """The documents of one conversation, each in its last state."""

    def __init__(self) -> None:
        self._contents: dict[str | None, str] = {}
        """By the node that made it, the oldest first."""

    def take(self, recipient: str, given: str, node_id: str | None) -> ToolCall | None:
        """Carry out a call, and return what the thread shows of it if it made a document."""
        try:
            arguments = mapping(json.loads(given))
        except (ValueError, RecursionError):
            return ToolCall("tool", recipient, given, source_id=node_id)
        if recipient == _CREATE:
            self._contents[node_id] = text(arguments.get("content"))
            return ToolCall("canvas", name(arguments.get("name")), source_id=node_id)
        if recipient == _UPDATE and self._contents:
            self._update(arguments)
        return None

    def settled(self, message: Message) -> Message:
        """The message with the documents as they were left."""
        if not self._contents:
            return message
        return replace(message, parts=tuple(self._settled(part) for part in message.parts))

    def _settled(self, part: Part) -> Part:
        if isinstance(part, ToolCall) and part.kind == "canvas":
            return replace(part, output=self._contents.get(part.source_id))
        return part

    def _update(self, arguments: Mapping[str, JSONValue]) -> None:
        newest = next(reversed(self._contents))
        for update in mappings(arguments.get("updates")):
            old, replacement = self._contents[newest], text(update.get("replacement"))
            new = substitute(
                text(update.get("pattern")), replacement, old, is_repeated=update.get("multiple") is True
            )
            # a pattern that cannot be carried out: nothing is lost if its words stand at the end
            self._contents[newest] = f"{old}\n\n{replacement}" if new is None else new


def is_canvas(recipient: str) -> bool:
    """True if a call is about such a document."""
    return recipient in (_CREATE, _UPDATE, _COMMENT)
