"""Looks up the prices of models that do not chat in an endpoint's list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aimltui.engine.models.base import JSON, ModelError
from aimltui.engine.models.catalogue.parse import rows_of
from aimltui.engine.models.catalogue.values import cost_of, listed, mapping
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.json_request import ask_json

_LISTING_S: Final = 20.0
_LIMIT_BYTES: Final = 64 * 1024 * 1024


async def listed_price(connection: EndpointClient, model: str, unit: str) -> float | None:
    """Return the listed price of something in dollars; None if the list of models does not name it.

    Args:
        connection: The client of the endpoint.
        model: The id of a model, or an alias.
        unit: What is priced: `page`, `token`.
    """
    try:
        told = await ask_json(
            connection,
            "GET",
            f"{connection.endpoint.base_url}/models?include=pricing",
            seconds=_LISTING_S,
            limit_bytes=_LIMIT_BYTES,
        )
    except ModelError:
        return None
    for row in rows_of(told) or ():
        found = mapping(row)
        if model in (found.get("id"), *listed(found.get("aliases"))):
            return _price(found, unit)
    return None


def _price(row: Mapping[str, JSON], wanted: str) -> float | None:
    pricing = mapping(row.get("pricing"))
    if str(pricing.get("currency") or "USD").upper() != "USD":
        return None
    prices = set()
    for unit in map(mapping, listed(pricing.get("units"))):
        price, per = cost_of(unit.get("price")), cost_of(unit.get("per", 1))
        if str(unit.get("name")).lower() in (wanted, f"{wanted}s") and price is not None and per:
            prices.add(price / per)
    # of two prices the request decides which one applies
    return prices.pop() if len(prices) == 1 else None
