#!/usr/bin/env bash
# jiter 0.19.0 (the JSON parser below openai and pydantic-core): `from_json(..., partial_mode=True)` leaves out a text and a word that is
# cut off, but a number at the end of the input counts as complete, although its next digits may be on their way: while
# {"amount": 1250} streams in, the value is 1, 12, 125, 1250. One would expect it to be left out as long as no comma or bracket
# follows, as an open text is ("True" leaves out incomplete texts, and `1.` and `1e` are left out). Nothing in the result tells the two apart.
# Seen on 2026-11-30, Linux, Python 3.11:
#     {"to": "A -> {}
#     {"to": "Ann", -> {'to': 'Ann'}
#     {"to": "Ann", "amount": 1 -> {'to': 'Ann', 'amount': 1}
#     {"to": "Ann", "amount": 12 -> {'to': 'Ann', 'amount': 12}
#     {"to": "Ann", "amount": 1250 -> {'to': 'Ann', 'amount': 1250}
#     {"to": "Ann", "amount": 1250, -> {'to': 'Ann', 'amount': 1250}
#     {"to": "Ann", "amount": 1250, "now": tr -> {'to': 'Ann', 'amount': 1250}
#     {"to": "Ann", "amount": 1250, "now": true -> {'to': 'Ann', 'amount': 1250, 'now': True}
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'jiter==0.19.0'

expected=$(cat <<'OUT'
{"to": "A -> {}
{"to": "Ann", -> {'to': 'Ann'}
{"to": "Ann", "amount": 1 -> {'to': 'Ann', 'amount': 1}
{"to": "Ann", "amount": 12 -> {'to': 'Ann', 'amount': 12}
{"to": "Ann", "amount": 1250 -> {'to': 'Ann', 'amount': 1250}
{"to": "Ann", "amount": 1250, -> {'to': 'Ann', 'amount': 1250}
{"to": "Ann", "amount": 1250, "now": tr -> {'to': 'Ann', 'amount': 1250}
{"to": "Ann", "amount": 1250, "now": true -> {'to': 'Ann', 'amount': 1250, 'now': True}
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import jiter

arriving = b'{"to": "Ann", "amount": 1250, "now": true}'
for length in (9, 13, 25, 26, 28, 29, 39, 41):
    print(arriving[:length].decode(), "->", jiter.from_json(arriving[:length], partial_mode=True))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
