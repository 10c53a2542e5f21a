"""One answer to where a URL leads: to whom a key belongs, and whose service it is."""

from __future__ import annotations

import pytest

from aimltui.common.urls import is_aimlapi, is_loopback, is_openai, origin, same_origin
from aimltui.connections.discovery import key_for
from aimltui.engine.models.compat.quirks import Quirks, known_quirks, token_limit
from aimltui.engine.models.endpoint.endpoint import Endpoint

SAME = [
    ("https://api.aimlapi.com/v1", "https://API.AimlAPI.com:443/v2/"),
    ("https://api.aimlapi.com/v1", " https://api.aimlapi.com./v1 "),
    ("http://localhost:80", "http://LOCALHOST./v1"),
    ("http://[::1]:8080/v1", "http://[0:0:0:0:0:0:0:1]:8080"),
    ("https://bücher.example/v1", "https://xn--bcher-kva.example"),
    ("https://BÜCHER.example/v1", "https://bücher。example."),
]
OTHER = [
    ("https://api.aimlapi.com/v1", "http://api.aimlapi.com/v1"),
    ("https://api.aimlapi.com/v1", "https://api.aimlapi.com:444/v1"),
    ("https://api.aimlapi.com/v1", "https://api.aimlapi.com.evil.example/v1"),
    ("https://api.aimlapi.com/v1", "https://evil.example/api.aimlapi.com"),
    # different programs of different users may listen at the same port of these
    ("http://localhost:8080", "http://127.0.0.1:8080"),
    ("http://127.0.0.1:8080", "http://[::1]:8080"),
    ("https://strasse.example", "https://straße.example"),
]
NO_URL = [
    "",
    "api.aimlapi.com",
    "ftp://x.example",
    "https://",
    "https://x:99999",
    "http://[::1",
    "http://.",
    "https://☃\u200d.example",
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_origin_are_the_same_everywhere(one: str, other: str) -> None:
    assert same_origin(one, other)
    assert origin(one) == origin(other)
    assert Endpoint("", one).origin == Endpoint("", other).origin
    assert key_for(other, {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": one}) == "OPENAI_API_KEY"


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another_origin_is_another_everywhere(one: str, other: str) -> None:
    assert not same_origin(one, other)
    assert Endpoint("", one).origin != Endpoint("", other).origin
    assert key_for(other, {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": one}) is None


@pytest.mark.parametrize("text", NO_URL)
def test_what_is_no_url_has_no_origin_and_is_the_same_as_nothing(text: str) -> None:
    assert not same_origin(text, text)
    with pytest.raises(ValueError, match=r"URL|port|Port|IPv6|Codepoint"):
        origin(text)
    with pytest.raises(ValueError, match="https://"):
        Endpoint("", text)


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://api.openai.com/v1", "https://api.openai.com:443"),
        ("http://[::1]:8080/v1", "http://[::1]:8080"),
        ("HTTP://Bücher.example.", "http://xn--bcher-kva.example:80"),
    ],
)
def test_an_origin_as_text_is_what_a_saved_key_belongs_to(url: str, text: str) -> None:
    assert str(origin(url)) == text


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://api.aimlapi.com/v1", True),
        ("https://eu.AIMLAPI.com./v1", True),
        ("https://aimlapi.com:8443", True),
        ("http://api.aimlapi.com/v1", False),
        ("https://api.aimlapi.com.evil.example/v1", False),
        ("https://evilaimlapi.com/v1", False),
        ("https://aimlapi。com.evil.example/v1", False),
    ],
)
def test_the_provider_is_known_by_host_and_https_everywhere(url: str, expected: bool) -> None:
    endpoint = Endpoint("AI/ML API", url)
    assert is_aimlapi(url) is endpoint.is_aimlapi is expected
    assert (token_limit(None, Quirks(), endpoint, None) is not None) is expected
    assert (known_quirks(endpoint, "openai/o3", None).no_temperature is True) is expected
    assert (key_for(url, {"AIML_API_KEY": "k"}) is not None) is expected


def test_openais_own_service_is_known_by_its_origin() -> None:
    assert (
        is_openai("https://API.openai.com.:443/v2")
        is Endpoint("", "https://api.openai.com.").is_openai
        is True
    )
    for url in (
        "http://api.openai.com/v1",
        "https://api.openai.com.evil.example",
        "https://eu.openai.com",
        "",
    ):
        assert not is_openai(url)
    assert not Endpoint("", "http://api.openai.com/v1").is_openai


def test_what_is_this_machine() -> None:
    for host in ("localhost", "LOCALHOST.", "a.localhost", "127.9.9.9", "::1", "[::1]"):
        assert is_loopback(host)
    for host in ("", "localhost.evil.example", "0.0.0.0", "192.168.1.2", "example.com"):
        assert not is_loopback(host)
