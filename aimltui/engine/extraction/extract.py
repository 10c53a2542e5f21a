"""Extracts the text of an untrusted file. For a process with limits; it also stops by itself when its time is up."""

from __future__ import annotations

from typing import BinaryIO, Final

from aimltui.engine.extraction.document import Document, Writer
from aimltui.engine.extraction.epub import read_epub
from aimltui.engine.extraction.kinds import kind_of
from aimltui.engine.extraction.limits import INVALID_FILE, Budget, Unreadable
from aimltui.engine.extraction.open_document import read_open_document
from aimltui.engine.extraction.page import read_page
from aimltui.engine.extraction.pdf import read_pdf
from aimltui.engine.extraction.plain import read_plain
from aimltui.engine.extraction.rich_text import read_rich_text
from aimltui.engine.extraction.sheets import read_ods, read_xls, read_xlsx
from aimltui.engine.extraction.slides import read_slides
from aimltui.engine.extraction.source import Reader, Source
from aimltui.engine.extraction.word import read_word


def _mail(source: Source) -> None:
    from aimltui.engine.extraction.mail import read_mail  # its parser takes as long to import as all the rest

    read_mail(source)


def _mbox(source: Source) -> None:
    from aimltui.engine.extraction.mail import read_mbox  # as above

    read_mbox(source)


_READERS: Final[dict[str, Reader]] = {
    "docx": read_word,
    "epub": read_epub,
    "mail": _mail,
    "mbox": _mbox,
    "odp": read_open_document,
    "ods": read_ods,
    "odt": read_open_document,
    "page": read_page,
    "pdf": read_pdf,
    "plain": read_plain,
    "pptx": read_slides,
    "rtf": read_rich_text,
    "xls": read_xls,
    "xlsb": read_xls,
    "xlsx": read_xlsx,
}


def suffix_of(filename: str) -> str:
    """Return the suffix of a file's name in small letters, without the dot."""
    return filename.rpartition(".")[2].lower() if "." in filename else ""


def extract(file: BinaryIO, filename: str, spend: Budget, encoding: str = "", kind: str = "") -> Document:
    """Extract the file's text with its places, without runs of spaces and empty lines.

    Args:
        file: Opened for reading; it can seek.
        filename: Its name, whose suffix helps to tell its type.
        spend: The limits.
        encoding: The encoding of a text; empty to recognise it.
        kind: The reader to use; empty to choose it by the content.

    Raises:
        Unreadable: The file has no readable text; the message says why.
        Stopped: The caller no longer waits.
        OSError: The file cannot be read.
    """
    writer = Writer(spend)
    source = Source(file, suffix_of(filename), file.seek(0, 2), spend, writer, encoding)
    _READERS[kind or kind_of(source)](source)
    document = writer.document()
    if not document.text:
        raise Unreadable(INVALID_FILE, "The file contains no text.")
    return document
