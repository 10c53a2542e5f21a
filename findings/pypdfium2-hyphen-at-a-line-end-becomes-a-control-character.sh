#!/usr/bin/env bash
# pypdfium2 5.15.2: a hyphen at the end of a line and the break after it become one control character, U+0002 by
# get_text_bounded() and U+FFFE, which is no character at all, by get_text_range(). So an order number that is broken at its
# own hyphen reads AB<U+0002>1234, and neither "AB-1234" nor "AB1234" is found in the text, while a word that was only broken
# reads the same way: nothing tells the two apart. One would expect the hyphen that stands in the file (ISO 32000-1, 14.8.2.2.3
# lets a writer mark soft hyphens as U+00AD; this one writes plain hyphens), and the same text from both calls: their
# documentation names only characters beyond UCS-2 as a difference.
# Seen on 2026-11-30, Linux, Python 3.11:
#     get_text_bounded: 'The order AB\x021234 of an exam\x02ple\r\nin two lines'
#     get_text_range: 'The order AB\ufffe1234 of an exam\ufffeple\r\nin two lines'
# Our workaround: aimltui/engine/extraction/hyphens.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'pypdfium2==5.15.2'

expected="get_text_bounded: 'The order AB\\x021234 of an exam\\x02ple\\r\\nin two lines'
get_text_range: 'The order AB\\ufffe1234 of an exam\\ufffeple\\r\\nin two lines'"
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import pypdfium2

LINES = [b"The order AB-", b"1234 of an exam-", b"ple", b"in two lines"]
shown = b" 0 -14 Td ".join(b"(%s) Tj" % line for line in LINES)
content = b"BT /F1 12 Tf 72 700 Td " + shown + b" ET"
objects = [
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
    b"<</Length %d>>stream\n%s\nendstream" % (len(content), content),
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>",
]
made, places = bytearray(b"%PDF-1.7\n"), []
for number, body in enumerate(objects, 1):
    places.append(len(made))
    made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
start = len(made)
made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
made += b"".join(b"%010d 00000 n \n" % place for place in places)
made += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
words = pypdfium2.PdfDocument(bytes(made))[0].get_textpage()
print("get_text_bounded:", repr(words.get_text_bounded()))
print("get_text_range:", ascii(words.get_text_range()))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
