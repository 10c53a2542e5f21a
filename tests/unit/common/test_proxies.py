"""Which proxy a server has, and what a client says of one that cannot be used."""

from __future__ import annotations

import asyncio
import os

import pytest

from aimltui.client.errors import TransportError, Unreachable
from aimltui.client.http import HTTPTransport, Patience, Remote
from aimltui.common import proxies
from aimltui.common.errors import ConnectionSettingError
from aimltui.common.proxies import proxy_for, usable_proxy_for
from aimltui.common.urls import origin
from aimltui.engine.models.base import ModelError
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.http.client import EndpointClient
from aimltui.wire import operations as op
from aimltui.wire.models import ListModels
from tests.support.raw_server import raw_server


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize(
    ("url", "left_out", "is_direct"),
    [
        ("https://one.example/v1", "", False),
        ("https://one.example/v1", "other.example, .example.org", False),
        ("https://one.example/v1", "other.example,one.example", True),
        ("https://one.example/v1", ".example", True),
        ("https://one.example:8443/v1", "one.example:8443", True),
        ("https://one.example/v1", "one.example:8443", False),
        ("https://10.1.2.3/v1", "10.1.2.3", True),
        ("https://[fd00::1]/v1", "fd00::1", True),
        ("https://one.example/v1", "*", True),
        ("https://one.example/v1", "other.example, *", True),
        ("https://one.example/v1", "*.example", True),
        ("https://one.example/v1", "*.other.example", False),
        ("https://one.example/v1", "ne.example", False),
        ("https://one.example/v1", "One.Example", True),
        ("https://one.example/v1", "one.example:443", True),
        ("https://one.example/v1", "https://one.example", True),
        ("https://one.example/v1", "http://one.example", False),
        ("https://one.example/v1", "localhost other.example one.example", True),
        ("https://one.example/v1", "*.", False),
        ("https://10.1.2.3/v1", "10.0.0.0/8", True),
        ("https://10.1.2.3/v1", "10.1.2.4/8", True),
        ("https://11.1.2.3/v1", "10.0.0.0/8", False),
        ("https://10.1.2.3/v1", "2.3", False),
        ("https://10.1.2.3:8443/v1", "10.1.2.3:8443", True),
        ("https://10.1.2.3/v1", "10.1.2.3/99,one:two,[", False),
        ("https://[fd00::1]/v1", "fd00::/8", True),
        ("https://[fd00::1]/v1", "[fd00::1]", True),
        ("https://[fd00::1]:8443/v1", "[fd00::1]:8443", True),
        ("https://[fd00::1]/v1", "[fd00::1]:8443", False),
    ],
)
def test_no_proxy_names_hosts_addresses_and_networks(
    url: str, left_out: str, is_direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", left_out)
    assert proxy_for(origin(url)) == (None if is_direct else "http://proxy.example:3128")


def test_a_proxy_for_all_is_used_where_no_other_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    home = origin("https://one.example/v1")
    assert proxy_for(home) is None
    monkeypatch.setenv("ALL_PROXY", "all.example:1")
    assert proxy_for(home) == "http://all.example:1"
    monkeypatch.setenv("HTTPS_PROXY", "")
    assert proxy_for(home) == "http://all.example:1"
    monkeypatch.setenv("https_proxy", "http://own.example:2")
    assert proxy_for(home) == "http://own.example:2"


USELESS = [
    "socks5://u:s3cret@p.example:1",
    "ftp://u:s3cret@p.example:1",
    "http://u:s3cret@p.example:x",
    "http://",
]


@pytest.mark.parametrize("proxy", USELESS)
async def test_a_proxy_that_cannot_be_used_is_a_sentence_of_every_client(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proxies, "_has_socks", lambda: False)
    monkeypatch.setenv("ALL_PROXY", proxy)
    says = "SOCKS proxy for one.example" if "socks" in proxy else "whose address cannot be used"
    with pytest.raises(ModelError, match=says) as refused:
        await EndpointClient(Endpoint("a", "https://one.example/v1")).client()
    transport = HTTPTransport(Remote("https://one.example/v1"), Patience(tries=1))
    with pytest.raises(TransportError, match=says) as remote:
        await transport.call(op.LIST_MODELS, ListModels())
    for error in (refused.value, remote.value):
        assert "NO_PROXY" in error.remedy
        assert "s3cret" not in error.message + error.remedy


def test_a_socks_proxy_is_used_where_its_package_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proxies, "_has_socks", lambda: True)
    monkeypatch.setenv("ALL_PROXY", "socks5h://p.example:1")
    assert usable_proxy_for(origin("https://one.example/v1")) == "socks5h://p.example:1"


async def test_a_remote_server_behind_a_proxy_that_refuses_or_is_not_there_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 \x1b[31mNo\r\nContent-Length: 0\r\n\r\n")

    async def told() -> str:
        transport = HTTPTransport(Remote("https://one.example/v1", "k"), Patience(tries=1))
        with pytest.raises(Unreachable) as refused:
            await transport.call(op.LIST_MODELS, ListModels())
        await transport.aclose()
        assert "NO_PROXY" in refused.value.remedy
        return refused.value.message

    async with raw_server(refuse) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://u:s3cret@127.0.0.1:{port}")
        assert await told() == "The proxy refused the connection to one.example."
    # nobody listens there any more
    assert await told() == (
        f"The proxy 127.0.0.1:{port}, which the environment names for one.example, cannot be reached."
    )


async def test_what_needs_no_proxy_does_not_look_at_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "ftp://p.example:1")
    monkeypatch.setenv("NO_PROXY", "one.example")
    for url in ("http://127.0.0.1:9/v1", "https://one.example/v1"):
        client = EndpointClient(Endpoint("a", url))
        await client.client()
        await client.aclose()
    with pytest.raises(ConnectionSettingError):
        usable_proxy_for(origin("https://two.example/v1"))
