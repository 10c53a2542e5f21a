#!/usr/bin/env bash
# lm-format-enforcer 0.11.3 (keeps a model to a JSON schema): where "type" is a list, all that the schema says besides it is dropped, except
# "enum": "maxLength", "pattern", "items", "properties", "required". With {"type": ["object", "null"], ...} any object passes, and even a list of
# one type, ["string"], frees a text from its limits. One would expect each rule to hold for the type it speaks of, as with one type
# (https://json-schema.org/draft/2020-12/json-schema-validation, 6.1.1: "type" is a string or an array of strings, and the other
# keywords do not depend on which), or an error. A list with "null" is how OpenAI's strict mode writes a parameter that may be
# missing, so that a tool's schema loses exactly what is optional. The same with "anyOf" is kept.
# Seen on 2026-12-01, Linux, Python 3.11:
#     "abcd" with maxLength
#       "string": refused
#       ["string"]: passes
#       ["string", "null"]: passes
#       anyOf: refused
#     "x" with pattern
#       "string": refused
#       ["string"]: passes
#       ["string", "null"]: passes
#       anyOf: refused
#     "abcd" with enum
#       "string": refused
#       ["string"]: refused
#       ["string", "null"]: refused
#       anyOf: refused
#     ["a"] with items
#       "array": refused
#       ["array"]: passes
#       ["array", "null"]: passes
#       anyOf: refused
#     {} with properties, required, additionalProperties
#       "object": refused
#       ["object"]: passes
#       ["object", "null"]: passes
#       anyOf: refused
#     {"b": [1]} with properties, required, additionalProperties
#       "object": refused
#       ["object"]: passes
#       ["object", "null"]: passes
#       anyOf: refused
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'lm-format-enforcer==0.11.3'

expected=$(cat <<'OUT'
"abcd" with maxLength
  "string": refused
  ["string"]: passes
  ["string", "null"]: passes
  anyOf: refused
"x" with pattern
  "string": refused
  ["string"]: passes
  ["string", "null"]: passes
  anyOf: refused
"abcd" with enum
  "string": refused
  ["string"]: refused
  ["string", "null"]: refused
  anyOf: refused
["a"] with items
  "array": refused
  ["array"]: passes
  ["array", "null"]: passes
  anyOf: refused
{} with properties, required, additionalProperties
  "object": refused
  ["object"]: passes
  ["object", "null"]: passes
  anyOf: refused
{"b": [1]} with properties, required, additionalProperties
  "object": refused
  ["object"]: passes
  ["object", "null"]: passes
  anyOf: refused
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import json

from lmformatenforcer import JsonSchemaParser


def passes(schema: dict, answer: str) -> bool:
    parser = JsonSchemaParser(schema)
    for letter in answer:
        if letter not in parser.get_allowed_characters():
            return False
        parser = parser.add_character(letter)
    return parser.can_end()


CASES = [
    ("string", {"maxLength": 3}, '"abcd"'),
    ("string", {"pattern": "^[a-c]$"}, '"x"'),
    ("string", {"enum": ["x"]}, '"abcd"'),
    ("array", {"items": {"type": "integer"}}, '["a"]'),
    ("object", {"properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}, "{}"),
    ("object", {"properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": False}, '{"b": [1]}'),
]
for kind, rules, answer in CASES:
    print(f"{answer} with {', '.join(rules)}")
    for written in (kind, [kind], [kind, "null"]):
        print(f"  {json.dumps(written)}: {'passes' if passes({'type': written, **rules}, answer) else 'refused'}")
    print(f"  anyOf: {'passes' if passes({'anyOf': [{'type': kind, **rules}, {'type': 'null'}]}, answer) else 'refused'}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
