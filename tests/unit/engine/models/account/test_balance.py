"""The balance: asked for on request, only at the AI/ML API, with the connection's own key, told in words."""

from __future__ import annotations

from typing import Any

import pytest

from aimltui.engine.models.account.balance import read_balance
from aimltui.engine.models.base import AccountBalance, ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.http.client import EndpointClient
from aimltui.engine.models.registry import ModelRegistry
from tests.support.chat_server import ChatServer
from tests.support.chats import KEY
from tests.support.scenes import Reply, Scene, as_json, flat_refusal, whole

NEW, OLD = "/v2/billing", "/v1/billing/balance"


async def asked(others: dict[str, Reply]) -> tuple[AccountBalance | ModelError, ChatServer]:
    async with ChatServer(Scene((whole("unused"),), others=others)) as server:
        endpoint = Endpoint("test", server.base_url, Secret(KEY))
        connection = EndpointClient(endpoint)
        try:
            return await read_balance(endpoint, connection), server
        except ModelError as error:
            return error, server
        finally:
            await connection.aclose()


@pytest.mark.parametrize(
    ("body", "usd"),
    [
        ({"current_balance": 12.5, "currency": "USD"}, 12.5),
        ({"current_balance": "3.25", "currency": "USD"}, 3.25),
        ({"current_balance": -0.5, "currency": "USD"}, -0.5),
        ({"current_balance": 10, "currency": "EUR"}, None),
        ({"something": "else"}, None),
        ([], None),
    ],
)
async def test_dollars_are_read_and_nothing_is_made_up(body: Any, usd: float | None) -> None:
    found, server = await asked({NEW: as_json(body)})
    assert isinstance(found, AccountBalance)
    assert found.usd == usd
    (request,) = server.requests
    assert (request.method, request.path) == ("GET", NEW)
    assert request.headers["authorization"] == f"Bearer {KEY}"


async def test_the_older_page_tells_credits() -> None:
    found, server = await asked({OLD: as_json({"balance": 10_000_000, "lowBalance": False})})
    assert isinstance(found, AccountBalance)
    assert found.usd == 5.0
    assert [request.path for request in server.requests] == [NEW, OLD]


@pytest.mark.parametrize(
    ("status", "says", "remedy"),
    [
        (401, "did not accept the API key", "Connections"),
        (403, "management keys", "unrestricted key"),
        (500, "says that the server had an error processing your request", "again"),
    ],
)
async def test_a_refusal_is_told_in_words_and_ends_it(status: int, says: str, remedy: str) -> None:
    error, server = await asked({NEW: flat_refusal(status, f"no {KEY}")})
    assert isinstance(error, ModelError)
    assert says in error.message
    assert remedy in error.remedy
    assert KEY not in repr(error)
    assert len(server.requests) == 1


async def test_a_server_that_has_no_such_page_says_so() -> None:
    error, _ = await asked({})
    assert isinstance(error, ModelError)
    assert "no longer reports" in error.message


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    async with ChatServer(Scene((whole("unused"),))) as other:
        moved = Reply(307, {"Location": f"{other.base_url}/billing"}, (b"",))
        error, _ = await asked({NEW: moved})
        assert isinstance(error, ModelError)
        assert other.requests == []


async def test_no_other_provider_is_ever_asked() -> None:
    async with ChatServer("greeting") as server:
        models = ModelRegistry(Endpoint("local", server.base_url, Secret(KEY)))
        with pytest.raises(ModelError, match="Only the AI/ML API") as refusal:
            await models.balance()
        await models.aclose()
        assert "billing page" in refusal.value.remedy
        assert server.requests == []


async def test_an_endless_answer_is_not_read_to_its_end() -> None:
    endless = Reply(200, {"Content-Type": "application/json"}, (b" " * 300_000,), then="hang")
    error, _ = await asked({NEW: endless})
    assert isinstance(error, ModelError)
    assert "answered with more than 256 KB" in error.message
