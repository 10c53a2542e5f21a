"""Reads letters and mailboxes."""

from __future__ import annotations

from collections.abc import Iterator
from email import policy
from email.message import Message
from email.parser import BytesParser
from typing import Final

from aimltui.engine.extraction import encoding
from aimltui.engine.extraction.limits import INVALID_FILE, MAX_CHARACTERS, Unreadable
from aimltui.engine.extraction.page import write_page
from aimltui.engine.extraction.source import Source

_MAX_BYTES: Final = 200 * 1024 * 1024
"""The limit for one letter, most of which may be attachments."""
_MAX_LETTERS: Final = 100_000
_MAX_PARTS: Final = 1_000
_DEEPEST: Final = 20
_FIELDS: Final = ("From", "To", "Cc", "Date", "Subject")
_BEGIN: Final = b"From "
_LEFT_OUT: Final = (
    "The attachments of the messages were not read. Where they matter, save them and add them as files."
)


def read_mail(source: Source) -> None:
    """Write one letter."""
    if source.size > _MAX_BYTES:
        raise Unreadable(
            INVALID_FILE, "The message is too large. Save its attachments, and add them as files."
        )
    source.file.seek(0)
    _write(source.file.read(), source)


def read_mbox(source: Source) -> None:
    """Write the letters of a mailbox."""
    for number, letter in enumerate(_letters(source), 1):
        if number > _MAX_LETTERS:
            raise Unreadable(INVALID_FILE, f"The mailbox has more than {_MAX_LETTERS:,} messages. Split it.")
        _write(letter, source)
        source.writer.write("\n\n")
        source.spend.progress(number)


def _letters(source: Source) -> Iterator[bytes]:
    source.file.seek(0)
    lines: list[bytes] = []
    size = 0
    is_blank = True
    for line in source.file:
        if is_blank and line.startswith(_BEGIN):
            if lines:
                yield b"".join(lines)
            lines, size = [], 0
            continue
        is_blank = not line.strip()
        size += len(line)
        if size > _MAX_BYTES:
            raise Unreadable(INVALID_FILE, "A message in the mailbox is too large, so it was not read.")
        # what a mailbox does to lines that look like the start of a letter
        lines.append(line[1:] if line.startswith(b">From ") else line)
    if lines:
        yield b"".join(lines)


def _write(content: bytes, source: Source) -> None:
    # compat32 never raises for what a sender wrote; the fields are decoded one by one
    letter = BytesParser(policy=policy.compat32).parsebytes(content)
    subject = _field(letter, "Subject")
    source.writer.heading(1, subject)
    for name in _FIELDS:
        value = _field(letter, name)
        if value:
            source.writer.write(f"{name}: {value}\n")
    source.writer.write("\n")
    for part in _texts(letter):
        _write_part(part, source)
    names = [name for name in map(_attached, _parts(letter)) if name]
    if names:
        source.writer.write("".join(f"Attachment: {name}\n" for name in names))
        if _LEFT_OUT not in source.writer.remarks:
            source.writer.remarks.append(_LEFT_OUT)


def _field(letter: Message, name: str) -> str:
    value = letter.get(name)
    if value is None:
        return ""
    try:
        text = str(policy.default.header_factory(name, str(value)))
    except Exception:
        # the parser of fields raises errors of many kinds for what senders write
        text = str(value)
    return " ".join(text.split())[:1_000]


def _parts(letter: Message, depth: int = 0) -> Iterator[Message]:
    """Yield all parts that are no containers."""
    content = letter.get_payload()
    if not isinstance(content, list):
        yield letter
    elif depth < _DEEPEST:
        for part in content[:_MAX_PARTS]:
            if isinstance(part, Message):
                yield from _parts(part, depth + 1)


def _texts(letter: Message, depth: int = 0) -> Iterator[Message]:
    """Yield the parts that are read: of alternatives the plain text, if it has any."""
    content = letter.get_payload()
    if not isinstance(content, list):
        # a container without parts is a text whose sender has lied
        if letter.get_content_maintype() in ("text", "multipart") and not _attached(letter):
            yield letter
        return
    if depth >= _DEEPEST:
        return
    parts = [part for part in content[:_MAX_PARTS] if isinstance(part, Message)]
    if letter.get_content_subtype() == "alternative":
        plain = [part for part in parts if part.get_content_type() == "text/plain" and _text(part).strip()]
        parts = plain[:1] or parts[-1:]
    for part in parts:
        yield from _texts(part, depth + 1)


def _write_part(part: Message, source: Source) -> None:
    text = _text(part)[:MAX_CHARACTERS]
    if part.get_content_subtype() == "html":
        write_page(text, source.spend, source.writer, 1)
    else:
        source.writer.write(text)
    source.writer.write("\n")


def _text(part: Message) -> str:
    content = part.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    try:
        return content.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeDecodeError, ValueError):
        pass
    try:
        return encoding.decode(content)[0]
    except encoding.NotText:
        return ""


def _attached(part: Message) -> str:
    """Return the name of an attachment; empty for a part that is read."""
    name = part.get_filename()
    if name or part.get_content_disposition() == "attachment":
        return " ".join(str(name or "without a name").split())[:200]
    return ""
