"""Trying a connection: what is there, or what is wrong, in words; servers on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import pytest

from aimltui.connections import probe
from aimltui.connections.local_servers import Port, find_local
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.engine.models.http.client import warm_up
from tests.support.recorder import Heard, Recorder, models, says

KEY = "sk-typed-0123456789"
BAD_KEY = says({"error": {"message": "Incorrect API key provided"}}, 401)


def endpoint(base_url: str, key: str | None = KEY) -> Endpoint:
    return Endpoint("work", base_url, Secret(key) if key else None)


async def test_a_good_one_says_how_many_models_it_has_and_is_asked_for_no_answer() -> None:
    def answer(heard: Heard) -> bytes:
        return models("a", "b", "c") if heard.method == "GET" else says({"error": {"message": "empty"}}, 400)

    async with Recorder(answer) as server:
        tested = await probe.try_models(endpoint(server.base_url))
        assert (tested.is_good, tested.text, tested.models) == (True, "3 models", 3)
        asked = [one for one in server.heard if one.target.startswith("/v1/")]
        assert [(one.method, one.key) for one in asked] == [("GET", KEY), ("POST", KEY)]
        assert b'"messages":[]' in asked[1].raw.replace(b" ", b"")


async def test_without_a_key_only_the_list_is_asked_for() -> None:
    async with Recorder(lambda _: models("a")) as server:
        tested = await probe.try_models(endpoint(server.base_url, None))
        assert (tested.is_good, tested.text) == (True, "1 model")
        assert {one.method for one in server.heard} == {"GET"}


async def test_a_wrong_key_is_found_where_the_list_is_public() -> None:
    async with Recorder(lambda heard: models("a") if heard.method == "GET" else BAD_KEY) as server:
        tested = await probe.try_models(endpoint(server.base_url))
    assert not tested.is_good
    assert "did not accept the API key" in tested.text
    assert KEY not in tested.text + tested.remedy


async def test_an_account_without_credit_is_connected_and_told() -> None:
    broke = says({"message": "You've run out of credits. Please top up"}, 403)
    async with Recorder(lambda heard: models("a") if heard.method == "GET" else broke) as server:
        tested = await probe.try_models(endpoint(server.base_url))
    assert (tested.is_good, tested.text) == (True, "1 model")
    assert "credit" in tested.remedy


@pytest.mark.parametrize(
    ("answer", "key", "said", "remedy"),
    [
        (BAD_KEY, KEY, "did not accept the API key", "the key is complete"),
        (BAD_KEY, None, "needs an API key", "Paste it"),
        (says("<html><title>Hi</title></html>", content_type="text/html"), KEY, "web page", "end in /v1"),
        (says({"detail": "Not Found"}, 404), KEY, "lists no models at /v1/models", "end in /v1"),
        (says("", 302, location="http://127.0.0.1:9/v1/models"), KEY, "which was not followed", "trust that"),
        (says({"error": {"message": "x"}}, 503), KEY, "overloaded or down", "test again in a minute"),
        (says({"error": {"message": "slow down"}}, 429), KEY, "says that this account's rate limit is reached", "test again in a minute"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_with_what_to_do(
    answer: bytes, key: str | None, said: str, remedy: str
) -> None:
    async with Recorder(lambda _: answer) as server:
        tested = await probe.try_models(endpoint(server.base_url, key))
    assert not tested.is_good
    assert said in tested.text
    assert remedy in tested.remedy


async def test_a_base_url_without_v1_is_told_the_right_one() -> None:
    def answer(heard: Heard) -> bytes:
        return models("a", "b") if heard.target == "/v1/models" else says("not here", 404)

    async with Recorder(answer) as server:
        root = server.base_url.removesuffix("/v1")
        tested = await probe.try_models(endpoint(root, None))
    assert (tested.is_good, tested.better_url) == (False, f"{root}/v1")
    assert tested.remedy == f"Use {root}/v1: it lists 2 models."


async def test_nobody_there_no_such_host_and_no_tls_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        refused = await probe.try_models(endpoint(f"http://127.0.0.1:{taken.getsockname()[1]}/v1"))
    assert "connection was refused" in refused.text

    async def unknown(*_arguments: object, **_options: object) -> object:
        raise socket.gaierror(-2, "Name or service not known")

    async with Recorder(lambda _: models("a")) as server:
        tls = await probe.try_models(endpoint(server.base_url.replace("http:", "https:")))
    assert "encrypted connection" in tls.text
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", unknown)
    lost = await probe.try_models(endpoint("http://no-such-host.example/v1"))
    assert "could not be found" in lost.text


async def test_one_that_says_nothing_is_given_up() -> None:
    await asyncio.to_thread(warm_up)
    async with Recorder(lambda _: None) as server:
        tested = await probe.try_models(endpoint(server.base_url), 0.2)
    assert not tested.is_good
    assert "did not answer within 0.2 s" in tested.text


@pytest.mark.parametrize(
    ("has_api", "said"), [(True, "supports the Assistants API"), (False, "does not speak")]
)
async def test_a_server_of_assistants_is_told_from_one_of_models(
    tmp_path: Path, has_api: bool, said: str
) -> None:
    def answer(heard: Heard) -> bytes:
        if "models" in heard.target:
            return models("a")
        return says({"object": "list", "data": []}) if has_api else says({"error": {"message": "no"}}, 404)

    async with Recorder(answer) as server:
        tested = await probe.try_assistants(server.base_url, KEY, tmp_path)
    assert tested.is_good == has_api
    assert said in tested.text
    assert ("connect to it as “Chat models”" in tested.remedy) is not has_api


async def test_servers_on_this_machine_are_found_and_named_by_what_they_say() -> None:
    answers = [
        models("llama3", owner="library"),
        models("m", owner="organization_owner"),
        says({"data": [{"id": "x"}]}, server="llama.cpp"),
        models("a", "b"),
        says({"error": {"message": "key?"}}, 401),
        says("<html>my router</html>", content_type="text/html"),
        says({"hello": "world"}),
        says({"error": "x"}, 403),
        says("", 302, location="http://127.0.0.1:1/v1/models"),
    ]
    servers = [Recorder(lambda _, answer=answer: answer) for answer in answers]  # type: ignore[misc]
    async with contextlib.AsyncExitStack() as stack:
        for server in servers:
            await stack.enter_async_context(server)
        ports = [Port(server.port, "Jan" if number == 3 else "") for number, server in enumerate(servers)]
        found = await find_local(ports)
        assert [(one.name, one.models, one.wants_key) for one in found] == [
            ("Ollama", 1, False),
            ("LM Studio", 1, False),
            ("llama.cpp", 1, False),
            ("Jan", 2, False),
            (f"Server on port {servers[4].port}", 0, True),
        ]
        assert found[0].base_url == servers[0].base_url
        for server in servers:
            assert [one.target for one in server.heard] == ["/v1/models"]
            assert not any("authorization" in one.headers for one in server.heard)


async def test_looking_around_is_quick_and_uses_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Recorder(lambda _: models("spy")) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        async with Recorder(lambda _: None) as silent, asyncio.timeout(4):
            assert await find_local([Port(silent.port), Port(1)], 0.1) == []
        assert proxy.heard == []
