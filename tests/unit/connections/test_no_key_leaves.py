"""No key of one connection ever leaves to another host: not on redirects, not through proxies, not in logs.

Every server here keeps every byte it hears, and so does the spy that the environment names as its proxy.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.connect import connect
from aimltui.client.embedded import EmbeddedTransport
from aimltui.client.errors import TransportError
from aimltui.client.http import Patience, Remote
from aimltui.common.logs import log_to
from aimltui.common.redaction import redactor
from aimltui.connections.service import ConnectionService
from aimltui.connections.types import ConnectionDraft
from aimltui.engine.engine import Engine
from aimltui.engine.models.registry import ModelRegistry
from aimltui.tui.screens.crash import crash_text
from aimltui.wire.assistants import CreateAssistant
from aimltui.wire.errors import APIError
from aimltui.wire.messages import CreateMessage, NewMessage
from aimltui.wire.runs import CreateRun
from aimltui.wire.threads import CreateThread
from tests.support.builders import bounded, options
from tests.support.recorder import Heard, Recorder, chats, models, says
from tests.unit.connections.test_service import Place

KEYS = {name: f"{name}/key+0123456789abcdef" for name in ("alpha", "beta", "gamma")}
"""Of an unusual shape, so that only who knows them can hide them; one kept in the file, two in variables."""


@dataclass
class Land:
    """Three endpoints, a stranger, a proxy."""

    servers: dict[str, Recorder]
    stranger: Recorder
    proxy: Recorder
    directory: Path
    hosts: dict[str, str] = field(default_factory=dict)

    def url(self, name: str, *, scheme: str = "http") -> str:
        return f"{scheme}://{self.hosts.get(name, '127.0.0.1')}:{self.servers[name].port}/v1"

    def assert_each_key_stayed_at_home(self, *used: str) -> None:
        listeners = {**self.servers, "stranger": self.stranger, "proxy": self.proxy}
        for name, listener in listeners.items():
            for owner, key in KEYS.items():
                if owner != name:
                    assert not tells(listener.everything, key), f"{name} was told the key of {owner}"
        for name in used:
            assert KEYS[name].encode() in self.servers[name].everything, f"{name} was never used"


def tells(heard: bytes, key: str) -> bool:
    forms = (key.encode(), quote(key, safe="").encode(), base64.b64encode(key.encode()), key[:14].encode())
    return any(form in heard for form in forms)


def talks(heard: Heard) -> bytes:
    return models("m1", "m2") if heard.method == "GET" else chats()


@pytest.fixture
async def land(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Land]:
    """All proxies that the environment can name are the spy; names ending in .example are this machine."""
    async with AsyncExitStack() as stack:
        made = [await stack.enter_async_context(Recorder(talks)) for _ in range(4)]
        proxy = await stack.enter_async_context(Recorder(lambda _: says("no", 502)))
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
            monkeypatch.setenv(name.lower(), f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "nothing.example")
        monkeypatch.setenv("BETA_KEY", KEYS["beta"])
        monkeypatch.setenv("GAMMA_KEY", KEYS["gamma"])
        monkeypatch.setenv("OPENAI_API_KEY", "the-stray-key-of-openai-1")
        real = socket.getaddrinfo

        def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
            name = host.decode() if isinstance(host, bytes) else host
            return real("127.0.0.1" if str(name).endswith(".example") else host, *rest, **more)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        yield Land(dict(zip(KEYS, made, strict=False)), made[3], proxy, tmp_path)
        for listener in [*made, proxy]:
            assert b"the-stray-key" not in listener.everything


class Program:
    """The running program: the screen's service over the engine's registry, and a client."""

    def __init__(self, land: Land, scheme: str = "http") -> None:
        environment = {name: value for name, value in os.environ.items() if name != "OPENAI_API_KEY"}
        self.place = Place(land.directory, environment)
        self._drafts = [
            ConnectionDraft("alpha", land.url("alpha", scheme=scheme), KEYS["alpha"], key_place="file"),
            ConnectionDraft(
                "beta", land.url("beta", scheme=scheme), key_variable="BETA_KEY", key_place="environment"
            ),
        ]
        self._directory = land.directory
        self.client: AssistantsClient

    @property
    def service(self) -> ConnectionService:
        return self.place.service

    @property
    def registry(self) -> ModelRegistry:
        return self.place.registry

    async def __aenter__(self) -> Program:
        for draft in self._drafts:
            await self.service.save(draft, make_default=False)
        engine = await Engine.open(options(self._directory / "data"), self.registry)
        self.client = AssistantsClient(EmbeddedTransport(engine))
        return self

    async def __aexit__(self, *_: object) -> None:
        await bounded(self.client.aclose())

    async def run(self, connection: str | None) -> str:
        """A question on a new thread; the run's end, with its error."""
        assistant = await self.client.assistants.create(CreateAssistant(model="m1"))
        thread = await self.client.threads.create(
            CreateThread(messages=[NewMessage(role="user", content="Hi")])
        )
        wanted = CreateRun(thread_id=thread.id, assistant_id=assistant.id, connection=connection)
        last: Any = None
        async with asyncio.timeout(60):
            async for event in self.client.runs.stream(wanted):
                last = event.data if getattr(event.data, "object", "") == "thread.run" else last
        return f"{last.status} {last.last_error.message if last.last_error else ''}"

    async def do_everything(self) -> list[str]:
        """Runs on both at once, the lists, the balances, and trying each, all at the same time."""
        ends, *_ = await asyncio.gather(
            asyncio.gather(*(self.run(name) for name in ("alpha", "beta", None, "alpha", "beta"))),
            _any_end(lambda: self.registry.list_models(refresh=True)),
            *(_any_end(lambda name=name: self.registry.balance(name)) for name in ("alpha", "beta")),  # type: ignore[misc]
            *(self.service.test(draft) for draft in self._drafts),
        )
        return ends


async def _any_end(ask: Callable[[], Awaitable[object]]) -> None:
    await asyncio.gather(ask(), return_exceptions=True)


@pytest.mark.parametrize("named", [False, True], ids=["loopback", "names"])
async def test_runs_on_two_connections_at_once_keep_their_keys_apart(
    land: Land, named: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    if named:
        land.hosts = {name: f"{name}.example" for name in KEYS}
    async with Program(land) as program:
        assert await program.do_everything() == ["completed "] * 5
        # one's name with the other's address: its kept key stays, and so does a variable that nobody named
        moved = ConnectionDraft("alpha", land.url("beta"), key_place="file")
        assert not (await program.service.test(moved)).is_good
        if not named:
            assert (await program.service.test(ConnectionDraft("alpha", land.url("gamma")))).is_good
        await program.service.find_local()
    land.assert_each_key_stayed_at_home("alpha", "beta")
    assert land.proxy.heard == []
    assert not any(tells(caplog.text.encode(), key) for key in KEYS.values())


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_a_redirect_takes_no_key_along(land: Land, status: int) -> None:
    def to(url: str) -> Callable[[Heard], bytes]:
        return lambda heard: says("", status, location=f"{url.removesuffix('/v1')}{heard.target}")

    async with Program(land) as program:
        land.servers["alpha"].answer = to(land.url("beta"))
        land.servers["beta"].answer = to(land.stranger.base_url)
        ends = await program.do_everything()
        tested = await program.service.test(
            ConnectionDraft("new", land.url("gamma"), KEYS["gamma"], key_place="file")
        )
        assert tested.is_good
    assert all(end.startswith("failed ") and "was not followed" in end for end in ends), ends
    land.assert_each_key_stayed_at_home("alpha", "beta", "gamma")
    assert land.stranger.heard == []
    assert all(heard.key == KEYS["beta"] for heard in land.servers["beta"].heard)


async def test_a_proxy_hears_connect_without_a_key_and_nothing_else(land: Land) -> None:
    land.hosts = {name: f"{name}.example" for name in KEYS}
    async with Program(land, "https") as program:
        tests = await asyncio.gather(*(program.service.test(draft) for draft in program._drafts))
        assert "The proxy refused the connection" in tests[0].text
        assert (await program.run("alpha")).startswith("failed")
    with pytest.raises(TransportError):
        await connect(
            Remote(land.url("gamma", scheme="https"), KEYS["gamma"]), land.directory, Patience(tries=1)
        )
    targets = {urlsplit(land.url(name)).netloc for name in KEYS}
    assert {heard.target for heard in land.proxy.heard} == targets
    for heard in land.proxy.heard:
        assert heard.method == "CONNECT"
        assert not {"authorization", "proxy-authorization", "api-key"} & set(heard.headers)
    land.assert_each_key_stayed_at_home()


@pytest.mark.parametrize("status", [None, 302, 308])
async def test_a_server_of_assistants_keeps_its_key_too(land: Land, status: int | None) -> None:
    land.hosts = {"gamma": "gamma.example"}
    gamma = land.servers["gamma"]
    gamma.answer = lambda _: says({"object": "list", "data": []})
    client, _ = await connect(Remote(land.url("gamma"), KEYS["gamma"]), land.directory, Patience(tries=1))
    if status is not None:
        gamma.answer = lambda heard: says("", status, location=f"{land.stranger.base_url}{heard.target}")
    asked: list[Awaitable[object]] = [
        client.list_models(refresh=True),
        client.threads.create(CreateThread()),
        client.messages.create(CreateMessage(thread_id="thread_1", role="user", content="Hi")),
        client.files.content("file-1"),
    ]
    ends = await asyncio.gather(*asked, return_exceptions=True)
    await client.aclose()
    if status is not None:
        assert all(isinstance(end, (TransportError, APIError)) for end in ends), ends
    land.assert_each_key_stayed_at_home("gamma")
    assert land.stranger.heard == []
    assert land.proxy.heard == []


async def test_a_server_that_quotes_the_key_back_gets_it_into_no_error_log_or_report(land: Land) -> None:
    for name, server in land.servers.items():
        server.answer = lambda _, name=name: says(  # type: ignore[misc]
            {"error": {"message": f"Wrong key {KEYS[name]}"}}, 401, x_request_id=KEYS[name]
        )
    redact = redactor([])
    log = land.directory / "aimltui.log"
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    async with Program(land) as program:
        told = [*await program.do_everything()]
        tested = [await program.service.test(draft) for draft in program._drafts]
        page = await program.client.list_models(refresh=True)
        told += [f"{one.text} {one.remedy}" for one in tested] + [str(page.to_json())]
        try:
            log_to(log, redact)
            logging.getLogger("x").warning("keys: %s", list(KEYS.values())[:2])
        finally:
            logging.getLogger().handlers[0].close()
            logging.getLogger().handlers[:] = handlers
            logging.getLogger().setLevel(level)
            logging.captureWarnings(False)
    try:
        raise RuntimeError(f"crashed with {KEYS['alpha']} and {KEYS['beta']}")
    except RuntimeError as error:
        told.append(crash_text(error, redact))
    told.append(log.read_text())
    for text in told:
        assert not any(tells(text.encode(), key) for key in KEYS.values()), text
    assert "[redacted]" in log.read_text()
    land.assert_each_key_stayed_at_home("alpha", "beta")
