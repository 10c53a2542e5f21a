"""Reads the body of a streamed answer from its connection, past the layers of the HTTP library.

For a piece of a model's answer the library makes an event, and hands it through eight generators: that takes longer than all
the rest that happens to the piece. So the chunks of a plain chunked body are read here, as long as they are nothing else.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from aimltui.common.patterns import pattern

_SIZE = pattern(rb"([0-9A-Fa-f]{1,8})\r\n")
_LONGEST_SIZE = 10
"""Bytes of a chunk's size with the end of its line."""
_HEAD_END = b"\r\n\r\n"
_NO_SIZE = b"\n\r\n"
_READ_BYTES = 64 * 1024


class ChunkedBody:
    """Separates the content of a body with `Transfer-Encoding: chunked` from its frames, as the bytes come.

    It reads plain chunks only. It stops before everything else: the last chunk, extensions, what is no chunk.
    After a chunk without its end it gives back what the library refuses.
    """

    def __init__(self) -> None:
        self.rest: bytes | None = None
        """Set when it has stopped: the bytes from the beginning of what it does not read."""
        self._left: int | None = None
        """Bytes of the open chunk that are still to come; None between two chunks."""
        self._held = b""
        """A part of the next size, or of the end of a chunk."""

    @property
    def is_between(self) -> bool:
        """Whether all bytes so far make whole chunks, and more may follow."""
        return self._left is None and not self._held and self.rest is None

    def feed(self, data: bytes) -> bytes:
        """Return the content in the next bytes."""
        if self._left is None and not self._held and (found := _SIZE.match(data)) is not None:
            # most reads of a slow answer give one whole chunk
            start, size = found.end(), int(found[1], 16)
            if size and len(data) == start + size + 2 and data.endswith(b"\r\n"):
                return data[start:-2]
        if self._held:
            data, self._held = self._held + data, b""
        parts: list[bytes] = []
        place = 0
        while place < len(data):
            if self._left is None:
                found = _SIZE.match(data, place)
                size = int(found[1], 16) if found is not None else 0
                if found is None and data.find(b"\n", place) < 0 and len(data) - place < _LONGEST_SIZE:
                    self._held = data[place:]
                    break
                if found is None or not size:
                    self.rest = data[place:]
                    break
                self._left, place = size, found.end()
            if self._left:
                part = data[place : place + self._left]
                parts.append(part)
                self._left -= len(part)
                place += len(part)
            if self._left or place == len(data):
                break
            if data.startswith(b"\r\n", place):
                self._left, place = None, place + 2
            elif len(data) - place == 1 and data[place:] == b"\r":
                self._held = b"\r"
                break
            else:
                # the library takes this for the size of a chunk, and refuses it as it would the missing end
                self.rest = _NO_SIZE + data[place:]
                break
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def stop(self) -> bytes:
        """Return the bytes that it has not read: those of what it does not know, or the beginning of what has not come."""
        return self._held if self.rest is None else self.rest


async def body_of(response: Any, source: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Yield the pieces of a body.

    The library sees the head of the answer, what came with it, and everything from the first bytes on that are no plain
    chunk, such as the last chunk. Between two chunks it has no state, so it misses nothing, and gives the connection back as
    usual.

    Args:
        response: The response of the HTTP library.
        source: Yields the body as the library reads it; closed with this generator.

    Raises:
        TimeoutError: See `gathering.gathered`.
        OSError: The connection broke.
    """
    async with aclosing(source):
        body, came_with_head = _plain_chunks(response)
        while came_with_head > 0:
            piece = await anext(source)
            came_with_head -= len(piece)
            yield piece
        if body is not None:
            stream = response.extensions["network_stream"]
            stream.forget()
            while body.rest is None and (data := await stream.read(_READ_BYTES)):
                if piece := body.feed(data):
                    yield piece
            stream.put_back(body.stop())
        async for piece in source:
            yield piece


def _plain_chunks(response: Any) -> tuple[ChunkedBody | None, int]:
    """Return what reads the rest of a body, and the bytes of its content that the library has; None if it is not plain."""
    known, headers = response.extensions, response.headers
    stream = known.get("network_stream")
    if (
        not hasattr(stream, "answer_so_far")
        or known.get("http_version") != b"HTTP/1.1"
        or headers.get("transfer-encoding", "").lower() != "chunked"
        or headers.get("content-encoding", "identity").lower() != "identity"
    ):
        return None, 0
    head, end, rest = (stream.answer_so_far or b"").partition(_HEAD_END)
    if head.count(b"\n") != head.count(b"\r\n"):
        # it may have ended at an empty line of another kind, which the library knows
        return None, 0
    body = ChunkedBody()
    size = len(body.feed(rest))
    return (body, size) if end and body.is_between else (None, 0)
