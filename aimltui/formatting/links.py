"""Writes safe Markdown links from untrusted URLs and titles."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlsplit, urlunsplit

from aimltui.common.patterns import pattern

LONGEST_URL = 2_000
_TITLE = "**Sources**"
_LISTED = pattern(r"(\d{1,3})\. \[((?:\\.|[^\]\\\n])*)\]\((https?://[^()\s]+)\)( · \S+)?")
_ESCAPED = pattern(r"\\(.)")
_BREAKS_LINK = pattern(r"[\s<>()\[\]\\`]")


def source_list(titles: Mapping[str, str], text: str) -> str:
    """Return a numbered list of sources for the end of an answer; empty if the answer names them all.

    Args:
        titles: Page titles by URL; a title may be empty.
        text: The answer.
    """
    titles = {url: title for url, title in titles.items() if is_web_address(url)}
    if all(url in text for url in titles):
        return ""
    lines = [f"{number}. {_with_host(url, title)}" for number, (url, title) in enumerate(titles.items(), 1)]
    return f"{_TITLE}\n\n" + "\n".join(lines)


def parted_sources(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return an answer without the list that `source_list` wrote at its end, and the sources: address and title."""
    said, mark, listed = text.rpartition(f"\n\n{_TITLE}\n\n")
    found = [_LISTED.fullmatch(line) for line in listed.strip().split("\n")]
    sources: list[tuple[str, str]] = []
    for number, line in enumerate(found, 1):
        if not mark or line is None or int(line[1]) != number or not is_web_address(line[3]):
            return text, []
        sources.append((line[3], _ESCAPED.sub(r"\1", line[2]) if line[4] else ""))
    return said, sources


def _with_host(url: str, title: str) -> str:
    """Return a link, and after a title the host that it leads to: a title may say anything."""
    return f"{link(url, title)} · {urlsplit(url).hostname}" if title else link(url)


def is_web_address(url: str) -> bool:
    """Return whether a URL may be shown as a link: http or https, without a user name or password."""
    if len(url) > LONGEST_URL or not url.isprintable() or not url.isascii():
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        return False


def ascii_address(url: str) -> str:
    """Return an address with letters beyond ASCII encoded as in a request; unchanged if that is not possible."""
    if url.isascii():
        return url
    try:
        parts = urlsplit(url)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode("ascii")
    except (UnicodeError, ValueError):
        return url
    path, query = (quote(part, safe="%/:=&?~+!$,;'@()*") for part in (parts.path, parts.query))
    return urlunsplit((parts.scheme, host, path, query, ""))


def link(url: str, title: str = "") -> str:
    """Return a Markdown link whose title and target are escaped."""
    target = _BREAKS_LINK.sub(lambda found: f"%{ord(found[0]):02X}", url)
    shown = re.sub(r"([\\`*_\[\]<>#])", r"\\\1", title or urlsplit(url).hostname or url)
    return f"[{shown}]({target})"
