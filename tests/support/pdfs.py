"""Small PDF files made by hand."""

from __future__ import annotations

from collections.abc import Sequence


def pdf(
    pages: Sequence[Sequence[str]],
    *,
    outline: Sequence[tuple[int, str, int]] = (),
    title: str = "",
    extra: bytes = b"",
    trailer: bytes = b"",
) -> bytes:
    """A PDF with some lines on each page.

    Args:
        pages: The lines of each page, in WinAnsi characters.
        outline: Level (from 1), title and page (from 1) of each bookmark, in order.
        title: The document's title.
        extra: An object in addition, the last one.
        trailer: Entries of the trailer in addition; `LAST` stands for the number of the last object.
    """
    objects: list[bytes] = [
        b"",
        b"",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ]
    kids: list[int] = []
    for lines in pages:
        shown = b"".join(b"(" + _escaped(line) + b") Tj 0 -14 Td " for line in lines)
        content = b"BT /F1 12 Tf 72 760 Td " + shown + b"ET"
        objects.append(b"<</Length %d>>stream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents %d 0 R/Resources<</Font<</F1 3 0 R>>>>>>"
            % len(objects)
        )
        kids.append(len(objects))
    objects[1] = b"<</Type/Pages/Count %d/Kids[%s]>>" % (
        len(kids),
        b" ".join(b"%d 0 R" % kid for kid in kids),
    )
    root = _outline(objects, outline, kids)
    objects[0] = b"<</Type/Catalog/Pages 2 0 R%s>>" % (b"/Outlines %d 0 R" % root if root else b"")
    ends = trailer
    if title:
        objects.append(b"<</Title(" + _escaped(title) + b")>>")
        ends += b"/Info %d 0 R" % len(objects)
    if extra:
        objects.append(extra)
    return _file(objects, ends.replace(b"LAST", b"%d" % len(objects)))


def _outline(objects: list[bytes], outline: Sequence[tuple[int, str, int]], kids: Sequence[int]) -> int:
    if not outline:
        return 0
    root = len(objects) + 1
    numbers = [root + 1 + index for index in range(len(outline))]
    parents: list[int] = []
    for index, (level, _, _) in enumerate(outline):
        above = [other for other in range(index) if outline[other][0] < level]
        parents.append(numbers[above[-1]] if above else root)
    objects.append(_links(root, parents, numbers))
    for index, (_, title, page) in enumerate(outline):
        later = [other for other in range(index + 1, len(outline)) if parents[other] == parents[index]]
        following = b"/Next %d 0 R" % numbers[later[0]] if later else b""
        objects.append(
            b"<</Title(%s)/Parent %d 0 R/Dest[%d 0 R/Fit]%s%s>>"
            % (
                _escaped(title),
                parents[index],
                kids[page - 1],
                following,
                _links(numbers[index], parents, numbers)[2:-2],
            )
        )
    return root


def _links(parent: int, parents: Sequence[int], numbers: Sequence[int]) -> bytes:
    children = [number for number, above in zip(numbers, parents, strict=True) if above == parent]
    if not children:
        return b"<<>>"
    return b"<</First %d 0 R/Last %d 0 R/Count %d>>" % (children[0], children[-1], len(children))


def _file(objects: Sequence[bytes], trailer: bytes) -> bytes:
    made = bytearray(b"%PDF-1.7\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, trailer, start)
    return bytes(made)


def _escaped(text: str) -> bytes:
    encoded = text.encode("cp1252")
    return encoded.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


SCAN = _file(
    [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 2/Kids[3 0 R 6 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R/Resources<</XObject<</I 5 0 R>>>>>>",
        b"<</Length 26>>stream\nq 72 0 0 72 0 0 cm /I Do Q\nendstream",
        b"<</Type/XObject/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8/Length 4>>"
        b"stream\n\x00\xff\xff\x00\nendstream",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 7 0 R/Resources<</Font<</F1 8 0 R>>>>>>",
        b"<</Length 200>>stream\n%TEXT\n" + b" " * 100 + b"\nendstream",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
    ],
    b"",
)
"""A page that is a picture, and one that is empty unless `%TEXT` is replaced."""
FORM = _file(
    [
        b"<</Type/Catalog/Pages 2 0 R/AcroForm<</Fields[5 0 R]>>>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Annots[5 0 R 6 0 R]>>",
        b"<</Length 0>>stream\n\nendstream",
        b"<</Type/Annot/Subtype/Widget/FT/Tx/T(surname)/V<FEFF00C5006E006700730074007200F6006D>/Rect[9 9 99 29]>>",
        b"<</Type/Annot/Subtype/Text/Contents(check this)/Rect[9 99 29 119]>>",
    ],
    b"",
)
"""A form with a filled field, and a note."""
ENCRYPTED = pdf(
    [["secret"]],
    extra=b"<</Filter/Standard/V 1/R 2/O<%s>/U<%s>/P -4>>" % (b"11" * 32, b"22" * 32),
    trailer=b"/Encrypt LAST 0 R/ID[<00><00>]",
)
"""It needs a password that nobody knows."""
