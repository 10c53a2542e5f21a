#!/usr/bin/env bash
# json-repair 0.64.6 (reads the JSON that a model writes): of several objects, one a line, only the last is returned if all have the same keys
# and kinds of values. Two calls of one tool, for Rome and for Oslo, become the call for Oslo; with different arguments, the result is a list of
# both. Each line is valid JSON, and the whole is JSON Lines (https://jsonlines.org, "Each Line is a Valid JSON Value"). One would
# expect a list in both cases: whether two values are both kept should not depend on how alike they are. The same call inside
# brackets keeps both. Nothing is raised or logged, and the first call is never made.
# Seen on 2026-12-01, Linux, Python 3.11:
#     other arguments: [{'name': 'weather', 'arguments': {'city': 'Rome'}}, {'name': 'time', 'arguments': {'zone': 'CET'}}]
#     same arguments: {'name': 'weather', 'arguments': {'city': 'Oslo'}}
#     five rows: {'n': 5}
#     in brackets: [{'n': 1}, {'n': 2}]
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'json-repair==0.64.6'

expected=$(cat <<'OUT'
other arguments: [{'name': 'weather', 'arguments': {'city': 'Rome'}}, {'name': 'time', 'arguments': {'zone': 'CET'}}]
same arguments: {'name': 'weather', 'arguments': {'city': 'Oslo'}}
five rows: {'n': 5}
in brackets: [{'n': 1}, {'n': 2}]
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import json

import json_repair


def call(name: str, **arguments: str) -> str:
    return json.dumps({"name": name, "arguments": arguments})


rome, oslo, time = call("weather", city="Rome"), call("weather", city="Oslo"), call("time", zone="CET")
print("other arguments:", json_repair.loads(f"{rome}\n{time}"))
print("same arguments:", json_repair.loads(f"{rome}\n{oslo}"))
print("five rows:", json_repair.loads("\n".join(json.dumps({"n": n}) for n in range(1, 6))))
print("in brackets:", json_repair.loads('[{"n": 1}, {"n": 2}]'))
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
