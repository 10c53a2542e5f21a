#!/usr/bin/env bash
# partial-json-parser 0.2.1.1.post7 (reads JSON while a model writes it): between the two halves of an escaped sign beyond U+FFFF the text ends
# with half of it, a lone surrogate, which cannot be encoded: printing it or sending it on raises UnicodeEncodeError. An escape that is cut off
# elsewhere ("\u00") is left out until it is whole, and one would expect the same of this one. Servers that write JSON with Python's `json` escape
# every such sign, so a streamed argument breaks at its first emoji or rare Chinese character.
# Seen on 2026-11-30, Linux, Python 3.11:
#     {"note": "caf\u00 -> 'caf'
#     {"note": "caf\u00e9 -> 'caf\xe9'
#     {"note": "caf\u00e9 \ud842 -> 'caf\xe9 \ud842' cannot be encoded: surrogates not allowed
#     {"note": "caf\u00e9 \ud842\udf -> 'caf\xe9 \ud842' cannot be encoded: surrogates not allowed
#     {"note": "caf\u00e9 \ud842\udfb7 -> 'caf\xe9 \U00020bb7'
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'partial-json-parser==0.2.1.1.post7'

expected=$(cat <<'OUT'
{"note": "caf\u00 -> 'caf'
{"note": "caf\u00e9 -> 'caf\xe9'
{"note": "caf\u00e9 \ud842 -> 'caf\xe9 \ud842' cannot be encoded: surrogates not allowed
{"note": "caf\u00e9 \ud842\udf -> 'caf\xe9 \ud842' cannot be encoded: surrogates not allowed
{"note": "caf\u00e9 \ud842\udfb7 -> 'caf\xe9 \U00020bb7'
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import json

import partial_json_parser

whole = json.dumps({"note": "caf\u00e9 \U00020bb7"})
for end in (whole.index("u00e9") + 3, whole.index("u00e9") + 5, whole.index("ud842") + 5, whole.index("udfb7") + 3, whole.index("udfb7") + 5):
    part = whole[:end]
    text = partial_json_parser.loads(part)["note"]
    try:
        text.encode()
    except UnicodeEncodeError as error:
        print(part, "->", ascii(text), "cannot be encoded:", error.reason)
    else:
        print(part, "->", ascii(text))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
