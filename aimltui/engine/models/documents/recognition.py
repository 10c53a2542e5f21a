"""Recognises the text in the pictures of a PDF with a model of the AI/ML API, only on request, and tells its price."""

from __future__ import annotations

import base64
from typing import Final

from aimltui.engine.models.base import ModelError
from aimltui.engine.models.catalogue.values import listed, mapping
from aimltui.engine.models.documents.listing import listed_price
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.http.json_request import ask_json

OCR_MODEL: Final = "mistral/mistral-ocr-latest"
LARGEST: Final = 50_000_000
"""Bytes of a document."""
_READING_S: Final = 300.0
_LIMIT_BYTES: Final = 64 * 1024 * 1024
_LONGEST_PAGE: Final = 200_000
"""Characters of a page."""


def recognises_text(endpoint: Endpoint) -> bool:
    """Return whether the endpoint is known to recognise text: only the AI/ML API."""
    return endpoint.is_aimlapi


async def price_of_page(connection: EndpointClient) -> float | None:
    """Return the listed price of a page in dollars; None if the list of models does not name it."""
    return await listed_price(connection, OCR_MODEL, "page")


async def recognise(connection: EndpointClient, content: bytes) -> list[str]:
    """Send a PDF to the endpoint, and return the text of its pages as Markdown.

    Args:
        connection: The client of the endpoint; the document and the key go to this host and to no other.
        content: The PDF.

    Raises:
        ModelError: It is too large, the endpoint refused, or it found no text.
    """
    if len(content) > LARGEST:
        raise ModelError(
            f"The file is larger than {LARGEST // 1_000_000} MB, the limit for recognising text.",
            "Split it, and add the parts.",
        )
    encoded = base64.b64encode(content).decode("ascii")
    document = {"type": "document_url", "document_url": f"data:application/pdf;base64,{encoded}"}
    told = await ask_json(
        connection,
        "POST",
        f"{connection.endpoint.base_url}/ocr",
        {"model": OCR_MODEL, "document": document},
        seconds=_READING_S,
        limit_bytes=_LIMIT_BYTES,
        model=OCR_MODEL,
    )
    pages = [mapping(page).get("markdown") for page in listed(mapping(told).get("pages"))]
    texts = [page[:_LONGEST_PAGE] if isinstance(page, str) else "" for page in pages]
    if not any(text.strip() for text in texts):
        raise ModelError(f"{connection.endpoint.host} found no text in the document.", "")
    return texts
