"""Turns text into vectors with a model of an endpoint."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from aimltui.engine.models.base import JSON, ModelError
from aimltui.engine.models.catalogue.values import listed, mapping, tokens_of
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.json_request import ask_json

_SECONDS: Final = 60.0
_LIMIT_BYTES: Final = 64 * 1024 * 1024
_SHORTEST, _LONGEST = 8, 8_192
"""Numbers of a vector."""
_GREATEST: Final = sys.float_info.max


async def embed(
    connection: EndpointClient, model: str, texts: Sequence[str]
) -> tuple[list[list[float]], int | None]:
    """Return a vector for each text, all of the same length, and the number of tokens if the endpoint reports it.

    Args:
        connection: The client of the endpoint; text and key go to this host and to no other.
        model: The id of an embedding model.
        texts: What to turn into vectors.

    Raises:
        ModelError: The endpoint refused, or its answer makes no sense.
    """
    told = await ask_json(
        connection,
        "POST",
        f"{connection.endpoint.base_url}/embeddings",
        {"model": model, "input": list(texts), "encoding_format": "float"},
        seconds=_SECONDS,
        limit_bytes=_LIMIT_BYTES,
        model=model,
    )
    rows = [mapping(row) for row in listed(mapping(told).get("data"))]
    if all(isinstance(row.get("index"), int) for row in rows):
        rows.sort(key=lambda row: row["index"])
    vectors = [_vector(row.get("embedding")) for row in rows]
    found = [vector for vector in vectors if vector is not None]
    if len(found) != len(texts) or len({len(vector) for vector in found}) != 1:
        raise ModelError(
            f"{connection.endpoint.host} answered without a vector for each text.",
            f"Check that {model} is an embedding model.",
        )
    return found, _tokens(told)


def _tokens(told: JSON) -> int | None:
    usage = mapping(mapping(told).get("usage"))
    return tokens_of(usage.get("prompt_tokens"), usage.get("total_tokens"))


def _vector(value: JSON) -> list[float] | None:
    numbers = listed(value)
    if not _SHORTEST <= len(numbers) <= _LONGEST:
        return None
    # not isfinite, which fails for an integer of hundreds of digits
    if not all(
        isinstance(one, int | float) and not isinstance(one, bool) and abs(one) <= _GREATEST
        for one in numbers
    ):
        return None
    return [float(one) for one in numbers]
