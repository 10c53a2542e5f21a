"""Who may ask."""

from __future__ import annotations

import pytest

from aimltui.common.errors import ConfigError
from aimltui.server.auth import Auth, is_loopback
from aimltui.server.listener import Address, check_address
from aimltui.wire.errors import Forbidden, Unauthorized

TOKEN = "0123456789abcdef"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {TOKEN}"},
        {"authorization": f"bearer  {TOKEN} "},
        {"api-key": TOKEN},
        {"authorization": "Basic x", "api-key": TOKEN},
        {"authorization": f"Bearer {TOKEN}", "origin": "https://example.com", "host": "example.com"},
    ],
)
def test_the_token_opens(headers: dict[str, str]) -> None:
    Auth(TOKEN).check(headers)


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": TOKEN}, {"authorization": "Bearer "}, {"api-key": TOKEN[:-1]}, {"api-key": "é"}],
)
def test_nothing_else_does(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthorized) as caught:
        Auth(TOKEN).check(headers)
    assert caught.value.code == "invalid_api_key"


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:8765"},
        {"host": "localhost"},
        {"host": "[::1]:8765", "authorization": "Bearer whatever"},
        {"host": "localhost:1", "origin": "http://localhost:3000"},
        {"host": "localhost:1", "sec-fetch-site": "none"},
    ],
)
def test_without_a_token_programs_of_this_machine_may_ask(headers: dict[str, str]) -> None:
    Auth().check(headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "rebound.example:8765"},
        {"host": "127.0.0.1.example"},
        {"host": "localhost:1", "origin": "https://example.com"},
        {"host": "localhost:1", "origin": "null"},
        {"host": "localhost:1", "sec-fetch-site": "cross-site"},
        {"host": "[::1"},
    ],
)
def test_without_a_token_web_pages_may_not(headers: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        Auth().check(headers)
    Auth(is_socket=True).check(headers)


def test_what_is_loopback() -> None:
    assert all(
        is_loopback(host) for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost", "LOCALHOST.")
    )
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.2", "example.com", ""))


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.com", ""])
def test_a_server_that_others_can_reach_needs_a_token(host: str) -> None:
    with pytest.raises(ConfigError, match="--token-env NAME"):
        check_address(Address(host), None)
    check_address(Address(host), TOKEN)


def test_a_short_token_is_none() -> None:
    with pytest.raises(ConfigError, match="too short"):
        check_address(Address(), "short")


def test_the_token_is_not_shown() -> None:
    assert TOKEN not in repr(Auth(TOKEN))
