"""The text of files from strangers, well meant and not."""

from __future__ import annotations

import contextlib
import io
import threading
import time
import zipfile
from collections.abc import Callable

import pytest

from aimltui.engine.extraction import archive as archives
from aimltui.engine.extraction import plain
from aimltui.engine.extraction.extract import extract
from aimltui.engine.extraction.limits import Stopped, Unreadable, budget
from tests.support.documents import archive, read

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)


def text_of(name: str, content: bytes | str, seconds: float = 20.0) -> str:
    return read(name, content, seconds).text


def refused(name: str, content: bytes | str, seconds: float = 20.0) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        read(name, content, seconds)
    return caught.value


def document(body: str, head: str = "") -> bytes:
    return archive({"word/document.xml": f"<?xml version='1.0'?>{head}<w:document {W}>{body}</w:document>"})


@pytest.mark.parametrize(
    "content",
    [
        "Grüße, мир, 世界".encode(),
        "\ufeffGrüße, мир, 世界".encode(),
        "Grüße, мир, 世界".encode("utf-16"),
        b"\xfe\xff" + "Grüße, мир, 世界".encode("utf-16-be"),
    ],
)
def test_text_is_read_in_each_of_its_encodings(content: bytes) -> None:
    assert text_of("a.txt", content) == "Grüße, мир, 世界"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_recognised(encoding: str) -> None:
    assert text_of("a.txt", "Plain text with a few words".encode(encoding)).startswith("Plain text")


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("a.py", b"\0\1\2\3" * 50, "invalid_file", "Save it as UTF-8"),
        ("a.pdf", b"%PDF-1.7", "invalid_file", "The PDF is damaged"),
        ("a.txt", b"%PDF-1.7 hidden", "invalid_file", "The PDF is damaged"),
        ("a.pdf", b"\0\1\2 no pages", "invalid_file", "is not what its name says"),
        ("a.doc", OLE + "WordDocument".encode("utf-16-le"), "unsupported_file", "Save the file as .docx"),
        (
            "a.txt",
            OLE + "PowerPoint Document".encode("utf-16-le"),
            "unsupported_file",
            "Save the file as .pptx",
        ),
        ("a.msg", OLE + "__substg1.0_".encode("utf-16-le"), "unsupported_file", "Save the message as .eml"),
        (
            "a.xlsx",
            OLE + "EncryptedPackage".encode("utf-16-le"),
            "invalid_file",
            "Save it without a password",
        ),
        ("a.xls", OLE + "Workbook\0".encode("utf-16-le"), "invalid_file", "save it as .xlsx"),
        ("a.db", OLE, "unsupported_file", "old Office format"),
        ("a.png", b"\x89PNG\r\n\x1a\n\0\0", "unsupported_file", "Pictures cannot be searched"),
        ("a.txt", b"\xff\xd8\xff\xe0\0\x10JFIF", "unsupported_file", "Pictures cannot be searched"),
        ("a.gz", b"\x1f\x8b\x08\0\0", "unsupported_file", "Unpack it"),
        ("a.exe", b"\x7fELF\2\1\1\0", "unsupported_file", "A program cannot be searched"),
        ("a.wav", b"RIFF\0\1\2\3WAVEfmt ", "unsupported_file", "Files of the type .wav cannot be searched"),
        ("sound", b"RIFF\0\1\2\3WAVEfmt ", "unsupported_file", "Files of this type"),
        ("a.\x1b[31m", b"RIFF\0\1\2\3WAVE", "unsupported_file", "Files of this type"),
        ("a.txt", b"", "invalid_file", "empty"),
        ("a.txt", b" \n\t\r\n ", "invalid_file", "no text"),
        ("a.docx", b"PK\x03\x04 not really", "invalid_file", "damaged"),
        ("a.docx", b"", "invalid_file", "empty"),
        ("a.zip", archive({"a.txt": "words"}), "unsupported_file", "Unpack it"),
        ("a.docx", archive({"a.txt": "words"}), "invalid_file", "is not what its name says"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_has_no_text_says_why(name: str, content: bytes, code: str, said: str) -> None:
    error = refused(name, content)
    assert error.code == code
    assert said in error.message
    assert "\x1b" not in error.message


def test_a_file_without_a_known_suffix_is_text_if_it_reads_like_it() -> None:
    assert text_of("Makefile", "all:\n\techo") == "all:\n\techo"
    assert text_of("a.strange", "words") == "words"


def test_blank_lines_and_runs_of_blanks_are_tidied() -> None:
    text = "\n\n\na  b   \r\n\r\n\r\n\r\nc" + " " * 5_000_000 + "d\u2028e\n\n"
    assert text_of("a.txt", text) == "a  b\n\nc        d\ne"


def test_a_page_gives_what_a_reader_sees() -> None:
    page = (
        "<html><head><title>Shop</title><style>p {color: red}</style><script>alert('x')</script></head>"
        "<body><h1>Prices &amp; times</h1><p>Open<br>daily</p><ul><li>one<li>two</ul><template>no</template></body>"
    )
    assert text_of("a.html", page).split() == [
        "Shop",
        "Prices",
        "&",
        "times",
        "Open",
        "daily",
        "one",
        "two",
    ]


@pytest.mark.parametrize("odd", ["<![foo[", "<![foo[ x ]]>", "<![1]>", "<![]>", "<![", "<![if !x]>"])
def test_an_odd_marked_section_does_not_end_a_page(odd: str) -> None:
    text = text_of("a.html", f"<p>before</p>{odd}<p>after</p>")
    assert "before" in text
    assert "after" in text


@pytest.mark.parametrize("piece", ["<!--", "<a ", "</", "<![CDATA[", "<p>", "&#", "<script>"])
def test_a_page_made_to_take_for_ever_is_given_up(piece: str) -> None:
    began = time.monotonic()
    with contextlib.suppress(Unreadable):
        text_of("a.html", piece * 200_000, seconds=0.5)
    assert time.monotonic() - began < 10


def test_a_document_gives_its_paragraphs_and_its_notes() -> None:
    body = "<w:p><w:r><w:t>One </w:t><w:tab/><w:t>&amp; two</w:t></w:r></w:p><w:p><w:t>three</w:t></w:p>"
    note = f"<w:footnotes {W}><w:p><w:t>a note</w:t></w:p></w:footnotes>"
    content = archive(
        {"word/footnotes.xml": note, "word/document.xml": f"<w:document {W}>{body}</w:document>", "x": "y"}
    )
    assert text_of("A.DOCX", content) == "One \t& two\nthree\n\na note"


def test_a_presentation_gives_its_slides_in_order() -> None:
    parts: dict[str, str | bytes] = {"ppt/presentation.xml": "<p/>"}
    for number in (10, 2, 1):
        parts[f"ppt/slides/slide{number}.xml"] = f"<s {A}><a:p><a:t>slide {number}</a:t></a:p></s>"
    parts["ppt/notesSlides/notesSlide2.xml"] = f"<s {A}><a:p><a:t>say this</a:t></a:p></s>"
    assert text_of("a.pptx", archive(parts)).split("\n\n") == [
        "slide 1", "slide 2", "Notes: say this", "slide 10",
    ]  # fmt: skip


def bomb() -> bytes:
    # a thousandth of its size on the disk
    return archive(
        {"word/document.xml": f"<w:document {W}><w:t>".encode() + b"A" * (archives.MAX_UNPACKED + 1)}
    )


def white_bomb() -> bytes:
    return archive({"word/document.xml": f"<w:document {W}>".encode() + b" " * (archives.MAX_UNPACKED + 1)})


def many_entries() -> bytes:
    return archive({f"{n}": "" for n in range(archives.MAX_ENTRIES + 1)} | {"word/document.xml": "<a/>"})


def large_directory() -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as target:
        info = zipfile.ZipInfo("word/document.xml")
        info.comment = b"x" * 60_000
        target.writestr(info, "<a/>")
        for number in range(80):
            other = zipfile.ZipInfo(f"{number}")
            other.comment = b"x" * 60_000
            target.writestr(other, "")
    return made.getvalue()


def laughing() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return document("<w:t>&l9;</w:t>", f'<!DOCTYPE x [<!ENTITY l0 "ha">{entities}]>')


def outside() -> bytes:
    return document("<w:t>&x;</w:t>", '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')


def cut() -> bytes:
    return document("<w:t>x</w:t>" * 5_000)[:-400]


def spoiled() -> bytes:
    content = bytearray(document("<w:p><w:t>some words</w:t></w:p>" * 500))
    content[60:80] = b"\xff" * 20
    return bytes(content)


def other_compression() -> bytes:
    return archive({"word/document.xml": "<a/>"}, compression=zipfile.ZIP_LZMA)


def encrypted() -> bytes:
    content = bytearray(document("<w:t>x</w:t>"))
    for place in (6, content.rindex(b"PK\1\2") + 8):
        content[place] |= 1
    return bytes(content)


def broken_xml() -> bytes:
    return document("<w:t>x</w:p>")


@pytest.mark.parametrize(
    "made",
    [
        bomb, white_bomb, many_entries, large_directory, laughing, outside, cut, spoiled, other_compression,
        encrypted, broken_xml,
    ],
)  # fmt: skip
def test_an_archive_made_to_do_harm_is_refused(
    made: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_UNPACKED", 2_000_000)
    error = refused("a.docx", made())
    assert error.code == "invalid_file"
    assert "passwd" not in error.message


def test_text_beyond_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "MAX_TEXT_BYTES", 10_000)
    assert "10,000 bytes can be searched" in refused("a.txt", "x " * 5_001).message


def test_reading_stops_when_nobody_waits_any_more() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        extract(io.BytesIO(b"words"), "a.txt", budget(20, stop))
