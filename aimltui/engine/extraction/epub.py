"""Reads EPUB books: the chapters in the order of reading."""

from __future__ import annotations

import posixpath
from typing import Final
from urllib.parse import unquote

from aimltui.engine.extraction import encoding
from aimltui.engine.extraction.archive import DAMAGED, Archive, Attributes
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.page import write_page
from aimltui.engine.extraction.source import Source

_CONTAINER: Final = "META-INF/container.xml"
_ENCRYPTION: Final = "META-INF/encryption.xml"
_PAGES: Final = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")
_LOCKED: Final = (
    "The book is protected against copying, so its text cannot be read. Use a version without protection."
)


def read_epub(source: Source) -> None:
    """Write the text of a book."""
    with Archive(source) as archive:
        if _CONTAINER not in archive.names:
            raise Unreadable(INVALID_FILE, DAMAGED)
        chapters = _chapters(archive, _package(archive))
        locked = archive.read(_ENCRYPTION) if _ENCRYPTION in archive.names else b""
        # fonts may be obscured without protecting the text
        if any(f'URI="{name}"'.encode() in locked for name in chapters):
            raise Unreadable(INVALID_FILE, _LOCKED)
        if not chapters:
            raise Unreadable(INVALID_FILE, DAMAGED)
        for number, name in enumerate(chapters, 1):
            try:
                markup, _ = encoding.decode(archive.read(name))
            except encoding.NotText as error:
                raise Unreadable(INVALID_FILE, DAMAGED) from error
            write_page(markup, source.spend, source.writer)
            source.writer.write("\n\n")
            source.spend.progress(number, len(chapters))


def _package(archive: Archive) -> str:
    found: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "rootfile":
            found.append(unquote(attributes.get("full-path", "")))

    archive.parse(_CONTAINER, start)
    return found[0] if found else ""


def _chapters(archive: Archive, package: str) -> list[str]:
    """Return the parts with text in the order of reading."""
    folder = posixpath.dirname(package)
    items: dict[str, str] = {}
    spine: list[str] = []

    def start(name: str, attributes: Attributes) -> None:
        if name == "item" and attributes.get("media-type") in _PAGES:
            target = posixpath.join(folder, unquote(attributes.get("href", "")))
            items[attributes.get("id", "")] = posixpath.normpath(target)
        elif name == "itemref":
            spine.append(attributes.get("idref", ""))

    archive.parse(package, start)
    return [items[name] for name in dict.fromkeys(spine) if items.get(name) in archive.names]
