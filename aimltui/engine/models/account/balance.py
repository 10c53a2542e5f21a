"""Reads the balance of an account at the AI/ML API, only on request and only with that connection's key."""

from __future__ import annotations

from collections.abc import Mapping

from aimltui.engine.models.base import JSON, AccountBalance, ModelError
from aimltui.engine.models.catalogue.values import cost_of
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.json_request import ask_json

TIMEOUT_S = 20.0
CREDITS_PER_DOLLAR = 2_000_000
_LIMIT_BYTES = 256 * 1024
_PLACES = ("/v2/billing", "/v1/billing/balance")
"""The paths to try, in this order; the second is the older one."""


async def read_balance(endpoint: Endpoint, connection: EndpointClient) -> AccountBalance:
    """Ask the AI/ML API for the balance.

    Args:
        endpoint: Whose account; the request goes to this host and to no other.
        connection: The client of the endpoint, which adds the key.

    Raises:
        ModelError: It refused, or could not be reached.
    """
    root = str(endpoint.origin)
    failure: ModelError | None = None
    for place in _PLACES:
        try:
            told = await ask_json(
                connection, "GET", root + place, seconds=TIMEOUT_S, limit_bytes=_LIMIT_BYTES
            )
            return AccountBalance(endpoint.host, _dollars(told))
        except ModelError as error:
            failure = error
        if failure.status != 404:
            break
    assert failure is not None
    raise _in_words(endpoint, failure)


def only_there(host: str) -> ModelError:
    """The error for an endpoint of another provider, which is not contacted."""
    return ModelError(
        f"Only the AI/ML API reports a balance; this connection goes to {host}, which was not contacted.",
        "See the provider's billing page.",
    )


def _dollars(payload: JSON) -> float | None:
    if not isinstance(payload, Mapping):
        return None
    currency = payload.get("currency")
    if "current_balance" in payload and currency in (None, "USD", "usd"):
        return amount_of(payload["current_balance"])
    credits_left = amount_of(payload.get("balance"))
    return None if credits_left is None else credits_left / CREDITS_PER_DOLLAR


def amount_of(value: JSON) -> float | None:
    """An amount in dollars, which may be below zero."""
    if isinstance(value, str) and value.startswith("-"):
        value = value[1:]
        told = cost_of(value)
        return None if told is None else -told
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        told = cost_of(-value)
        return None if told is None else -told
    return cost_of(value)


def _in_words(endpoint: Endpoint, failure: ModelError) -> ModelError:
    host = endpoint.host
    match failure.status:
        case 401:
            failure.message = f"{host} did not accept the API key, so the balance is unknown."
            failure.remedy = (
                "Check the key under Connections (ctrl+p); keys are at https://aimlapi.com/app/keys."
            )
        case 403:
            failure.message = f"{host} does not report the balance to this key: management keys and restricted keys have no access."
            failure.remedy = "Use an unrestricted key, or see https://aimlapi.com/app/billing."
        case 404:
            failure.message = f"{host} no longer reports balances."
            failure.remedy = "See https://aimlapi.com/app/billing."
    return failure
