"""Recognising the text of scanned documents: only at the AI/ML API, with that connection's key, for a listed price."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from aimltui.bootstrap.recognition import RecognitionService
from aimltui.engine.accounting.budget import BudgetLimits
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.documents import recognition
from aimltui.engine.models.documents.recognition import OCR_MODEL, price_of_page, recognise
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.registry import ModelRegistry
from aimltui.wire.errors import Forbidden
from aimltui.wire.usage import UsageParams
from tests.support.builders import opened
from tests.support.chat_server import ChatServer
from tests.support.chats import KEY
from tests.support.scenes import Reply, Scene, as_json, flat_refusal, whole

OCR, MODELS = "/v1/ocr", "/v1/models"
PAGES = {"pages": [{"index": 0, "markdown": "# Terms"}, {"index": 1}, {"index": 2, "markdown": "End."}]}


async def asked(path: str, reply: Reply, content: bytes | None) -> tuple[Any, ChatServer]:
    """What comes of sending a document, or without one of asking for the price."""
    async with ChatServer(Scene((whole("unused"),), others={path: reply})) as server:
        connection = EndpointClient(Endpoint("test", server.base_url, Secret(KEY)))
        try:
            if content is None:
                return await price_of_page(connection), server
            return await recognise(connection, content), server
        except ModelError as error:
            return error, server
        finally:
            await connection.aclose()


async def test_a_document_is_sent_once_and_its_pages_come_back() -> None:
    pages, server = await asked(OCR, as_json(PAGES), b"%PDF-1.7")
    assert pages == ["# Terms", "", "End."]
    (request,) = server.requests
    assert (request.method, request.path) == ("POST", OCR)
    assert request.headers["authorization"] == f"Bearer {KEY}"
    sent = request.json
    assert isinstance(sent, dict)
    assert sent["model"] == OCR_MODEL
    assert sent["document"]["document_url"] == "data:application/pdf;base64," + base64.b64encode(
        b"%PDF-1.7"
    ).decode("ascii")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (as_json({"pages": []}), "found no text"),
        (as_json({"pages": [{"markdown": 7}, "x"]}), "found no text"),
        (as_json([]), "found no text"),
        (flat_refusal(401, "no"), "key"),
        (flat_refusal(404, "Not found"), ""),
    ],
)
async def test_a_refusal_is_a_sentence(reply: Reply, told: str) -> None:
    error, _ = await asked(OCR, reply, b"%PDF-1.7")
    assert isinstance(error, ModelError)
    assert told in f"{error.message} {error.remedy}"
    assert KEY not in f"{error.message} {error.remedy}"


async def test_a_document_that_is_too_large_is_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recognition, "LARGEST", 5)
    error, server = await asked(OCR, as_json(PAGES), b"%PDF-1.7")
    assert isinstance(error, ModelError)
    assert server.requests == []


def listing(**pricing: Any) -> Reply:
    return as_json({"data": [{"id": "a"}, {"id": "b", "aliases": [OCR_MODEL], "pricing": pricing}]})


@pytest.mark.parametrize(
    ("reply", "price"),
    [
        (listing(currency="USD", units=[{"name": "page", "price": 2, "per": 1_000}]), 0.002),
        (listing(units=[{"name": "page", "price": "0.003"}]), 0.003),
        (listing(units=[{"name": "page", "price": 1}, {"name": "page", "price": 2}]), None),
        (listing(currency="EUR", units=[{"name": "page", "price": 1}]), None),
        (listing(units=[{"name": "token", "price": 1}]), None),
        (listing(units=[{"name": "page", "price": -1}, 5]), None),
        (as_json({"data": []}), None),
        (flat_refusal(500, "oops"), None),
    ],
)
async def test_a_price_is_told_if_it_is_listed_and_never_made_up(reply: Reply, price: float | None) -> None:
    found, _ = await asked(MODELS, reply, None)
    assert found == price


def test_only_the_aiml_api_is_asked() -> None:
    openai = Endpoint("OpenAI", "https://api.openai.com/v1", Secret(KEY))
    aiml = Endpoint("AI/ML API", "https://api.aimlapi.com/v1", Secret(KEY))
    alike = Endpoint("alike", "https://aimlapi.com.example/v1", Secret(KEY))
    found = ModelRegistry(openai, others=[alike, aiml]).recogniser()
    assert found is not None
    assert found.endpoint == aiml
    assert ModelRegistry(openai, others=[alike]).recogniser() is None


async def test_what_recognising_costs_is_counted_and_a_spent_budget_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recognition, "recognises_text", lambda endpoint: True)
    prices = listing(currency="USD", units=[{"name": "page", "price": 0.002}])
    limits = BudgetLimits(per_day_usd=0.006)
    async with (
        ChatServer(Scene((whole("unused"),), others={OCR: as_json(PAGES), MODELS: prices})) as server,
        opened(tmp_path, limits=limits) as engine,
    ):
        registry = ModelRegistry(Endpoint("test", server.base_url, Secret(KEY)))
        service = RecognitionService(registry, engine.usage)
        place = service.place()
        assert place is not None
        assert await service.price(place) == 0.002
        assert len(await service.read(place, b"%PDF-1.7")) == 3
        (row,) = (await engine.usage.usage(UsageParams(by="model"))).rows
        assert (row.key, row.runs, row.cost_usd) == (OCR_MODEL, 0, pytest.approx(0.006))
        with pytest.raises(Forbidden, match="per_day_usd"):
            await service.read(place, b"%PDF-1.7")
        assert [one.path for one in server.requests] == [MODELS, OCR]
        await registry.aclose()
