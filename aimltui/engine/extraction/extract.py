"""Extracts the text of an untrusted file. For a worker thread; it stops by itself when its time is up."""

from __future__ import annotations

import codecs
import threading
import time
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

from aimltui.engine.extraction import office
from aimltui.engine.extraction.document import LINE, Document, Writer
from aimltui.engine.extraction.limits import MAX_CHARACTERS, MAX_TOKENS, Budget, Unreadable
from aimltui.wire.vector_stores import INVALID_FILE, UNSUPPORTED_FILE

__all__ = ["MAX_CHARACTERS", "MAX_TOKENS", "Budget", "Unreadable", "budget", "extract"]

MAX_TEXT_BYTES = 4 * MAX_CHARACTERS
"""The limit for a file that is plain text."""

TEXT = frozenset(
    [
        "c",
        "cc",
        "cfg",
        "clj",
        "conf",
        "cpp",
        "cs",
        "css",
        "csv",
        "cxx",
        "dart",
        "diff",
        "go",
        "h",
        "hpp",
        "htm",
        "html",
        "ini",
        "java",
        "jl",
        "js",
        "json",
        "jsonl",
        "jsx",
        "kt",
        "log",
        "lua",
        "m",
        "md",
        "mdx",
        "ml",
        "org",
        "patch",
        "php",
        "pl",
        "properties",
        "proto",
        "ps1",
        "py",
        "pyi",
        "r",
        "rb",
        "rs",
        "rst",
        "scala",
        "sh",
        "sql",
        "srt",
        "svg",
        "swift",
        "tex",
        "text",
        "toml",
        "ts",
        "tsv",
        "tsx",
        "txt",
        "vb",
        "vtt",
        "xhtml",
        "xml",
        "yaml",
        "yml",
        "zsh",
    ]  # as a list it would fill a page
)
"""Suffixes of files that should be text: a file with one of them that is not text is damaged."""
_SPOILED = "is not text in UTF-8, UTF-16 or ASCII. Save it as UTF-8, and add it again."
_OTHERS = {
    "pdf": "PDF files cannot be read yet: only text can be searched. Convert it to text, and add the text file.",
    "doc": "The old Word format cannot be read. Save the file as .docx, and add it again.",
    "ppt": "The old PowerPoint format cannot be read. Save the file as .pptx, and add it again.",
}
_HEAD = 4_096
"""Bytes at the start of a file from which its type is recognised."""
_WHITE = "\t\n\v\f\r\b\x1b"
"""Control characters that occur in real text, including logs of terminals."""
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "title",
        "tr",
        "ul",
    ]  # as a list it would fill a page
)
_SILENT = frozenset(("script", "style", "template"))


def budget(seconds: float, stop: threading.Event) -> Budget:
    """Return the limits for reading one file, counted from this moment."""
    return Budget(time.monotonic() + seconds, stop)


def extract(path: Path, filename: str, spend: Budget) -> Document:
    """Extract the file's text with its places, without runs of spaces and empty lines.

    Raises:
        Unreadable: The file has no readable text; the message says why.
        Stopped: The caller no longer waits.
        OSError: The file cannot be read.
    """
    suffix = filename.rpartition(".")[2].lower() if "." in filename else ""
    if suffix in _OTHERS:
        raise Unreadable(UNSUPPORTED_FILE, _OTHERS[suffix])
    writer = Writer(spend)
    _READERS.get(suffix, _lines)(path, suffix, spend, writer)
    document = writer.document()
    if not document.text:
        raise Unreadable(INVALID_FILE, "The file contains no text.")
    return document


def _lines(path: Path, suffix: str, spend: Budget, writer: Writer) -> None:
    writer.at(LINE, 1)
    writer.write(_plain(path, suffix, spend))


def _plain(path: Path, suffix: str, spend: Budget) -> str:
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head.startswith(b"%PDF-"):
            raise Unreadable(UNSUPPORTED_FILE, _OTHERS["pdf"])
        _decoded(head[: len(head) & ~1], suffix, final=False)
        if size > MAX_TEXT_BYTES:
            raise Unreadable(
                INVALID_FILE,
                f"The file has {size:,} bytes; only text of at most {MAX_TEXT_BYTES:,} bytes can be searched.",
            )
        content = head + file.read(MAX_TEXT_BYTES)
    spend.check()
    return _decoded(content, suffix)


def _decoded(content: bytes, suffix: str, *, final: bool = True) -> str:
    """Decode the bytes; if not `final`, they are the start of a file and may end inside a character."""
    encoding = "utf-8-sig"
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    elif b"\0" in content[:_HEAD]:
        # without a byte order mark: UTF-16 text in Latin letters has a zero in every other byte
        head = content[:_HEAD]
        even, odd = head[::2].count(0), head[1::2].count(0)
        encoding = "utf-16-le" if odd > even else "utf-16-be"
        if max(even, odd) < len(head) // 5 or min(even, odd) > len(head) // 20:
            raise _not_text(suffix)
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(content, final)
    except UnicodeDecodeError as error:
        raise _not_text(suffix) from error
    head_text = text[:_HEAD]
    strange = sum(char < " " and char not in _WHITE for char in head_text)
    if "\0" in text or strange > len(head_text) // 20:
        raise _not_text(suffix)
    return text


def _not_text(suffix: str) -> Unreadable:
    if suffix in TEXT:
        return Unreadable(INVALID_FILE, f"The file {_SPOILED}")
    kind = f"Files of the type .{suffix[:20]}" if suffix.isalnum() else "Files of this type"
    return Unreadable(
        UNSUPPORTED_FILE,
        f"{kind} cannot be searched: only text (also program code, Markdown, JSON, HTML), .docx and .pptx can.",
    )


def _html(path: Path, suffix: str, spend: Budget, writer: Writer) -> None:
    page = _Page(spend)
    page.feed(_plain(path, suffix, spend))
    page.close()
    writer.write("".join(page.pieces))


class _Page(HTMLParser):
    """Collects the text of a page that a reader would see."""

    def __init__(self, spend: Budget) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._spend = spend
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # the parser's time grows with the square of the length for some hostile pages, so it is interrupted from here
        self._spend.check()
        if tag in _SILENT:
            self._silent += 1
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._spend.check()
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif tag in _BLOCKS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        self._spend.check()
        if not self._silent:
            self.pieces.append(data)


def _docx(path: Path, suffix: str, spend: Budget, writer: Writer) -> None:
    office.docx(path, spend, writer)


def _pptx(path: Path, suffix: str, spend: Budget, writer: Writer) -> None:
    office.pptx(path, spend, writer)


_READERS: dict[str, Callable[[Path, str, Budget, Writer], None]] = {
    "html": _html,
    "htm": _html,
    "xhtml": _html,
    "docx": _docx,
    "pptx": _pptx,
}
