"""Turning text into vectors: what is sent where, and answers that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from aimltui.bootstrap.embedding import EmbeddingService
from aimltui.engine.embedding import Embedded, EmbeddingFailed
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.documents.vectors import embed
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.registry import ModelRegistry
from aimltui.wire.embeddings import EmbeddingPlace
from tests.support.chat_server import ChatServer
from tests.support.chats import KEY
from tests.support.scenes import Reply, Scene, as_json, flat_refusal, whole

PATH = "/v1/embeddings"
ONE, TWO = [0.5] * 8, [-1] * 8


def answer(*vectors: Any, tokens: int | None = None) -> Reply:
    rows = [{"index": number, "embedding": vector} for number, vector in enumerate(vectors)]
    usage = {"usage": {"prompt_tokens": tokens, "total_tokens": tokens}} if tokens is not None else {}
    return as_json({"data": rows[::-1], **usage})


async def asked(reply: Reply) -> tuple[Any, ChatServer]:
    async with ChatServer(Scene((whole("unused"),), others={PATH: reply})) as server:
        connection = EndpointClient(Endpoint("test", server.base_url, Secret(KEY)))
        try:
            return await embed(connection, "m", ["a", "b"]), server
        except ModelError as error:
            return error, server
        finally:
            await connection.aclose()


async def test_each_text_gets_its_vector() -> None:
    vectors, server = await asked(answer(ONE, TWO, tokens=7))
    assert vectors == ([ONE, TWO], 7)
    (request,) = server.requests
    assert (request.path, request.headers["authorization"]) == (PATH, f"Bearer {KEY}")
    assert request.json == {"model": "m", "input": ["a", "b"], "encoding_format": "float"}


@pytest.mark.parametrize(
    "reply",
    [
        answer(ONE),
        answer(ONE, [1.0] * 9),
        answer(ONE, [1.0]),
        answer(ONE, ["x"] * 8),
        answer(ONE, [10**400] * 8),
        answer(ONE, None),
        as_json([]),
        as_json({"data": ["x", 1]}),
        flat_refusal(401, "no"),
    ],
)
async def test_an_answer_without_a_vector_for_each_text_is_an_error(reply: Reply) -> None:
    error, _ = await asked(reply)
    assert isinstance(error, ModelError)
    assert KEY not in f"{error.message} {error.remedy}"


async def test_text_goes_only_where_the_user_agreed() -> None:
    listing = as_json(
        {"data": [{"id": "m", "pricing": {"units": [{"name": "token", "price": 2, "per": 1_000_000}]}}]}
    )
    others = {PATH: answer(ONE, tokens=5), "/v1/models": listing}
    async with ChatServer(Scene((whole("unused"),), others=others)) as server:
        endpoint = Endpoint("test", server.base_url, Secret(KEY))
        registry = ModelRegistry(endpoint)
        service = EmbeddingService(registry, "m")
        place = service.place()
        assert place == EmbeddingPlace(connection="test", host=endpoint.host, model="m")
        # the price is asked for once
        for _ in range(2):
            assert await service.embed(place, ["a"]) == Embedded([ONE], 5, pytest.approx(0.00001))
        assert await service.price(place) == pytest.approx(0.000002)
        for other in ({"host": "other.example"}, {"connection": "gone"}):
            with pytest.raises(EmbeddingFailed, match="nothing was sent"):
                await service.embed(place.model_copy(update=other), ["a"])
        assert [one.path for one in server.requests] == [PATH, "/v1/models", PATH]
        await registry.aclose()


def test_a_model_is_offered_where_one_is_known_or_set() -> None:
    here = Endpoint("here", "http://127.0.0.1:1/v1")
    aiml = Endpoint("AI/ML API", "https://api.aimlapi.com/v1", Secret(KEY))
    assert EmbeddingService(ModelRegistry(here), None).place() is None
    found = EmbeddingService(ModelRegistry(aiml), None).place()
    assert found is not None
    assert found.model == "text-embedding-3-small"
    assert EmbeddingService(ModelRegistry(here, others=[aiml]), "nomic").place() == EmbeddingPlace(
        connection="here", host="127.0.0.1:1", model="nomic"
    )
    assert EmbeddingService(ModelRegistry(None), "nomic").place() is None
