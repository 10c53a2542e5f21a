#!/usr/bin/env bash
# lm-format-enforcer 0.11.3 (keeps a model to a JSON schema): where a value of "enum" or "const" holds a quotation mark, the only answer that passes is the
# value up to the mark: of the enum ['5" disk'] it is "5", which is valid JSON and not in the list. With a line break, the right answer is
# refused, and one with a bare line break passes, which is not JSON. The value is followed as it stands, without the escapes that JSON writes
# it with. One would expect the value as JSON writes it, since an answer that can be parsed and is valid is the purpose. A backslash is
# right. Nothing is raised: the model's answer stops early, and its reader finds a value that nobody offered.
# Seen on 2026-12-01, Linux, Python 3.11:
#     {"enum": ["disk", "other"]}
#       '"disk"' passes, read as 'disk'
#       '"dis"' refused, read as 'dis'
#     {"const": "disk"}
#       '"disk"' passes, read as 'disk'
#       '"dis"' refused, read as 'dis'
#     {"enum": ["5\" disk", "other"]}
#       '"5\\" disk"' refused, read as '5" disk'
#       '"5"' passes, read as '5'
#     {"const": "5\" disk"}
#       '"5\\" disk"' refused, read as '5" disk'
#       '"5"' passes, read as '5'
#     {"enum": ["C:\\disk", "other"]}
#       '"C:\\\\disk"' passes, read as 'C:\\disk'
#       '"C:"' refused, read as 'C:'
#     {"const": "C:\\disk"}
#       '"C:\\\\disk"' passes, read as 'C:\\disk'
#       '"C:"' refused, read as 'C:'
#     {"enum": ["a\ndisk", "other"]}
#       '"a\\ndisk"' refused, read as 'a\ndisk'
#       '"a\ndisk"' passes, not JSON
#     {"const": "a\ndisk"}
#       '"a\\ndisk"' refused, read as 'a\ndisk'
#       '"a\ndisk"' passes, not JSON
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'lm-format-enforcer==0.11.3'

expected=$(cat <<'OUT'
{"enum": ["disk", "other"]}
  '"disk"' passes, read as 'disk'
  '"dis"' refused, read as 'dis'
{"const": "disk"}
  '"disk"' passes, read as 'disk'
  '"dis"' refused, read as 'dis'
{"enum": ["5\" disk", "other"]}
  '"5\\" disk"' refused, read as '5" disk'
  '"5"' passes, read as '5'
{"const": "5\" disk"}
  '"5\\" disk"' refused, read as '5" disk'
  '"5"' passes, read as '5'
{"enum": ["C:\\disk", "other"]}
  '"C:\\\\disk"' passes, read as 'C:\\disk'
  '"C:"' refused, read as 'C:'
{"const": "C:\\disk"}
  '"C:\\\\disk"' passes, read as 'C:\\disk'
  '"C:"' refused, read as 'C:'
{"enum": ["a\ndisk", "other"]}
  '"a\\ndisk"' refused, read as 'a\ndisk'
  '"a\ndisk"' passes, not JSON
{"const": "a\ndisk"}
  '"a\\ndisk"' refused, read as 'a\ndisk'
  '"a\ndisk"' passes, not JSON
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


def read(answer: str) -> str:
    try:
        return f"read as {json.loads(answer)!r}"
    except ValueError:
        return "not JSON"


for text, other in [("disk", '"dis"'), ('5" disk', '"5"'), ("C:\\disk", '"C:"'), ("a\ndisk", '"a\ndisk"')]:
    for schema in ({"enum": [text, "other"]}, {"const": text}):
        print(json.dumps(schema))
        for answer in (json.dumps(text), other):
            print(f"  {answer!r} {'passes' if passes(schema, answer) else 'refused'}, {read(answer)}")
CODE
)
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { printf 'This has changed. Before it was:\n%s\n' "$expected" >&2; exit 1; }
