"""Tells what a file is by its content: the suffix of a name need not be true."""

from __future__ import annotations

import re
from typing import BinaryIO, Final

from aimltui.common.patterns import pattern
from aimltui.engine.extraction.archive import MIMETYPE, Archive
from aimltui.engine.extraction.limits import INVALID_FILE, UNSUPPORTED_FILE, Unreadable
from aimltui.engine.extraction.source import Source

_HEAD = 4_096
_PDF_WITHIN = 1_024
_ZIP: Final = b"PK\3\4"
_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN_DOCUMENT: Final = {
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.text-template": "odt",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.presentation-template": "odp",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.spreadsheet-template": "ods",
    "application/epub+zip": "epub",
}
_LANDMARKS: Final = (
    ("xl/workbook.xml", "xlsx"),
    ("xl/workbook.bin", "xlsb"),
    ("ppt/presentation.xml", "pptx"),
    ("word/document.xml", "docx"),
    ("META-INF/container.xml", "epub"),
)
_PICTURES: Final = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a", b"II*\0", b"MM\0*", b"BM",
)  # fmt: skip
_ARCHIVES: Final = (
    b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd",
)  # fmt: skip
_PROGRAMS: Final = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xfe\xed\xfa", b"\xca\xfe\xba\xbe")
_HEADER = pattern(
    rb"(?:From|To|Subject|Date|Received|Return-Path|Message-ID|MIME-Version|Delivered-To|X-[\w-]+):[ \t]",
    re.IGNORECASE,
)
_FIELD = pattern(rb"[\w-]+:|[ \t]")
_PAGE = pattern(
    rb"\s*(?:<\?xml[^>]{0,200}\?>\s*)?(?:<!--[^>]{0,500}-->\s*)?<(?:!doctype\s+html|html)[\s>]", re.IGNORECASE
)
_PAGE_SUFFIXES: Final = frozenset(("html", "htm", "xhtml"))
_OFFICE: Final = frozenset(("docx", "pptx", "xlsx", "xlsm", "odt", "ods", "odp", "epub"))
_DAMAGED: Final = (
    "The file is damaged, or is not what its name says. Open it in the program that made it, save it again, and add the "
    "new file."
)
_ENCRYPTED: Final = "The file is encrypted. Save it without a password, and add it again."
_OLD: Final = (
    ("EncryptedPackage", Unreadable(INVALID_FILE, _ENCRYPTED)),
    ("WordDocument", Unreadable(UNSUPPORTED_FILE, "The old Word format cannot be read. Save the file as .docx, and add it again.")),
    (
        "PowerPoint Document",
        Unreadable(UNSUPPORTED_FILE, "The old PowerPoint format cannot be read. Save the file as .pptx, and add it again."),
    ),
    (
        "__substg1.0_",
        Unreadable(UNSUPPORTED_FILE, "Outlook's own format cannot be read. Save the message as .eml, and add it again."),
    ),
)  # fmt: skip


def kind_of(source: Source) -> str:
    """Return the name of the reader for a file.

    Raises:
        Unreadable: It is known to have no text, or is not what it should be.
    """
    source.file.seek(0)
    head = source.file.read(_HEAD)
    if not head:
        raise Unreadable(INVALID_FILE, "The file is empty.")
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return "pdf"
    if head.startswith(_ZIP):
        return _in_archive(source)
    if head.startswith(_OLE):
        return _in_compound(source.file)
    if head.startswith(b"{\\rtf"):
        return "rtf"
    _refuse_others(head, source.suffix)
    return _text_kind(head, source.suffix)


def web_kind_of(content: bytes, *, is_page: bool) -> str:
    """Return whether what a web server sent is a `page` or `plain` text, the kinds that are read from the web.

    Args:
        content: The whole answer, or its beginning.
        is_page: Whether the server says that it is HTML.

    Returns:
        `page`, `plain`, or an empty text if it is a file of another kind, e.g. a PDF.
    """
    head = content[:_HEAD]
    begin = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    is_binary = b"\0" in head
    if begin.startswith((b"%PDF-", _ZIP, _OLE, b"{\\rtf", *_PICTURES[:-1])) or (
        is_binary and head.startswith((*_PICTURES, *_ARCHIVES, *_PROGRAMS))
    ):
        return ""
    return "page" if is_page or _PAGE.match(begin) else "plain"


def _in_archive(source: Source) -> str:
    with Archive(source) as archive:
        if MIMETYPE in archive.names:
            kind = _OPEN_DOCUMENT.get(archive.read(MIMETYPE, 200).decode("ascii", "replace").strip())
            if kind is not None:
                return kind
        for landmark, kind in _LANDMARKS:
            if landmark in archive.names:
                return kind
        if any(name.startswith("word/document") for name in archive.names):
            return "docx"
    if source.suffix in _OFFICE:
        raise Unreadable(INVALID_FILE, _DAMAGED)
    raise Unreadable(UNSUPPORTED_FILE, "An archive cannot be searched. Unpack it, and add the files in it.")


def _in_compound(file: BinaryIO) -> str:
    """Return the kind of a file of the old Office formats by the names of its streams."""
    file.seek(0)
    held = b""
    is_sheet = False
    while piece := file.read(1 << 20):
        held = held[-100:] + piece
        for name, refusal in _OLD:
            if name.encode("utf-16-le") in held:
                raise Unreadable(refusal.code, refusal.message)
        is_sheet = is_sheet or any(
            name.encode("utf-16-le") + b"\0\0" in held for name in ("Workbook", "Book")
        )
    if is_sheet:
        return "xls"
    raise Unreadable(
        UNSUPPORTED_FILE,
        "This old Office format cannot be read. Save the file in a newer one, and add it again.",
    )


def _refuse_others(head: bytes, suffix: str) -> None:
    is_binary = b"\0" in head
    if head.startswith(_PICTURES[:-1]) or (is_binary and head.startswith(_PICTURES)) or head[8:12] == b"WEBP":
        raise Unreadable(
            UNSUPPORTED_FILE,
            "Pictures cannot be searched. Send it to a model that sees, or add the text in it as a file.",
        )
    if is_binary and head.startswith(_ARCHIVES):
        raise Unreadable(
            UNSUPPORTED_FILE, "An archive cannot be searched. Unpack it, and add the files in it."
        )
    if is_binary and head.startswith(_PROGRAMS):
        raise Unreadable(UNSUPPORTED_FILE, "A program cannot be searched: it has no text.")
    if is_binary and suffix in _OFFICE | {"pdf"}:
        raise Unreadable(INVALID_FILE, _DAMAGED)


def _text_kind(head: bytes, suffix: str) -> str:
    if suffix in _PAGE_SUFFIXES or _PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "page"
    if head.startswith(b"From ") and (suffix == "mbox" or _is_mail(head.partition(b"\n")[2])):
        return "mbox"
    if suffix in ("eml", "mht", "mhtml") or (suffix in ("", "txt", "mail") and _is_mail(head)):
        return "mail"
    return "plain"


def _is_mail(head: bytes) -> bool:
    """Return whether a text begins with at least three well-known fields of a letter."""
    lines = head.replace(b"\r\n", b"\n").partition(b"\n\n")[0].split(b"\n")
    return (
        all(_FIELD.match(line) for line in lines)
        and sum(_HEADER.match(line) is not None for line in lines) >= 3
    )
