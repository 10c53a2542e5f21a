"""Ids of responses, conversations and items. Each tells where in the store its object is. No I/O."""

from __future__ import annotations

from aimltui.common.dataclass import dataclass
from aimltui.wire import ids
from aimltui.wire.errors import BadRequest, NotFound

RESPONSE = "resp_"
CONVERSATION = "conv_"
MESSAGE = "msg_"
_SEPARATOR = "_"


@dataclass(frozen=True, slots=True)
class ResponseRef:
    """A response: one leg of a run. A run has a leg more for every time that function outputs were submitted."""

    thread_id: str
    run_id: str
    leg: int = 0

    @property
    def id(self) -> str:
        """The response's id."""
        leg = f"{_SEPARATOR}{self.leg}" if self.leg else ""
        return f"{RESPONSE}{_place(self.thread_id, self.run_id)}{leg}"


def parse_response(id_: str) -> ResponseRef:
    """Return the run and the leg of a response.

    Raises:
        NotFound: No response of this server has such an id.
    """
    parts = id_.removeprefix(RESPONSE).split(_SEPARATOR)
    if not id_.startswith(RESPONSE) or len(parts) not in (2, 3) or not all(parts) or not id_.isascii():
        raise no_response(id_)
    leg = parts[2] if len(parts) == 3 else "0"
    if not leg.isdigit() or len(leg) > 6:
        raise no_response(id_)
    return ResponseRef(ids.THREAD + parts[0], ids.RUN + parts[1], int(leg))


def no_response(id_: str) -> NotFound:
    """Return the refusal of a response that does not exist."""
    return NotFound(f"Response with id '{id_}' not found.", code="response_not_found", param="response_id")


def no_previous(id_: str) -> BadRequest:
    """Return the refusal of a request that continues a response that does not exist."""
    return BadRequest(
        f"Previous response with id '{id_}' not found.",
        code="previous_response_not_found",
        param="previous_response_id",
    )


def conversation_id(thread_id: str) -> str:
    """Return the id of the conversation that a thread is."""
    return CONVERSATION + thread_id.removeprefix(ids.THREAD)


def thread_of(conversation: str) -> str:
    """Return the thread of a conversation.

    Raises:
        NotFound: It is not the id of a conversation.
    """
    if not conversation.startswith(CONVERSATION):
        raise NotFound(f"Conversation with id '{conversation}' not found.", param="conversation")
    return ids.THREAD + conversation.removeprefix(CONVERSATION)


def item_id(kind: str, thread_id: str, own: str) -> str:
    """Return the id of an item: its kind (`msg`, `fc`, `fco`, `ci`, `fs`, `rs`), its thread, its own id there."""
    return f"{kind}{_SEPARATOR}{_place(thread_id, own)}"


def thread_of_item(id_: str) -> str | None:
    """Return the thread that an item's id names; None if it is no id of this server."""
    parts = id_.split(_SEPARATOR)
    return ids.THREAD + parts[1] if len(parts) >= 3 and parts[1] else None


def _place(thread_id: str, own: str) -> str:
    return f"{thread_id.removeprefix(ids.THREAD)}{_SEPARATOR}{own.partition(_SEPARATOR)[2] or own}"
