"""Servers with a certificate of one's own: trusted where SSL_CERT_FILE names it, and refused in words where it does not."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from aimltui.client.client import AssistantsClient
from aimltui.client.errors import Unreachable
from aimltui.client.http import HTTPTransport, Patience, Remote
from aimltui.engine.files.web_page import PageReader, WebPageError
from aimltui.engine.models.chat.model import OpenAICompatibleModel
from aimltui.engine.models.endpoint.endpoint import Endpoint
from aimltui.engine.models.endpoint.secret import Secret
from aimltui.local_tools.web.errors import SearchError
from aimltui.local_tools.web.searxng import SearxNG
from tests.support.certificates import Certificate, make_certificate
from tests.support.chats import KEY, answered, asking, failed, text_in
from tests.support.raw_server import raw_server

ANSWERS = {
    "/v1/chat/completions": {
        "choices": [{"index": 0, "message": {"content": "Hello"}, "finish_reason": "stop"}]
    },
    "/v1/threads/thread_1": {"id": "thread_1", "object": "thread", "created_at": 1},
    "/search": {"results": [{"url": "https://a.example/", "title": "A", "content": "a"}]},
    "/page": "<p>words</p>",
}
"""What the server answers, by path."""


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("SSL_CERT_"):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@contextmanager
def trusted(certificate: Certificate) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(certificate.file))
        yield


class Server:
    """Answers by path, and counts its connections."""

    def __init__(self) -> None:
        self.connections = 0
        self.heads: list[str] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.heads.append(head)
            length = re.search(r"(?i)content-length: (\d+)", head)
            await reader.readexactly(int(length[1]) if length else 0)
            said = ANSWERS[head.split()[1].partition("?")[0]]
            kind = "text/html" if isinstance(said, str) else "application/json"
            body = (said if isinstance(said, str) else json.dumps(said)).encode()
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            )
            writer.write(body)
            await writer.drain()


@asynccontextmanager
async def serving(certificate: Certificate) -> AsyncIterator[tuple[Server, str]]:
    server = Server()
    async with raw_server(server.talk, certificate.context) as port:
        yield server, f"https://localhost:{port}"


async def test_a_chat_model_is_reached_and_its_connection_kept(certificate: Certificate) -> None:
    async with serving(certificate) as (server, url):
        with trusted(certificate):
            model = OpenAICompatibleModel(Endpoint("own", f"{url}/v1", Secret(KEY)))
            for text in ("Hi", "long " * 1_000_000):
                assert text_in(await answered(model, asking(text))) == "Hello"
            await model.aclose()
        assert server.connections == 1
        stranger = OpenAICompatibleModel(Endpoint("own", f"{url}/v1", Secret(KEY)))
        error = await failed(stranger, asking())
        await stranger.aclose()
        assert "could not be verified, so nothing was sent to it: self-signed certificate" in error.message
        assert len(server.heads) == 2


async def test_a_certificate_for_another_host_says_so(tmp_path: Path) -> None:
    other = make_certificate(tmp_path, "other.example")
    async with serving(other) as (server, url):
        with trusted(other):
            model = OpenAICompatibleModel(Endpoint("own", f"{url}/v1", Secret(KEY)))
            error = await failed(model, asking())
            await model.aclose()
        assert "not valid for 'localhost'" in error.message
        assert server.heads == []


async def test_a_chat_model_is_reached_through_a_proxy_that_gets_no_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_certificate(tmp_path, "other.example")
    heads: list[bytes] = []

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65_536):
            writer.write(piece)
        writer.write_eof()

    async with serving(other) as (server, url):

        async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heads.append(await reader.readuntil(b"\r\n\r\n"))
            there, back = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            try:
                await asyncio.gather(pass_on(reader, back), pass_on(there, writer))
            finally:
                back.close()
                await back.wait_closed()

        async with raw_server(proxy) as port:
            monkeypatch.setenv("HTTPS_PROXY", f"http://someone:s3cret@127.0.0.1:{port}")
            with trusted(other):
                model = OpenAICompatibleModel(Endpoint("own", "https://other.example/v1", Secret(KEY)))
                for _ in range(2):
                    assert text_in(await answered(model, asking())) == "Hello"
                await model.aclose()
    assert len(heads) == 1
    assert KEY.encode() not in heads[0]
    assert all(KEY in head and "roxy" not in head for head in server.heads)


async def test_a_remote_server_is_reached(certificate: Certificate) -> None:
    async with serving(certificate) as (_, url):
        with trusted(certificate):
            made = AssistantsClient(HTTPTransport(Remote(f"{url}/v1", "k")))
            assert (await made.threads.get("thread_1")).id == "thread_1"
            await made.aclose()
        stranger = AssistantsClient(HTTPTransport(Remote(f"{url}/v1", "k"), Patience(tries=1)))
        with pytest.raises(Unreachable, match="self-signed certificate"):
            await stranger.threads.get("thread_1")
        await stranger.aclose()


async def test_a_search_server_and_a_page_are_reached(certificate: Certificate) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        return ["127.0.0.1"]

    pages = PageReader(resolve, allows=lambda _: True)
    async with serving(certificate) as (_, url):
        with trusted(certificate):
            assert [found.url for found in (await SearxNG(url).search("a")).passages] == [
                "https://a.example/"
            ]
            assert "words" in (await pages.read(f"{url}/page")).text
        with pytest.raises(SearchError, match="self-signed certificate"):
            await SearxNG(url).search("a")
        with pytest.raises(WebPageError, match="self-signed certificate"):
            await pages.read(f"{url}/page")


async def test_certificates_that_cannot_be_read_are_named_by_search_and_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path))
    with pytest.raises(SearchError, match="SSL_CERT_FILE names"):
        await SearxNG("https://localhost:1").search("a")
    with pytest.raises(WebPageError, match="SSL_CERT_FILE names"):
        await PageReader().read("https://pages.example/")
