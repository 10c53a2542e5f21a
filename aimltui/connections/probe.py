"""Tests a connection before it is saved."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aimltui.connections.types import Tested

if TYPE_CHECKING:
    from aimltui.engine.models.base import ModelError
    from aimltui.engine.models.endpoint.endpoint import Endpoint

LIMIT_S = 20.0
"""Seconds for one test."""
_NOT_THE_ADDRESS = frozenset({401, 402, 403, 408, 429, 500, 502, 503, 504, 529})
"""Statuses that show that the address is right."""


async def try_models(endpoint: Endpoint, limit_s: float = LIMIT_S) -> Tested:
    """Ask an endpoint for its models, and check whether it accepts the key. Nothing is saved.

    Args:
        endpoint: The endpoint.
        limit_s: Seconds for each request.
    """
    tested, error = await _list(endpoint, limit_s)
    if error is None or error.status in _NOT_THE_ADDRESS or (error.status is None and error.retryable):
        return tested
    path = urlsplit(endpoint.base_url).path
    if not path.endswith(("/v1", "/v2", "/openai")):
        # It is the same host, so the key may be sent.
        better = f"{endpoint.base_url}/v1"
        found, _ = await _list(replace(endpoint, base_url=better), limit_s)
        if found.is_good:
            return replace(tested, remedy=f"Use {better}: it lists {found.text}.", better_url=better)
    return tested


async def try_assistants(base_url: str, key: str | None, state_dir: Path, limit_s: float = LIMIT_S) -> Tested:
    """Check whether a server supports the Assistants API."""
    # Imported late: only this test needs the client.
    from aimltui.client.connect import connect
    from aimltui.client.errors import TransportError, Unsupported
    from aimltui.client.http import Patience, Remote
    from aimltui.wire.errors import APIError

    try:
        async with asyncio.timeout(limit_s):
            client, found = await connect(Remote(base_url, key), state_dir, Patience(tries=1))
            try:
                models = len((await client.list_models()).data) if found.list_models else 0
            finally:
                await client.aclose()
    except TimeoutError:
        return _too_slow(urlsplit(base_url).netloc, limit_s)
    except Unsupported as error:
        return Tested(False, error.message, "If it serves chat models, connect to it as “Chat models”.")
    except APIError as error:
        wants_key = key is None and error.status == 401
        return Tested(False, error.message, getattr(error, "remedy", "") or "", wants_key=wants_key)
    except TransportError as error:
        return Tested(False, error.message, error.remedy)
    return Tested(True, "supports the Assistants API", " ".join(found.missing), models)


async def _list(endpoint: Endpoint, limit_s: float) -> tuple[Tested, ModelError | None]:
    from aimltui.engine.models.account.key_check import check_key
    from aimltui.engine.models.base import ModelError
    from aimltui.engine.models.chat.model import OpenAICompatibleModel

    model = OpenAICompatibleModel(endpoint)
    try:
        async with asyncio.timeout(limit_s):
            models = await model.list_models()
            refusal = await check_key(endpoint) if endpoint.api_key else None
    except TimeoutError:
        return _too_slow(endpoint.host, limit_s), None
    except ModelError as error:
        return _failed(endpoint, error), error
    finally:
        await model.aclose()
    if refusal is not None and refusal.status == 401:
        return _failed(endpoint, refusal), refusal
    text = f"{len(models):,} model{'' if len(models) == 1 else 's'}"
    if refusal is not None and ("credit" in refusal.message or "quota" in refusal.message):
        return Tested(True, text, f"{refusal.message} {refusal.remedy}", len(models)), None
    if not models:
        return Tested(True, text, "It answers, but has no models: load one on the server.", 0), None
    return Tested(True, text, _unencrypted_warning(endpoint), len(models)), None


def _failed(endpoint: Endpoint, error: ModelError) -> Tested:
    if error.status in (404, 405):
        path = urlsplit(endpoint.base_url).path
        return Tested(
            False,
            f"{endpoint.host} answers, but lists no models at {path}/models (HTTP {error.status}).",
            "Check the base URL; most end in /v1.",
        )
    if error.status == 401 and not endpoint.api_key:
        return Tested(
            False,
            f"{endpoint.host} needs an API key.",
            "Paste it, or name the variable that holds it.",
            wants_key=True,
        )
    return Tested(False, error.message, _remedy(endpoint, error))


def _remedy(endpoint: Endpoint, error: ModelError) -> str:
    """Return the remedy for the Connect screen, where no message was sent and the key can be edited."""
    from aimltui.engine.models.errors.verdicts import keys_page

    if error.status == 401:
        return "Check that the key is complete and belongs to this host." + keys_page(endpoint)
    if error.status is None and error.retryable and not endpoint.is_loopback:
        return "Check the network and the address, then test again."
    if error.status in (408, 409, 425, 429) or (error.status or 0) >= 500:
        return "The address seems right: test again in a minute."
    return error.remedy


def _unencrypted_warning(endpoint: Endpoint) -> str:
    if endpoint.api_key and endpoint.origin[0] == "http" and not endpoint.is_loopback:
        return "The key is sent unencrypted and can be read on the network: use https:// if the server supports it."
    return ""


def _too_slow(host: str, limit_s: float) -> Tested:
    return Tested(
        False,
        f"{host} did not answer within {limit_s:g} s.",
        "Check the address and the network, then test again.",
    )
