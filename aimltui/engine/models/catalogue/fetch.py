"""Asks an endpoint for its models: the list itself, and what servers on one's own machine tell beside it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from aimltui.engine.models.base import JSON, ModelError, ModelInfo
from aimltui.engine.models.catalogue.local_servers import told_beside
from aimltui.engine.models.catalogue.parse import read_models
from aimltui.engine.models.errors import sentences as errors
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.response import HTTPAnswer, read_json

LIST_TIMEOUT_S = 30.0
LIST_LIMIT_BYTES = 32 * 1024 * 1024
_AIMLAPI_QUERY = {"include": "all"}
"""No filter by type: what is only to be had at /v1/responses would be missed without a sign if its name changed. The whole
list is 1.3 MB, asked for once a day and sent only if it has changed."""
_NOT_MODIFIED = 304
_REFUSALS = frozenset({400, 404, 422})
"""Of a query; the same without it may pass."""


@dataclass(frozen=True, slots=True)
class Listing:
    """An answer to the question for the models."""

    models: list[ModelInfo]
    etag: str = ""


async def fetch_models(connection: EndpointClient, etag: str = "") -> Listing | None:
    """Ask for the models.

    Args:
        connection: Whom to ask; its key has been found fit for a header.
        etag: The state of the list that is known; empty for none.

    Returns:
        None if the list is still in that state.

    Raises:
        ModelError: The list could not be had. An empty list is an answer.
    """
    endpoint = connection.endpoint
    if endpoint.is_aimlapi:
        try:
            found = await _ask(connection, _AIMLAPI_QUERY, etag)
        except ModelError as error:
            if error.status not in _REFUSALS:
                raise
            found = Listing([])
        if found is None or found.models:
            return found
        # Without the details the list is worth having, too.
        return await _ask(connection, {}, "")
    found = await _ask(connection, {}, etag)
    if found is None or not found.models or not endpoint.is_private:
        return found
    if any(model.endpoints is not None for model in found.models):
        return found  # none of the servers that tell more elsewhere says so much in its list
    return Listing(await told_beside(connection, found.models), found.etag)


async def _ask(connection: EndpointClient, query: Mapping[str, str], etag: str) -> Listing | None:
    endpoint = connection.endpoint
    client = await connection.client()
    answer = HTTPAnswer(endpoint)
    parts: list[bytes] = []
    headers = {"If-None-Match": etag} if etag else {}
    response = client.models.with_streaming_response.list(extra_query=query, extra_headers=headers)
    size = 0
    try:
        async with aclosing(answer.pieces(response, lambda _began: LIST_TIMEOUT_S)) as pieces:
            async for piece in pieces:
                parts.append(piece)
                size += len(piece)
                if size > LIST_LIMIT_BYTES:
                    raise errors.cut(endpoint, "the list of models is absurdly long")
    except ModelError as error:
        if etag and error.status == _NOT_MODIFIED:
            return None
        raise
    content = b"".join(parts)
    payload = _parsed(content)
    if isinstance(payload, Mapping) and payload.get("error"):
        raise errors.from_stream(endpoint, "", payload, answer.headers, began=False)
    models = read_models(payload)
    if models is None:
        raise errors.no_api_there(endpoint, content.decode("utf-8", errors="replace"))
    return Listing(models, _tag(answer.headers))


def _parsed(content: bytes) -> JSON:
    try:
        return read_json(content)
    except ValueError:
        return None


def _tag(headers: Mapping[str, str]) -> str:
    """The answer's ETag, if it can be sent back as it is."""
    tag = headers.get("etag", "")
    return tag if tag.isascii() and tag.isprintable() and len(tag) <= 200 else ""
