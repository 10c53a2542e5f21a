"""Weights in a file that both engines read: Q4_1 written as Q5_1, which loses nothing.

A block of 32 weights is a scale, a minimum and four bits for each; in Q5_1 there is a fifth bit for each, here zero.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_Q4_1, _Q5_1 = 3, 7
_BLOCKS = {0: (1, 4), 1: (1, 2), 2: (32, 18), _Q4_1: (32, 20), _Q5_1: (32, 24), 8: (32, 34), 14: (256, 210)}
"""Weights and bytes of a block, by the type's number in the file."""
_SIZES = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}
_TEXT, _LIST = 8, 9
_ALIGNMENT = 32


def widened(source: Path, target: Path) -> Path:
    """A copy of a GGUF file without Q4_1."""
    with source.open("rb") as file:
        head = file.read(24)
        count, pairs = struct.unpack("<QQ", head[8:])
        start = file.tell()
        for _ in range(pairs):
            _skip_text(file)
            _skip_value(file, _number(file, "<I"))
        settings = _between(file, start, file.tell())
        tensors = [_tensor(file) for _ in range(count)]
        data = _aligned(file.tell())
        with target.open("wb") as out:
            out.write(head + settings)
            offset = 0
            for name, shape, kind, _ in tensors:
                kind = _Q5_1 if kind == _Q4_1 else kind
                out.write(name + shape + struct.pack("<IQ", kind, offset))
                offset = _aligned(offset + _length(shape, kind))
            out.write(b"\x00" * (_aligned(out.tell()) - out.tell()))
            for _, shape, kind, place in tensors:
                content = _between(file, data + place, data + place + _length(shape, kind))
                if kind == _Q4_1:
                    content = b"".join(
                        content[at : at + 4] + bytes(4) + content[at + 4 : at + 20]
                        for at in range(0, len(content), 20)
                    )
                out.write(content + b"\x00" * (_aligned(len(content)) - len(content)))
    return target


def _tensor(file: BinaryIO) -> tuple[bytes, bytes, int, int]:
    start = file.tell()
    _skip_text(file)
    named = file.tell()
    file.seek(8 * _number(file, "<I"), 1)
    shaped = file.tell()
    kind, offset = struct.unpack("<IQ", file.read(12))
    end = file.tell()
    name, shape = _between(file, start, named), _between(file, named, shaped)
    file.seek(end)
    return name, shape, kind, offset


def _length(shape: bytes, kind: int) -> int:
    weights = 1
    for size in struct.unpack(f"<{(len(shape) - 4) // 8}Q", shape[4:]):
        weights *= size
    per_block, size = _BLOCKS[kind]
    return weights // per_block * size


def _skip_text(file: BinaryIO) -> None:
    file.seek(_number(file, "<Q"), 1)


def _skip_value(file: BinaryIO, kind: int) -> None:
    if kind == _TEXT:
        _skip_text(file)
    elif kind == _LIST:
        inner, length = struct.unpack("<IQ", file.read(12))
        if inner in _SIZES:
            file.seek(_SIZES[inner] * length, 1)
        else:
            for _ in range(length):
                _skip_value(file, inner)
    else:
        file.seek(_SIZES[kind], 1)


def _number(file: BinaryIO, shape: str) -> int:
    number: int = struct.unpack(shape, file.read(struct.calcsize(shape)))[0]
    return number


def _between(file: BinaryIO, start: int, end: int) -> bytes:
    file.seek(start)
    return file.read(end - start)


def _aligned(place: int) -> int:
    return -(-place // _ALIGNMENT) * _ALIGNMENT
