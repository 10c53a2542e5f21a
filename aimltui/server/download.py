"""Sends the content of a file as an answer, piece by piece."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from urllib.parse import quote

from starlette.types import Send

from aimltui.wire.binary import OpenContent

log = logging.getLogger(__name__)

_PIECE = 256 * 1024
"""The size of a piece, in bytes."""


async def send_content(content: OpenContent, headers: Mapping[str, str], send: Send) -> None:
    """Send the content and close the file."""
    all_headers = {
        **headers,
        "content-type": content.media_type,
        "content-length": str(content.size),
        "content-disposition": disposition(content.filename),
    }
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in all_headers.items()]
    try:
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        left = content.size
        while left:
            piece = await asyncio.to_thread(content.file.read, min(left, _PIECE))
            if not piece:
                break
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": bool(left)})
        if not content.size:
            await send({"type": "http.response.body", "body": b""})
    except OSError:
        # The headers are sent. The answer ends before its declared length, so the client notices the error.
        log.exception("the content of %r cannot be read to its end", content.filename)
    finally:
        await asyncio.to_thread(content.file.close)


def disposition(filename: str) -> str:
    """Return the Content-Disposition header: browsers save the file and never show it."""
    plain = "".join(
        char if char.isascii() and char.isprintable() and char not in '"\\%' else "_" for char in filename
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"
