"""Reads PDF files: their pages, the headings of their outline, what is written about them and filled into forms."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from aimltui.common.patterns import pattern
from aimltui.engine.extraction.document import PAGE
from aimltui.engine.extraction.hyphens import Vocabulary
from aimltui.engine.extraction.limits import INVALID_FILE, Unreadable
from aimltui.engine.extraction.ocr import Tesseract
from aimltui.engine.extraction.source import Source

_DETAILS: Final = ("Title", "Author", "Subject", "Keywords", "CreationDate")
_DATE = pattern(r"D:(\d{4})(\d\d)?(\d\d)?")
_MOST_HEADINGS: Final = 20_000
_MOST_NOTES: Final = 2_000
"""Notes and form fields of one page that are read."""
_PIXELS: Final = 12_000_000
"""The limit for the picture of one page."""
_SCALE: Final = 300 / 72
_LONGEST_VALUE: Final = 20_000
_ENCRYPTED: Final = "The PDF is protected with a password. Save it without one, and add it again."
_DAMAGED: Final = "The PDF is damaged and cannot be read. Open it in another program, save or print it as a PDF, and add the new file."
_SCANNED: Final = (
    "The PDF has no text: its pages are pictures, from a scanner for example. Install tesseract and index the file "
    "again, let a connection to the AI/ML API recognise the text (F3), or have another program do it (OCR), and add the result."
)
_NO_TEXT: Final = "The PDF has no text."
_PICTURES: Final = (
    "{which} {verb} no text but pictures, which were not searched. Install tesseract and add the file again to read "
    "them."
)
_RECOGNISED: Final = "The text of {which} was recognised from pictures by tesseract and may have errors."


def read_pdf(source: Source) -> None:
    """Write the text of a PDF page by page."""
    import pypdfium2 as pdfium  # a reading process needs it for PDF alone

    try:
        document = _opened(source, pdfium)
        pages = _Pages(document, source, pdfium.raw)
        texts = pages.texts()
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        encrypted = code in (pdfium.raw.FPDF_ERR_PASSWORD, pdfium.raw.FPDF_ERR_SECURITY)
        raise Unreadable(INVALID_FILE, _ENCRYPTED if encrypted else _DAMAGED) from error
    if not any(text.strip() for text in texts):
        raise Unreadable(INVALID_FILE, _SCANNED if pages.pictures else _NO_TEXT)
    _write_details(document, source)
    _write_pages(texts, _headings(document), source)
    if pages.recognised:
        source.writer.remarks.append(_RECOGNISED.format(which=_which(pages.recognised).lower()))
    if pages.pictures:
        verb = "has" if len(pages.pictures) == 1 else "have"
        source.writer.remarks.append(_PICTURES.format(which=_which(pages.pictures), verb=verb))


def _opened(source: Source, pdfium: Any) -> Any:
    # the library reads from the disk by itself, much quicker than it asks for pieces
    path = Path(f"/dev/fd/{source.file.fileno()}") if hasattr(source.file, "raw") else None
    if path is not None and path.exists():
        return pdfium.PdfDocument(path)
    source.file.seek(0)
    return pdfium.PdfDocument(source.file.read())


class _Pages:
    """The texts of the pages."""

    def __init__(self, document: Any, source: Source, raw: Any) -> None:
        self.pictures: list[int] = []
        """Pages that are pictures, and were not read."""
        self.recognised: list[int] = []
        self._document = document
        self._source = source
        self._raw = raw
        self._tesseract: Tesseract | None = None
        self._is_sought = False

    def texts(self) -> list[str]:
        """Return the text of each page."""
        count = len(self._document)
        if self._document.get_formtype():
            self._document.init_forms()
        found: list[str] = []
        for index in range(count):
            self._source.spend.check()
            found.append(self._text(index))
            self._source.spend.progress(index + 1, count)
        vocabulary = Vocabulary(found)
        return [vocabulary.joined(text) for text in found]

    def _text(self, index: int) -> str:
        try:
            page = self._document[index]
        except Exception:
            # the library's error for a page that the file names and does not have
            return ""
        try:
            words = page.get_textpage()
            try:
                text = str(words.get_text_bounded()).replace("\r\n", "\n")
            finally:
                words.close()
            notes = "".join(f"{note}\n" for note in _notes(page, self._document.formenv, self._raw))
            if not text.strip():
                text = self._recognised(page, index + 1)
            return f"{text}\n{notes}" if notes else text
        finally:
            page.close()

    def _recognised(self, page: Any, number: int) -> str:
        """Return the text in the pictures of a page that has no other."""
        if next(page.get_objects(filter=[self._raw.FPDF_PAGEOBJ_IMAGE], max_depth=3), None) is None:
            return ""
        if not self._is_sought:
            self._is_sought, self._tesseract = True, Tesseract.find()
        if self._tesseract is None:
            self.pictures.append(number)
            return ""
        text = self._tesseract.read(_picture(page))
        if text.strip():
            self.recognised.append(number)
        return text


def _picture(page: Any) -> bytes:
    """Return a page in shades of grey as a PGM file."""
    width, height = page.get_size()
    scale = min(_SCALE, (_PIXELS / max(1.0, width * height)) ** 0.5)
    bitmap = page.render(scale=scale, grayscale=True)
    lines = memoryview(bitmap.buffer).cast("B")
    rows = b"".join(
        lines[row * bitmap.stride : row * bitmap.stride + bitmap.width] for row in range(bitmap.height)
    )
    return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + rows


def _notes(page: Any, forms: Any, raw: Any) -> Iterator[str]:
    """Yield the notes on a page and the values in its form fields."""
    for index in range(min(raw.FPDFPage_GetAnnotCount(page), _MOST_NOTES)):
        note = raw.FPDFPage_GetAnnot(page, index)
        if not note:
            continue
        try:
            kind = raw.FPDFAnnot_GetSubtype(note)
            if kind == raw.FPDF_ANNOT_WIDGET and forms is not None:
                name = _string(raw.FPDFAnnot_GetFormFieldName, forms, note)
                value = _string(raw.FPDFAnnot_GetFormFieldValue, forms, note)
                if value.strip() and value != "Off":
                    yield f"{name}: {value}" if name else value
            elif kind not in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP, raw.FPDF_ANNOT_WIDGET):
                text = _string(raw.FPDFAnnot_GetStringValue, note, b"Contents")
                if text.strip():
                    yield f"[note: {text}]"
        finally:
            raw.FPDFPage_CloseAnnot(note)


def _string(ask: Any, *arguments: Any) -> str:
    """Return a text that the library writes into a buffer."""
    size = ask(*arguments, None, 0)
    if not 2 < size <= 2 * _LONGEST_VALUE:
        return ""
    buffer = (ctypes.c_ushort * (size // 2))()
    ask(*arguments, buffer, size)
    return " ".join(bytes(buffer).decode("utf-16-le", "ignore").rstrip("\0").split())


def _write_details(document: Any, source: Source) -> None:
    """Write what the file says about itself."""
    for name in _DETAILS:
        value = " ".join(str(document.get_metadata_value(name)).split())[:_LONGEST_VALUE]
        if name == "CreationDate":
            found = _DATE.match(value)
            name, value = "Date", "-".join(part for part in found.groups() if part) if found else ""
        if value:
            source.writer.write(f"{name}: {value}\n")


def _headings(document: Any) -> dict[int, list[tuple[int, str]]]:
    """Return the level and the title of the outline's entries by their pages (from 0)."""
    found: dict[int, list[tuple[int, str]]] = {}
    last = -1
    for number, entry in enumerate(document.get_toc()):
        if number >= _MOST_HEADINGS:
            break
        target = entry.get_dest()
        page = target.get_index() if target is not None else None
        # an entry without a page belongs to the one after it; one that leads back is no heading of this text
        page = last if page is None else page
        title = " ".join(entry.get_title().split())
        if title and page is not None and page >= max(last, 0):
            found.setdefault(page, []).append((entry.level + 1, title))
            last = page
    return found


def _write_pages(texts: list[str], headings: dict[int, list[tuple[int, str]]], source: Source) -> None:
    for index, text in enumerate(texts):
        source.writer.at(PAGE, index + 1)
        done = 0
        for level, title in headings.get(index, ()):
            place = _line_of(title, text, done)
            source.writer.write(text[done:place])
            source.writer.heading(level, title)
            done = place
        source.writer.write(text[done:] + "\n\n")


def _line_of(title: str, text: str, start: int) -> int:
    """Return where the line with a heading begins; `start` if it is not found."""
    words = [re.escape(word) for word in title.split()[:12]]
    found = re.compile(r"\s+".join(words), re.IGNORECASE).search(text, start)
    return max(start, text.rfind("\n", 0, found.start()) + 1) if found else start


def _which(pages: list[int]) -> str:
    """Return page numbers in words, e.g. `Pages 2, 4–7`."""
    spans: list[list[int]] = []
    for page in pages:
        if spans and spans[-1][1] == page - 1:
            spans[-1][1] = page
        else:
            spans.append([page, page])
    shown = [f"{low}–{high}" if high > low else f"{low}" for low, high in spans[:10]]
    more = ", …" if len(spans) > 10 else ""
    return f"Page {shown[0]}" if len(pages) == 1 else f"Pages {', '.join(shown)}{more}"
