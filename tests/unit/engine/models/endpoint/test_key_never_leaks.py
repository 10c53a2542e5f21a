"""The key goes to its own host's Authorization header and nowhere else."""

from __future__ import annotations

import logging
import traceback

import pytest

from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.secret import Secret
from tests.support.chat_server import ChatServer
from tests.support.chats import KEY, asking, failed, serving
from tests.support.scenes import GREETING, Reply, Scene, delta, refusal, stream


def everything_told(error: ModelError) -> str:
    return "".join(
        [
            str(error),
            repr(error),
            repr(error.args),
            *traceback.format_exception(error, limit=None, chain=True),
        ]
    )


@pytest.mark.parametrize(
    "scene",
    [
        "echoes-the-key",
        Scene((refusal(400, f"bad {KEY}"),)),
        Scene((refusal(500, f"bad {KEY}", details=[{"path": KEY, "reason": KEY}]),)),
        Scene((Reply(403, {"Content-Type": "text/html"}, (f"<title>{KEY}</title>".encode(),)),)),
        Scene((Reply(200, {"Content-Type": "text/plain"}, (KEY.encode(),)),)),
        Scene((Reply(raw=f"HTTP/1.1 {KEY}\r\n\r\n".encode()),)),
        Scene((Reply(302, {"Location": f"http://127.0.0.1:1/?token={KEY}"}),)),
        Scene((stream(delta("x"), {"error": {"message": f"died with {KEY}"}}),)),
        Scene((stream(delta("x"), f"data: {KEY}\n\n".encode()),)),
        Scene((refusal(401, "no", headers={"x-note": KEY}),)),
    ],
)
async def test_no_error_tells_the_key(scene: Scene | str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with serving(scene) as (_, model):
        error = await failed(model, asking())
    assert KEY not in everything_told(error)
    assert KEY not in caplog.text
    assert error.__context__ is None
    assert error.__cause__ is None


async def test_a_redirect_to_another_host_does_not_carry_the_key_there() -> None:
    async with ChatServer(Scene((GREETING,))) as thief:
        there = f"{thief.base_url}/chat/completions"
        async with serving(Scene((Reply(307, {"Location": there}),))) as (_, model):
            error = await failed(model, asking())
        assert thief.requests == []
    assert there in error.message


@pytest.mark.parametrize("key", ["sk-broken\nkey-1234567", "sk-schlüssel-123", 'sk-a"b c-1234567'])
async def test_a_key_that_cannot_be_sent_is_not_quoted(key: str) -> None:
    async with serving("greeting", key=key) as (server, model):
        error = await failed(model, asking())
        if not Secret(key).is_header_safe:
            assert server.requests == []
    assert "characters that no key has" in error.message
    assert key not in everything_told(error)


async def test_the_model_and_its_parts_do_not_show_the_key() -> None:
    async with serving("greeting") as (_, model):
        client = await model.endpoint_client.client()
        for thing in (
            model,
            model.endpoint,
            vars(model),
            vars(client),
            client.default_headers,
            client.api_key,
        ):
            assert KEY not in repr(thing)


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1/models", "https://{host}/v1/models"])
async def test_a_request_to_another_origin_gets_no_key_even_through_the_same_client(url: str) -> None:
    async with serving("greeting", headers={"X-Token": KEY}) as (_, model):
        client = await model.endpoint_client.client()
        request = client._client.build_request("GET", url.format(host=model.endpoint.host))
        for hook in client._client.event_hooks["request"]:
            await hook(request)
    assert KEY not in repr(request.headers.raw)
