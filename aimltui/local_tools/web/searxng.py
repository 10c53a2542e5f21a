"""Asks the SearXNG server that the user configured."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final
from urllib.parse import urlsplit

from aimltui.common.dataclass import dataclass
from aimltui.common.errors import ConnectionSettingError
from aimltui.common.sanitize import clean_line
from aimltui.common.tls import verifying_context, without_certificates
from aimltui.formatting.links import ascii_address, is_web_address
from aimltui.formatting.web_passages import WebPassage
from aimltui.local_tools.web.errors import SearchError
from aimltui.local_tools.web.found import Found

SECONDS: Final = 20.0
MOST: Final = 8
"""Results of a search."""
_LARGEST: Final = 4 * 1024 * 1024
_LONGEST_QUERY: Final = 400
_MOST_ANSWERS: Final = 5
_LONGEST_ANSWER: Final = 1_000
_MOST_FACTS: Final = 30
_HEADERS: Final = {"accept": "application/json, text/html;q=0.1", "accept-language": "*"}
"""SearXNG's limiter takes a program that lacks one of them for a bot."""
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

    async def search(self, query: str) -> Found:
        """Search the web.

        Raises:
            SearchError: The server cannot be reached, refuses, answers something else, or could reach no search engine.
        """
        content = await self._asked(query[:_LONGEST_QUERY])
        try:
            answer = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise SearchError(_NO_JSON.format(self.host)) from error
        rows = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(rows, list):
            raise SearchError(f"{self.host} sent an answer without results. Is it a SearXNG server?")
        boxes = [_of_box(box) for box in _dicts(answer.get("infoboxes"))]
        passages = [row for row in (*boxes, *map(_passage, rows)) if row is not None]
        found = Found(
            list({row.url: row for row in reversed(passages)}.values())[::-1][:MOST],
            [text for one in _dicts(answer.get("answers")) if (text := _line(one.get("answer")))][
                :_MOST_ANSWERS
            ],
        )
        if (
            not found.passages
            and not found.answers
            and (why := _unreached(answer.get("unresponsive_engines")))
        ):
            raise SearchError(
                f"{self.host} found nothing, since its search engines did not answer: {why}. Try again later."
            )
        return found

    async def _asked(self, query: str) -> bytes:
        import httpx2  # not before the first frame

        address = f"{self.url.rstrip('/')}/search"
        try:
            is_encrypted = urlsplit(self.url).scheme == "https"
            context = await asyncio.to_thread(verifying_context if is_encrypted else without_certificates)
            # no variable of a proxy, no file with passwords, and nowhere else: the query goes to this server only
            async with (
                httpx2.AsyncClient(trust_env=False, timeout=SECONDS, verify=context) as client,
                client.stream(
                    "GET", address, params={"q": query, "format": "json"}, headers=_HEADERS
                ) as response,
            ):
                if response.status_code != 200:
                    raise SearchError(self._refusal(response.status_code))
                content = bytearray()
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > _LARGEST:
                        raise SearchError(f"{self.host} sent more than 4 MB, so the search was ended.")
                return bytes(content)
        except ConnectionSettingError as error:
            raise SearchError(str(error)) from error
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


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _line(value: object) -> str:
    return clean_line(value)[:_LONGEST_ANSWER].strip() if isinstance(value, str) else ""


def _of_box(box: dict[str, Any]) -> WebPassage | None:
    """Return what a search engine tells about a person or a thing, with its facts as lines."""
    links = [one.get("url") for one in _dicts(box.get("urls"))]
    facts = [(_line(one.get("label")), _line(one.get("value"))) for one in _dicts(box.get("attributes"))]
    lines = [f"{label}: {value}" for label, value in facts if label and value][:_MOST_FACTS]
    content = box.get("content") if isinstance(box.get("content"), str) else ""
    text = "\n".join(part for part in (content, *lines) if part)
    rows = ({"url": url, "title": box.get("infobox"), "content": text} for url in (box.get("id"), *links))
    return next((found for row in rows if (found := _passage(row)) is not None), None)


def _unreached(engines: object) -> str:
    """Return which search engines did not answer and why, as SearXNG says it."""
    rows = engines if isinstance(engines, list) else []
    pairs = [row for row in rows if isinstance(row, list) and len(row) > 1]
    told = [f"{_line(row[0])} ({_line(row[1])})" for row in pairs if _line(row[0])]
    return ", ".join(told[:_MOST_ANSWERS])


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
