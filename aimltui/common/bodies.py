"""Bodies of HTTP answers, read up to a limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import httpx2

LIMIT_BYTES = 64 * 1024 * 1024
"""The longest body that is read, counted after decompression. A compressed body may be a thousand times shorter."""
_NO_LONGER_TRUE = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})


class BodyTooLong(Exception):
    """The body of an HTTP answer is longer than the limit.

    Args:
        limit_bytes: The limit.
    """

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(f"the body is longer than {size_text(limit_bytes)}")
        self.limit_bytes = limit_bytes


def size_text(size_bytes: int) -> str:
    """Return a limit in words: `64 MB`, `256 KB`."""
    return f"{size_bytes >> 20} MB" if size_bytes >= 1 << 20 else f"{size_bytes >> 10} KB"


async def read_whole(response: httpx2.Response, limit_bytes: int = LIMIT_BYTES) -> httpx2.Response:
    """Read the body of a streamed answer and close the answer.

    Args:
        response: The answer. A body that was read before is not read again.
        limit_bytes: The longest body to read.

    Returns:
        The same answer with its decompressed body.

    Raises:
        BodyTooLong: The body is longer than the limit.
        httpx2.HTTPError: The connection failed.
    """
    import httpx2

    if response.is_closed:
        return response
    body = bytearray()
    try:
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > limit_bytes:
                raise BodyTooLong(limit_bytes)
    finally:
        await response.aclose()
    return httpx2.Response(
        response.status_code,
        # the bytes: a text that is not ASCII could not be encoded again
        headers=[pair for pair in response.headers.raw if pair[0].lower() not in _NO_LONGER_TRUE],
        content=bytes(body),
        request=response.request,
        extensions=response.extensions,
    )
