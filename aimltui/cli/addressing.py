"""Finds the assistant that a line of `aimltui chat` is addressed to, as in `@Editor check this`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.wire.assistants import CHAT_NAME

if TYPE_CHECKING:
    from aimltui.client.client import AssistantsClient
    from aimltui.tui.state.addressee import Addressee


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

    saved = [one for one in await saved_assistants(client) if one.name != CHAT_NAME]
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
    for to in sorted(offered, key=lambda one: -len(one.name)):
        for name in (to.name, to.assistant_id):
            if (rest := behind_name(said[1:], name)) is not None:
                return Addressed(rest.lstrip(" ,:"), to)
    return Addressed(text, unknown=clean_line(first))


def behind_name(said: str, name: str) -> str | None:
    """Return what is behind a name, in any case, with which a text begins; None if it does not."""
    folded = name.casefold()
    if not said.casefold().startswith(folded):
        return None
    # a letter may have another length in the other case, such as ß
    end = next((end for end in range(len(folded) + 1) if said[:end].casefold() == folded), None)
    return None if end is None or said[end : end + 1].isalnum() else said[end:]
