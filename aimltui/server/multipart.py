"""Reads multipart forms: text fields, and one file that is written to disk as it arrives."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from dataclasses import field
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from aimltui.common.dataclass import dataclass
from aimltui.common.disk import disk_reason
from aimltui.wire.errors import BadRequest, ServerError, TooLarge

MAX_TEXT = 64 * 1024
"""The largest total size of the text fields, in bytes."""
MAX_FIELDS = 100
_PIECE = 1024 * 1024
"""Bytes to collect before a worker thread writes them."""


@dataclass(slots=True)
class Form:
    """The content of a form."""

    pairs: list[tuple[str, str]] = field(default_factory=list)
    """The text fields."""
    file_field: str = ""
    """The name of the file's field; empty without a file."""
    filename: str = ""
    media_type: str = ""
    fingerprint: bytes = b""
    """Equal for two forms of the same content, whatever their boundaries are."""


@contextlib.asynccontextmanager
async def read_form(
    content_type: str, body: AsyncIterable[bytes], path: Path, limit: int
) -> AsyncIterator[Form]:
    """Read a form, write its file to `path`, and remove that file at the end unless it was moved.

    Args:
        content_type: The content type of the request.
        body: The body of the request, piece by piece.
        path: The path for the file; it must not exist.
        limit: The largest file, in bytes.

    Yields:
        The form.

    Raises:
        BadRequest: The body is not a valid form.
        TooLarge: The file or the fields are too large.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not boundary:
        raise BadRequest(
            "The body of this request must be a form: Content-Type multipart/form-data with a boundary.",
            code="invalid_content_type",
        )
    try:
        reader = _Reader(boundary, path, limit)
    except FormParserError as error:
        raise BadRequest(f"The form in the body cannot be read: {error}.") from error
    try:
        yield await reader.read(body)
    finally:
        await asyncio.to_thread(reader.clean_up)


class _Reader:
    """Reads one form through the callbacks of the parser; files are written between its calls."""

    def __init__(self, boundary: bytes, path: Path, limit: int) -> None:
        self._path, self._limit = path, limit
        self._form = Form()
        self._target: BinaryIO | None = None
        self._pending: list[bytes] = []
        self._pending_size = self._size = self._text_size = self._parts = 0
        self._headers: dict[bytes, bytes] = {}
        self._header_name = self._header_value = b""
        self._name, self._is_file = "", False
        self._text = bytearray()
        self._complete = False
        self._file_digest = hashlib.sha256()
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_field,
            "on_header_value": self._header_says,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._part_data,
            "on_part_end": self._part_ends,
            "on_end": self._ends,
        }
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    async def read(self, body: AsyncIterable[bytes]) -> Form:
        """Read the whole form."""
        try:
            async for piece in body:
                self._parser.write(piece)
                if self._pending_size >= _PIECE:
                    await asyncio.to_thread(self._flush)
            self._parser.finalize()
        except FormParserError as error:
            raise BadRequest(f"The form in the body cannot be read: {error}.") from error
        if not self._complete:
            raise BadRequest(
                "The form in the body ends before its last boundary: it was cut off during the transfer."
            )
        await asyncio.to_thread(self._close)
        text = repr((sorted(self._form.pairs), self._form.file_field, self._form.filename)).encode()
        self._form.fingerprint = text + self._file_digest.digest()
        return self._form

    def clean_up(self) -> None:
        """Close the file, and remove it unless it was moved."""
        if self._target is not None:
            with contextlib.suppress(OSError):  # what is left in the buffer may not fit either
                self._target.close()
        self._path.unlink(missing_ok=True)

    def _flush(self) -> None:
        with _storing():
            self._write_pending()

    def _write_pending(self) -> None:
        if self._target is None:
            number = os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
            self._target = os.fdopen(number, "wb")
        for piece in self._pending:
            self._file_digest.update(piece)
            self._target.write(piece)
        self._pending.clear()
        self._pending_size = 0

    def _close(self) -> None:
        if self._form.file_field:
            self._flush()
        if self._target is not None:
            with _storing():
                self._target.flush()
                os.fsync(self._target.fileno())
                self._target.close()

    def _part_begins(self) -> None:
        self._parts += 1
        if self._parts > MAX_FIELDS:
            raise BadRequest(f"The form has too many fields: at most {MAX_FIELDS} are read.")
        self._headers = {}
        self._text = bytearray()

    def _header_field(self, content: bytes, start: int, end: int) -> None:
        self._header_name += content[start:end]

    def _header_says(self, content: bytes, start: int, end: int) -> None:
        self._header_value += content[start:end]

    def _header_ends(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _headers_end(self) -> None:
        # The parser decodes headers as latin-1, but their content is UTF-8.
        disposition = self._headers.get(b"content-disposition", b"").decode("latin-1")
        _, options = parse_options_header(disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in options
        if not self._is_file:
            return
        if self._form.file_field:
            raise BadRequest("The form has more than one file. Send one file per request.", param=self._name)
        self._form.file_field = self._name
        self._form.filename = options[b"filename"].decode("utf-8", "replace")
        self._form.media_type = self._headers.get(b"content-type", b"").decode("latin-1")

    def _part_data(self, content: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._text_size += end - start
            if self._text_size > MAX_TEXT:
                raise TooLarge(f"The text fields of the form are too large: the limit is {MAX_TEXT:,} bytes.")
            self._text += content[start:end]
            return
        self._size += end - start
        if self._size > self._limit:
            raise TooLarge(f"The file is too large: the limit is {self._limit:,} bytes.", param=self._name)
        self._pending.append(content[start:end])
        self._pending_size += end - start

    def _part_ends(self) -> None:
        if not self._is_file:
            self._form.pairs.append((self._name, self._text.decode("utf-8", "replace")))

    def _ends(self) -> None:
        self._complete = True


@contextlib.contextmanager
def _storing() -> Iterator[None]:
    """Tell a failure of the disk as the API's error.

    Raises:
        ServerError: The file cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise ServerError(f"The file cannot be stored: {disk_reason(error)}.") from error
