"""Reading a web page: which addresses are connected to, and what comes of the answers."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from aimltui.engine.extraction import extract
from aimltui.engine.extraction.processes import ReaderProcesses
from aimltui.engine.extraction.source import Source
from aimltui.engine.files import web_page
from aimltui.engine.files.web_page import PageReader, WebPageError, is_public

HOME = "127.0.0.1"
PAGE = b"<title>Terms</title><script>no()</script><h1>Warranty</h1><p>It lasts <b>12</b> months.</p>"


class Site:
    """A server on this machine that gives prepared answers, by path."""

    def __init__(self, **answers: bytes) -> None:
        self.answers = {f"/{path}": answer for path, answer in answers.items()}
        self.asked: list[str] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        writer.write(self.answers.get(head.split()[1], answer(b"", status="404 Not Found")))
        await writer.drain()
        writer.close()


def answer(body: bytes, status: str = "200 OK", **headers: str) -> bytes:
    given = {"content-type": "text/html", "content-length": str(len(body)), "connection": "close"}
    given |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + body


@asynccontextmanager
async def serving(site: Site) -> AsyncGenerator[Site, None]:
    server = await asyncio.start_server(site.serve, HOME, 0)
    site.port = server.sockets[0].getsockname()[1]
    async with server:
        yield site


class Names:
    """Answers look-ups, each host with its addresses in turn, and counts them."""

    def __init__(self, **hosts: list[str]) -> None:
        self.hosts = {name.replace("_", "."): addresses for name, addresses in hosts.items()}
        self.asked: list[str] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        addresses = self.hosts[host]
        return [addresses.pop(0) if len(addresses) > 1 else addresses[0]]


def at_home(address: web_page.IPAddress) -> bool:
    """The guard of the tests: only this one address of the machine counts as public."""
    return str(address) == HOME


async def test_the_text_of_a_page_is_read_without_keys_and_cookies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")

    def refuse(source: Source) -> None:
        raise AssertionError(f"{source.size} bytes were parsed in this process")

    for name in extract._READERS:
        monkeypatch.setitem(extract._READERS, name, refuse)
    names = Names(a_example=[HOME])
    async with serving(Site(x=answer(PAGE, set_cookie="id=1"))) as site:
        page = await PageReader(names, at_home).read(f"http://a.example:{site.port}/x#part")
    assert page.title == "Terms"
    assert "It lasts 12 months." in page.text
    assert "no()" not in page.text
    (head,) = site.asked
    assert f"host: a.example:{site.port}" in head.lower()
    assert "cookie" not in head.lower()
    assert "authorization" not in head.lower()


async def test_each_redirect_is_checked_and_the_checked_address_is_connected_to() -> None:
    names = Names(a_example=[HOME, "10.0.0.1"], b_example=["192.168.0.9"])
    async with serving(Site()) as site:
        site.answers = {
            "/in": answer(b"", "302 Found", location="/page"),
            "/out": answer(b"", "302 Found", location=f"http://b.example:{site.port}/page"),
            "/round": answer(b"", "301 Moved", location="/round"),
            "/file": answer(b"", "302 Found", location="file:///etc/hostname"),
            "/page": answer(PAGE, set_cookie="id=1"),
        }
        at = f"http://a.example:{site.port}"
        # the second look-up of the same name leads elsewhere, and is refused
        with pytest.raises(WebPageError, match="this machine or its network"):
            await PageReader(names, at_home).read(f"{at}/in")
        assert names.asked == ["a.example", "a.example"]
        assert len(site.asked) == 1

        names = Names(a_example=[HOME], b_example=["192.168.0.9"])
        with pytest.raises(WebPageError, match=r"b\.example is an address of this machine"):
            await PageReader(names, at_home).read(f"{at}/out")
        with pytest.raises(WebPageError, match="in a loop"):
            await PageReader(names, at_home).read(f"{at}/round")
        with pytest.raises(WebPageError, match="http://"):
            await PageReader(names, at_home).read(f"{at}/file")
        assert (await PageReader(names, at_home).read(f"{at}/in")).url == f"{at}/page"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (answer(b"x" * 100, content_type="application/pdf"), "Download it"),
        (answer(b"", status="500 Oops"), "answered 500"),
        (answer(b"x" * 5_000), "more than 10 MB"),
        (answer(PAGE, content_encoding="gzip"), "compressed"),
        (answer(b"<script>1</script>"), "no text"),
        (b"nonsense\r\n\r\n", "could not be read"),
    ],
)
async def test_what_is_no_page_is_named(given: bytes, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_page, "LARGEST", 1_000)
    async with serving(Site(x=given)) as site:
        with pytest.raises(WebPageError, match=told):
            await PageReader(Names(a_example=[HOME]), at_home).read(f"http://a.example:{site.port}/x")


async def test_a_host_with_letters_beyond_ascii_is_found_and_named_as_servers_know_it() -> None:
    names = Names(**{"xn--bcher-kva.example": [HOME]})
    async with serving(Site(x=answer(PAGE))) as site:
        page = await PageReader(names, at_home).read(f"http://Bücher.example:{site.port}/x")
    assert page.title == "Terms"
    assert f"host: xn--bcher-kva.example:{site.port}" in site.asked[0].lower()

    greetings: list[bytes] = []

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        greetings.append(await reader.read(4_096))
        writer.close()

    async with await asyncio.start_server(note, HOME, 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(WebPageError, match="could not be read"):
            await PageReader(names, at_home).read(f"https://bücher.example:{port}/x")
    assert b"xn--bcher-kva.example" in greetings[0]


@pytest.mark.parametrize(
    "url",
    ["/" + "a" * 70_000, "/\x07", "/\ud800", "http://[x", "http://" + "ü" * 70 + ".example/"],
    ids=["long", "control", "surrogate", "bracket", "label"],
)
async def test_an_address_that_cannot_be_asked_is_a_sentence(url: str) -> None:
    names = Names(a_example=[HOME])
    async with serving(Site()) as site:
        at = f"http://a.example:{site.port}"
        with pytest.raises(WebPageError):
            await PageReader(names, at_home).read(f"{at}{url}" if url.startswith("/") else url)
        site.answers["/x"] = answer(b"", "302 Found", location=url.encode("utf-8", "replace").decode())
        with pytest.raises(WebPageError):
            await PageReader(names, at_home).read(f"{at}/x")


@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
@pytest.mark.parametrize(
    "body",
    [
        b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n",
        b"\n %PDF-1.7\n",
        b"PK\3\4 no archive",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 old office",
        b"{\\rtf1 letters}",
        b"\x89PNG\r\n\x1a\n\0\0",
    ],
)
async def test_a_file_that_comes_as_a_page_meets_no_parser(
    kind: str, body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(readers: ReaderProcesses, content: bytes, kind: str) -> None:
        raise AssertionError(f"it was read as {kind}")

    monkeypatch.setattr(ReaderProcesses, "read_content", refuse)
    async with serving(Site(x=answer(body, content_type=kind))) as site:
        with pytest.raises(WebPageError, match=r"not a page with text.* Download it, and attach the file"):
            await PageReader(Names(a_example=[HOME]), at_home).read(f"http://a.example:{site.port}/x")


async def test_a_page_that_needs_too_much_memory_is_refused() -> None:
    body = b"<html><p>" + b"&lt;<i>" * 400_000
    async with serving(Site(x=answer(body))) as site:
        reader = PageReader(Names(a_example=[HOME]), at_home, memory_bytes=60_000_000)
        with pytest.raises(WebPageError, match="memory"):
            await reader.read(f"http://a.example:{site.port}/x")


async def test_a_text_about_files_is_read() -> None:
    text = b"From: a\nTo: b\nSubject: c\n\nA file that begins with %PDF- is a PDF."
    async with serving(Site(x=answer(text, content_type="text/plain"))) as site:
        page = await PageReader(Names(a_example=[HOME]), at_home).read(f"http://a.example:{site.port}/x")
    assert page.text == text.decode()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://localhost:8080/",
        "http://[::1]/",
        "http://2130706433/",
        "ftp://a.example/",
        "http://user:pass@93.184.216.34/",
        "http:///x",
        "http://a.example:99999/",
        "javascript:alert(1)",
    ],
)
async def test_addresses_of_this_machine_and_odd_ones_are_refused(url: str) -> None:
    with pytest.raises(WebPageError):
        await PageReader().read(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", False),
        ("::127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


async def test_a_reader_that_stays_contacts_no_other_host() -> None:
    names = Names(a_example=[HOME], www_a_example=[HOME], b_example=[HOME])
    async with serving(Site()) as site:
        there = f".example:{site.port}"
        site.answers = {
            "/away": answer(b"", "302 Found", location=f"http://b{there}/x"),
            "/on": answer(b"", "302 Found", location=f"http://www.a{there}/x"),
        }
        reader = PageReader(names, at_home)
        with pytest.raises(WebPageError, match=r"redirects to another host.*http://b\.example"):
            await reader.read(f"http://a{there}/away", stays=True)
        assert names.asked == ["a.example"]
        with pytest.raises(WebPageError, match="answered 404"):
            await reader.read(f"http://a{there}/on", stays=True)
        assert names.asked[-1] == "www.a.example"
