"""A multipart form with a file as a request's body, which is read in pieces and can be sent more than once."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Sequence

from aimltui.client.errors import Unreachable
from aimltui.wire.binary import OCTETS, Blob

_PIECE = 256 * 1024
"""Bytes."""


class FormBody:
    """A form of text fields and one file.

    Args:
        pairs: The text fields.
        name: The file's field.
        blob: The file.
    """

    def __init__(self, pairs: Sequence[tuple[str, str]], name: str, blob: Blob) -> None:
        self._blob = blob
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        fields = [
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(key)}"\r\n\r\n{value}\r\n'
            for key, value in pairs
        ]
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"; '
            f'filename="{_quoted(blob.filename)}"\r\nContent-Type: {OCTETS}\r\n\r\n'
        )
        self._before = "".join([*fields, head]).encode("utf-8", "replace")
        self._after = f"\r\n--{boundary}--\r\n".encode()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield the body from its start.

        Yields:
            Pieces of at most 256 KiB.

        Raises:
            Unreachable: The file cannot be read; the server receives no complete form.
        """
        try:
            source = await asyncio.to_thread(self._blob.open)
            try:
                yield self._before
                while piece := await asyncio.to_thread(source.read, _PIECE):
                    yield piece
                yield self._after
            finally:
                await asyncio.to_thread(source.close)
        except OSError as error:
            raise Unreachable(
                f"The file {self._blob.filename!r} cannot be read: {error.strerror or error}.",
                "Check that it still exists and that you may read it.",
            ) from error


def _quoted(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
