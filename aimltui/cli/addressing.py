"""Finds the assistant that a line of `aimltui chat` is addressed to, as in `@Editor check this`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.state.addressee import Addressee

DEFAULT_NAME = "Chat"
"""The name of the assistant that `aimltui chat` makes."""


@dataclass(frozen=True, slots=True)
class Addressed:
    """A message, and who answers it."""

    text: str
    to: Addressee | None = None
    """None: the assistant of the thread."""
    unknown: str = ""
    """The word after the `@` if it names no assistant."""


async def named_assistants(client: AssistantsClient) -> list[Addressee]:
    """Return the saved assistants with names that can be told apart, the newest first."""
    from aimltui.interchange.assistants import saved_assistants
    from aimltui.tui.state.addressee import Addressee, candidates

    saved = [one for one in await saved_assistants(client) if one.name != DEFAULT_NAME]
    found = candidates((one.id, one.name or "", one.model) for one in saved)
    return [Addressee(one.assistant_id, one.name) for one in found]


async def read_address(client: AssistantsClient, text: str) -> Addressed:
    """Find out who is meant by the `@Name` at the beginning of a message.

    Args:
        client: The engine or server.
        text: What the user wrote.
    """
    said = text.strip()
    first = said.partition(" ")[0].removeprefix("@")
    # a space before the sign sends it as text, as before a slash
    if not text.startswith("@") or not first:
        return Addressed(text)
    offered = await named_assistants(client)
    to = _named(said[1:], offered)
    if to is None:
        return Addressed(text, unknown=clean_line(first))
    rest = said[1:].removeprefix(to.assistant_id)
    return Addressed((rest if rest != said[1:] else rest[len(to.name) :]).lstrip(" ,:"), to)


def _named(said: str, offered: Sequence[Addressee]) -> Addressee | None:
    """Return the assistant whose name, or id, a text begins with; of several names the longest."""
    text = said.casefold()
    for one in sorted(offered, key=lambda one: -len(one.name)):
        for name in (one.name.casefold(), one.assistant_id.casefold()):
            if text == name or (text.startswith(name) and not text[len(name)].isalnum()):
                return one
    return None
