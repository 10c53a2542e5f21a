"""A small document of each type that is read."""

from __future__ import annotations

from tests.support.documents import archive
from tests.support.pdfs import FORM, SCAN, pdf
from tests.support.sheets import ods, xls, xlsx

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_A = 'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
_OFFICE = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
)
_CELLS = '<c r="A1"><v>1</v></c><c r="B1"><f>A1*2</f></c><c r="C1" t="inlineStr"><is><t>tea</t></is></c>'

SAMPLES: dict[str, bytes] = {
    "a.pdf": pdf([["About ships", "of a well-", "known port"], ["tea"]], outline=[(1, "About", 1), (2, "Tea", 2)]),
    "form.pdf": FORM,
    "scan.pdf": SCAN,
    "a.docx": archive(
        {
            "word/document.xml": f'<w:document {_W}><w:p><w:pPr><w:pStyle w:val="h"/></w:pPr><w:t>Ships</w:t></w:p>'
            '<w:p><w:t>sail</w:t><w:footnoteReference w:id="1"/></w:p></w:document>',
            "word/styles.xml": f'<w:styles {_W}><w:style w:styleId="h"><w:name w:val="heading 1"/></w:style></w:styles>',
            "word/footnotes.xml": f'<w:footnotes {_W}><w:footnote w:id="1"><w:p><w:t>note</w:t></w:p></w:footnote>'
            "</w:footnotes>",
        }
    ),
    "a.pptx": archive(
        {
            "ppt/presentation.xml": "<p/>",
            "ppt/slides/slide1.xml": f"<s {_A}><a:p><a:t>slide</a:t></a:p></s>",
            "ppt/notesSlides/notesSlide1.xml": f"<s {_A}><a:p><a:t>notes</a:t></a:p></s>",
        }
    ),
    "a.xlsx": xlsx({"S": f'<row r="1">{_CELLS}</row>'}, strings=["<t>x</t>"]),
    "fast.xlsx": xlsx({"S": '<row r="1"><c r="A1"><v>1</v></c></row>'}),
    "a.xls": xls("S", {(0, 0): "tea", (1, 1): 3.0}),
    "a.ods": ods("<table:table table:name='S'><table:table-row><table:table-cell><text:p>tea</text:p></table:table-cell>"
                 "</table:table-row></table:table>"),
    "a.odt": archive(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f'<office:document-content {_OFFICE}><text:h text:outline-level="1">Ships</text:h>'
            "<text:p>sail<text:s text:c='2'/></text:p></office:document-content>",
        }
    ),
    "a.epub": archive(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": '<container><rootfile full-path="b.opf"/></container>',
            "b.opf": '<package><item id="a" href="a.xhtml" media-type="application/xhtml+xml"/><itemref idref="a"/></package>',
            "a.xhtml": "<html><h1>Ships</h1><p>sail</html>",
        }
    ),
    "a.html": b"<!DOCTYPE html><meta charset='utf-8'><h1>Ships</h1><table><tr><td>a<td>b</table><p>sail &amp; more",
    "a.eml": b"From: a@example.org\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\nMIME-Version: 1.0\nContent-Type: multipart/mixed; "
    b'boundary="x"\n\n--x\nContent-Type: text/html; charset=latin-1\n\n<p>words\n--x\nContent-Disposition: attachment; '
    b"filename=a.txt\n\nhidden\n--x--\n",
    "a.mbox": b"From a Mon\nSubject: one\n\nwords\n\nFrom b Mon\nSubject: two\n\nmore\n",
    "a.rtf": rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}Gr\'fc\'dfe \u8364? \b x\b0\par}",
    "a.md": b"# Ships\n\nsail\n\nTea\n===\n\ndrink\n",
    "a.txt": "Grüße aus Köln".encode("cp1252"),
}  # fmt: skip
