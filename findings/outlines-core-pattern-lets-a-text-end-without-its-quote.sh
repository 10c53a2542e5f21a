#!/usr/bin/env bash
# outlines-core 0.2.14 (turns a JSON schema into the expression that a model's answer must match): where a string has a "pattern", the
# expression forbids the right answer or demands one that is not JSON. The pattern is put between two quotation marks as it stands, so
# that `yes|no` reads "a quotation mark and yes" or "no and a quotation mark", and a class such as `[^,]` takes in quotation marks and
# line breaks, which JSON has only escaped. One would expect a group, and only what JSON allows within a text, since the whole
# purpose is an answer that can be parsed; without a pattern it is right. A pattern may be any regular expression
# (https://json-schema.org/draft/2020-12/json-schema-validation, 6.3.3), and what the package does not support elsewhere, it refuses.
# Seen on 2026-12-01, Linux, Python 3.11:
#     no pattern
#       JSON: ['{"a": "yes"}', '{"a": "no"}']
#       not JSON: []
#     ^(yes|no)$
#       JSON: ['{"a": "yes"}', '{"a": "no"}']
#       not JSON: []
#     yes|no
#       JSON: []
#       not JSON: ['{"a": "yes}', '{"a": no"}']
#     ^yes$|^no$
#       JSON: []
#       not JSON: []
#     [^,]+
#       JSON: ['{"a": "yes"}', '{"a": "no"}']
#       not JSON: ['{"a": "x"y"}', '{"a": "x\ny"}']
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'outlines-core==0.2.14'

expected=$(cat <<'OUT'
no pattern
  JSON: ['{"a": "yes"}', '{"a": "no"}']
  not JSON: []
^(yes|no)$
  JSON: ['{"a": "yes"}', '{"a": "no"}']
  not JSON: []
yes|no
  JSON: []
  not JSON: ['{"a": "yes}', '{"a": no"}']
^yes$|^no$
  JSON: []
  not JSON: []
[^,]+
  JSON: ['{"a": "yes"}', '{"a": "no"}']
  not JSON: ['{"a": "x"y"}', '{"a": "x\ny"}']
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import json
import re

from outlines_core.json_schema import build_regex_from_schema

ANSWERS = ['{"a": "yes"}', '{"a": "no"}', '{"a": "yes}', '{"a": no"}', '{"a": "x"y"}', '{"a": "x\ny"}']


def is_json(text: str) -> bool:
    try:
        return bool(json.loads(text))
    except ValueError:
        return False


for rule in [{}, {"pattern": "^(yes|no)$"}, {"pattern": "yes|no"}, {"pattern": "^yes$|^no$"}, {"pattern": "[^,]+"}]:
    schema = {"type": "object", "properties": {"a": {"type": "string", **rule}}, "required": ["a"]}
    expression = build_regex_from_schema(json.dumps(schema))
    allowed = [answer for answer in ANSWERS if re.fullmatch(expression, answer)]
    print(rule.get("pattern", "no pattern"))
    print("  JSON:", [answer for answer in allowed if is_json(answer)])
    print("  not JSON:", [answer for answer in allowed if not is_json(answer)])
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
