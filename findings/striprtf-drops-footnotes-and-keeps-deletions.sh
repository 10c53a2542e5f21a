#!/usr/bin/env bash
# striprtf 0.0.35: the text of foot notes is left out without a word, although it is text of the document, while text whose
# deletion is tracked (\deleted) and hidden text (\v) is returned as if a reader saw it. One would expect the opposite: "strip
# RTF" promises the plain text, and the RTF specification 1.9.1 describes \footnote as a destination of document text,
# \deleted as text that is marked as deleted. A search over the result finds a price that was struck out, and never a note.
# Seen on 2026-11-30, Linux, Python 3.11:
#     note: 'Ships sail'
#     deletion: 'The price is 1012 euros'
#     hidden: 'shown not shown'
# Our workaround: aimltui/engine/extraction/rich_text.py
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'striprtf==0.0.35'

expected="note: 'Ships sail'
deletion: 'The price is 1012 euros'
hidden: 'shown not shown'"
seen=$("$folder/venv/bin/python" -I - <<'CODE'
from striprtf.striprtf import rtf_to_text

NOTE = r"{\rtf1\ansi Ships{\super\chftn{\footnote\pard\plain{\super\chftn} galleons}} sail}"
DELETION = r"{\rtf1\ansi The price is {\deleted\revauthdel1 10}{\revised\revauth1 12} euros}"
print("note:", repr(rtf_to_text(NOTE)))
print("deletion:", repr(rtf_to_text(DELETION)))
print("hidden:", repr(rtf_to_text(r"{\rtf1\ansi shown{\v  not shown}}")))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
