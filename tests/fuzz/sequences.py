"""What a terminal might send, and what none would: known sequences, broken ones, bytes by chance. The same for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator

KEYS = [
    *(f"\x1b[{final}".encode() for final in "ABCDFHZPQRS"),
    *(f"\x1b[1;{modifier}{final}".encode() for modifier in (2, 3, 5, 6, 8) for final in "ABCDFHPQRS"),
    *(f"\x1b[{code}~".encode() for code in (1, 2, 3, 4, 5, 6, 7, 8, 11, 15, 17, 24, 25, 29)),
    *(f"\x1b[{code};{modifier}~".encode() for code in (2, 3, 5, 6, 13) for modifier in (2, 3, 5)),
    *(f"\x1bO{final}".encode() for final in "ABCDFHPQRSMabcdp"),
    *(f"\x1b[{code}{final}".encode() for code in (3, 7, 8) for final in "$^@"),
    *(f"\x1b\x1b[{final}".encode() for final in "ABCD"),
    *(f"\x1b{letter}".encode() for letter in "abdfz019=-[]OP_<"),
    b"\x1b[[A",
    b"\x1b\r",
    b"\x1b\x7f",
    b"\x1b[27;2;13~",
    b"\x1b[27;5;106~",
    b"\x1b[13;2u",
    b"\x1b[97;1:3u",
    b"\x1b[97:65;2;65u",
    b"\x1b[57441;2u",
    b"\x1b[57399;;48u",
    b"\x1b[0;;233u",
]
ANSWERS = [
    b"\x1b]11;rgb:1414/1616/1a1a\x1b\\",
    b"\x1b]11;rgb:ff/ff/f0\x07",
    b"\x1b]52;c;YWJj\x07",
    b"\x1b[?2026;2$y",
    b"\x1b[?2048;2$y",
    b"\x1b[?62;4;22c",
    b"\x1b[>0;276;0c",
    b"\x1b[?1u",
    b"\x1bP>|XTerm(379)\x1b\\",
    b"\x1bP1$r0m\x1b\\",
    b"\x1b_Gi=31;OK\x1b\\",
    b"\x1b[24;80R",
    b"\x1b[48;24;80;480;640t",
    b"\x1b[48;1;99999999;1;1t",
    b"\x1b[48;0;0;0;0t",
    b"\x1b[8;24;80t",
]
TEXT = [
    "a",
    " ",
    "Z",
    "é",
    "日本",
    "😀",
    "e\u0301",
    "\u200d",
    "\t",
    "\r",
    "\n",
    "\x7f",
    "\x08",
    "/",
    "@",
    "\\",
]
QUITS = frozenset(b"\x03\x04\x11\x1a\x1c")
"""Bytes of keys that are meant to end or stop the program: not sent alone."""


def sequences(seed: int, count: int) -> Iterator[bytes]:
    """Yield that many of them."""
    source = random.Random(seed)
    for _ in range(count):
        yield _without_quits(_one(source))


def _one(source: random.Random) -> bytes:
    return _long(source) if source.random() < _LONG_SHARE else source.choice(_KINDS)(source)


def _key(source: random.Random) -> bytes:
    return source.choice(KEYS)


def _answer(source: random.Random) -> bytes:
    return source.choice(ANSWERS)


def _text(source: random.Random) -> bytes:
    return "".join(source.choices(TEXT, k=source.randrange(1, 8))).encode()


def _mouse(source: random.Random) -> bytes:
    button = source.choice([0, 1, 2, 3, 32, 35, 64, 65, 66, 67, 128, 255, 999999])
    x, y = (source.choice([0, 1, 5, 40, 79, 80, 200, 65536, -1, 10**20]) for _ in range(2))
    match source.randrange(4):
        case 0 | 1:
            return f"\x1b[<{button};{x};{y}{source.choice('Mm')}".encode()
        case 2:
            return f"\x1b[{button + 32};{x};{y}M".encode()
    return b"\x1b[M" + source.randbytes(3)


def _report(source: random.Random) -> bytes:
    signs = "0123456789;:?<>=$ !-"
    return f"\x1b[{''.join(source.choices(signs, k=source.randrange(12)))}{chr(source.randrange(0x40, 0x7F))}".encode()


def _bytes(source: random.Random) -> bytes:
    return source.randbytes(source.randrange(1, 12))


def _paste(source: random.Random) -> bytes:
    inner = b"".join(_simple(source) for _ in range(source.randrange(6)))
    start = source.choice([b"\x1b[200~"] * 8 + [b""])
    end = source.choice([b"\x1b[201~"] * 8 + [b"", b"\x1b[201", b"\x1b[201~\x1b[201~"])
    return start + inner + end


def _simple(source: random.Random) -> bytes:
    return source.choice((_key, _text, _bytes, _answer))(source)


def _mutated(source: random.Random) -> bytes:
    """A known sequence with some of its bytes cut, doubled, exchanged or put in."""
    data = bytearray(source.choice((_key, _answer, _mouse, _paste))(source))
    for _ in range(source.randrange(1, 4)):
        place = source.randrange(len(data) + 1)
        match source.randrange(5):
            case 0:
                del data[place : place + 1]
            case 1:
                data[place:place] = data[place : place + 3]
            case 2:
                data[place:place] = source.randbytes(1)
            case 3 if place < len(data):
                data[place] ^= 1 << source.randrange(8)
            case _:
                del data[place:]
    return bytes(data)


def _long(source: random.Random) -> bytes:
    """Something that does not end: a sequence or an answer beyond every limit."""
    start = source.choice([b"\x1b[", b"\x1b]11;", b"\x1bP1", b"\x1b_G", b"\x1b[<"])
    return start + source.choice([b"1", b";", b"9;", b":"]) * source.choice([70, 300, 5000, 40_000])


_KINDS = [
    *[_key] * 4,
    *[_text] * 4,
    *[_mouse] * 3,
    *[_mutated] * 6,
    *[_report] * 3,
    *[_bytes] * 3,
    *[_paste] * 2,
    _answer,
]
_LONG_SHARE = 0.01


def _without_quits(data: bytes) -> bytes:
    return bytes(byte for byte in data if byte not in QUITS)
