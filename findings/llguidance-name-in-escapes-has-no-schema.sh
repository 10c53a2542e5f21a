#!/usr/bin/env bash
# llguidance 1.9.1 (the grammars of several model servers): where an object takes further properties, which is the usual case of a JSON
# schema, a property may come under its own name written with an escape, and its schema does not count: "seats" must be an integer, and
# {"seats": 2, "\u0073eats": "two"} is accepted, which every JSON parser reads as {"seats": "two"}. The names of "properties" are
# kept out of the further ones as they are written, not as they are read. One would expect both to be refused, as "seats" twice is, since
# the two are one name (https://www.rfc-editor.org/rfc/rfc8259, 8.3), and a grammar made from a schema is there for answers that are valid.
# A name with the schema `false`, which must never come, comes so as well. With "additionalProperties": false the names are safe.
# Seen on 2026-12-01, Linux, Python 3.11:
#     seats is an integer
#       {"seats": 2}: accepted, valid
#       {"seats": "two"}: refused, not valid
#       {"seats": 2, "seats": "two"}: refused, not valid
#       {"seats": 2, "\u0073eats": "two"}: accepted, not valid
#     no further properties
#       {"seats": 2}: accepted, valid
#       {"seats": "two"}: refused, not valid
#       {"seats": 2, "seats": "two"}: refused, not valid
#       {"seats": 2, "\u0073eats": "two"}: refused, not valid
#     seats never comes
#       {"seats": 2}: refused, not valid
#       {"\u0073eats": 2}: accepted, not valid
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'llguidance==1.9.1' 'jsonschema==4.26.0'

expected=$(cat <<'OUT'
seats is an integer
  {"seats": 2}: accepted, valid
  {"seats": "two"}: refused, not valid
  {"seats": 2, "seats": "two"}: refused, not valid
  {"seats": 2, "\u0073eats": "two"}: accepted, not valid
no further properties
  {"seats": 2}: accepted, valid
  {"seats": "two"}: refused, not valid
  {"seats": 2, "seats": "two"}: refused, not valid
  {"seats": 2, "\u0073eats": "two"}: refused, not valid
seats never comes
  {"seats": 2}: refused, not valid
  {"\u0073eats": 2}: accepted, not valid
OUT
)
seen=$("$folder/venv/bin/python" -I - <<'CODE'
import json

from jsonschema import Draft202012Validator
from llguidance import LLMatcher, LLTokenizer

ANSWERS = ['{"seats": 2}', '{"seats": "two"}', '{"seats": 2, "seats": "two"}', '{"seats": 2, "\\u0073eats": "two"}']


def look(schema: dict, answers: list[str]) -> None:
    grammar = LLMatcher.grammar_from_json_schema(json.dumps(schema))
    for answer in answers:
        matcher = LLMatcher(LLTokenizer("byte"), grammar)
        tokens = list(answer.encode())
        accepted = matcher.validate_tokens(tokens) == len(tokens) and matcher.consume_tokens(tokens) and matcher.is_accepting()
        valid = Draft202012Validator(schema).is_valid(json.loads(answer))
        print(f"  {answer}: {'accepted' if accepted else 'refused'}, {'valid' if valid else 'not valid'}")


seats = {"type": "object", "properties": {"seats": {"type": "integer"}}, "required": ["seats"]}
print("seats is an integer")
look(seats, ANSWERS)
print("no further properties")
look({**seats, "additionalProperties": False}, ANSWERS)
print("seats never comes")
look({"type": "object", "properties": {"seats": False}}, ['{"seats": 2}', '{"\\u0073eats": 2}'])
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
