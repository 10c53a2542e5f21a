"""A form whose file cannot be stored is refused with a sentence that says why."""

from __future__ import annotations

import errno
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from aimltui.server import multipart
from aimltui.wire.errors import ServerError


async def body(size: int) -> AsyncIterator[bytes]:
    yield b'--B\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    for _ in range(size // 1000):
        yield b"x" * 1000
    yield b"\r\n--B--\r\n"


class FullDisk:
    """Takes the place of the upload's file and refuses every write, as a full disk does."""

    def write(self, piece: bytes) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_an_upload_on_a_full_disk_says_so(tmp_path: Path) -> None:
    reader = multipart._Reader(b"B", tmp_path / "upload", 10_000_000)
    reader._target = FullDisk()  # type: ignore[assignment]
    with pytest.raises(ServerError, match="cannot be stored: the disk is full"):
        await reader.read(body(5_000))
    reader.clean_up()
    assert not (tmp_path / "upload").exists()
