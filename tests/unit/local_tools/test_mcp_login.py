"""Logins at remote MCP servers: the whole way, and that no token ever goes to another origin or into a log."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import httpx2
import pytest

from aimltui.common.errors import AimltuiError
from aimltui.common.redaction import redact_in_use
from aimltui.config.mcp_servers import McpServer, McpServers, OAuthClient
from aimltui.local_tools.mcp.bearer import token_from
from aimltui.local_tools.mcp.connection import Hooks
from aimltui.local_tools.mcp.http import http_streams
from aimltui.local_tools.mcp.log import ServerLog
from aimltui.local_tools.mcp.login import log_in, log_out
from aimltui.local_tools.mcp.logins import Login, login_from
from aimltui.local_tools.mcp.redirects import Pasted, WrongAnswer, answer_in, loopback
from aimltui.local_tools.mcp.session import open_session
from aimltui.local_tools.mcp.source import McpSource
from tests.support.mcp_login import AUTH, HOME, GuardedServer, MemoryLogins

# one worker imports the mcp package, which takes a second
pytestmark = pytest.mark.xdist_group("mcp")

TRACKER = McpServer("tracker", url=f"{HOME}/mcp", origin="/nowhere/config.toml")


class Browser:
    """Logs in at the page that is shown, and pastes where it ends."""

    def __init__(self, world: GuardedServer, **more: str) -> None:
        self.world = world
        self.more = more
        self.shown: list[str] = []
        self.wrong: list[str] = []
        """What is pasted first."""
        self.problems: list[str] = []
        self.redirect = Pasted(self.paste)

    async def show(self, address: str) -> None:
        self.shown.append(address)

    async def paste(self, problem: str) -> str:
        self.problems.append(problem)
        wrong = self.wrong.pop(0) if self.wrong else ""
        return wrong or self.world.page(self.shown[-1], **self.more)


async def enter(world: GuardedServer, logins: MemoryLogins, browser: Browser | None = None) -> Browser:
    browser = browser or Browser(world)
    await log_in(TRACKER, logins, browser.redirect, browser.show, httpx2.MockTransport(world.send))
    return browser


@asynccontextmanager
async def source_of(world: GuardedServer, logins: MemoryLogins) -> AsyncGenerator[McpSource, None]:
    streams = partial(http_streams, transport=httpx2.MockTransport(world.send), logins=logins)

    def connect(server: McpServer, log: ServerLog, hooks: Hooks) -> Any:
        return open_session(server, log, hooks, streams)

    source = McpSource(lambda: McpServers((TRACKER,)), connect)
    await source.refresh()
    try:
        yield source
    finally:
        await source.aclose()


async def say(source: McpSource, text: str) -> str:
    await source.settled("tracker")
    return (await source.call(source.tools[0], {"text": text})).text


def carriers(world: GuardedServer) -> set[str]:
    """The hosts that got an access token."""
    return {
        request.url.host
        for request in world.sent
        if "access-token" in request.headers.get("authorization", "") + request.content.decode()
    }


async def test_a_login_is_made_used_renewed_and_ended(caplog: pytest.LogCaptureFixture) -> None:
    world, logins = GuardedServer(), MemoryLogins()
    caplog.set_level(logging.DEBUG)
    async with source_of(world, logins) as source:
        await source.settled("tracker")
        (row,) = source.rows
        assert (row.state, row.needs_login) == ("failed", True)
        assert "It needs a login: aimltui mcp login tracker" in row.error

        browser = Browser(world)
        browser.wrong = ["https://tracker.example/", ""]
        await enter(world, logins, browser)
        (address,) = browser.shown
        assert browser.problems[0] == ""
        assert "not the answer of this login" in browser.problems[1]
        assert address.startswith(f"{AUTH}/authorize?")
        assert "code_challenge_method=S256" in address
        assert "resource=https%3A%2F%2Fmcp.example%2Fmcp" in address
        await source.restart("tracker")
        assert await say(source, "hi") == "hi"
        assert not source.rows[0].needs_login

        # the server ends the token early: it is renewed once, and the call is sent again
        world.token = "another"
        assert await say(source, "ho") == "ho"
        assert world.given == 2
        assert world.forms[-1]["refresh_token"] == "refresh-token-1"
        saved = logins.load("tracker", TRACKER.url)
        assert saved is not None
        assert (saved.access_token, saved.refresh_token) == ("access-token-2", "refresh-token-2")
        # another window has renewed it meanwhile
        world.token, world.refresh = "access-token-9", "refresh-token-9"
        logins.save("tracker", TRACKER.url, Login("access-token-9", "refresh-token-9"))
        assert await say(source, "hm") == "hm"
        assert world.given == 2
        # it cannot be renewed any longer
        world.token, world.renews = "another", False
        assert "It needs a login: aimltui mcp login tracker" in await say(source, "no")

    assert await log_out(TRACKER, logins, httpx2.MockTransport(world.send))
    assert logins.saved == {}
    assert not await log_out(TRACKER, logins, httpx2.MockTransport(world.send))
    assert carriers(world) == {"mcp.example"}
    for secret in ("access-token", "refresh-token-1", "s3cret-of-client", "code-0"):
        assert secret not in redact_in_use(caplog.text).replace("access-token-9", "")
    assert "access-token-1" not in caplog.text
    assert "access-token-1" not in repr(saved)
    assert redact_in_use("refresh-token-2 s3cret-of-client") == "[redacted] [redacted]"


async def test_a_token_that_is_about_to_end_is_renewed_before_it_is_used() -> None:
    world, logins = GuardedServer(), MemoryLogins()
    world.lifetime = 30
    await enter(world, logins)
    refused = sum(request.url.path == "/mcp" for request in world.sent)
    world.lifetime = 3600
    async with source_of(world, logins) as source:
        assert await say(source, "hi") == "hi"
    tokens = {
        request.headers["authorization"] for request in world.sent[refused:] if request.url.path == "/mcp"
    }
    assert "Bearer access-token-2" in tokens
    assert world.given == 2


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        ({"token_endpoint": "http://login.example/token"}, "others could read your login"),
        ({"authorization_endpoint": "http://login.example/authorize"}, "others could read your login"),
        ({"registration_endpoint": "http://login.example/register"}, "others could read your login"),
        ({"issuer": "https://elsewhere.example"}, "The login at tracker failed"),
        ({"token_endpoint": "https://127.0.0.1:1/token"}, "address of this machine"),
    ],
)
async def test_metadata_that_leads_astray_ends_the_login(overrides: dict[str, str], told: str) -> None:
    world, logins = GuardedServer(), MemoryLogins()
    world.overrides = overrides
    with pytest.raises(AimltuiError, match=told):
        await enter(world, logins)
    assert logins.saved == {}
    assert not carriers(world)
    assert not any(request.url.scheme == "http" for request in world.sent)


async def test_a_slash_too_many_in_the_name_of_the_authorization_server_is_forgiven() -> None:
    world, logins = GuardedServer(), MemoryLogins()
    world.named = f"{AUTH}/"
    browser = await enter(world, logins)
    assert len(browser.shown) == 1
    assert logins.load("tracker", TRACKER.url) is not None
    assert {request.url.host for request in world.sent} == {"mcp.example", "login.example"}


async def test_a_program_that_cannot_register_uses_the_client_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET", "s3cret-of-config")
    world, logins = GuardedServer(), MemoryLogins()
    world.registers = False
    with pytest.raises(AimltuiError, match=r"Ask an administrator.*oauth = \{ client_id"):
        await enter(world, logins)
    known = replace(TRACKER, oauth=OAuthClient("mine", "${SECRET}", 8123))
    browser = Browser(world)
    browser.redirect = Pasted(browser.paste, known.oauth.port)
    await log_in(known, logins, browser.redirect, browser.show, httpx2.MockTransport(world.send))
    assert "client_id=mine" in browser.shown[0]
    assert "redirect_uri=http%3A%2F%2F127.0.0.1%3A8123%2Fcallback" in browser.shown[0]
    assert world.forms[-1]["client_secret"] == "s3cret-of-config"
    assert "s3cret" not in repr(known)
    async with source_of(world, logins) as source:
        world.token = "another"
        assert await say(source, "hi") == "hi"
    assert (world.forms[-1]["grant_type"], world.forms[-1]["client_id"]) == ("refresh_token", "mine")


async def test_a_redirect_of_the_server_gets_no_token() -> None:
    world, logins = GuardedServer(), MemoryLogins()
    await enter(world, logins)
    async with source_of(world, logins) as source:
        assert await say(source, "hi") == "hi"
        world.statuses, world.headers = [307], {"location": "https://elsewhere.example/mcp"}
        assert "redirects to another host" in await say(source, "ho")
        world.statuses, world.headers = [403], {}
        assert "Log in again to grant more: aimltui mcp login tracker" in await say(source, "ho")
        # a login is for one origin, also if the address in the configuration changes
        assert logins.load("tracker", "https://elsewhere.example/mcp") is None
    assert carriers(world) == {"mcp.example"}
    assert {request.url.host for request in world.sent} == {"mcp.example", "login.example"}


async def test_a_login_that_is_refused_or_belongs_to_another_one_is_not_taken() -> None:
    world, logins = GuardedServer(), MemoryLogins()
    with pytest.raises(AimltuiError, match="The login was refused: access_denied"):
        await enter(world, logins, Browser(world, error="access_denied"))
    with pytest.raises(AimltuiError, match="not the answer of this login"):
        await enter(world, logins, Browser(world, state="other"))
    with pytest.raises(AimltuiError, match="has sent no code"):
        answer_in("http://127.0.0.1/callback?state=s", "s")
    assert answer_in(" ?code=c&state=s&iss=i\n", "s").issuer == "i"
    with pytest.raises(WrongAnswer):
        answer_in("http://[", "s")
    world.token = "any"
    keyed = McpServer("k", url=f"{HOME}/mcp", headers={"Authorization": "Bearer ${KEY}"})
    for server, told in ((keyed, "has a key in headers"), (McpServer("p", command="x"), "needs no login")):
        browser = Browser(world)
        with pytest.raises(AimltuiError, match=told):
            await log_in(server, logins, browser.redirect, browser.show)
    assert logins.saved == {}


@pytest.mark.parametrize("said", ["1e999", "NaN", pytest.param("1" + "0" * 400, id="huge"), '"soon"', "null"])
def test_an_end_that_is_no_time_is_none(said: str) -> None:
    renewed = token_from(f'{{"access_token": "a", "expires_in": {said}}}'.encode(), Login("b"), 1.0)
    assert renewed is not None
    assert renewed.expires_at is None
    saved = login_from(f'{{"access_token": "a", "expires_at": {said}}}')
    assert saved is not None
    assert saved.expires_at is None


async def test_the_browser_brings_its_answer_to_a_port_of_this_machine() -> None:
    async def get(url: str) -> str:
        reader, writer = await asyncio.open_connection("127.0.0.1", httpx2.URL(url).port)
        target = httpx2.URL(url).raw_path.decode()
        writer.write(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        page = (await reader.read()).decode()
        writer.close()
        return page

    async with asyncio.timeout(90), loopback() as redirect:
        waiting = asyncio.create_task(redirect.answer("s1"))
        assert "404" in await get(redirect.url.replace("/callback", "/favicon.ico"))
        # what other programs of this machine send there does not end the login
        assert "200 OK" in await get(f"{redirect.url}?code=evil&state=s2")
        page = await get(f"{redirect.url}?code=<b>c1&state=s1")
        assert "<b>" not in page
        assert (await waiting).code == "<b>c1"
