"""WebSource: the tools fetch_page and web_search; see `ToolSource`."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

from aimltui.common.errors import AimltuiError
from aimltui.common.sanitize import clean_line
from aimltui.formatting.links import ascii_address, is_web_address
from aimltui.formatting.web_passages import FETCH_PAGE, WEB_SEARCH, WebPassage, written
from aimltui.local_tools.types import CallResult, LocalTool, Problem, fingerprint_of
from aimltui.local_tools.web.errors import SearchError
from aimltui.local_tools.web.found import Found

PART: Final = 20_000
"""Characters of a page that one call returns."""
_PASSAGE: Final = 1_500
"""Characters of a passage, as far as its paragraphs allow."""
_MOST_PAGES: Final = 8
"""Pages that are remembered for the next parts of them."""
_FETCH: Final = (
    "Read a page of the web as text. Long pages come in parts. The user is asked before a new host is contacted. Only "
    "addresses of the internet can be read."
)
_SEARCH: Final = "Search the web. Returns titles, addresses and short texts; read a page with fetch_page if that is not enough."


class Page(Protocol):
    """A page that was read."""

    @property
    def url(self) -> str:
        """Its address after all redirects."""
        ...

    @property
    def title(self) -> str:
        """Its title."""
        ...

    @property
    def text(self) -> str:
        """What a reader sees of it."""
        ...


class SearchServer(Protocol):
    """A server that searches the web."""

    @property
    def url(self) -> str:
        """Its address, as configured."""
        ...

    @property
    def host(self) -> str:
        """Its host and port, as shown."""
        ...

    async def search(self, query: str) -> Found:
        """Search the web.

        Raises:
            SearchError: The search failed.
        """
        ...


ReadPage = Callable[[str], Awaitable[Page]]
"""Reads a page of one host; it raises `AimltuiError` if the page cannot be read, or leads to another host."""


class WebSource:
    """Reads pages, and searches with the user's SearXNG server if there is one.

    Args:
        read_page: Reads a page.
        search: The server; None offers no search.
    """

    def __init__(self, read_page: ReadPage, search: SearchServer | None = None) -> None:
        self._read_page = read_page
        self._search = search
        self._calls = 0
        self._pages: OrderedDict[str, Page] = OrderedDict()
        self._fetch_tool = LocalTool(
            FETCH_PAGE,
            _FETCH,
            {
                "type": "object",
                "properties": {
                    "url": {"type": "string", "description": "The whole address, with https://"},
                    "part": {"type": "integer", "minimum": 1, "description": "The part of a long page"},
                },
                "required": ["url"],
            },
            "web",
            "the web",
            "This host is asked for the address, which may contain words of the thread. No key and no cookie is sent.",
            may_always=False,
        )
        self._search_tool = self._about_search(search) if search is not None else None

    @staticmethod
    def _about_search(search: SearchServer) -> LocalTool:
        parameters = {
            "type": "object",
            "properties": {"query": {"type": "string", "description": "The words to search for"}},
            "required": ["query"],
        }
        return LocalTool(
            WEB_SEARCH,
            _SEARCH,
            parameters,
            "web",
            search.host,
            f"Your search server {search.host} gets these words, and asks other search engines for them.",
            fingerprint_of(_hash(search.url), WEB_SEARCH, _SEARCH, parameters),
        )

    @property
    def tools(self) -> Sequence[LocalTool]:
        """The tools."""
        return [self._fetch_tool, *([self._search_tool] if self._search_tool is not None else [])]

    @property
    def problems(self) -> Sequence[Problem]:
        """None."""
        return ()

    def about(self, tool: LocalTool, arguments: dict[str, Any]) -> LocalTool:
        """The tool as it is asked about for a call: an approval for every call holds for the call's host only."""
        host = _host(arguments.get("url")) if tool.name == FETCH_PAGE else ""
        if not host:
            return tool
        mark = fingerprint_of(_hash(host), tool.name, tool.description, tool.parameters)
        return replace(tool, source=host, fingerprint=mark, may_always=True)

    async def refresh(self) -> None:
        """Nothing changes."""

    def start(self) -> None:
        """Nothing takes long."""

    async def trust(self, tool: LocalTool) -> None:
        """Do nothing: the program itself runs these tools."""

    async def call(self, tool: LocalTool, arguments: dict[str, Any]) -> CallResult:
        """Search, or read a page."""
        try:
            if tool.name == WEB_SEARCH:
                return CallResult(await self._searched(arguments.get("query")))
            return CallResult(await self._fetched(arguments.get("url"), arguments.get("part", 1)))
        except AimltuiError as error:
            return CallResult(str(error), False)

    async def aclose(self) -> None:
        """Forget the pages."""
        self._pages.clear()

    async def _searched(self, query: object) -> str:
        if not isinstance(query, str) or not query.strip() or self._search is None:
            raise SearchError("query must be a text with the words to search for.")
        found = await self._search.search(query.strip())
        answered = f" The search server itself answers: {'; '.join(found.answers)}" if found.answers else ""
        if not found.passages:
            other = answered or " Try other words."
            return f"The search for “{clean_line(query)}” found no page.{other}"
        self._calls += 1
        intro = f"The web search for “{clean_line(query)}” found:{answered}"
        return written(intro, self._calls, found.passages)

    async def _fetched(self, url: object, part: object) -> str:
        if not isinstance(url, str) or not url.strip():
            raise SearchError("url must be the whole address of a page, with https://.")
        if not isinstance(part, int) or isinstance(part, bool) or part < 1:
            raise SearchError("part must be a whole number, 1 or above.")
        page = await self._page(url.strip(), is_new=part == 1)
        address = ascii_address(page.url)
        if not is_web_address(address):
            raise SearchError("The address of the page cannot be cited, so the page was left out.")
        passages = passages_of(page.text)
        parts = _parts(passages)
        if part > len(parts):
            raise SearchError(f"The page has {len(parts)} parts only.")
        self._calls += 1
        more = f" This is part {part} of {len(parts)}; ask for part {part + 1} if you need more." * (
            part < len(parts)
        )
        found = [WebPassage(address, page.title, text) for text in parts[part - 1]]
        return written(f"The page {address}.{more}", self._calls, found)

    async def _page(self, url: str, *, is_new: bool) -> Page:
        """A page; the later parts are those of the page as it was read for the first part."""
        page = None if is_new else self._pages.get(url)
        if page is None:
            page = self._pages[url] = await self._read_page(url)
            while len(self._pages) > _MOST_PAGES:
                self._pages.popitem(last=False)
        return page


def passages_of(text: str) -> list[str]:
    """The passages of a page: whole paragraphs, as many as fit; a very long paragraph is cut."""
    passages: list[str] = []
    for paragraph in text.split("\n\n"):
        for start in range(0, len(paragraph), _PASSAGE):
            piece = paragraph[start : start + _PASSAGE].strip("\n")
            if not piece.strip():
                continue
            if passages and start == 0 and len(passages[-1]) + len(piece) + 2 <= _PASSAGE:
                passages[-1] = f"{passages[-1]}\n\n{piece}"
            else:
                passages.append(piece)
    return passages


def _parts(passages: Sequence[str]) -> list[list[str]]:
    parts: list[list[str]] = []
    size = 0
    for passage in passages:
        if not parts or size + len(passage) > PART:
            parts.append([])
            size = 0
        parts[-1].append(passage)
        size += len(passage)
    return parts


def _host(url: object) -> str:
    """The host of an address, with its port if one is named; empty if it has none. In ASCII: other letters look alike."""
    try:
        parts = urlsplit(ascii_address(url.strip()) if isinstance(url, str) else "")
        host = parts.hostname
        port = f":{parts.port}" if parts.port is not None else ""
    except ValueError:
        return ""
    is_plain = parts.scheme in ("http", "https") and "@" not in parts.netloc
    return clean_line(f"{host}{port}") if is_plain and host else ""


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
