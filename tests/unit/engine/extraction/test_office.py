"""Word, PowerPoint and OpenDocument: what a reader of the finished document sees, and where it stands."""

from __future__ import annotations

import pytest

from aimltui.engine.extraction.limits import Unreadable
from tests.support.documents import archive, place, read

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
P = 'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
R = f'xmlns:r="{REL}"'
PACKAGE = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
STYLES = (
    f'<w:styles {W}><w:style w:styleId="berschrift1"><w:name w:val="heading 1"/></w:style>'
    '<w:style w:styleId="Mine"><w:name w:val="My part"/><w:pPr><w:outlineLvl w:val="1"/></w:pPr></w:style>'
    '<w:style w:styleId="Body"><w:name w:val="Body"/><w:pPr><w:outlineLvl w:val="9"/></w:pPr></w:style></w:styles>'
)


def relations(**targets: str) -> str:
    listed = "".join(
        f'<Relationship Id="r{number}" Type="{REL}/{kind.rstrip("0123456789")}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets.items(), 1)
    )
    return f"<Relationships {PACKAGE}>{listed}</Relationships>"


def word(body: str, **parts: str) -> bytes:
    """A Word document; further parts by their names without `word/` and `.xml`."""
    return archive(
        {
            "word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>",
            "word/styles.xml": STYLES,
            **{f"word/{name}.xml": content for name, content in parts.items()},
        }
    )


def paragraph(text: str, style: str = "") -> str:
    shaped = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{shaped}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_tracked_changes_are_read_as_accepted() -> None:
    body = (
        "<w:p><w:r><w:t>The price is </w:t></w:r><w:del><w:r><w:delText>10</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>12</w:t></w:r></w:ins><w:moveFrom><w:r><w:t> moved</w:t></w:r></w:moveFrom><w:r><w:t> euros"
        "</w:t></w:r></w:p><w:p><w:moveTo><w:r><w:t>moved</w:t></w:r></w:moveTo></w:p>"
    )
    assert read("a.docx", word(body)).text == "The price is 12 euros\nmoved"


def test_notes_stand_after_the_paragraph_that_refers_to_them() -> None:
    body = (
        '<w:p><w:t>Ships</w:t><w:footnoteReference w:id="2"/><w:commentReference w:id="0"/></w:p>'
        + paragraph("end")
    )
    footnotes = (
        f'<w:footnotes {W}><w:footnote w:id="-1"><w:p/></w:footnote>'
        '<w:footnote w:id="2"><w:p><w:t>Galleons</w:t></w:p></w:footnote></w:footnotes>'
    )
    comments = f'<w:comments {W}><w:comment w:id="0"><w:p><w:t>Really?</w:t></w:p></w:comment></w:comments>'
    text = read("a.docx", word(body, footnotes=footnotes, comments=comments)).text
    assert text == "Ships\n[footnote: Galleons]\n[comment: Really?]\nend"


def test_headings_are_known_in_any_language() -> None:
    body = paragraph("Schiffe", "berschrift1") + paragraph("Segel", "Mine") + paragraph("text", "Body")
    document = read("a.docx", word(body + paragraph("Tee", "berschrift1") + paragraph("more")))
    assert place(document, "text") == "Schiffe › Segel"
    assert place(document, "more") == "Tee"


def test_a_table_is_read_row_by_row() -> None:
    row = "<w:tr><w:tc><w:p><w:t>{}</w:t></w:p></w:tc><w:tc><w:p><w:t>{}</w:t></w:p><w:p><w:t>x</w:t></w:p></w:tc></w:tr>"
    text = read("a.docx", word(f"<w:tbl>{row.format('tea', 3)}{row.format('milk', 1)}</w:tbl>")).text
    assert [line.split() for line in text.splitlines()] == [["tea", "3", "x"], ["milk", "1", "x"]]


def test_a_text_box_is_read_once() -> None:
    choice = '<mc:AlternateContent xmlns:mc="urn:mc"><mc:Choice>{0}</mc:Choice><mc:Fallback>{0}</mc:Fallback></mc:AlternateContent>'
    assert read("a.docx", word(choice.format(paragraph("boxed")))).text == "boxed"


def test_a_main_part_of_another_name_is_found() -> None:
    parts = {
        "_rels/.rels": relations(officeDocument="word/document2.xml"),
        "word/document2.xml": f"<w:document {W}>{paragraph('words')}</w:document>",
        "word/_rels/document2.xml.rels": relations(header="head.xml", header2="head.xml", footer="foot.xml"),
        "word/head.xml": f"<w:hdr {W}>{paragraph('Order 4711')}</w:hdr>",
        "word/foot.xml": f"<w:ftr {W}>{paragraph('Order 4711')}</w:ftr>",
    }
    text = read("a.docx", archive(parts)).text
    assert text == "words\n\nOrder 4711"


def slide(text: str, title: str = "", more: str = "") -> str:
    head = f'<p:sp><p:nvPr><p:ph type="title"/></p:nvPr><a:p><a:t>{title}</a:t></a:p></p:sp>' if title else ""
    return f"<p:sld {P} {A}>{head}<p:sp><a:p><a:t>{text}</a:t></a:p></p:sp>{more}</p:sld>"


def test_slides_come_in_the_order_of_the_show_with_titles_and_notes() -> None:
    parts = {
        "ppt/presentation.xml": f'<p:presentation {P} {R}><p:sldId r:id="r2"/><p:sldId r:id="r1"/></p:presentation>',
        "ppt/_rels/presentation.xml.rels": relations(slide1="slides/slide1.xml", slide2="slides/slide2.xml"),
        "ppt/slides/slide1.xml": slide("last", "Tea"),
        "ppt/slides/slide2.xml": slide("first", "Ships"),
        "ppt/slides/_rels/slide2.xml.rels": relations(notesSlide="../notesSlides/notesSlide9.xml"),
        "ppt/notesSlides/notesSlide9.xml": slide(
            "say this", more='<a:p><a:fld type="slidenum"><a:t>77</a:t></a:fld></a:p>'
        ),
    }
    document = read("a.pptx", archive(parts))
    assert document.text.split() == ["Ships", "first", "Notes:", "say", "this", "Tea", "last"]
    assert place(document, "say this") == "Ships › slide 1"
    assert place(document, "last") == "Tea › slide 2"


OFFICE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" '
    'xmlns:presentation="urn:oasis:names:tc:opendocument:xmlns:presentation:1.0"'
)


def open_document(content: str, kind: str = "text") -> bytes:
    return archive(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {OFFICE}>{content}</office:document-content>",
        }
    )


def test_an_open_document_text_is_read_as_accepted_with_its_notes() -> None:
    content = (
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>gone</text:p></text:deletion>"
        '</text:changed-region></text:tracked-changes><text:h text:outline-level="1">Ships</text:h>'
        '<text:p>They<text:s text:c="2"/>sail<text:note><text:note-citation>1</text:note-citation><text:note-body>'
        "<text:p>fast</text:p></text:note-body></text:note> away<text:line-break/>home</text:p>"
        '<text:h text:outline-level="2">Ropes</text:h><text:p>knots</text:p>'
        "<table:table><table:table-row><table:table-cell><text:p>tea</text:p></table:table-cell><table:table-cell>"
        "<text:p>3</text:p></table:table-cell></table:table-row></table:table>"
    )
    document = read("a.odt", open_document(content))
    assert "gone" not in document.text
    assert "They  sail [fast ]  away\nhome" in document.text
    assert "tea \t3" in document.text
    assert place(document, "They") == "Ships"
    assert place(document, "knots") == "Ships › Ropes"


def test_an_open_document_presentation_has_slides() -> None:
    content = (
        "<draw:page><text:p>one</text:p></draw:page><draw:page><text:p>two</text:p>"
        "<presentation:notes><text:p>say this</text:p></presentation:notes></draw:page>"
    )
    document = read("a.odp", open_document(content, "presentation"))
    assert place(document, "one") == "slide 1"
    assert place(document, "Notes: say this") == "slide 2"


def test_deeply_nested_xml_is_read_as_far_as_a_person_could() -> None:
    body = "<w:x>" * 5_000 + paragraph("too deep") + "</w:x>" * 5_000 + paragraph("words")
    assert read("a.docx", word(body)).text == "words"


CONTAINER = '<container><rootfiles><rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
BOOK = (
    "<package><manifest>"
    '<item id="b" href="two.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="a" href="text/one%20.xhtml" media-type="application/xhtml+xml"/>'
    '<item id="c" href="cover.png" media-type="image/png"/>'
    '</manifest><spine><itemref idref="a"/><itemref idref="c"/><itemref idref="b"/></spine></package>'
)


def epub(encryption: str = "") -> bytes:
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": BOOK,
        "OEBPS/text/one .xhtml": "<?xml version='1.0'?><!DOCTYPE html><html><h1>Ships</h1><p>They sail</p></html>",
        "OEBPS/two.xhtml": "<html><h1>Tea</h1><h2>Green</h2><p>leaves</p></html>",
    }
    return archive(parts | ({"META-INF/encryption.xml": encryption} if encryption else {}))


def test_a_book_is_read_in_its_order_with_its_chapters() -> None:
    document = read("a.epub", epub())
    assert document.text.split() == ["Ships", "They", "sail", "Tea", "Green", "leaves"]
    assert place(document, "They sail") == "Ships"
    assert place(document, "leaves") == "Tea › Green"


def test_a_protected_book_is_named_as_such_and_obscured_fonts_are_no_protection() -> None:
    with pytest.raises(Unreadable, match="protected against copying"):
        read("a.epub", epub('<encryption><CipherReference URI="OEBPS/two.xhtml"/></encryption>'))
    fonts = '<encryption><CipherReference URI="OEBPS/font.otf"/></encryption>'
    assert "leaves" in read("a.epub", epub(fonts)).text
