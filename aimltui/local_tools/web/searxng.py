"""Asks the SearXNG server that the user configured."""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.sanitize import clean_line
from aimltui.formatting.links import ascii_address, is_web_address
from aimltui.formatting.web_passages import WebPassage
from aimltui.local_tools.web.errors import SearchError

SECONDS: Final = 20.0
MOST: Final = 8
"""Results of a search."""
_LARGEST: Final = 4 * 1024 * 1024
_LONGEST_QUERY: Final = 400
_NO_JSON: Final = "{} does not answer searches as JSON. Add “json” to search.formats in the settings.yml of that SearXNG server."


@dataclass(frozen=True, slots=True)
class SearxNG:
    """A SearXNG server.

    Attributes:
        url: Its address, as configured.
    """

    url: str

    @property
    def host(self) -> str:
        """Its host and port, as shown."""
        return clean_line(urlsplit(self.url).netloc)

    async def search(self, query: str) -> list[WebPassage]:
        """Search the web.

        Raises:
            SearchError: The server cannot be reached, refuses, or answers something else.
        """
        content = await self._asked(query[:_LONGEST_QUERY])
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise SearchError(_NO_JSON.format(self.host)) from error
        rows = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise SearchError(f"{self.host} sent an answer without results. Is it a SearXNG server?")
        found = [row for row in map(_passage, rows) if row is not None]
        return list({row.url: row for row in reversed(found)}.values())[::-1][:MOST]

    async def _asked(self, query: str) -> bytes:
        import httpx2  # not before the first frame

        address = f"{self.url.rstrip('/')}/search"
        try:
            # no variable of a proxy, no file with passwords, and nowhere else: the query goes to this server only
            async with (
                httpx2.AsyncClient(trust_env=False, timeout=SECONDS) as client,
                client.stream("GET", address, params={"q": query, "format": "json"}) as response,
            ):
                if response.status_code != 200:
                    raise SearchError(self._refusal(response.status_code))
                content = bytearray()
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > _LARGEST:
                        raise SearchError(f"{self.host} sent more than 4 MB, so the search was ended.")
                return bytes(content)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            why = clean_line(str(error)) or type(error).__name__
            raise SearchError(f"The search server {self.host} cannot be reached: {why}.") from error

    def _refusal(self, status: int) -> str:
        if status == 403:
            return _NO_JSON.format(self.host)
        if status == 429:
            return f"{self.host} received too many searches (429). Wait a moment, or turn off its limiter."
        if 300 <= status < 400:
            return f"{self.host} leads elsewhere ({status}), which is not followed. Put its final address into searxng_url."
        return f"{self.host} answered {status} instead of results."


def _passage(row: Any) -> WebPassage | None:
    if not isinstance(row, dict):
        return None
    url, title, content = row.get("url"), row.get("title"), row.get("content")
    url = ascii_address(url) if isinstance(url, str) else ""
    if not is_web_address(url):
        return None
    return WebPassage(
        url, title if isinstance(title, str) else "", content if isinstance(content, str) else ""
    )
