#!/usr/bin/env bash
# a2a-sdk 1.3.0 (Python package of the Agent2Agent protocol): an integer in the data of a message becomes a float, on the way out and in: 3 is sent
# as 3.0, and of a number with more than 16 digits the last ones change: order 12345678901234567 arrives as 12345678901234568. The data of a
# part is a protobuf `Value`, which knows one kind of number only; the protocol speaks of JSON (https://a2a-protocol.org/latest/specification/,
# "Part"), and Python's JSON has integers of any size. One would expect an error for an integer that cannot be kept, as protobuf raises one for an
# integer outside its field; instead both sides have another number. A text keeps its digits. Ids of chat services have 17 to 19.
# Seen on 2026-12-01, Linux, Python 3.11:
#     3: sent as 3.0, arrived as 3.0, equal
#     9007199254740992: sent as 9007199254740992.0, arrived as 9007199254740992.0, equal
#     9007199254740993: sent as 9007199254740992.0, arrived as 9007199254740992.0, another
#     12345678901234567: sent as 1.2345678901234568e+16, arrived as 1.2345678901234568e+16, another
#     '12345678901234567': sent as 12345678901234567, arrived as '12345678901234567', equal
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'a2a-sdk==1.3.0'

expected=$(cat <<'OUT'
3: sent as 3.0, arrived as 3.0, equal
9007199254740992: sent as 9007199254740992.0, arrived as 9007199254740992.0, equal
9007199254740993: sent as 9007199254740992.0, arrived as 9007199254740992.0, another
12345678901234567: sent as 1.2345678901234568e+16, arrived as 1.2345678901234568e+16, another
'12345678901234567': sent as 12345678901234567, arrived as '12345678901234567', equal
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import json

from a2a.helpers.proto_helpers import get_data_parts, new_data_message
from google.protobuf.json_format import MessageToJson, Parse
from a2a.types import Message

for value in [3, 2**53, 2**53 + 1, 12345678901234567, "12345678901234567"]:
    sent = MessageToJson(new_data_message({"order": value}))
    arrived = get_data_parts(Parse(sent, Message()).parts)[0]
    shown = json.loads(sent, parse_float=str)["parts"][0]["data"]["order"]
    equal = "equal" if arrived["order"] == value else "another"
    print(f"{value!r}: sent as {shown}, arrived as {arrived['order']!r}, {equal}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
