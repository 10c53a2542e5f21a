"""Pictures for tests, made of formulas."""

from __future__ import annotations

import struct
import zlib
from functools import cache

from aimltui.tui.pictures.decoding import BOX, Thumbnail
from aimltui.tui.pictures.worker import reduce


def png(width: int, height: int, rows: bytes) -> bytes:
    """A PNG of these pixels, three bytes each."""
    lines = b"".join(b"\x00" + rows[at * width * 3 : (at + 1) * width * 3] for at in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(lines))
        + _chunk(b"IEND", b"")
    )


@cache
def plot(width: int, height: int) -> bytes:
    """Bars that grow, on white, as a plotting library would draw them."""
    rows = bytearray()
    for y in range(height):
        for x in range(width):
            bar = x * 12 // width
            inside = (x * 12) % width > width // 4 and height - y < (bar + 3) * height // 16
            axis = y > height - 4 or x < 3
            rows += (
                b"\x33\x33\x33" if axis else bytes((40 + bar * 12, 110, 200)) if inside else b"\xff\xff\xff"
            )
    return png(width, height, bytes(rows))


def thumbnail(content: bytes, box: tuple[int, int] = BOX) -> Thumbnail:
    """Decode a picture as the program does, without its process."""
    found = reduce(content, box)
    return Thumbnail(*found.size, found.content, found.lightness)


def bomb(side: int) -> bytes:
    """A small file that says it is a picture of so many pixels a side."""
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    lines = zlib.compress(b"\x00" * 1000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", lines) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
