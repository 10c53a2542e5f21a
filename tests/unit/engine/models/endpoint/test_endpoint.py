from __future__ import annotations

import pytest

from aimltui.engine.models.endpoint.endpoint import Endpoint


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://api.aimlapi.com/v1/", "https://api.aimlapi.com/v1"),
        (" https://api.aimlapi.com/v1/chat/completions ", "https://api.aimlapi.com/v1"),
        ("http://127.0.0.1:11434/v1/models", "http://127.0.0.1:11434/v1"),
    ],
)
def test_a_pasted_address_is_brought_into_shape(given: str, kept: str) -> None:
    assert Endpoint("e", given).base_url == kept


@pytest.mark.parametrize(
    "given", ["", "api.aimlapi.com/v1", "ftp://x.test", "https://", "http://x.test:99999", "http://[::1"]
)
def test_what_is_no_address_is_refused_with_an_example(given: str) -> None:
    with pytest.raises(ValueError, match=r"https://api\.aimlapi\.com/v1"):
        Endpoint("e", given)


def test_a_password_in_the_address_is_refused_and_not_repeated() -> None:
    with pytest.raises(ValueError, match="password") as caught:
        Endpoint("e", "https://me:hunter2@x.test/v1")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "host", "origin", "loopback"),
    [
        ("https://api.aimlapi.com/v1", "api.aimlapi.com", ("https", "api.aimlapi.com", 443), False),
        ("http://localhost:8080", "localhost:8080", ("http", "localhost", 8080), True),
        ("http://[::1]:8080/v1", "[::1]:8080", ("http", "::1", 8080), True),
        ("http://127.9.9.9/v1", "127.9.9.9", ("http", "127.9.9.9", 80), True),
        ("http://localhost.evil.test/v1", "localhost.evil.test", ("http", "localhost.evil.test", 80), False),
    ],
)
def test_an_endpoint_knows_its_host(
    url: str, host: str, origin: tuple[str, str, int], loopback: bool
) -> None:
    endpoint = Endpoint("e", url)
    assert (endpoint.host, endpoint.origin, endpoint.is_loopback) == (host, origin, loopback)


def test_only_openais_own_host_is_openai() -> None:
    assert Endpoint("e", "https://api.openai.com/v1").is_openai
    assert not Endpoint("e", "https://api.openai.com.evil.test/v1").is_openai
