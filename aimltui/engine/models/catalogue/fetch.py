"""Fetches an endpoint's list of models, and more details from local servers."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing

from aimltui.common.dataclass import dataclass
from aimltui.engine.models.base import JSON, ModelError, ModelInfo
from aimltui.engine.models.catalogue.local_servers import told_beside
from aimltui.engine.models.catalogue.parse import read_models
from aimltui.engine.models.errors import sentences as errors
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.response import HTTPAnswer, read_json

LIST_TIMEOUT_S = 30.0
LIST_LIMIT_BYTES = 32 * 1024 * 1024
_AIMLAPI_QUERY = {"include": "all"}
"""No filter by type, because models of /v1/responses would silently disappear if that type's name changed. The whole list
has 1.3 MB, is fetched once a day and sent only if it has changed."""
_NOT_MODIFIED = 304
_REFUSALS = frozenset({400, 404, 422})
"""Statuses that refuse the query; the request without it may succeed."""


@dataclass(frozen=True, slots=True)
class Listing:
    """The models of an endpoint with the ETag of its list."""

    models: list[ModelInfo]
    etag: str = ""


async def fetch_models(connection: EndpointClient, etag: str = "") -> Listing | None:
    """Fetch the list of models.

    Args:
        connection: The client of the endpoint; its key can be sent in a header.
        etag: The known state of the list; empty for none.

    Returns:
        The list; None if it is still in the known state.

    Raises:
        ModelError: The list could not be fetched. An empty list is an answer.
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
        # The list is useful without the details, too.
        return await _ask(connection, {}, "")
    found = await _ask(connection, {}, etag)
    if found is None or not found.models or not endpoint.is_private:
        return found
    if any(model.endpoints is not None for model in found.models):
        return found  # servers that give more details elsewhere do not give endpoints in their list
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
                    raise errors.cut(endpoint, "the list of models is longer than 32 MB")
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
    """The answer's ETag, if it can be sent back unchanged."""
    tag = headers.get("etag", "")
    return tag if tag.isascii() and tag.isprintable() and len(tag) <= 200 else ""
