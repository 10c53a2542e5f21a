"""One request for JSON outside of the chat, with errors in words."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from aimltui.engine.models.base import JSON, ModelError
from aimltui.engine.models.errors import sentences as errors
from aimltui.engine.models.http.client import EndpointClient, http_errors
from aimltui.engine.models.http.response import read_json


async def ask_json(
    connection: EndpointClient,
    method: str,
    url: str,
    body: Mapping[str, Any] | None = None,
    *,
    seconds: float,
    limit_bytes: int,
    model: str = "",
) -> JSON:
    """Send a request, and read the answer.

    Args:
        connection: The client of an endpoint, which adds the key if the address is at the endpoint's origin.
        method: GET or POST.
        url: The address.
        body: Sent as JSON.
        seconds: The time for all of it.
        limit_bytes: A longer answer is not read to its end, and is an error.
        model: The model that is asked for, for the words of an error.

    Raises:
        ModelError: The endpoint refused, could not be reached, or answered no JSON.
    """
    endpoint = connection.endpoint
    key = endpoint.api_key
    if key and not key.is_header_safe:
        raise errors.unusable_key(endpoint)
    client = await connection.client()
    # Late, as everywhere; by now the package has brought it in.
    import httpx2

    from aimltui.engine.models.http.limited_client import BODY_LIMIT_BYTES

    known = http_errors()
    failure: ModelError
    # errors are raised outside of the `except` blocks, because the library's exceptions quote the answer; see `HTTPAnswer`
    outer = BODY_LIMIT_BYTES.set(limit_bytes)
    try:
        async with asyncio.timeout(seconds):
            if method == "GET":
                response = await client.get(url, cast_to=httpx2.Response)
            else:
                response = await client.post(
                    url, cast_to=httpx2.Response, body=body, options={"timeout": seconds}
                )
    except TimeoutError:
        failure = errors.timed_out(endpoint, seconds, began=False)
    except known.status as error:
        told = error.response
        headers = {name.lower(): value for name, value in told.headers.items()}
        failure = errors.from_answer(endpoint, model, told.status_code, headers, told.text)
    except known.rest as error:
        failure = errors.from_exception(endpoint, error, began=False)
    else:
        content: bytes = response.content
        try:
            return read_json(content)
        except ValueError:
            failure = errors.no_api_there(endpoint, content[:4_096].decode("utf-8", errors="replace"))
    finally:
        BODY_LIMIT_BYTES.reset(outer)
    raise failure
