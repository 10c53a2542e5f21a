"""The tools for the web: the user's SearXNG server, pages, and what the user is asked about."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aimltui.bootstrap.local_tools import local_tools
from aimltui.config.settings import load_settings
from aimltui.engine.files.web_page import WebPage, WebPageError
from aimltui.formatting.web_passages import WebPassage, read
from aimltui.local_tools.approvals import Approvals
from aimltui.local_tools.host import LocalTools, Rules
from aimltui.local_tools.web.errors import SearchError
from aimltui.local_tools.web.searxng import SearxNG
from aimltui.local_tools.web.source import PART, WebSource

RESULTS = {
    "results": [
        {"url": "https://a.example/1", "title": "One\x1b[31m", "content": "First 【w1:9】"},
        {"url": "https://a.example/1", "title": "Again", "content": ""},
        {"url": "ftp://a.example", "title": "No page"},
        {"url": "https://b.example/2", "title": None, "content": 3},
        "nonsense",
    ]
}

UNREACHED = {
    "query": "x",
    "results": [],
    "answers": [],
    "corrections": [],
    "infoboxes": [],
    "suggestions": [],
    "unresponsive_engines": [["brave", "HTTP connection error"], ["wikipedia", "Suspended: timeout"], 3, []],
}
"""As SearXNG of August 2026 answers without a network."""
SUM = {"url": None, "engine": "answerer: avg", "template": "answer/legacy.html", "answer": "avg(1, 3) = 2\n"}
OSLO: dict[str, Any] = {
    "infobox": "Oslo",
    "id": "https://en.wikipedia.org/wiki/Oslo",
    "content": "Oslo is the capital of Norway.",
    "urls": [{"title": "Wikipedia", "url": "https://en.wikipedia.org/wiki/Oslo"}],
    "attributes": [{"label": "Population", "value": "717,710"}, {"label": "Flag", "image": {}}, None],
}


class Searx:
    """A server on this machine with a prepared answer."""

    def __init__(self, body: object = RESULTS, status: str = "200 OK", head: str = "") -> None:
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.status, self.head = status, head
        self.asked: list[str] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).decode())
        length = f"content-length: {len(self.body)}\r\nconnection: close\r\n{self.head}"
        writer.write(f"HTTP/1.1 {self.status}\r\n{length}\r\n".encode() + self.body)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def serving(searx: Searx) -> AsyncGenerator[SearxNG, None]:
    server = await asyncio.start_server(searx.serve, "127.0.0.1", 0)
    async with server:
        yield SearxNG(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")


async def test_answers_of_the_search_server_itself_and_facts_are_read() -> None:
    async with serving(Searx(UNREACHED | {"answers": [SUM, {"answer": 3}, "x"]})) as search:
        text, is_ok = await called(WebSource(no_page, search), "web_search", query="avg 1 3")
    assert is_ok
    assert text == "The search for “avg 1 3” found no page. The search server itself answers: avg(1, 3) = 2"
    box = RESULTS | {"infoboxes": [OSLO, {"infobox": "No page", "id": 3}], "answers": [SUM]}
    async with serving(Searx(box)) as search:
        text, _ = await called(WebSource(no_page, search), "web_search", query="oslo")
    assert text.startswith(
        "The web search for “oslo” found: The search server itself answers: avg(1, 3) = 2\n"
    )
    found = list(read(text).values())
    assert found[0] == WebPassage(OSLO["id"], "Oslo", "Oslo is the capital of Norway.\nPopulation: 717,710")
    assert len(found) == 3
    async with serving(Searx(UNREACHED | {"unresponsive_engines": []})) as search:
        text, is_ok = await called(WebSource(no_page, search), "web_search", query="xyzzy")
    assert (text, is_ok) == ("The search for “xyzzy” found no page. Try other words.", True)


async def no_page(url: str) -> WebPage:
    raise AssertionError(f"{url} was read")


def source(*, search: SearxNG | None = None, **pages: str) -> WebSource:
    async def read_page(url: str) -> WebPage:
        name = url.removeprefix("https://").partition(".")[0]
        if name not in pages:
            raise WebPageError("The server answered 404 instead of the page.")
        return WebPage(url, f"About {name}", pages[name])

    return WebSource(read_page, search)


async def called(web: WebSource, name: str, **arguments: Any) -> tuple[str, bool]:
    tool = next(tool for tool in web.tools if tool.name == name)
    result = await web.call(tool, arguments)
    return result.text, result.is_ok


async def test_results_are_numbered_and_harmless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    searx = Searx()
    async with serving(searx) as search:
        text, is_ok = await called(WebSource(no_page, search), "web_search", query="warranty & law")
    assert is_ok
    assert searx.asked[0].startswith("GET /search?q=warranty+%26+law&format=json HTTP/1.1")
    # without these its limiter takes the program for a bot
    assert "\r\naccept: application/json, text/html;q=0.1\r\n" in searx.asked[0].lower()
    assert "\r\naccept-language: *\r\n" in searx.asked[0].lower()
    found = read(text)
    assert [(key, one.url, one.title) for key, one in found.items()] == [
        (("w1", 1), "https://a.example/1", "One"),
        (("w1", 2), "https://b.example/2", "b.example"),
    ]
    assert found["w1", 1].text == "First [w1:9]"


@pytest.mark.parametrize(
    ("searx", "said"),
    [
        (Searx(b"<html>", "403 Forbidden"), "Add “json” to search.formats"),
        (Searx(b"<html>a form</html>"), "Add “json” to search.formats"),
        (Searx({"answers": []}), "Is it a SearXNG server?"),
        (Searx(b"", "429 Too Many"), "Wait a moment"),
        (Searx(b"", "302 Found", "location: http://127.0.0.1:1/\r\n"), "which is not followed"),
        (Searx(b"", "500 Oh"), "answered 500"),
        (
            Searx(UNREACHED),
            "did not answer: brave (HTTP connection error), wikipedia (Suspended: timeout). Try",
        ),
        (Searx(b"[" * 100_000), "Add “json”"),
        (Searx(b" " * (4 * 1024 * 1024 + 1)), "more than 4 MB"),
    ],
)
async def test_a_server_that_does_not_answer_is_explained(searx: Searx, said: str) -> None:
    async with serving(searx) as search:
        text, is_ok = await called(WebSource(no_page, search), "web_search", query="x")
        assert said in text
        assert not is_ok
        assert len(searx.asked) == 1
        with pytest.raises(SearchError):
            await search.search("x")


async def test_a_server_that_is_not_there_is_named() -> None:
    text, is_ok = await called(WebSource(no_page, SearxNG("http://127.0.0.1:1")), "web_search", query="x")
    assert text.startswith("The search server 127.0.0.1:1 cannot be reached")
    assert not is_ok
    empty, _ = await called(WebSource(no_page, SearxNG("http://127.0.0.1:1")), "web_search", query=" ")
    assert "query must be" in empty


async def test_a_long_page_comes_in_parts_that_can_be_cited() -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 100 for number in range(120)]
    web = source(a="\n\n".join(paragraphs), b="Short.", c="x" * 5_000)
    first, _ = await called(web, "fetch_page", url="https://a.example/x")
    second, _ = await called(web, "fetch_page", url="https://a.example/x", part=2)
    assert "part 1 of " in first
    assert len(first) < PART * 1.3
    told = [passage.text for text in (first, second) for passage in read(text).values()]
    assert told[0].startswith("Paragraph 0. ")
    assert [p.strip() for text in told for p in text.split("\n\n")] == [
        p.strip() for p in paragraphs[: len(told) * 2]
    ]
    assert {key[0] for key in (*read(first), *read(second))} == {"w1", "w2"}
    short, _ = await called(web, "fetch_page", url="https://b.example")
    assert [(one.title, one.text) for one in read(short).values()] == [("About b", "Short.")]
    cut, _ = await called(web, "fetch_page", url="https://c.example")
    assert "".join(one.text for one in read(cut).values()) == "x" * 5_000


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"url": "https://nowhere.example"}, "answered 404"),
        ({"url": 3}, "whole address"),
        ({}, "whole address"),
        ({"url": "https://a.example", "part": 9}, "1 parts only"),
        ({"url": "https://a.example", "part": True}, "whole number"),
    ],
)
async def test_what_cannot_be_read_is_said_to_the_model(arguments: dict[str, Any], said: str) -> None:
    text, is_ok = await called(source(a="Short."), "fetch_page", **arguments)
    assert said in text
    assert not is_ok


async def test_always_holds_for_one_host(tmp_path: Path) -> None:
    tools = LocalTools([], Approvals(tmp_path / "a.json"), Rules(), web=source())

    def asks(url: str, thread: str = "thread_1") -> str:
        return tools.verdict(tools.find("fetch_page", json.dumps({"url": url})), thread)

    shown = tools.find("fetch_page", '{"url": "https://a.example/x"}')
    assert shown is not None
    assert (shown.source, tools.may_always(shown)) == ("a.example", True)
    assert asks("https://a.example/y") == "ask"
    await tools.allow(shown, "thread_1")
    assert (asks("http://a.example/y"), asks("https://A.example")) == ("run", "run")
    for other in (
        "https://b.example",
        "https://a.example:444",
        "https://a.example@b.example",
        "https://b.example\\@a.example",
        "ftp://a.example",
        "nonsense",
        "https://[",
    ):
        assert asks(other) == "ask", other
    assert asks("https://a.example", "thread_2") == "ask"
    alike = tools.find("fetch_page", json.dumps({"url": "https://\u0430.example/\u00e9"}))
    assert alike is not None
    assert alike.source == "xn--80a.example"
    assert tools.verdict(tools.find("fetch_page", "{"), "thread_1") == "ask"
    denied = LocalTools([], Approvals(None), Rules(by_name={"fetch_page": "deny"}), web=source())
    assert denied.definitions(is_own=True, taken=(), with_web=True) == []


async def test_nothing_is_offered_or_contacted_by_default(tmp_path: Path) -> None:
    config = tmp_path / "config.toml"

    def names(*, with_web: bool, taken: tuple[str, ...] = ()) -> list[str]:
        tools = local_tools(load_settings(config), config, tmp_path, read_page=no_page)
        found = tools.definitions(is_own=False, taken=taken, with_web=with_web)
        return [tool["function"]["name"] for tool in found]

    assert names(with_web=False) == []
    assert names(with_web=True) == ["fetch_page"]
    config.write_text('[web]\nsearxng_url = "http://localhost:8888"\n')
    assert names(with_web=False) == []
    assert names(with_web=True) == ["fetch_page", "web_search"]
    assert names(with_web=True, taken=("web_search",)) == ["fetch_page"]
