"""Documents that are made and read in tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

from aimltui.engine.extraction.document import Document
from aimltui.engine.extraction.extract import extract
from aimltui.engine.extraction.limits import budget


def read(name: str, content: bytes | str, seconds: float = 20.0) -> Document:
    """What a reading process makes of a file, in this process."""
    data = content.encode() if isinstance(content, str) else content
    return extract(io.BytesIO(data), name, budget(seconds))


def place(document: Document, first: str, last: str = "") -> str:
    """The place of the passage from one text to another."""
    last = last or first
    return document.place(document.text.index(first), document.text.index(last) + len(last))


def archive(parts: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive, the same bytes at any time."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as target:
        for name, content in parts.items():
            target.writestr(zipfile.ZipInfo(name), content, compression)
    return made.getvalue()
