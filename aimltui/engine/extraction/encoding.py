"""Decodes text in any encoding."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from typing import Final

from aimltui.common.patterns import pattern
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable

_HEAD = 4_096
_WHITE = "\t\n\v\f\r\b\x1b"
"""Control characters that occur in real text, including logs of terminals."""
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = pattern(
    rb"<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})"
    rb"|<meta[^>]{0,400}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})"
    rb"|^#[^\n]{0,80}?coding[:=]\s*([\w.-]{2,40})",
    re.IGNORECASE,
)
_NOT_ASCII = pattern(r"[^\x00-\x7f]")
_ONLY_WINDOWS = pattern(rb"[\x80-\x9f]")
_SHIFTED = pattern(rb"\x1b\$(\)C|[@BA(])")
"""What begins Japanese or Korean in encodings of seven bits."""
_SAMPLE = 200_000
"""Bytes that the detector sees."""
_STRAY = 0.02
"""The share of the characters beyond ASCII that may be broken in text that is UTF-8 nevertheless."""
_WINDOWS = "cp1252"
_UNSURE = 0.08
"""A detector's confidence below which a text counts as Western: a few letters fit to nearly everything."""
_CLOSE = 0.9
"""The share of the best guess's confidence with which Western still wins, being the most frequent by far."""
_WESTERN = frozenset(("iso8859-1", "iso8859-15", "cp1252", "ascii"))
_RARE = ("mac", "cp4", "cp7", "cp8", "hp", "iso8859-14", "iso8859-16", "kz", "koi8-t", "ptcp")
"""Encodings that a detector prefers for texts of a few letters, and that hardly any file has."""
_SURE = 0.3
"""The confidence with which a rare encoding is believed."""


class NotText(Exception):
    """The bytes are not text."""


def decode(content: bytes) -> tuple[str, str]:
    """Decode text: by its mark, as UTF-8, as it declares, and else by how probable the result is.

    Args:
        content: The whole file.

    Returns:
        The text, and the encoding's name if it was guessed.

    Raises:
        NotText: It is not text.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            return _checked(_strict(content, name)), ""
    if b"\0" in content[:_HEAD]:
        return _checked(_strict(content, _wide(content[:_HEAD]))), ""
    if (shifted := _SHIFTED.search(content[:_HEAD])) and content.isascii():
        with suppress(UnicodeDecodeError):
            return _checked(content.decode("iso2022_kr" if shifted[1] == b")C" else "iso2022_jp_2")), ""
    with suppress(UnicodeDecodeError):
        return _checked(content.decode("utf-8")), ""
    declared = _declared(content)
    if declared is not None:
        return _checked(declared), ""
    with_errors = content.decode("utf-8", "replace")
    if with_errors.count("\ufffd") <= len(_NOT_ASCII.findall(with_errors)) * _STRAY:
        return _checked(with_errors), "UTF-8 with errors"
    text, name = _guessed(content)
    return _checked(text), name


def decode_as(content: bytes, name: str) -> str:
    """Decode text in the encoding that the user chose.

    Raises:
        Unreadable: There is no such encoding.
    """
    try:
        return content.decode(name, "replace")
    except (LookupError, ValueError) as error:
        raise Unreadable(
            INVALID_FILE, "The attribute `encoding` names no encoding. Correct it, and add the file again."
        ) from error


def _strict(content: bytes, name: str) -> str:
    try:
        return codecs.decode(content, name)
    except (UnicodeDecodeError, LookupError) as error:
        raise NotText from error


def _wide(head: bytes) -> str:
    """Return which UTF-16 or UTF-32 it is without a mark: in Latin letters most bytes are zero, always the same ones."""
    quarters = [head[place::4] for place in range(4)]
    if not any(quarters[3]) and quarters[2].count(0) * 2 >= len(quarters[2]):
        return "utf-32-le"
    if not any(quarters[0]) and quarters[1].count(0) * 2 >= len(quarters[1]):
        return "utf-32-be"
    even, odd = head[::2].count(0), head[1::2].count(0)
    if max(even, odd) < len(head) // 5 or min(even, odd) > len(head) // 20:
        raise NotText
    return "utf-16-le" if odd > even else "utf-16-be"


def _checked(text: str) -> str:
    head = text[:_HEAD]
    strange = sum(char < " " and char not in _WHITE for char in head)
    if "\0" in text or strange > len(head) // 20:
        raise NotText
    return text


def _declared(content: bytes) -> str | None:
    found = _DECLARED.search(content[:_HEAD])
    if found is None:
        return None
    name = next(group for group in found.groups() if group).decode("ascii").lower()
    try:
        name = codecs.lookup(name).name
        # browsers and mail programs read Latin-1 as its larger sibling
        return content.decode(_WINDOWS if name in _WESTERN else name)
    except (LookupError, UnicodeDecodeError, ValueError):
        return None


def _guessed(content: bytes) -> tuple[str, str]:
    import chardet  # it loads its models, which only text that is no UTF-8 needs

    guesses = []
    for guess in chardet.detect_all(_telling(content)):
        name = _codec(guess["encoding"] or "")
        if name is not None and (guess["confidence"] >= _SURE or not name.startswith(_RARE)):
            guesses.append((name, guess["confidence"]))
    best = max((confidence for _, confidence in guesses), default=0.0)
    western = max((confidence for name, confidence in guesses if name in _WESTERN), default=0.0)
    if best >= _UNSURE and western < best * _CLOSE:
        names = [name for name, _ in guesses]
        if names[0] == "cp1250" and "iso8859-2" in names and not _ONLY_WINDOWS.search(content):
            # Polish and Czech need these bytes in the one, and never in the other
            names.insert(0, "iso8859-2")
        for name in names:
            with suppress(UnicodeDecodeError):
                return content.decode(name), name
    return _western(content), "windows-1252"


def _codec(name: str) -> str | None:
    try:
        return codecs.lookup(name).name
    except LookupError:
        return None


def _western(content: bytes) -> str:
    try:
        return content.decode(_WINDOWS)
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _telling(content: bytes) -> bytes:
    """Return lines that say something about the encoding: those with bytes beyond ASCII."""
    lines: list[bytes] = []
    size = 0
    for line in content.splitlines(keepends=True):
        if not line.isascii():
            lines.append(line[:_SAMPLE])
            size += len(line)
            if size > _SAMPLE:
                break
    return b"".join(lines)[:_SAMPLE]
