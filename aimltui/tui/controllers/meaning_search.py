"""Searching a vector store by meaning, too: what the user should know before, and switching it on and off."""

from __future__ import annotations

from aimltui.client.client import AssistantsClient
from aimltui.formatting.money import money_text
from aimltui.wire.embeddings import EMBEDDINGS, EmbeddingPlace
from aimltui.wire.vector_stores import ModifyVectorStore

_TOKENS = 1_000_000
_HERE = ("127.0.0.1", "localhost")


def question_about(place: EmbeddingPlace, price: float | None) -> str:
    """Return what the user should know before text leaves this machine.

    Args:
        place: Where it would go.
        price: Dollars for a token; None if unknown.
    """
    if place.host.partition(":")[0] in _HERE:
        sent, cost = f"are sent to a server on this machine, {place.host}", ""
    else:
        sent = f"leave this machine: they are sent to {place.host}"
        cost = (
            f"{place.connection} lists {money_text(price * _TOKENS)} for a million tokens; a page has about 700, most of "
            "which are sent twice. "
            if price is not None
            else f"{place.connection} does not tell the price; it is charged to your account there. "
        )
    return (
        f"The text of all files in this vector store, also of those that are added later, and the words of each search {sent}, "
        f"where the model {place.model} turns them into vectors. {cost}Passages that mean what was asked are then found also "
        "if they say it in other words. Where that fails, words are searched."
    )


async def switch_on(client: AssistantsClient, store_id: str, place: EmbeddingPlace) -> None:
    """Let a vector store be searched by meaning, too.

    Raises:
        APIError: The server refused.
        TransportError: The server did not answer.
    """
    await _set(client, store_id, place.written())


async def switch_off(client: AssistantsClient, store_id: str) -> None:
    """Let a vector store be searched by words alone; its vectors are deleted.

    Raises:
        APIError: The server refused.
        TransportError: The server did not answer.
    """
    await _set(client, store_id, "")


async def _set(client: AssistantsClient, store_id: str, value: str) -> None:
    await client.vector_stores.modify(
        ModifyVectorStore(vector_store_id=store_id, metadata={EMBEDDINGS: value})
    )
